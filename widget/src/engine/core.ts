// The part that holds the connection: in one tab for all of them. It keeps the state and tells of its changes.
//
// connection life                 here
// signing on, what is asked then  signon.ts
// what the server tells           hearing.ts
// what was said                   outbox.ts, history.ts, typing.ts
// what the next page is shown      noting.ts
// the rest of what one can do     commands.ts
// rooms, the buddy list           community.ts, a chunk of its own

import { type Kept, newTalk } from "./book";
import { Dialler } from "./dialling";
import { hear } from "./hearing";
import { History } from "./history";
import { claims, Keeping } from "./identity";
import { Cut, Link, type LinkEnd, Refused } from "./link";
import { isRoom, nick, talkKey } from "./names";
import { Notes, recall } from "./noting";
import { Outbox } from "./outbox";
import { signOn, TokenNeeded, welcomed } from "./signon";
import type { Address, EventName, Events, OwnState, Problem, Settings, State, TalkKey } from "./types";
import { Typing } from "./typing";
import type { World } from "./world";

/** The state with what the engine alone knows of each talk. */
export interface CoreState extends State {
  readonly talks: Readonly<Record<TalkKey, Kept>>;
}

export interface Listening {
  changed(state: CoreState): void;
  event<Name extends EventName>(name: Name, event: Events[Name]): void;
  /** Another tab has taken the session over. */
  replaced(): boolean;
}

export const NOTHING: CoreState = {
  connection: { kind: "idle" },
  needs: "nothing",
  me: null,
  talks: {},
  contacts: [],
  presence: {},
  longest: 16384,
  leader: false,
};

/** After these the server is not asked again by itself (docs/protocols/native.md, *Signs of life, and the end*). */
const FOR_GOOD = new Set(["replaced", "kicked", "banned", "quit", "suspended", "not-allowed", "mechanism-refused"]);

export class Core {
  state: CoreState = NOTHING;
  link: Link | null = null;
  community: typeof import("./community") | null = null;
  domain = "";
  readonly keeping: Keeping;
  readonly outbox: Outbox;
  readonly history: History;
  readonly typing: Typing;
  readonly notes: Notes;
  /** What people call themselves, where that is known. */
  readonly names = new Map<TalkKey, string>();
  /** Rooms to be in, and people to be told of, also after the next sign-on. */
  readonly rooms = new Set<TalkKey>();
  readonly watched = new Set<TalkKey>();
  readonly staff = new Set<TalkKey>();
  own: { state: OwnState; text: string } = { state: "available", text: "" };
  page: { url: string; title: string };
  /** When the last session began, by the server's clock, in seconds. */
  signedOn = 0;
  /** Talks whose conversation the server has spoken of since. */
  readonly retold = new Set<TalkKey>();
  /** The visitor need not be asked who she is any more. */
  introduced = false;

  readonly #dialler: Dialler;
  #started = false;
  #attempts = 0;
  #cancelRetry: () => void = () => undefined;

  constructor(
    readonly world: World,
    readonly settings: Settings,
    base: string,
    together: boolean,
    private readonly listening: Listening,
    public token: string | null,
    before: CoreState | null,
  ) {
    this.keeping = new Keeping(world, base, together);
    this.#dialler = new Dialler(world, settings.server);
    this.page = world.page(settings.query);
    this.outbox = new Outbox(this);
    this.history = new History(this);
    this.typing = new Typing(this);
    this.notes = new Notes(this);
    recall(this, before);
    this.want(settings.staff, settings.rooms);
    this.outbox.restore();
  }

  // ---------------------------------------------------------------- state

  set(change: Partial<CoreState>): void {
    this.state = { ...this.state, ...change };
    this.listening.changed(this.state);
  }

  emit<Name extends EventName>(name: Name, event: Events[Name]): void {
    this.listening.event(name, event);
  }

  talk(key: TalkKey): Kept {
    return this.state.talks[key] ?? this.#make(key);
  }

