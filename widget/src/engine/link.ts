// One connection: requests and their answers by `ref`, signs of life.

import type { Carrier } from "./carrier";
import type { Dialler } from "./dialling";
import type { FromClient, FromServer, Hello, Welcome } from "./protocol";
import type { Problem } from "./types";
import type { World } from "./world";

/** The server has refused a request. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.text);
  }
}

/** The connection ended before there was an answer. */
export class Cut extends Error {}

export interface LinkEnd {
  /** The server's `bye`, or what it answered instead of letting us in. */
  readonly problem: { code: string; text: string } | null;
  /** When another attempt may succeed, if the server said so. */
  readonly retryAt: number | undefined;
}

export interface Listener {
  hello(hello: Hello): void;
  /** Signed on. Told at once: what follows in the same packet is heard by somebody. */
  welcome(welcome: Welcome): void;
  /** Whatever is no answer to a request. */
  event(message: FromServer): void;
  ended(end: LinkEnd): void;
}

type Request = Extract<FromClient, { ref?: number }>;
type Pending = { done(answer: FromServer): void; failed(error: Error): void };

/** Silence of the server while it owes an answer, in ms, after which it is asked whether it is there. */
const OWING = 12_000;
/** How long it may take to answer that. */
const LIFE = 8_000;

export class Link {
  #carrier: Carrier;
  #ref = 0;
  readonly #pending = new Map<number, Pending>();
  #heard: number;
  #idle = 75_000;
  #asked = 0;
  #over = false;
  #bye: { code: string; text: string } | null = null;
  #calmWatch: () => void = () => undefined;

  constructor(
    private readonly world: World,
    dialler: Dialler,
    private readonly listener: Listener,
  ) {
    this.#heard = world.clock.now();
    this.#carrier = dialler.dial({
      text: (text) => this.#read(text),
      closed: (problem, retryAfter) => this.#end(problem ?? null, retryAfter),
    });
    this.#watch();
  }

  /** Asks something of the server; rejects with `Refused` or `Cut`. */
  ask<Answer extends FromServer = FromServer>(request: Request): Promise<Answer> {
    if (this.#over) return Promise.reject(new Cut());
    this.#ref += 1;
    const ref = this.#ref;
    this.#write({ ...request, ref });
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.set(ref, { done: (message) => resolve(message as Answer), failed: reject });
    });
    // Whoever does not look at the outcome need not catch it either.
    answer.catch(() => undefined);
    return answer;
  }

  /** Says something that needs no answer. */
  tell(message: FromClient): void {
    if (!this.#over) this.#write(message);
  }

  /** Ends it, silently: `ended` is not called; what was asked for is rejected with `Cut`. */
  close(): void {
    if (this.#over) return;
    this.#carrier.close();
    this.#finish();
  }

  /** Is it still there? If not, that is found out soon: after sleep, or another network. */
  check(): void {
    if (!this.#over && !this.#asked) this.#probe(LIFE / 2);
  }

  #write(message: FromClient): void {
    this.#carrier.send(JSON.stringify(message));
  }

  #read(text: string): void {
    this.#heard = this.world.clock.now();
    this.#asked = 0;
    let message: FromServer;
    try {
      message = JSON.parse(text) as FromServer;
    } catch {
      return;
    }
    const ref = "ref" in message ? message.ref : undefined;
    const pending = ref ? this.#pending.get(ref) : undefined;
    if (ref && pending) {
      this.#pending.delete(ref);
      if (message.type === "welcome") this.listener.welcome(message);
      if (message.type === "error") pending.failed(new Refused(this.#problem(message)));
      else pending.done(message);
    } else if (message.type === "ping") {
      this.#write({ type: "pong", ...(message.ref ? { ref: message.ref } : {}) });
    } else if (message.type === "hello") {
      const { ping_interval, ping_timeout } = message.limits;
      if (ping_interval) this.#idle = (ping_interval + ping_timeout / 4) * 1000;
      this.listener.hello(message);
    } else if (message.type === "bye") {
      this.#bye = { code: message.code, text: message.text };
      // Proxies may keep a connection open that the server has closed.
      this.#carrier.close();
      this.#end(null);
    } else {
      try {
        this.listener.event(message);
      } catch (error) {
        // One message that is not understood must not end the reading of all others.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #problem(message: { code: string; text: string; retry_after?: number | null }): Problem {
    const wait = message.retry_after;
    const { code, text } = message;
    return wait == null ? { code, text } : { code, text, retryAt: this.world.clock.now() + wait * 1000 };
  }

  /** Looks from time to time whether the server is silent for too long. */
  #watch(): void {
    this.#calmWatch = this.world.clock.after(LIFE / 2, () => {
      if (this.#over) return;
      const silent = this.world.clock.now() - this.#heard;
      if (!this.#asked && silent > (this.#pending.size ? OWING : this.#idle)) this.#probe(LIFE);
      this.#watch();
    });
  }

  #probe(patience: number): void {
    const asked = this.world.clock.now();
    this.#asked = asked;
    this.#write({ type: "ping", ref: 0 });
    this.world.clock.after(patience, () => {
      if (this.#over || this.#asked !== asked) return;
      this.#carrier.close();
      this.#end(null);
    });
  }

  #end(problem: { code: string; text: string } | null, retryAfter?: number): void {
    if (this.#over) return;
    this.#finish();
    const retryAt = retryAfter === undefined ? undefined : this.world.clock.now() + retryAfter * 1000;
    this.listener.ended({ problem: this.#bye ?? problem, retryAt });
  }

  #finish(): void {
    this.#over = true;
    this.#calmWatch();
    const cut = new Cut();
    for (const pending of this.#pending.values()) pending.failed(cut);
    this.#pending.clear();
  }
}
