// `imd`, the only global: the first widget of the page, and how to make more.
import type { App, AppModule, Options, Shell, Theme } from "../border";
import { BEEN_HERE, openName } from "../border";
import { choose, direction, fill, type LauncherTexts } from "../languages";
import { type Listener, Listeners } from "./events";
import { Launcher, style } from "./launcher";
import { type Given, read } from "./options";

declare const __IMD_APP__: string;

declare global {
  interface Window {
    imd?: Widget;
  }
}

const languages = import.meta.glob<LauncherTexts>("../languages/[a-z][a-z].ts", { eager: true, import: "launcher" });
const launcherTexts = Object.fromEntries(Object.entries(languages).map(([path, texts]) => [path.slice(-5, -3), texts]));

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Whether she has written before, or has it open. */
function beenHere(options: Options): boolean {
  try {
    return BEEN_HERE in localStorage || openName(options) in sessionStorage;
  } catch {
    // Storage may be forbidden.
    return false;
  }
}

/** What a page can do with a widget. */
export class Widget {
  readonly #server: string;
  readonly #listeners = new Listeners();
  readonly #launcher = new Launcher(() => this.toggle());
  readonly #shell: Shell;
  readonly #redraw = () => this.#draw();
  #options: Options;
  #target: Element | null = null;
  #app: App | null = null;
  #loading: Promise<App> | null = null;
  #tries = 0;
  #open = false;
  #failed = false;
  #unread = 0;
  /** What was told of a token that has expired and was not followed by another. */
  #expired: unknown;

  /** The widgets of tags, by what the tag says: pages that change their views by script may run a tag again with each view. */
  readonly #tags: Record<string, Widget> = {};

