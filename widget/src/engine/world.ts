// What the engine needs of the browser, in one place: a test gives it another clock, socket or storage.

export interface Clock {
  now(): number;
  /** Calls `run` after `ms`; returns how to call it off. */
  after(ms: number, run: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
}

/** Text by name. Never throws: what a browser refuses to keep is kept while the page lives. */
export interface Shelf {
  get(name: string): string | null;
  /** Whether it is kept for longer. */
  set(name: string, text: string): boolean;
  remove(name: string): void;
  names(): readonly string[];
}

/** The part of a BroadcastChannel that is used. */
export interface Channel {
  post(note: unknown): void;
  listen(listener: (note: unknown) => void): void;
  close(): void;
}

export interface World {
  readonly clock: Clock;
  /** Unique for ever. */
  uuid(): string;
  /** Shared by all tabs of the origin. */
  readonly local: Shelf;
  /** This tab's, over reloads. */
  readonly tab: Shelf;
  WebSocket: new (url: string, protocols: string[]) => WebSocket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Sends a last word of a page that goes away. */
  beacon(url: string, body: string): void;
  /** The browser has a network again, or the page is looked at again. */
  onWake(run: (networkChanged: boolean) => void): () => void;
  /** The page goes away (`true`), or is back out of the browser's memory (`false`). */
  onLeave(run: (leaving: boolean) => void): () => void;
  /** Null where tabs cannot talk to each other. */
  channel(name: string): Channel | null;
  /**
   * Runs `hold` while this tab alone has the lock, until what it returns is settled. `steal`: from whoever has it,
   * who is told by `lost`. Returns null where there are no locks.
   */
  lock(name: string, steal: boolean, hold: () => Promise<void>, lost: () => void): (() => void) | null;
  /**
   * Where the person is: for the staff. Addresses may have secrets in them: what follows `#` is left out, and of what
   * follows `?` all but the parameters named.
   */
  page(query: readonly string[]): { url: string; title: string };
}

export function shelf(open: () => Storage): Shelf {
  // Reading the property alone throws where storage is refused (third-party contexts, settings).
  let storage: Storage | null = null;
  try {
    storage = open();
  } catch {}
  const memory = new Map<string, string>();
  return {
    get: (name) => memory.get(name) ?? storage?.getItem(name) ?? null,
    set(name, text) {
      try {
        if (!storage) throw new Error();
        storage.setItem(name, text);
        memory.delete(name);
        return true;
      } catch {
        memory.set(name, text);
        return false;
      }
    },
    remove(name) {
      memory.delete(name);
      storage?.removeItem(name);
    },
    names: () => [...new Set([...memory.keys(), ...Object.keys(storage ?? {})])],
  };
}

/** `crypto.randomUUID` is there in secure contexts only; pages by plain HTTP are none. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function listen(target: EventTarget, name: string, run: (event: Event) => void): () => void {
  target.addEventListener(name, run);
  return () => target.removeEventListener(name, run);
}

export function browser(): World {
  return {
    clock: {
      now: () => Date.now(),
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      random: () => Math.random(),
    },
    uuid,
    local: shelf(() => localStorage),
    tab: shelf(() => sessionStorage),
    WebSocket,
    fetch: (url, init) => fetch(url, init),
    beacon(url, body) {
      navigator.sendBeacon(url, body);
    },
    onWake(run) {
      const stops = [
        listen(window, "online", () => run(true)),
        listen(document, "visibilitychange", () => {
          if (document.visibilityState === "visible") run(false);
        }),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    onLeave(run) {
      const stops = [
        listen(window, "pagehide", () => run(true)),
        listen(window, "pageshow", (event) => {
          if ((event as PageTransitionEvent).persisted) run(false);
        }),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    channel(name) {
      if (typeof BroadcastChannel === "undefined") return null;
      const channel = new BroadcastChannel(name);
      return {
        post: (note) => channel.postMessage(note),
        listen(listener) {
          channel.onmessage = (event: MessageEvent<unknown>) => listener(event.data);
        },
        close: () => channel.close(),
      };
    },
    lock(name, steal, hold, lost) {
      if (typeof navigator === "undefined" || !navigator.locks) return null;
      const waiting = new AbortController();
      let held = false;
      const run = () => {
        held = true;
        return hold();
      };
      // A request that steals cannot be called off: it is granted at once.
      const options = steal ? { steal } : { signal: waiting.signal };
      navigator.locks.request(name, options, run).catch(() => {
        if (held) lost();
        // Refused: all storage is, or the frame is sandboxed. Then nobody can be shared with.
        else if (!waiting.signal.aborted) void hold();
      });
      return () => waiting.abort();
    },
    page(query) {
      const url = new URL(location.href);
      url.hash = "";
      for (const name of [...url.searchParams.keys()]) if (!query.includes(name)) url.searchParams.delete(name);
      return { url: url.href, title: document.title };
    },
  };
}
