// After each sign-on: exactly what was missed. A talk's `cursor` says up to where nothing is missing; what lies after it
// is fetched page by page, and what arrives meanwhile is merged by id and sorted by `seq`.

import { counted, type Kept, PENDING, put, said, without } from "./book";
import type { Core } from "./core";
import { Refused } from "./link";
import type { Line, History as Lines } from "./protocol";
import type { TalkKey } from "./types";

/** Fetched at the beginning, and by each `older`. */
const PAGE = 50;
/** The most the server gives at a time: for what was missed. */
const MOST = 200;
/** Who has missed more begins anew with the latest: nobody scrolls through thousands. */
const MOST_PAGES = 5;

export class History {
  /** Of this connection: talks in which nothing is missing any more, those being fetched, and the last `seq` heard. */
  readonly #whole = new Set<TalkKey>();
  readonly #busy = new Set<TalkKey>();
  readonly #heard = new Map<TalkKey, number>();

  constructor(private readonly core: Core) {}

  lost(): void {
    this.#whole.clear();
    this.#busy.clear();
    this.#heard.clear();
  }

  /** The talk is shown no more; opened again, it begins anew. */
  forget(key: TalkKey): void {
    this.#whole.delete(key);
    this.#heard.delete(key);
  }

  /** A live message has come: where nothing is missing before it, nothing is missing up to it. */
  live(talk: Kept, seq: number): Kept {
    this.#heard.set(talk.key, Math.max(seq, this.#heard.get(talk.key) ?? 0));
    return this.#whole.has(talk.key) && seq > talk.cursor ? { ...talk, cursor: seq } : talk;
  }

  async catchUp(key: TalkKey): Promise<void> {
    const { core } = this;
    const { link } = core;
    if (!link || this.#whole.has(key) || this.#busy.has(key)) return;
    this.#busy.add(key);
    core.alter(key, (talk) => ({ ...talk, loading: true }));
    try {
      for (let pages = 1; ; pages += 1) {
        const { cursor } = core.talk(key);
        const limit = cursor ? MOST : PAGE;
        const range = cursor ? { after: cursor, oldest: true } : {};
        const { messages, redacted = [] } = await link.ask<Lines>({ type: "get-history", with: key, limit, ...range });
        if (core.link !== link || !core.state.talks[key]) return;
        const full = messages.length >= limit;
        core.alter(key, (talk) =>
          cursor ? without(this.#next(talk, messages), redacted) : this.#latest(talk, messages, full),
        );
        if (!cursor || !full) break;
        if (pages >= MOST_PAGES) core.alter(key, (talk) => ({ ...talk, cursor: 0 }));
      }
      this.#whole.add(key);
      core.alter(key, (talk) => ({ ...talk, cursor: Math.max(talk.cursor, this.#heard.get(key) ?? 0) }));
    } catch (error) {
      const at = error instanceof Refused ? error.problem.retryAt : undefined;
      if (at !== undefined) core.world.clock.after(at - core.world.clock.now(), () => void this.catchUp(key));
    } finally {
      if (core.link === link) this.#busy.delete(key);
      if (core.state.talks[key]) core.alter(key, (talk) => (talk.loading ? { ...talk, loading: false } : talk));
    }
  }

  /** The latest of a talk; what was known and may have a gap after it goes, and is fetched again by `older`. */
  #latest(talk: Kept, lines: readonly Line[], full: boolean): Kept {
    const first = lines[0]?.seq ?? 0;
    const last = lines.at(-1)?.seq ?? 0;
    const items = full ? talk.items.filter((item) => item.order >= first || item.order === PENDING) : talk.items;
    // What the history of a new device holds was read on another, but what waited in the inbox was not.
    const readTo = talk.readTo ?? last;
    const merged = put({ ...talk, items, readTo }, this.#items(lines));
    // Of a talk without a history nothing is missing before this session; a minute is for clocks that are set.
    const begin = Math.round((this.core.signedOn - 60) * 1e6);
    return { ...merged, floor: first || begin, cursor: last || begin, hasOlder: full };
  }

  #next(talk: Kept, lines: readonly Line[]): Kept {
    return { ...put(talk, this.#items(lines)), cursor: lines.at(-1)?.seq ?? talk.cursor };
  }

  async older(key: TalkKey): Promise<void> {
    const { core } = this;
    const { link } = core;
    const talk = core.talk(key);
    if (!link || talk.loading || !talk.hasOlder) return;
    if (!talk.floor) return this.catchUp(key);
    core.alter(key, (kept) => ({ ...kept, loading: true }));
    try {
      const answer = await link.ask<Lines>({ type: "get-history", with: key, before: talk.floor, limit: PAGE });
      const { messages } = answer;
      if (core.link !== link || !core.state.talks[key]) return;
      core.alter(key, (kept) => ({
        ...put(kept, this.#items(messages), false),
        floor: messages[0]?.seq ?? kept.floor,
        hasOlder: messages.length >= PAGE,
      }));
    } catch {
      // There is more to fetch: whoever wants it asks again.
    } finally {
      if (core.state.talks[key]) core.alter(key, (kept) => ({ ...kept, loading: false }));
    }
  }

  #items(lines: readonly Line[]) {
    const { core } = this;
    return lines.map((line) => {
      const mine = core.key(line.from) === core.me;
      return said(line, mine, mine ? "" : core.nameOf(line.from));
    });
  }

  /** The person has read what is in the talk now. */
  read(key: TalkKey): void {
    const { core } = this;
    const talk = core.state.talks[key];
    const known = talk?.items.filter((item) => item.kind !== "event" && item.order !== PENDING) ?? [];
    const last = known.at(-1);
    if (!talk || !last || last.order <= (talk.readTo ?? 0)) return;
    const theirs = known
      .filter((item) => item.kind !== "event" && !item.mine && item.order > (talk.readTo ?? 0))
      .at(-1);
    core.alter(key, (kept) => counted({ ...kept, readTo: last.order }));
    if (!theirs || theirs.kind === "event") return;
    if (talk.kind === "room") core.link?.tell({ type: "read", with: key, time: theirs.time / 1000 });
    else core.link?.tell({ type: "read", id: theirs.id });
  }

  /** Another client of the same person has read so far. */
  readElsewhere(key: TalkKey, order: number): void {
    this.core.alter(key, (talk) => (order > (talk.readTo ?? 0) ? counted({ ...talk, readTo: order }) : talk));
  }
}
