// `<imd-chat>`: an element with a shadow root, the launcher in it, and the panel the app draws in.
//
// The element's name is not registered: a plain element may have a shadow root (DOM, attachShadow), and nothing that
// the page can see is left behind. Everything is made by the DOM's own methods: pages may forbid markup from strings
// (Trusted Types) and style attributes (Content-Security-Policy).
import type { Options } from "../border";
import { fill, type LauncherTexts } from "../languages";
import css from "./launcher.css?inline";

const SVG = "http://www.w3.org/2000/svg";
const BUBBLE =
  "M12 3.5c5 0 9 3.4 9 7.7s-4 7.7-9 7.7c-.9 0-1.7-.1-2.5-.3L5 21v-4.1c-1.3-1.4-2-3.4-2-5.7 0-4.3 4-7.7 9-7.7Z";
const CROSS = "m6 6 12 12M18 6 6 18";

function icon(name: string, path: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", name);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  svg.append(document.createElementNS(SVG, "path"));
  svg.firstElementChild?.setAttribute("d", path);
  return svg;
}

function element<Name extends "div" | "span" | "button">(name: Name, part: string): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = part;
  made.setAttribute("part", part);
  return made;
}

/** Style sheets are made by the script where that is known (not in Safari before 16.4): no policy forbids that. */
export function style(root: ShadowRoot, text: string): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  } catch {
    root.prepend(Object.assign(document.createElement("style"), { textContent: text }));
  }
}

export class Launcher {
  readonly host = document.createElement("imd-chat");
  readonly root = this.host.attachShadow({ mode: "open" });
  readonly panel = element("div", "panel");
  readonly #frame = element("div", "frame");
  readonly #button = element("button", "launcher");
  readonly #badge = element("span", "badge");
  readonly #hint = element("span", "hint");

  constructor(clicked: () => void) {
    style(this.root, css);
    this.#button.type = "button";
    this.#button.onclick = clicked;
    this.#button.append(icon("bubble", BUBBLE), icon("cross", CROSS), this.#badge);
    this.#badge.ariaHidden = "true";
    this.#hint.role = "status";
    this.#frame.append(this.panel, this.#hint, this.#button);
    this.root.append(this.#frame);
  }

  focus(): void {
    this.#button.focus();
  }

  draw(
    options: Options,
    texts: LauncherTexts,
    now: {
      language: string;
      direction: string;
      theme: string;
      inline: boolean;
      open: boolean;
      busy: boolean;
      failed: boolean;
      unread: number;
    },
  ): void {
    const { unread, open } = now;
    const data = this.host.dataset;
    data.theme = now.theme;
    data.size = options.size;
    data.corner = now.inline ? "" : (options.corner ?? (now.direction === "rtl" ? "bottom-left" : "bottom-right"));
    data.open = String(open);
    this.#frame.lang = now.language;
    this.#frame.dir = now.direction;
    this.panel.hidden = !open;
    this.#button.hidden = now.inline;
    const label = open ? texts.close : texts.open;
    this.#button.ariaLabel = unread && !open ? `${label}, ${fill(texts.unread, now.language, { n: unread })}` : label;
    this.#button.ariaExpanded = String(open);
    this.#button.ariaBusy = String(now.busy);
    this.#badge.textContent = unread > 99 ? "99+" : String(unread);
    this.#badge.hidden = open || !unread;
    this.#hint.textContent = now.failed ? texts.unreachable : "";
  }
}
