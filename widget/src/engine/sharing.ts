// One connection for all tabs of an origin. The tab that has the lock is the leader: it has the `Core`. The others have
// copies of the state, kept in step by a BroadcastChannel, and send their commands there. When the leader's tab is closed
// the lock passes on, and the next one goes on from its copy and from what is kept in the browser's storage. Commands
// that had no answer are run again; they do no harm twice.
//
// Without locks or channels each tab is its own leader, and keeps what it keeps for itself.

import { type Changes, changed, changes } from "./changes";
import { type Arguments, type CommandName, type Result, run } from "./commands";
import { Core, type CoreState, NOTHING } from "./core";
import type { EventName, Events, Settings } from "./types";
import type { Channel, World } from "./world";

type Note =
  | { t: "hi"; token: string | null; staff: readonly string[]; rooms: readonly string[] }
  | { t: "all"; leader: string; number: number; state: CoreState }
  | { t: "diff"; leader: string; number: number; changes: Changes }
  | { t: "event"; name: EventName; event: Events[EventName] }
  | { t: "do"; id: string; name: CommandName; args: readonly unknown[] }
  | { t: "got"; id: string }
  | { t: "done"; id: string; result: unknown };

interface Pending {
  readonly name: CommandName;
  readonly args: readonly unknown[];
  readonly done: (result: unknown) => void;
}

export type Hear = <Name extends EventName>(name: Name, event: Events[Name]) => void;

/** A leader that says nothing for so long, in ms, is frozen: its lock is taken. */
const FROZEN = 4000;
/** Whose session is taken over twice within this time, in ms, has a rival that is no tab of this browser. */
const RIVAL = 60_000;

export class Shared {
  readonly #id: string;
  #channel: Channel | null = null;
  #core: Core | null = null;
  #copy: CoreState = NOTHING;
  #published: CoreState = NOTHING;
  #shown: CoreState | null = null;
  #number = 0;
  #leader = "";
  readonly #pending = new Map<string, Pending>();
  readonly #changeListeners = new Set<() => void>();
  readonly #eventListeners = new Set<Hear>();
  #scheduled = false;
  #started = false;
  #together = true;
  #release: () => void = () => undefined;
  #cancelWait: () => void = () => undefined;
  #calmExpect: (() => void) | null = null;
  #replacedAt = 0;
  #stops: (() => void)[] = [];
  /** In the queue for the lock. */
  #waiting = false;

  constructor(
    private readonly world: World,
    private settings: Settings,
    private readonly base: string,
  ) {
    this.#id = world.uuid();
  }

  /** The state as this tab has it. */
  get state(): CoreState {
    this.#shown ??= this.#core ? { ...this.#core.state, leader: true } : { ...this.#copy, leader: false };
    return this.#shown;
  }

