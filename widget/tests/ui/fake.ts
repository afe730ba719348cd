// An engine without a server, for tests and for looking at the UI: its state is what a test says, and it notes which
// commands it was given.
import { isRoom, talkKey } from "../../src/engine/names";
import type {
  Conversation,
  Engine,
  EventName,
  Events,
  Happened,
  Introduction,
  Me,
  Member,
  Outcome,
  OwnState,
  Presence,
  Problem,
  RoomSummary,
  Said,
  State,
  Talk,
  TalkKey,
} from "../../src/engine/types";

export const NOON = new Date(2026, 4, 12, 12, 0).getTime();

let keys = 0;

export function said(from: string, body: string, more: Partial<Said> = {}): Said {
  const key = `k${++keys}`;
  return {
    key,
    time: NOON + keys * 1000,
    order: keys,
    kind: "text",
    id: `m${key}`,
    clientId: "",
    from: `${from}@example.org`,
    name: from,
    mine: false,
    body,
    status: "received",
    problem: null,
    ...more,
  };
}

export function mine(body: string, status: Said["status"], more: Partial<Said> = {}): Said {
  return said("anna-k3f9", body, { mine: true, status, ...more });
}

export function happened(event: Happened["event"], name: string, more: Partial<Happened> = {}): Happened {
  const key = `k${++keys}`;
  return {
    key,
    time: NOON + keys * 1000,
    order: keys,
    kind: "event",
    event,
    who: `${name}@example.org`,
    name,
    by: "",
    text: "",
    ...more,
  };
}

export function talk(key: TalkKey, more: Partial<Talk> = {}): Talk {
  const kind = isRoom(key) ? "room" : "staff";
  return {
    key,
    kind,
    address: `${key}@example.org`,
    title: key,
    items: [],
    unread: 0,
    firstUnread: null,
    last: more.items?.at(-1)?.time ?? 0,
    typing: [],
    conversation: null,
    hasOlder: false,
    loading: false,
    room: kind === "room" ? { joined: true, topic: "", members: [], count: 0 } : null,
    problem: null,
    ...more,
  };
}

export function member(name: string, more: Partial<Member> = {}): Member {
  return { address: `${name}@example.org`, name, roles: [], ...more };
}

export function conversation(desk: string, state: Conversation["state"], name = ""): Conversation {
  const by = name && `${name.toLowerCase()}@example.org`;
  return { state, desk: `${desk}@example.org`, person: "anna-k3f9@example.org", by, name, time: NOON };
}

export function presence(state: Presence["state"], text = ""): Presence {
  return { state, text, idleSince: null };
}

export const VISITOR: Me = {
  address: "anna-k3f9@example.org",
  nick: "anna-k3f9",
  visitor: true,
  name: "",
  email: "",
  presence: { state: "available", text: "" },
};

export const MEMBER: Me = { ...VISITOR, address: "anna@example.org", nick: "anna", visitor: false, name: "Anna Lindt" };

export const NOBODY: State = {
  connection: { kind: "idle" },
  needs: "nothing",
  me: null,
  talks: {},
  contacts: [],
  presence: {},
  longest: 16384,
  leader: true,
};

export const ONLINE: State = { ...NOBODY, connection: { kind: "online" }, me: VISITOR };

export function withTalks(state: State, ...talks: Talk[]): State {
  return { ...state, talks: Object.fromEntries(talks.map((one) => [one.key, one])) };
}

type Command = readonly [name: string, ...given: unknown[]];

export class FakeEngine implements Engine {
  state: State;
  readonly commands: Command[] = [];
  /** What commands with an outcome answer. */
  problem: Problem | null = null;
  been = false;
  readonly drafts = new Map<TalkKey, string>();
  readonly #watchers = new Set<(state: State) => void>();
  readonly #listeners = new Map<EventName, Set<(event: never) => void>>();

  constructor(state: State = NOBODY) {
    this.state = state;
  }

  set(state: State): void {
    this.state = state;
    for (const watcher of [...this.#watchers]) watcher(state);
  }

  emit<Name extends EventName>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(event as never);
  }

  /** Somebody says something: state first, event after, as the engine does it. */
  hear(key: TalkKey, item: Said): void {
    const before = this.state.talks[key] ?? talk(key);
    const after = { ...before, items: [...before.items, item], last: item.time, unread: before.unread + 1 };
    this.set({ ...this.state, talks: { ...this.state.talks, [key]: after } });
    this.emit("message", { talk: key, item });
  }

  given(name: string): Command[] {
    return this.commands.filter((command) => command[0] === name);
  }

  subscribe(listener: (state: State) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  on<Name extends EventName>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  }

  #note(...command: Command): void {
    this.commands.push(command);
  }

  async #outcome(...command: Command): Outcome {
    this.#note(...command);
    return this.problem;
  }

  start = () => this.#note("start");
  stop = () => this.#note("stop");
  signOut = async () => {
    this.#note("signOut");
    this.drafts.clear();
  };
  known = () => this.been;
  introduce = (introduction: Introduction) => this.#outcome("introduce", introduction);
  setPage = (url: string, title: string) => this.#note("setPage", url, title);
  identify = (token: string | null) => this.#note("identify", token);
  open(name: string): TalkKey {
    this.#note("open", name);
    return talkKey(name);
  }
  close = (key: TalkKey) => this.#note("close", key);
  look = (key: TalkKey | null) => this.#note("look", key);
  send(key: TalkKey, body: string, kind: "text" | "action" = "text"): string {
    this.#note("send", key, body, kind);
    return "c1";
  }
  draft = (key: TalkKey) => this.drafts.get(key) ?? "";
  setDraft = (key: TalkKey, text: string) => void this.drafts.set(key, text);
  retry = (key: TalkKey, item: string) => this.#note("retry", key, item);
  discard = (key: TalkKey, item: string) => this.#note("discard", key, item);
  typing = (key: TalkKey, active: boolean) => this.#note("typing", key, active);
  older = async (key: TalkKey) => this.#note("older", key);
  closeConversation = (key: TalkKey) => this.#outcome("closeConversation", key);
  join = (room: string) => this.#outcome("join", room);
  leave = (key: TalkKey) => this.#outcome("leave", key);
  setTopic = (key: TalkKey, text: string) => this.#outcome("setTopic", key, text);
  rooms = async (): Promise<readonly RoomSummary[]> => [];
  setPresence = (state: OwnState, text?: string) => this.#outcome("setPresence", state, text);
  watch = (name: string) => this.#note("watch", name);
  addContact = (name: string, label?: string) => this.#outcome("addContact", name, label);
  approve = (key: TalkKey) => this.#outcome("approve", key);
  refuse = (key: TalkKey) => this.#outcome("refuse", key);
  removeContact = (key: TalkKey) => this.#outcome("removeContact", key);
  block = (key: TalkKey) => this.#outcome("block", key);
  unblock = (key: TalkKey) => this.#outcome("unblock", key);
}