  constructor(server: string, given: Given, tag = "") {
    this.#server = server;
    this.#options = read(server, given);
    this.#tags[tag] = this;
    this.#shell = this.#makeShell();
    this.#attach();
    dark.addEventListener("change", this.#redraw);
    this.#open = this.#target !== null;
    this.#draw();
    if (this.#open || this.#options.token || beenHere(this.#options)) this.#import().catch(() => {});
  }

  #attach(): void {
    const { host } = this.#launcher;
    const { target } = this.#options;
    if (host.isConnected) return;
    this.#target = typeof target === "string" ? document.querySelector(target) : target;
    (this.#target ?? document.body).append(host);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Messages of others that have not been read. */
  get unread(): number {
    return this.#unread;
  }

  async open(): Promise<void> {
    const app = await this.#import();
    if (this.#open) return;
    this.#open = true;
    this.#draw();
    await app.update();
    this.#listeners.emit("open", {});
  }

  close(): void {
    if (!this.#open || this.#target) return;
    // Whoever was in the panel goes on at the launcher, not at the top of the page.
    const inside = this.#launcher.root.activeElement;
    this.#open = false;
    this.#draw();
    if (inside) this.#launcher.focus();
    this.#update();
    this.#listeners.emit("close", {});
  }

  toggle(): void {
    if (this.#open) this.close();
    else this.open().catch(() => {});
  }

  /** Take all of it off the page, launcher included, and back. The talk goes on. */
  hide(): void {
    this.#launcher.host.hidden = true;
  }

  show(): void {
    this.#attach();
    this.#launcher.host.hidden = false;
  }

  on(event: string, listener: Listener): () => void {
    if (event === "ready" && this.#app) queueMicrotask(() => listener({}));
    // The tag is async: the server may have said so before the page listens.
    const expired = event === "token-expired" && this.#expired;
    if (expired) queueMicrotask(() => listener(expired));
    return this.#listeners.on(event, listener);
  }

  off(event: string, listener?: Listener): void {
    this.#listeners.off(event, listener);
  }

  /** Sign on as who the token says. Rejects if the server does not take it. */
  async identify(token: string): Promise<void> {
    this.#expired = undefined;
    this.#options = { ...this.#options, token };
    await (await this.#import()).identify(token);
  }

  /** Forget in this browser who the person is. */
  async signOut(): Promise<void> {
    this.#options = { ...this.#options, token: null };
    await (await this.#import()).signOut();
  }

  /** The place of voice and video, which are to come. */
  call(): Promise<never> {
    return Promise.reject(new DOMException("Calls are not available yet.", "NotAvailable"));
  }

  setLocale(lang: string): Promise<void> {
    return this.#change({ lang });
  }

  setTheme(theme: Theme): Promise<void> {
    return this.#change({ theme });
  }

  setTexts(texts: Options["texts"]): Promise<void> {
    return this.#change({ texts: { ...this.#options.texts, ...texts } });
  }

  /** One more widget on this page. */
  create(given: Given = {}, tag = ""): Widget {
    const made = (tag && this.#tags[tag]) || new Widget(this.#server, given);
    this.#tags[tag] = made;
    made.#attach();
    return made;
  }

  destroy(): void {
    dark.removeEventListener("change", this.#redraw);
    // Also what is still on its way.
    this.#loading?.then((app) => app.destroy()).catch(reportError);
    this.#launcher.host.remove();
    if (window.imd === this) delete window.imd;
  }

  async #change(changed: Partial<Options>): Promise<void> {
    this.#options = { ...this.#options, ...changed };
    this.#draw();
    await this.#app?.update();
  }

  #update(): void {
    this.#app?.update().catch(reportError);
  }

  get #language(): string {
    const wanted = [this.#options.lang, document.documentElement.lang, ...navigator.languages];
    return choose(wanted, Object.keys(launcherTexts));
  }

  get #texts(): LauncherTexts {
    return { ...(launcherTexts[this.#language] as LauncherTexts), ...this.#options.texts };
  }

  #draw(): void {
    const language = this.#language;
    const { theme } = this.#options;
    this.#launcher.draw(this.#options, this.#texts, {
      language,
      direction: direction(language),
      theme: theme === "auto" ? (dark.matches ? "dark" : "light") : theme,
      inline: this.#target !== null,
      open: this.#open,
      busy: this.#loading !== null && this.#app === null,
      failed: this.#failed,
      unread: this.#unread,
    });
  }

  #import(): Promise<App> {
    this.#loading ??= this.#load().then(
      (app) => {
        this.#app = app;
        this.#draw();
        this.#listeners.emit("ready", {});
        return app;
      },
      (error: unknown) => {
        this.#loading = null;
        this.#failed = true;
        this.#draw();
        this.#listeners.emit("error", { code: "unreachable", text: String(error) });
        throw error;
      },
    );
    this.#failed = false;
    this.#draw();
    return this.#loading;
  }

  async #load(): Promise<App> {
    // A module that could not be fetched may stay so for the life of the page: another address is another try.
    const again = this.#tries++ ? `?${this.#tries}` : "";
    const url = `${this.#options.server}/embed/${__IMD_APP__}${again}`;
    const { mount }: AppModule = await import(/* @vite-ignore */ url);
    return mount(this.#shell);
  }

  #makeShell(): Shell {
    const { host, root, panel } = this.#launcher;
    // The getters below have a `this` of their own.
    const widget = this;
    return {
      host,
      root,
      panel,
      get options() {
        return widget.#options;
      },
      get inline() {
        return widget.#target !== null;
      },
      get language() {
        return widget.#language;
      },
      get closeText() {
        return widget.#texts.close;
      },
      get isOpen() {
        return widget.#open;
      },
      open: () => void widget.open().catch(() => {}),
      close: () => widget.close(),
      fill,
      style: (css) => style(root, css),
      emit(event, detail) {
        if (event === "token-expired") widget.#expired = detail;
        widget.#listeners.emit(event, detail);
      },
      unread(total) {
        widget.#unread = total;
        widget.#draw();
      },
    };
  }
}

/** A tag has been read: its widget is the global, or is added to it. */
export function begin(server: string, given: Given): void {
  // An element with the id `imd` is a property of the window, too (HTML, named access).
  const all = { server, ...given };
  const tag = JSON.stringify(all);
  if (typeof window.imd?.create === "function") {
    window.imd.create(all, tag);
    return;
  }
  window.imd = new Widget(server, given, tag);
  document.dispatchEvent(new CustomEvent("imd:ready", { detail: window.imd }));
}