  subscribe(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  hear(listener: Hear): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  get tabs(): boolean {
    return this.#together;
  }

  start(): void {
    if (this.#started) {
      void this.run("start");
      return;
    }
    this.#started = true;
    const { world } = this;
    this.#stops = [
      world.onWake((networkChanged) => {
        void this.run("wake", networkChanged);
        if (!networkChanged) this.#tellPage();
      }),
      world.onLeave((leaving) => (leaving ? this.#leave() : this.#enter())),
    ];
    this.#enter();
  }

  /** Lets go: the other tabs keep the connection. */
  stop(): void {
    if (!this.#started) return;
    this.#started = false;
    for (const stop of this.#stops) stop();
    this.#leave();
    this.#show();
  }

  identify(token: string): void {
    this.settings = { ...this.settings, token };
    void this.run("identify", token);
  }

  run<Name extends CommandName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>> {
    if (this.#core) return Promise.resolve(run(this.#core, name, args)) as Promise<Result<Name>>;
    return new Promise((resolve) => {
      const id = this.world.uuid();
      this.#pending.set(id, { name, args, done: (result) => resolve(result as Result<Name>) });
      if (!this.#channel) return;
      this.#post({ t: "do", id, name, args });
      this.#expect();
    });
  }

  // ---------------------------------------------------------------- who leads

  #enter(): void {
    const { world, settings } = this;
    this.#channel = world.channel(this.base);
    this.#together = this.#channel !== null && this.#queue(false);
    if (!this.#together) {
      this.#channel?.close();
      this.#channel = null;
      this.#lead();
      return;
    }
    this.#channel?.listen((note) => this.#heard(note as Note));
    if (this.#core) return;
    this.#post({ t: "hi", token: settings.token, staff: settings.staff, rooms: settings.rooms });
    // What was answered while nobody could hear it.
    this.#ask();
    this.#tellPage();
    this.#expect();
  }

  #ask(): void {
    for (const [id, { name, args }] of this.#pending) this.#post({ t: "do", id, name, args });
  }

  /** The person is on this page, whichever tab has the connection. */
  #tellPage(): void {
    const { url, title } = this.world.page(this.settings.query);
    void this.run("setPage", url, title);
  }

  /** Asks for the lock; false where there are none. */
  #queue(steal: boolean): boolean {
    const hold = () =>
      new Promise<void>((resolve) => {
        this.#waiting = false;
        if (!this.#channel) return resolve();
        this.#release = resolve;
        this.#lead();
      });
    const cancel = this.world.lock(this.base, steal, hold, () => this.#deposed());
    if (!cancel) return false;
    this.#waiting = true;
    this.#cancelWait = () => {
      this.#waiting = false;
      cancel();
    };
    return true;
  }

  #lead(): void {
    this.#calm();
    const before = this.#leader ? this.#copy : null;
    const listening = {
      changed: () => this.#changed(),
      event: <Name extends EventName>(name: Name, event: Events[Name]) => {
        this.#publish();
        this.#post({ t: "event", name, event });
        this.#tell(name, event);
      },
      replaced: () => this.#replaced(),
    };
    const { world, settings, base } = this;
    this.#core = new Core(world, settings, base, this.#together, listening, settings.token, before);
    this.#leader = this.#id;
    this.#published = this.#core.state;
    this.#announce();
    this.#changed();
    this.#core.start();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { name, args, done } of pending) done(run(this.#core, name, args));
  }

  /** The lock was taken by a tab that thought this one was frozen. */
  #deposed(): void {
    this.#abdicate(true);
    if (this.#started && this.#channel && !this.#waiting) this.#queue(false);
  }

  #replaced(): boolean {
    const now = this.world.clock.now();
    const rival = now - this.#replacedAt < RIVAL;
    this.#replacedAt = now;
    if (!this.#together || rival) return false;
    this.#release();
    this.#deposed();
    return true;
  }

  /** `late`: another one leads already, and what this one would note is old. */
  #abdicate(late = false): void {
    const core = this.#core;
    if (!core) return;
    this.#core = null;
    this.#copy = core.state;
    if (!late) core.notes.flush();
    core.stop();
    this.#shown = null;
  }

  #leave(): void {
    this.#calm();
    this.#cancelWait();
    this.#abdicate();
    this.#channel?.close();
    this.#channel = null;
    this.#release();
    this.#release = () => undefined;
  }

  /** Something was asked of the leader: if nothing at all comes back, there is none that is awake. */
  #expect(): void {
    this.#calmExpect ??= this.world.clock.after(FROZEN, () => {
      this.#calmExpect = null;
      if (this.#core || !this.#channel) return;
      this.#cancelWait();
      this.#queue(true);
    });
  }

  #calm(): void {
    this.#calmExpect?.();
    this.#calmExpect = null;
  }

  // ---------------------------------------------------------------- between tabs

  #post(note: Note): void {
    this.#channel?.post(note);
  }

  #announce(): void {
    if (this.#core) this.#post({ t: "all", leader: this.#id, number: this.#number, state: this.#published });
  }

  #heard(note: Note): void {
    const core = this.#core;
    if (note.t === "hi") {
      if (!core) return;
      if (note.token) core.identify(note.token);
      core.want(note.staff, note.rooms);
      this.#publish();
      this.#announce();
    } else if (note.t === "do") {
      if (!core) return;
      this.#post({ t: "got", id: note.id });
      Promise.resolve(run(core, note.name, note.args)).then((result) => this.#post({ t: "done", id: note.id, result }));
    } else if (!core) this.#follow(note);
  }

  #follow(note: Exclude<Note, { t: "hi" | "do" }>): void {
    this.#calm();
    switch (note.t) {
      case "all": {
        const another = this.#leader !== note.leader;
        this.#leader = note.leader;
        this.#number = note.number;
        this.#copy = note.state;
        this.#show();
        if (another) this.#ask();
        break;
      }
      case "diff":
        if (note.leader !== this.#leader || note.number !== this.#number + 1) {
          const { token, staff, rooms } = this.settings;
          this.#post({ t: "hi", token, staff, rooms });
          break;
        }
        this.#number = note.number;
        this.#copy = changed(this.#copy, note.changes);
        this.#show();
        break;
      case "event":
        this.#tell(note.name, note.event);
        break;
      case "done":
        this.#pending.get(note.id)?.done(note.result);
        this.#pending.delete(note.id);
    }
  }

  #changed(): void {
    this.#shown = null;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#publish();
      this.#show();
    });
  }

  #publish(): void {
    const core = this.#core;
    if (!core || core.state === this.#published) return;
    this.#number += 1;
    if (this.#channel) {
      this.#post({ t: "diff", leader: this.#id, number: this.#number, changes: changes(this.#published, core.state) });
    }
    this.#published = core.state;
  }

  #show(): void {
    this.#shown = null;
    for (const listener of [...this.#changeListeners]) listener();
  }

  #tell<Name extends EventName>(name: Name, event: Events[Name]): void {
    for (const listener of [...this.#eventListeners]) listener(name, event);
  }
}