  #make(key: TalkKey): Kept {
    const kind = isRoom(key) ? "room" : this.staff.has(key) ? "staff" : "person";
    const talk = { ...newTalk(key, kind, this.domain), title: this.nameOf(key) };
    this.set({ talks: { ...this.state.talks, [key]: talk } });
    return talk;
  }

  /** Alters a talk, and makes it if there is none. */
  alter(key: TalkKey, change: (talk: Kept) => Kept): void {
    const before = this.talk(key);
    const after = change(before);
    if (after === before) return;
    this.set({ talks: { ...this.state.talks, [key]: after } });
    this.notes.changed();
  }

  drop(key: TalkKey): void {
    const { [key]: gone, ...talks } = this.state.talks;
    if (!gone) return;
    this.history.forget(key);
    this.set({ talks });
    this.notes.changed();
  }

  key(name: string): TalkKey {
    return talkKey(name, this.domain);
  }

  get me(): TalkKey {
    return this.state.me ? this.key(this.state.me.address) : "";
  }

  nameOf(name: Address | TalkKey): string {
    const key = this.key(name);
    const label = this.state.contacts.find((contact) => contact.key === key)?.label;
    return label || this.names.get(key) || nick(name);
  }

  /** Learns what somebody is called, and shows it where she is already seen. `sure`: also that she has no name. */
  learn(name: Address, realname: string | undefined, sure = false): void {
    const key = this.key(name);
    if (realname === undefined || !(realname || sure) || this.names.get(key) === realname) return;
    this.names.set(key, realname);
    const talk = this.state.talks[key];
    if (talk && talk.kind !== "room") this.alter(key, (kept) => ({ ...kept, title: this.nameOf(key) }));
  }

  // ---------------------------------------------------------------- what this site wants

  want(staff: readonly string[], rooms: readonly string[]): void {
    for (const name of staff) {
      const key = this.key(name);
      this.staff.add(key);
      this.alter(key, (talk) => ({ ...talk, kind: "staff", wanted: true }));
      if (this.link) {
        this.watch(key);
        void this.history.catchUp(key);
      }
    }
    for (const name of rooms) {
      const key = this.key(name);
      const news = !this.rooms.has(key);
      this.rooms.add(key);
      this.alter(key, (talk) => ({ ...talk, wanted: true }));
      if (news && this.link) void this.enter(key);
    }
  }

  watch(name: string): void {
    const key = this.key(name);
    this.watched.add(key);
    this.link?.ask({ type: "watch", name: key }).then(
      (answer) => hear(this, answer),
      (error) => {
        const problem = problemOf(error);
        // The page names somebody whom its site may not write to: nothing else would say so before the first message.
        if (problem.code !== "not-allowed") return;
        this.alter(key, (talk) => ({ ...talk, problem }));
        this.emit("error", { problem, talk: key });
      },
    );
  }

  /** Enters a room; what was meant for it follows. */
  async enter(key: TalkKey): Promise<Problem | null> {
    const community = await this.gather();
    return community ? community.enter(this, key) : problemOf(null);
  }

  /** What rooms and members need: fetched for them alone. Null: it cannot be had now. */
  async gather(): Promise<typeof import("./community") | null> {
    try {
      this.community ??= await import("./community");
    } catch {
      // As everything that needs the network: later.
    }
    return this.community;
  }

  // ---------------------------------------------------------------- connection

  start(): void {
    const { kind } = this.state.connection;
    if (this.#started && kind === "waiting") this.wake(false);
    if (this.#started && kind !== "stopped") return;
    this.#started = true;
    this.want(this.settings.staff, this.settings.rooms);
    this.#connect();
  }

  /** Lets go of the connection. `farewell`: the session is over for good. */
  stop(farewell = false): void {
    this.#started = false;
    this.#cancelRetry();
    if (farewell) this.link?.tell({ type: "quit" });
    this.#disconnect();
    this.set({ connection: { kind: "idle" } });
  }

  /** The machine woke up, the network came back, the page is looked at: do not wait for clocks. */
  wake(networkChanged: boolean): void {
    if (networkChanged) this.#dialler.networkChanged();
    if (this.state.connection.kind === "waiting") {
      this.#attempts = 0;
      this.#connect();
    } else this.link?.check();
  }

  /** What the engine was waiting for may be there now. */
  proceed(): void {
    if (this.#started && this.state.connection.kind === "idle") this.#connect();
  }

  #connect(): void {
    this.#cancelRetry();
    if (this.token === null && this.settings.introduceFirst && !this.introduced && !this.keeping.known) {
      this.set({ needs: "introduction", connection: { kind: "idle" } });
      return;
    }
    if (this.token === "" && !this.keeping.resume) {
      this.#needToken(null);
      return;
    }
    this.set({ needs: "nothing", connection: { kind: "connecting" } });
    if (this.community || (this.token === null && !this.rooms.size)) this.#dial();
    else {
      void this.gather().then((community) => {
        if (!this.#started || this.#connecting || this.state.connection.kind !== "connecting") return;
        if (community) this.#dial();
        else this.#ended({ problem: null, retryAt: undefined });
      });
    }
  }

  #dial(): void {
    const link: Link = new Link(this.world, this.#dialler, {
      hello: (hello) => {
        this.domain = hello.domain;
        this.set({ longest: hello.limits.message || NOTHING.longest });
        this.#signOn(link);
      },
      welcome: (welcome) => {
        this.link = link;
        this.#attempts = 0;
        welcomed(this, link, welcome);
      },
      event: (message) => hear(this, message),
      ended: (end) => {
        if (this.#connecting === link) this.#ended(end);
      },
    });
    this.#connecting = link;
  }

  /** The connection, also before it is signed on. */
  #connecting: Link | null = null;

  #signOn(link: Link): void {
    signOn(this, link).catch((error: unknown) => {
      if (this.#connecting !== link || error instanceof Cut) return;
      this.#disconnect();
      if (error instanceof TokenNeeded) return this.#needToken(error.problem);
      const problem = problemOf(error);
      this.#ended({ problem, retryAt: problem.retryAt });
    });
  }

  #needToken(problem: Problem | null): void {
    this.set({ needs: "token", connection: { kind: "idle" } });
    if (!problem) return;
    this.emit(problem.code === "token-expired" ? problem.code : "error", { problem, talk: null });
  }

  #disconnect(): void {
    const link = this.#connecting;
    this.#connecting = null;
    this.link = null;
    link?.close();
    this.#lost();
  }

  #ended(end: LinkEnd): void {
    this.#connecting = null;
    this.link = null;
    this.#lost();
    const { problem } = end;
    if (problem?.code === "replaced" && this.listening.replaced()) return;
    if (problem && FOR_GOOD.has(problem.code)) {
      this.set({ connection: { kind: "stopped", problem } });
      this.emit("error", { problem, talk: null });
      return;
    }
    // 1 s, 2 s, … to a minute, and by chance half of it or half as much again: a thousand pages whose server was
    // restarted shall not come back in the same moment.
    const pause = Math.min(60, 2 ** this.#attempts) * (0.5 + this.world.clock.random()) * 1000;
    this.#attempts += 1;
    const retryAt = Math.max(this.world.clock.now() + pause, end.retryAt ?? 0);
    this.#cancelRetry = this.world.clock.after(retryAt - this.world.clock.now(), () => this.#connect());
    this.set({ connection: { kind: "waiting", retryAt } });
  }

  #lost(): void {
    this.outbox.lost();
    this.history.lost();
    this.typing.lost();
  }

  /** A new token from the site. */
  identify(token: string): void {
    if (!token) return;
    // Another tab may have a newer one; but none is older than one that was refused.
    const refused = this.state.needs === "token";
    if (!refused && claims(token).exp < claims(this.token ?? "").exp) return;
    this.token = token;
    if (refused) this.proceed();
  }
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Refused) return error.problem;
  return { code: "cut", text: "There is no connection." };
}
