// `/imd.js`: the one script a page includes. It draws the launcher, offers `imd`, and imports the app when needed.
//
// Each tag runs it again: the first makes the global, further ones add a widget to it.
import { begin } from "./loader/api";

const tag = document.currentScript ?? document.querySelector('script[src$="/imd.js"]');
if (tag instanceof HTMLScriptElement) {
  const server = new URL(".", tag.src).href;
  const given = { ...tag.dataset };
  // The element it is to sit in may be still to come, as the page's body may.
  if (document.body && !(given.target && document.readyState === "loading")) begin(server, given);
  else addEventListener("DOMContentLoaded", () => begin(server, given), { once: true });
}
