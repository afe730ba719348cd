// A browser of one origin: tabs with one storage, channels and locks between them, and a network to a server.

import { engines } from "../../src/engine";
import type { Engine, Settings } from "../../src/engine/types";
import type { Channel, Shelf, World } from "../../src/engine/world";
import { FakeClock } from "./clock";
import type { FakeServer } from "./server";

class FakeShelf implements Shelf {
  readonly content = new Map<string, string>();
  get(name: string) {
    return this.content.get(name) ?? null;
  }
  /** Characters that fit in; more are not kept. */
  room = Number.POSITIVE_INFINITY;
  set(name: string, text: string) {
    const others = [...this.content].filter(([other]) => other !== name);
    if (others.reduce((sum, [, one]) => sum + one.length, text.length) > this.room) return false;
    this.content.set(name, text);
    return true;
  }
  remove(name: string) {
    this.content.delete(name);
  }
  names() {
    return [...this.content.keys()];
  }
}

interface Holder {
  tab: Tab;
  lost: () => void;
  done: boolean;
}

interface Request {
  tab: Tab;
  hold: () => Promise<void>;
  lost: () => void;
}

export class FakeBrowser {
  readonly clock = new FakeClock();
  readonly local = new FakeShelf();
  readonly channels = new Map<string, Set<FakeChannel>>();
  private readonly holders = new Map<string, Holder>();
  private readonly queues = new Map<string, Request[]>();
  /** Whether there are locks: not on pages by plain HTTP. */
  locks = true;

  constructor(readonly server: FakeServer) {
    server.clock = this.clock;
  }

  tab(): Tab {
    return new Tab(this);
  }

  request(name: string, steal: boolean, request: Request): () => void {
    const queue = this.queues.get(name) ?? [];
    this.queues.set(name, queue);
    if (steal) {
      const holder = this.holders.get(name);
      if (holder) {
        holder.done = true;
        this.holders.delete(name);
        holder.tab.task(holder.lost);
      }
      queue.unshift(request);
    } else queue.push(request);
    queueMicrotask(() => this.grant(name));
    return () => {
      const at = queue.indexOf(request);
      if (at >= 0) queue.splice(at, 1);
    };
  }

  private grant(name: string): void {
    if (this.holders.has(name)) return;
    const next = this.queues.get(name)?.shift();
    if (!next) return;
    const holder: Holder = { tab: next.tab, lost: next.lost, done: false };
    this.holders.set(name, holder);
    next.tab.task(() => {
      void next.hold().then(() => this.release(name, holder));
    });
  }

  private release(name: string, holder: Holder): void {
    if (holder.done) return;
    holder.done = true;
    this.holders.delete(name);
    this.grant(name);
  }

  /** What the end of a tab lets go of. */
  vanish(tab: Tab): void {
    for (const [name, queue] of this.queues) {
      this.queues.set(
        name,
        queue.filter((request) => request.tab !== tab),
      );
    }
    for (const channels of this.channels.values()) {
      for (const channel of channels) if (channel.tab === tab) channels.delete(channel);
    }
    for (const [name, holder] of [...this.holders]) if (holder.tab === tab) this.release(name, holder);
  }
}

class FakeChannel implements Channel {
  listener: (note: unknown) => void = () => undefined;
  constructor(
    readonly tab: Tab,
    readonly all: Set<FakeChannel>,
  ) {
    all.add(this);
  }
  post(note: unknown) {
    const copy = structuredClone(note);
    for (const other of this.all) {
      if (other === this) continue;
      queueMicrotask(() => {
        if (this.all.has(other)) other.tab.task(() => other.listener(copy));
      });
    }
  }
  listen(listener: (note: unknown) => void) {
    this.listener = listener;
  }
  close() {
    this.all.delete(this);
  }
}

let uuids = 0;

export class Tab {
  readonly own = new FakeShelf();
  url = "https://shop.example.org/prices";
  readonly world: World;
  engine: (settings: Settings) => Engine;
  private frozen: (() => void)[] | null = null;
  private dead = false;
  private wakes = new Set<(networkChanged: boolean) => void>();
  private leaves = new Set<(leaving: boolean) => void>();

  constructor(readonly browser: FakeBrowser) {
    const tab = this;
    const { clock, server } = browser;
    this.world = {
      clock: {
        now: () => clock.now(),
        random: () => clock.random(),
        after: (ms, run) => clock.after(ms, () => this.task(run)),
      },
      uuid: () => `u${++uuids}`,
      local: browser.local,
      tab: this.own,
      // The methods and events of a WebSocket that the engine uses.
      WebSocket: class {
        constructor(url: string, protocols: string[]) {
          // biome-ignore lint/correctness/noConstructorReturn: stands for the browser's own class
          return server.connect(url, protocols, (run) => tab.task(run)) as unknown as WebSocket;
        }
      } as unknown as World["WebSocket"],
      fetch: (url, init) => server.fetch(url, init),
      beacon: (url, body) => void server.fetch(url, { body }).catch(() => undefined),
      onWake: (run) => {
        this.wakes.add(run);
        return () => this.wakes.delete(run);
      },
      onLeave: (run) => {
        this.leaves.add(run);
        return () => this.leaves.delete(run);
      },
      channel: (name) => {
        const all = browser.channels.get(name) ?? new Set();
        browser.channels.set(name, all);
        return new FakeChannel(this, all);
      },
      lock: (name, steal, hold, lost) =>
        browser.locks ? browser.request(name, steal, { tab: this, hold, lost }) : null,
      page: () => ({ url: this.url, title: "Prices" }),
    };
    this.engine = engines(this.world);
  }

  /** Something of this tab's event loop. */
  task(run: () => void): void {
    if (this.dead) return;
    if (this.frozen) this.frozen.push(run);
    else run();
  }

  freeze(): void {
    this.frozen ??= [];
  }

  thaw(): void {
    const tasks = this.frozen ?? [];
    this.frozen = null;
    for (const task of tasks) this.task(task);
  }

  wake(networkChanged: boolean): void {
    for (const run of this.wakes) run(networkChanged);
  }

  /** Into the browser's memory of pages, and back. */
  hide(): void {
    for (const run of [...this.leaves]) run(true);
    this.freeze();
  }

  back(): void {
    this.thaw();
    for (const run of [...this.leaves]) run(false);
  }

  /** Gone without a word: the browser was killed. */
  crash(): void {
    this.dead = true;
    this.browser.vanish(this);
  }

  close(): void {
    for (const run of [...this.leaves]) run(true);
    this.crash();
  }

  /** The same tab, with the page loaded anew. */
  reload(): Tab {
    this.close();
    const next = new Tab(this.browser);
    for (const [name, text] of this.own.content) next.own.set(name, text);
    return next;
  }
}
