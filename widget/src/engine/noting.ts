// What is noted in the browser for the next page, and when: before the server may forget it.

import { counted, type Kept, PENDING } from "./book";
import { type Core, type CoreState, NOTHING } from "./core";
import type { Said, TalkKey } from "./types";

const KEPT_TALKS = 20;
const KEPT_ITEMS = 50;
/** Characters of a talk: browsers keep five million for all of a site, and what is typed needs room as well. */
const KEPT_LENGTH = 40_000;
/** In a crowd of messages notes are made this often, in ms. */
const PAUSE = 50;

export class Notes {
  #dirty = false;
  #toAck: string[] = [];
  #flushed = 0;
  #flushing = false;

  constructor(private readonly core: Core) {}

  /** This message is shown, and will be noted; then the server may take it off the inbox. */
  acknowledge(id: string): void {
    this.#toAck.push(id);
    this.#soon();
  }

  /** A talk has changed. */
  changed(): void {
    this.#dirty = true;
    this.#soon();
  }

  #soon(): void {
    const { clock } = this.core.world;
    const wait = this.#flushed + PAUSE - clock.now();
    // Timers of a page that nobody looks at may be a minute late: what comes later than one was due does not wait for it.
    if (this.#flushing && wait > 0) return;
    this.#flushing = true;
    const flush = () => {
      this.#flushing = false;
      this.flush();
    };
    if (wait > 0) clock.after(wait, flush);
    else queueMicrotask(flush);
  }

  flush(): void {
    const { keeping, link, state, world } = this.core;
    this.#flushed = world.clock.now();
    if (this.#dirty) {
      this.#dirty = false;
      const talks = Object.values(state.talks).sort((a, b) => b.last - a.last);
      keeping.talks = talks.slice(0, KEPT_TALKS).map(remembered);
    }
    if (this.#toAck.length && link) {
      link.tell({ type: "ack", ids: this.#toAck.splice(0, 1000) });
      if (this.#toAck.length) this.#soon();
    }
  }
}

/** A talk as it is kept for the next page. */
function remembered(talk: Kept): Kept {
  const all = talk.items.filter((item): item is Said => item.kind !== "event" && item.order !== PENDING);
  let from = all.length;
  for (let size = 0; from > 0 && from > all.length - KEPT_ITEMS; from -= 1) {
    size += all[from - 1]?.body.length ?? 0;
    if (size > KEPT_LENGTH) break;
  }
  const room = talk.room && { ...talk.room, members: [] };
  if (!from) return { ...talk, items: all, room };
  // With nothing kept it begins anew.
  const floor = all[from]?.order ?? 0;
  return { ...talk, items: all.slice(from), room, hasOlder: true, floor, cursor: floor && talk.cursor };
}

/** Begins with what another tab has shown, or what an earlier page has noted. */
export function recall(core: Core, before: CoreState | null): void {
  if (before?.me) core.domain = before.me.address.slice(before.me.nick.length + 1);
  const talks: Record<TalkKey, Kept> = {};
  try {
    for (const talk of before ? Object.values(before.talks) : core.keeping.talks) {
      // Nothing of these can be true any more, or is told anew.
      talks[talk.key] = counted({ ...talk, typing: [], loading: false, problem: null });
    }
  } catch {
    // Notes of another version, or of somebody else: the server has it all.
  }
  core.state = { ...(before ?? NOTHING), connection: NOTHING.connection, talks };
  for (const talk of Object.values(talks)) {
    if (talk.kind === "staff") core.staff.add(talk.key);
    // A visitor is in the rooms of the page she is on; a member in those she has entered.
    if (talk.room?.joined && (before || core.token !== null)) core.rooms.add(talk.key);
  }
}
