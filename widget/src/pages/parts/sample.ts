// What stands in for a server in the tuner: an engine that knows one conversation and sends nothing anywhere.
import type {
  Engine,
  EventName,
  Events,
  Introduction,
  Item,
  Presence,
  Said,
  State,
  Status,
  Talk,
} from "../../engine/types";

/** What the preview shows. */
export type Scene = "talk" | "visit" | "nobody";

/** What is said in it, in the language of the chat. */
export interface Lines {
  readonly question: string;
  readonly answer: string;
  readonly thanks: string;
  readonly reply: string;
  readonly agent: string;
}

const DESK = "sales";
const ADDRESS = "sales@example.org";
const AGENT = "bob@example.org";
const VISITOR = "anna-k3f9@example.org";
const MINUTE = 60_000;

const nothing = () => {};
const done = () => Promise.resolve(null);

export class SampleEngine implements Engine {
  state: State;
  readonly #lines: Lines;
  readonly #scene: Scene;
  readonly #ask: boolean;
  readonly #watching = new Set<(state: State) => void>();
  #count = 0;

  constructor(scene: Scene, lines: Lines, ask: boolean) {
    this.#scene = scene;
    this.#lines = lines;
    this.#ask = ask && scene === "visit";
    const there: Presence = { state: scene === "nobody" ? "offline" : "available", text: "", idleSince: null };
    this.state = {
      connection: { kind: "online" },
      needs: this.#ask ? "introduction" : "nothing",
      me: this.#ask ? null : this.#me({}),
      talks: { [DESK]: this.#talk() },
      contacts: [],
      presence: { [DESK]: there, bob: there },
      longest: 16_384,
      leader: true,
    };
  }

  #me({ name = "Anna", email = "" }: Introduction) {
    const presence = { state: "available", text: "" } as const;
    return { address: VISITOR, nick: "anna-k3f9", visitor: true, name, email, presence };
  }

  #talk(): Talk {
    const began = Date.now() - 4 * MINUTE;
    const { question, answer, thanks } = this.#lines;
    const items: Item[] =
      this.#scene === "talk"
        ? [
            this.#said(question, began, true),
            this.#said(answer, began + MINUTE, false),
            this.#said(thanks, began + 2 * MINUTE, true),
          ]
        : [];
    const conversation =
      this.#scene === "talk"
        ? ({ state: "taken", desk: ADDRESS, person: VISITOR, by: AGENT, name: this.#lines.agent, time: began } as const)
        : null;
    return {
      key: DESK,
      kind: "staff",
      address: ADDRESS,
      title: DESK,
      items,
      unread: 0,
      firstUnread: null,
      last: items.at(-1)?.time ?? 0,
      typing: [],
      conversation,
      hasOlder: false,
      loading: false,
      room: null,
      problem: null,
    };
  }

  #said(body: string, time: number, mine: boolean, status: Status = mine ? "read" : "received"): Said {
    const key = `sample-${++this.#count}`;
    const [from, name] = mine ? [VISITOR, "Anna"] : [AGENT, this.#lines.agent];
    return {
      kind: "text",
      key,
      order: time,
      id: key,
      clientId: mine ? key : "",
      time,
      from,
      name,
      mine,
      body,
      status,
      problem: null,
    };
  }

  #change(change: Partial<Talk>): void {
    const talk = this.state.talks[DESK];
    if (!talk) return;
    this.state = { ...this.state, talks: { [DESK]: { ...talk, ...change } } };
    for (const listener of this.#watching) listener(this.state);
  }

  subscribe(listener: (state: State) => void): () => void {
    this.#watching.add(listener);
    return () => this.#watching.delete(listener);
  }

  on<Name extends EventName>(_name: Name, _listener: (event: Events[Name]) => void): () => void {
    return nothing;
  }

  introduce(introduction: Introduction) {
    this.state = { ...this.state, needs: "nothing", me: this.#me(introduction) };
    this.#change({});
    return done();
  }

  send(_talk: string, body: string): string {
    const talk = this.state.talks[DESK];
    if (!talk || !body.trim()) return "";
    const nobody = this.#scene === "nobody";
    const said = this.#said(body, Date.now(), true, nobody ? "kept" : "sent");
    this.#change({ items: [...talk.items, said] });
    if (!nobody) this.#answer(said);
    return said.clientId;
  }

  /** Somebody reads it, writes, and says that this is not real. */
  #answer(said: Said): void {
    const items = () => this.state.talks[DESK]?.items ?? [];
    setTimeout(() => {
      const read = items().map((item) => (item.key === said.key ? { ...said, status: "read" as const } : item));
      this.#change({ items: read, typing: [{ address: AGENT, name: this.#lines.agent }] });
    }, 700);
    setTimeout(() => {
      this.#change({ items: [...items(), this.#said(this.#lines.reply, Date.now(), false)], typing: [] });
    }, 2200);
  }

  known(): boolean {
    return this.#scene === "talk";
  }

  open(): string {
    return DESK;
  }

  older(): Promise<void> {
    return Promise.resolve();
  }

  signOut(): Promise<void> {
    return Promise.resolve();
  }

  rooms() {
    return Promise.resolve([]);
  }

  #begun = "";

  draft(): string {
    return this.#begun;
  }

  setDraft(_talk: string, text: string): void {
    this.#begun = text;
  }

  // All the rest is for a server.
  start = nothing;
  stop = nothing;
  setPage = nothing;
  identify = nothing;
  close = nothing;
  look = nothing;
  retry = nothing;
  discard = nothing;
  typing = nothing;
  watch = nothing;
  closeConversation = done;
  join = done;
  leave = done;
  setTopic = done;
  setPresence = done;
  addContact = done;
  approve = done;
  refuse = done;
  removeContact = done;
  block = done;
  unblock = done;
  retryNow = nothing;
}
