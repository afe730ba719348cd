// The engine of a widget. Several on a page, and all tabs of the origin, share one connection for each person.

import type { Arguments } from "./commands";
import { baseOf, Keeping } from "./identity";
import { talkKey } from "./names";
import { type Hear, Shared } from "./sharing";
import type { Engine, EventName, Events, Settings, State, TalkKey } from "./types";
import { browser, type World } from "./world";

export * from "./names";
export type * from "./types";

const PASSED = [
  "introduce",
  "setPage",
  "close",
  "retry",
  "discard",
  "typing",
  "older",
  "closeConversation",
  "leave",
  "setTopic",
  "rooms",
  "approve",
  "refuse",
  "removeContact",
  "block",
  "unblock",
] as const;

/** What a page has: one `Shared` for each person. */
class Page {
  private readonly shared = new Map<string, { shared: Shared; users: number }>();

  constructor(readonly world: World) {}

  take(settings: Settings): Shared {
    const base = baseOf(settings);
    let entry = this.shared.get(base);
    if (!entry) {
      entry = { shared: new Shared(this.world, settings, base), users: 0 };
      this.shared.set(base, entry);
    } else void entry.shared.run("want", settings.staff, settings.rooms);
    entry.users += 1;
    return entry.shared;
  }

  /** The last one to leave lets go of the connection. */
  leave(settings: Settings): void {
    const base = baseOf(settings);
    const entry = this.shared.get(base);
    if (!entry) return;
    entry.users -= 1;
    if (entry.users) return;
    this.shared.delete(base);
    entry.shared.stop();
  }
}

/** The engines of a page with this world. */
export function engines(world: World): (settings: Settings) => Engine {
  const page = new Page(world);
  return (settings) => makeEngine(page, settings);
}

let here: ((settings: Settings) => Engine) | undefined;

/** An engine for a widget on this page. Nothing happens until `start`. */
export function createEngine(settings: Settings): Engine {
  here ??= engines(browser());
  return here(settings);
}

function makeEngine(page: Page, first: Settings): Engine {
  const { world } = page;
  let settings = first;
  let shared = page.take(settings);
  let running = false;
  let held = true;
  let looking: TalkKey | null = null;
  let last = 0;
  let signedOn = false;
  const listeners = new Set<(state: State) => void>();
  const hearers = new Map<EventName, Set<(event: never) => void>>();
  let unbind = bind();

  function bind(): () => void {
    const hear: Hear = (name, event) => {
      for (const listener of [...(hearers.get(name) ?? [])]) (listener as (event: Events[typeof name]) => void)(event);
    };
    const stops = [shared.subscribe(changed), shared.hear(hear)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  function keeping(token = settings.token) {
    return new Keeping(world, baseOf({ ...settings, token }), shared.tabs);
  }

  function changed() {
    const { state } = shared;
    // Signed out in another tab.
    if (signedOn && !state.me && !keeping().known) keeping().forgetTab();
    signedOn = state.me !== null;
    if (looking !== null && state.talks[looking]?.unread) void shared.run("read", looking);
    for (const listener of [...listeners]) listener(state);
  }

  function key(name: string): TalkKey {
    const { me } = shared.state;
    return talkKey(name, me ? me.address.slice(me.nick.length + 1) : "");
  }

  function hold() {
    if (held) return;
    held = true;
    shared = page.take(settings);
    unbind = bind();
  }

  /** Goes on as somebody else. */
  function become(next: Settings) {
    unbind();
    const begun = Object.keys(shared.state.talks).map((talk) => [talk, keeping().draft(talk)] as const);
    const visitor = settings.token === null;
    if (held) page.leave(settings);
    settings = next;
    signedOn = false;
    // Who signs on goes on writing; another person does not find what this one has begun.
    if (visitor) for (const [talk, text] of begun) keeping().setDraft(talk, text);
    held = false;
    hold();
    if (running) shared.start();
    changed();
  }

  // Commands that are passed on as they are.
  const passed = Object.fromEntries(
    PASSED.map((name) => [name, (...args: Arguments<typeof name>) => shared.run(name, ...args)]),
  ) as unknown as Pick<Engine, (typeof PASSED)[number]>;

  return {
    ...passed,
    get state() {
      return shared.state;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    on(name, listener) {
      const set = hearers.get(name) ?? new Set();
      hearers.set(name, set);
      set.add(listener);
      return () => set.delete(listener);
    },

    start() {
      running = true;
      hold();
      shared.start();
    },
    stop() {
      running = false;
      if (!held) return;
      held = false;
      unbind();
      page.leave(settings);
    },
    async signOut() {
      if (running) await shared.run("signOut");
      // A member may have been a visitor before.
      for (const token of [settings.token, null]) keeping(token).forget();
      running = false;
    },
    known: () => keeping().known,

    identify(token) {
      const next = { ...settings, token };
      if (baseOf(next) === baseOf(settings)) {
        settings = next;
        if (token !== null) shared.identify(token);
        return;
      }
      if (token === null) void shared.run("signOut");
      become(next);
    },

    open(name) {
      const talk = key(name);
      void shared.run("open", talk);
      return talk;
    },
    look(talk) {
      looking = talk;
      if (talk !== null && shared.state.talks[talk]?.unread) void shared.run("read", talk);
    },
    send(talk, body, kind = "text") {
      if (!body.trim()) return "";
      const clientId = world.uuid();
      last = Math.max(world.clock.now(), last + 1);
      const entry = { clientId, to: talk, body, kind, at: last };
      // Noted here, before any other tab hears of it: this page may be gone in the next moment.
      keeping().addUnsent(entry);
      void shared.run("send", entry);
      return clientId;
    },
    draft: (talk) => keeping().draft(talk),
    setDraft: (talk, text) => keeping().setDraft(talk, text),
    join: (room) => shared.run("join", key(room)),
    watch: (name) => void shared.run("watch", key(name)),
    setPresence: (state, text = "") => shared.run("setPresence", state, text),
    addContact: (name, label = "") => shared.run("addContact", name, label),
  };
}
