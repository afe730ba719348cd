// Who the person is, and what is kept of her in the browser.

import type { Kept } from "./book";
import type { Settings, TalkKey } from "./types";
import type { Shelf, World } from "./world";

export interface Introduced {
  readonly name: string;
  readonly email: string;
}

/** Something said that has no answer yet. */
export interface Unsent {
  readonly clientId: string;
  readonly to: TalkKey;
  readonly body: string;
  readonly kind: "text" | "action";
  /** When it was said, in ms: the order of sending. */
  readonly at: number;
}

/** The claims of a token that matter here. Nothing is trusted: the server checks. */
export function claims(token: string): { sub: string; exp: number } {
  try {
    const body = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const { sub, exp } = JSON.parse(atob(body)) as { sub?: unknown; exp?: unknown };
    return { sub: String(sub ?? ""), exp: Number(exp) || 0 };
  } catch {
    return { sub: "", exp: 0 };
  }
}

/** One name for each person at each server and site: of what is kept, and of the connection the tabs share. */
export function baseOf(settings: Settings): string {
  const who = settings.token === null ? "v" : `m:${claims(settings.token).sub.toLowerCase()}`;
  return `imd:${settings.server}|${settings.site}|${who}`;
}

export class Keeping {
  readonly #shared: Shelf;
  readonly #tab: Shelf;
  readonly #own: Shelf;

  /** `together`: all tabs have one connection, and what is kept; else each has its own of both. */
  constructor(
    world: World,
    readonly base: string,
    together: boolean,
  ) {
    this.#shared = world.local;
    this.#tab = world.tab;
    this.#own = together ? world.local : world.tab;
  }

  get secret(): string {
    return this.#shared.get(`${this.base}:secret`) ?? "";
  }
  set secret(value: string) {
    this.#keep(this.#shared, "secret", value);
  }

  get introduced(): Introduced {
    return this.#parsed<Introduced>(this.#shared, "who") ?? { name: "", email: "" };
  }
  set introduced(value: Introduced) {
    this.#keep(this.#shared, "who", JSON.stringify(value));
  }

  get resume(): { token: string; session: string } | null {
    return this.#parsed(this.#own, "resume");
  }
  set resume(value: { token: string; session: string } | null) {
    this.#keep(this.#own, "resume", value && JSON.stringify(value));
  }

  get talks(): readonly Kept[] {
    return this.#parsed<readonly Kept[]>(this.#own, "talks") ?? [];
  }
  set talks(value: readonly Kept[]) {
    this.#keep(this.#own, "talks", JSON.stringify(value));
  }

  /** Whether she has been here before. */
  get known(): boolean {
    return Boolean(this.secret || this.resume);
  }

  /** Each has an entry of its own, so that any tab may add one while another removes one. */
  get unsent(): Unsent[] {
    const prefix = `${this.base}:out:`;
    const found = this.#own.names().filter((name) => name.startsWith(prefix));
    return found
      .map((name) => this.#parsed<Unsent>(this.#own, name.slice(this.base.length + 1)))
      .filter((entry) => entry !== null)
      .sort((a, b) => a.at - b.at);
  }

  addUnsent(entry: Unsent): void {
    const note = () => this.#own.set(`${this.base}:out:${entry.clientId}`, JSON.stringify(entry));
    if (note()) return;
    // There is no room. What was said is at the server, too: only what is typed is nowhere else.
    this.#own.remove(`${this.base}:talks`);
    note();
  }

  removeUnsent(clientId: string): void {
    this.#own.remove(`${this.base}:out:${clientId}`);
  }

  /** What was begun in this tab for a talk. */
  draft(talk: TalkKey): string {
    return this.#tab.get(`${this.base}:draft:${talk}`) ?? "";
  }

  setDraft(talk: TalkKey, text: string): void {
    this.#keep(this.#tab, `draft:${talk}`, text);
  }

  /** Of other tabs, what each keeps for itself is theirs to forget. */
  forget(): void {
    this.#clear(this.#shared);
    this.forgetTab();
  }

  forgetTab(): void {
    this.#clear(this.#tab);
  }

  #clear(shelf: Shelf): void {
    for (const name of shelf.names()) if (name.startsWith(`${this.base}:`)) shelf.remove(name);
  }

  #keep(shelf: Shelf, name: string, value: string | null): void {
    if (value) shelf.set(`${this.base}:${name}`, value);
    else shelf.remove(`${this.base}:${name}`);
  }

  #parsed<Value>(shelf: Shelf, name: string): Value | null {
    try {
      return JSON.parse(shelf.get(`${this.base}:${name}`) ?? "null") as Value | null;
    } catch {
      return null;
    }
  }
}
