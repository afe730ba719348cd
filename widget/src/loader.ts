// `/imd.js`: the one script a page includes. It draws the launcher, offers `imd`, and imports the app when needed.
//
// Each tag runs it again: the first makes the global, further ones add a widget to it.
import { begin } from "./loader/api";

const tag = document.currentScript ?? document.querySelector('script[src$="/imd.js"]');
if (tag instanceof HTMLScriptElement) {
  const server = new URL(".", tag.src).href;
  const given = { ...tag.dataset };
  if (document.body) begin(server, given);
  else addEventListener("DOMContentLoaded", () => begin(server, given), { once: true });
}
