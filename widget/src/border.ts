// The border between the loader (`/imd.js`, one request on every page) and the app it imports when the chat is opened.
//
// Two builds: they share types and nothing that runs, and meet in `Shell`, which the loader makes and the app uses.
import type { fill, LauncherTexts, MoreTexts, Texts } from "./languages";

/** What is asked of somebody who begins to write. */
export type Asked = "none" | "optional" | "required";

export type Theme = "auto" | "light" | "dark";
export type Corner = "bottom-right" | "bottom-left" | "top-right" | "top-left";
export type Size = "small" | "medium" | "large";

/** A site's own words in place of the widget's. */
export type OwnTexts = Partial<LauncherTexts & Texts & MoreTexts>;

/** All a site owner may say of a widget: `data-*` of the tag, or an argument of `imd.create`. */
export interface Options {
  /** Where imd is, without a slash at the end; by default where the script came from. */
  server: string;
  site: string;
  /** Desks or accounts to write to. */
  agents: readonly string[];
  /** Rooms to join. */
  room: readonly string[];
  /** Parameters of the page's address that the staff may see. */
  query: readonly string[];
  token: string | null;
  /** Where to sit in the page: an element or a CSS selector of one; null: floating in a corner. */
  target: Element | string | null;
  /** Null: at the end of the bottom line, as the language is written. */
  corner: Corner | null;
  /** A language tag; empty: the page's, or else the browser's. */
  lang: string;
  theme: Theme;
  title: string;
  greeting: string;
  /** URL of a picture. */
  avatar: string;
  size: Size;
  /** Whether sound is on at first, is off at first, or is not offered at all. */
  sound: "on" | "off" | "never";
  form: { readonly name: Asked; readonly email: Asked };
  /** Own words in place of the widget's. */
  texts: OwnTexts;
}

/** What the app is given by the loader. */
export interface Shell {
  readonly options: Readonly<Options>;
  /** `<imd-chat>`. */
  readonly host: HTMLElement;
  readonly root: ShadowRoot;
  /** Where the app draws. */
  readonly panel: HTMLElement;
  /** In the page, and not floating. */
  readonly inline: boolean;
  /** The language chosen; one that there is. */
  readonly language: string;
  /** What the launcher's button says while open: the panel has one of its own where it covers the launcher. */
  readonly closeText: string;
  readonly isOpen: boolean;
  /** Somebody asked for it with a click, a key or the API: take the focus when opened. */
  open(): void;
  close(): void;
  emit(event: string, detail: unknown): void;
  /** Fills in a text; the loader has that already. */
  readonly fill: typeof fill;
  /** Adds a style sheet to the shadow root. */
  style(css: string): void;
  unread(total: number): void;
}

/** What the loader gets from the app. */
export interface App {
  /** The widget was opened or closed, or its options have changed. */
  update(): Promise<void>;
  identify(token: string): Promise<void>;
  signOut(): Promise<void>;
  destroy(): void;
}

/** The app chunk's only export. */
export interface AppModule {
  mount(shell: Shell): Promise<App>;
}

/** The app asks `localStorage` for this to know who has written before, the loader, whether to import it at once. */
export const BEEN_HERE = "imd.been";

/** What `sessionStorage` has while a floating chat is open, by whom it is with: the tab's next page opens it again. */
export const openName = ({ agents, room }: Options) => `imd.open ${agents} ${room}`;
