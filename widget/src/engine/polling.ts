// Long polling: the same messages by ordinary requests (docs/protocols/web.md, *Long polling*).
//
// Messages are numbered in each direction and repeated until acknowledged, so that a request that was lost, or two that
// overtook each other, neither lose nor double one.

import { bySocket, type Dial } from "./carrier";
import type { World } from "./world";

interface Answer {
  session?: string;
  wait?: number;
  ack?: number;
  first?: number;
  messages?: unknown[];
  end?: boolean;
}

/** Below `limits.request_body` of the server, in bytes. */
const LARGEST = 96 * 1024;
/** Before a request that had no answer is repeated, in ms; after the last of these the person is shown that there is no
 * connection, and another session resumes this one. */
const PAUSES = [1000, 2000];

export const poll: Dial = (world, server, carried) => {
  const url = `${server}/embed/poll`;
  let session = "";
  let wait = 25;
  /** Of what the server says: the number of the last message taken. */
  let taken = 0;
  /** Of what we say: the number of the first in `queue`. */
  let first = 1;
  let queue: string[] = [];
  /** How many of `queue` are in a request that is under way. */
  let offered = 0;
  let waiting = 0;
  let failures = 0;
  let paused: (() => void) | null = null;
  let scheduled = false;
  let over = false;

  function end(problem?: { code: string; text: string }, retryAfter?: number) {
    if (over) return;
    over = true;
    paused?.();
    carried.closed(problem, retryAfter);
  }

  /** As many as fit into a request. */
  function batch(): string[] {
    let size = 0;
    const fits = queue.findIndex((text) => {
      // No character of UTF-16 has more than three bytes.
      size += 3 * text.length + 1;
      return size > LARGEST;
    });
    return fits < 0 ? queue : queue.slice(0, Math.max(fits, 1));
  }

  function body(messages: string[], close = false): string {
    return `{"ack":${taken},"first":${first},"messages":[${messages.join(",")}]${close ? ',"close":true' : ""}}`;
  }

  async function ask(): Promise<void> {
    if (over) return;
    const opening = !session;
    const messages = opening ? [] : batch();
    offered = messages.length;
    waiting += 1;
    const giveUp = new AbortController();
    const late = world.clock.after((wait + 10) * 1000, () => giveUp.abort());
    let answer: Answer | null = null;
    let status = 0;
    let retryAfter: number | undefined;
    try {
      const response = await world.fetch(opening ? url : `${url}/${session}`, {
        method: "POST",
        // A type that needs no leave of the server beforehand (CORS).
        headers: { "Content-Type": "text/plain;charset=UTF-8" },
        body: opening ? "{}" : body(messages),
        credentials: "omit",
        cache: "no-store",
        signal: giveUp.signal,
      });
      status = response.status;
      retryAfter = Number(response.headers.get("Retry-After")) || undefined;
      if (status === 200) answer = (await response.json()) as Answer;
    } catch {
      // No answer, or none that can be read: the request is repeated.
      status = 0;
    }
    late();
    waiting -= 1;
    if (over) return;
    if (answer) took(answer);
    else failed(status, retryAfter);
  }

  function took(answer: Answer) {
    failures = 0;
    if (answer.session) {
      session = answer.session;
      wait = answer.wait ?? wait;
    }
    const done = (answer.ack ?? 0) - first + 1;
    if (done > 0) {
      queue = queue.slice(done);
      first += done;
      offered = Math.max(0, offered - done);
    }
    let number = answer.first ?? taken + 1;
    for (const message of answer.messages ?? []) {
      if (number > taken) {
        taken = number;
        carried.text(JSON.stringify(message));
        if (over) return;
      }
      number += 1;
    }
    if (answer.end) end();
    else if (!waiting || queue.length > offered) soon();
  }

  function failed(status: number, retryAfter?: number) {
    failures += 1;
    if (status === 403) return end({ code: "not-allowed", text: "Pages of this origin may not come in." });
    if (!session && status) return end(undefined, retryAfter);
    if (status === 400 || status === 404 || status === 409 || failures > PAUSES.length) {
      return end(undefined, retryAfter);
    }
    if (paused || (waiting && !queue.length)) return;
    const pause = retryAfter ? retryAfter * 1000 : (PAUSES[failures - 1] ?? 0);
    paused = world.clock.after(pause, () => {
      paused = null;
      void ask();
    });
  }

  /** Asks once for all that is said at this moment. */
  function soon() {
    if (scheduled || over || paused) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      if (!paused) void ask();
    });
  }

  void ask();
  return {
    send(message) {
      if (over) return;
      queue.push(message);
      if (session) soon();
    },
    close() {
      if (over) return;
      over = true;
      paused?.();
      if (session) world.beacon(`${url}/${session}`, body(batch(), true));
    },
  };
};

/** While a poll works: does a WebSocket, within `patience` ms? */
export function compare(world: World, server: string, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (works: boolean) => {
      calm();
      socket.close();
      resolve(works);
    };
    const socket = bySocket(world, server, { text: () => end(true), closed: () => end(false) });
    const calm = world.clock.after(patience, () => end(false));
  });
}
