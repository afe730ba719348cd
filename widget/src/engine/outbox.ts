// What was said and has no answer of the server yet. It is noted before it is sent, and sent again under the same id
// until there is an answer: the server shows it once (docs/protocols/native.md, *Sending, and sending again*).

import { failed, further, type Kept, PENDING, put, step } from "./book";
import type { Core } from "./core";
import type { Unsent } from "./identity";
import { Cut, Refused } from "./link";
import type { Sent } from "./protocol";
import type { Problem, Said, TalkKey } from "./types";

/** So many wait for their answers at a time. */
const WINDOW = 16;
/** These refuse for now, and say no more: the same message can succeed later. */
const FOR_NOW = new Set(["too-fast", "store-unavailable", "internal", "wrong-state", "short-of-memory"]);
/** A pause before what was refused for now is tried again, where the server names none; in ms. */
const PAUSE = 2000;

export class Outbox {
  readonly #waiting: Unsent[] = [];
  readonly #underWay = new Set<string>();
  #until = 0;
  #last = 0;

  constructor(private readonly core: Core) {}

  /** Takes up what earlier pages have left. */
  restore(): void {
    for (const entry of this.core.keeping.unsent) this.add(entry);
    // Where the browser keeps nothing, what the tab before has shown is all there is.
    for (const { key, items } of Object.values(this.core.state.talks)) {
      for (const item of items) {
        if (item.kind === "event" || item.kind === "notice" || item.order !== PENDING) continue;
        if (item.status === "sending") this.add({ ...item, kind: item.kind, to: key, at: item.time });
      }
    }
  }

  /** Anything may be handed over twice: a client id is said once. */
  add(entry: Unsent): void {
    const { core } = this;
    if (this.#waiting.some((other) => other.clientId === entry.clientId)) return;
    const known = core.talk(entry.to).items.find((item) => item.kind !== "event" && item.clientId === entry.clientId);
    if (known && known.kind !== "event" && known.status !== "sending" && known.status !== "failed") {
      core.keeping.removeUnsent(entry.clientId);
      return;
    }
    const { clientId, to, body, kind, at } = entry;
    core.keeping.addUnsent({ clientId, to, body, kind, at });
    this.#waiting.push(entry);
    core.alter(entry.to, (talk) => put({ ...talk, wanted: true }, [item(entry, core)]));
    this.pump();
  }

  drop(clientId: string): void {
    const at = this.#waiting.findIndex((entry) => entry.clientId === clientId);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.core.keeping.removeUnsent(clientId);
  }

  clear(): void {
    this.#waiting.length = 0;
    this.lost();
  }

  /** A moment for something new: after all that was said before it. */
  moment(): number {
    this.#last = Math.max(this.core.world.clock.now(), this.#last + 1);
    return this.#last;
  }

  lost(): void {
    this.#underWay.clear();
    this.#until = 0;
  }

  /** Sends what may be sent now, in the order in which it was said. */
  pump(): void {
    const { core } = this;
    const { link } = core;
    if (!link || this.#until > core.world.clock.now()) return;
    for (const entry of this.#waiting) {
      if (this.#underWay.size >= WINDOW) return;
      if (this.#underWay.has(entry.clientId)) continue;
      // A room is entered first. Where that was refused, the server says why to this as well.
      const { room } = core.talk(entry.to);
      if (room && !room.joined && core.rooms.has(entry.to)) continue;
      this.#underWay.add(entry.clientId);
      const { to, body, kind, clientId: client_id } = entry;
      link.ask<Sent>({ type: "send", to, client_id, body, kind }).then(
        (answer) => core.link === link && this.#settled(entry, answer),
        (error: unknown) => core.link === link && this.#refused(entry, error),
      );
    }
  }

  #settled(entry: Unsent, answer: Sent): void {
    this.#underWay.delete(entry.clientId);
    if (answer.outcome === "unknown") {
      this.#pause(undefined);
      return;
    }
    if (answer.outcome === "refused") {
      this.#fail(entry, { code: answer.code || "refused", text: answer.text ?? "" });
    } else {
      const status = answer.outcome === "kept" ? "kept" : "sent";
      // The server's `seq` is its time of reading in microseconds.
      const order = Math.round(answer.time * 1e6);
      this.#done(entry, (talk) =>
        this.core.history.live(
          step(talk, entry.clientId, (said) => ({
            ...said,
            id: answer.id,
            time: answer.time * 1000,
            order: said.order === PENDING ? order : said.order,
            status: further(said.status, status),
            problem: null,
          })),
          order - 1,
        ),
      );
    }
    this.pump();
  }

  #refused(entry: Unsent, error: unknown): void {
    this.#underWay.delete(entry.clientId);
    if (error instanceof Cut || !(error instanceof Refused)) return;
    const { problem } = error;
    if (FOR_NOW.has(problem.code)) {
      this.#pause(problem.retryAt);
      return;
    }
    this.#fail(entry, problem);
    this.pump();
  }

  #fail(entry: Unsent, problem: Problem): void {
    this.#done(entry, (talk) => step(talk, entry.clientId, (said) => failed(said, problem)));
    this.core.emit("error", { problem, talk: entry.to });
  }

  /** The talk is altered before the note goes: a page that dies in between sends once more, and loses nothing. */
  #done(entry: Unsent, change: (talk: Kept) => Kept): void {
    this.core.alter(entry.to, change);
    this.core.notes.flush();
    this.drop(entry.clientId);
  }

  #pause(until: number | undefined): void {
    const { clock } = this.core.world;
    const end = Math.max(this.#until, until ?? clock.now() + PAUSE);
    this.#until = end;
    clock.after(end - clock.now(), () => {
      // Timers may be early by a fraction of a millisecond.
      if (this.#until === end) this.#until = 0;
      this.pump();
    });
  }
}

function item(entry: Unsent, core: Core): Said {
  return {
    key: entry.clientId,
    id: "",
    clientId: entry.clientId,
    from: core.state.me?.address ?? "",
    name: "",
    mine: true,
    body: entry.body,
    kind: entry.kind,
    time: entry.at,
    order: PENDING,
    status: "sending",
    problem: null,
  };
}

/** What has failed is said anew, under a new id. */
export function again(core: Core, key: TalkKey, itemKey: string): void {
  const said = core.state.talks[key]?.items.find((other) => other.key === itemKey);
  if (!said || said.kind === "event" || said.kind === "notice" || said.status !== "failed") return;
  discard(core, key, itemKey);
  const { body, kind } = said;
  core.outbox.add({ clientId: core.world.uuid(), to: key, body, kind, at: core.outbox.moment() });
}

export function discard(core: Core, key: TalkKey, itemKey: string): void {
  core.alter(key, (talk) => ({
    ...talk,
    items: talk.items.filter((item) => item.key !== itemKey || item.kind === "event" || item.status !== "failed"),
  }));
}
