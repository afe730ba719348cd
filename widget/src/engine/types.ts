// The border between engine and UI.
//
// The engine keeps one immutable `State`; each change makes a new one, and what has not changed is the same object as
// before (compare by ===). The UI draws it, and calls the commands of `Engine`. The UI never speaks protocol, the
// engine never touches the DOM. Every string in here that a peer may have written (names, titles, bodies, topics,
// texts of presence) is plain text, never markup.
//
// Times are milliseconds since 1970, as Date has them.

/** An address in full: `alice@example.org`, `#tea@example.org`. */
export type Address = string;

/**
 * How a talk is called within the engine: the name in lower case (`sales`, `alice`, `#tea`), or the address in full for
 * somebody of another domain (`bob@guest.example.org`). `talkKey(name)` makes one of what a site owner wrote.
 */
export type TalkKey = string;

/** Why something was refused. `code` is stable (docs/protocols/native.md, *Errors*), `text` English for people. */
export interface Problem {
  readonly code: string;
  readonly text: string;
  /** When it may succeed, where that is known. */
  readonly retryAt?: number;
}

export type Connection =
  /** Not started, or signed out. */
  | { readonly kind: "idle" }
  | { readonly kind: "connecting" }
  | { readonly kind: "online" }
  /** Cut off; the next attempt is at `retryAt`, or sooner when the browser says it is online again. */
  | { readonly kind: "waiting"; readonly retryAt: number }
  /** Ended by the server for good: replaced, kicked, banned, not-allowed … Only `start` begins anew. */
  | { readonly kind: "stopped"; readonly problem: Problem };

/** What the engine waits for before it can go on signing on. */
export type Needs =
  | "nothing"
  /** Who the visitor is: show the form, then call `introduce` (with an empty object, if she would rather not say). */
  | "introduction"
  /** A token, since there is none, or it has expired or was refused: have the site make one and call `identify`. */
  | "token";

export type OwnState = "available" | "away" | "extended-away" | "busy" | "invisible";
export type PresenceState = OwnState | "offline";

export interface Presence {
  readonly state: PresenceState;
  readonly text: string;
  readonly idleSince: number | null;
}

export interface Me {
  readonly address: Address;
  /** The local part of the address: the nick as IRC sees it. */
  readonly nick: string;
  readonly visitor: boolean;
  /** As she introduced herself; empty if she has not, or for a member. */
  readonly name: string;
  readonly email: string;
  readonly presence: { readonly state: OwnState; readonly text: string };
}

export type Status =
  /** Somebody else's. */
  | "received"
  /** Not yet confirmed by the server; kept, and sent again after a reconnect. */
  | "sending"
  /** The server has it, or a client of the recipient has. */
  | "sent"
  /** Safe, and waits because nobody is there. */
  | "kept"
  | "delivered"
  | "read"
  /** Will never be shown; see `problem`. `retry` sends it as a new message. */
  | "failed";

interface Entry {
  /** The same for the life of the item on this page: for keys of elements. */
  readonly key: string;
  readonly time: number;
  /** Items are sorted by it: the server's order of reading, as far as it is known. */
  readonly order: number;
}

/** Something somebody said. */
export interface Said extends Entry {
  readonly kind: "text" | "action" | "notice";
  /** The server's id, the same everywhere and for ever; empty until the server has given it. */
  readonly id: string;
  /** Our own id of a message of this session; empty for others. */
  readonly clientId: string;
  readonly from: Address;
  /** Name to show: what the person calls herself where that is known, else the nick. */
  readonly name: string;
  readonly mine: boolean;
  readonly body: string;
  readonly status: Status;
  readonly problem: Problem | null;
}

/** Something that happened, to be shown as a line between what was said. Not kept over a reload. */
export interface Happened extends Entry {
  readonly kind: "event";
  readonly event:
    | "joined"
    | "parted"
    | "kicked"
    | "topic"
    | "renamed"
    /** Of a conversation with a desk: `name` has taken it, it rings again, or it was closed. */
    | "taken"
    | "ringing"
    | "closed";
  readonly who: Address;
  readonly name: string;
  /** Who did it, where that is another (kicked, topic). */
  readonly by: string;
  /** Topic, farewell, reason, new name. */
  readonly text: string;
}

export type Item = Said | Happened;

export interface Typist {
  readonly address: Address;
  readonly name: string;
}

/** Of a talk with a desk, as visitor, member or agent. */
export interface Conversation {
  readonly state: "ringing" | "taken" | "closed";
  readonly desk: Address;
  /** Who asked the desk. */
  readonly person: Address;
  /** The agent who has taken it; empty while it rings. */
  readonly by: Address;
  /** What that agent is called. */
  readonly name: string;
  readonly time: number;
}

export type Role = "founder" | "admin" | "operator" | "half-operator" | "voice";

export interface Member {
  readonly address: Address;
  readonly name: string;
  readonly roles: readonly Role[];
}

export interface Room {
  /** In it, as far as the server has said. */
  readonly joined: boolean;
  readonly topic: string;
  /** In order of joining; empty while not joined. */
  readonly members: readonly Member[];
  /** How many are in, also where `members` is not known yet. */
  readonly count: number;
}

export interface Talk {
  readonly key: TalkKey;
  /**
   * `staff`: whom the visitors of the site write to, a desk or an account; `person`: anybody else; `room`.
   * For an agent a visitor's talk is a `person` with a `conversation`.
   */
  readonly kind: "staff" | "person" | "room";
  /** Address in full, as soon as the domain is known; before that the key. */
  readonly address: Address;
  /** Name to show: label of the buddy list, real name, room's name, or the nick. */
  readonly title: string;
  /** Oldest first. */
  readonly items: readonly Item[];
  /** Of others and not yet read. */
  readonly unread: number;
  /** Key of the first item that was unread when the talk was last looked at: where to draw "new". Null: nowhere. */
  readonly firstUnread: string | null;
  /** Of the newest message; 0: none known. For sorting the list of talks. */
  readonly last: number;
  readonly typing: readonly Typist[];
  readonly conversation: Conversation | null;
  /** There is, or may be, more before the first item: `older` fetches it. */
  readonly hasOlder: boolean;
  readonly loading: boolean;
  /** For rooms. */
  readonly room: Room | null;
  /** What keeps one from writing here at all (may not join, nobody of this name); null: nothing known. */
  readonly problem: Problem | null;
}

export interface Contact {
  readonly key: TalkKey;
  readonly address: Address;
  /** Own name for the contact, or the nick. */
  readonly name: string;
  readonly label: string;
  readonly groups: readonly string[];
  /** Who sees whose presence (RFC 6121): `to`: I see theirs. */
  readonly subscription: "none" | "to" | "from" | "both";
  /** I have asked and wait. */
  readonly asking: boolean;
  /** They have asked: `approve` or `refuse`. */
  readonly asked: boolean;
  readonly blocked: boolean;
}

export interface State {
  readonly connection: Connection;
  readonly needs: Needs;
  /** Null until signed on for the first time. */
  readonly me: Me | null;
  readonly talks: Readonly<Record<TalkKey, Talk>>;
  /** Members only; by name. */
  readonly contacts: readonly Contact[];
  /** By talk key of the person or desk. Who is missing is not known; take it for offline. */
  readonly presence: Readonly<Record<TalkKey, Presence>>;
  /** Longest body the server takes, in bytes of UTF-8. */
  readonly longest: number;
  /**
   * Whether this page holds the connection for all tabs of the origin; exactly one does. What should happen once
   * and not in each tab (a browser notification) is done by the leader, or by the tab that is looked at.
   */
  readonly leader: boolean;
}

/** Answer to a command: null when it is done. */
export type Outcome = Promise<Problem | null>;

export interface RoomSummary {
  readonly key: TalkKey;
  readonly name: string;
  readonly topic: string;
  readonly members: number;
}

/** What a visitor says of herself. */
export interface Introduction {
  readonly name?: string;
  readonly email?: string;
}

/** Things one is told of once; the state has already changed when they come. Every tab hears them. */
export interface Events {
  /** A new message, not one out of history. `mine`: said in another tab or by another client of the same person. */
  message: { readonly talk: TalkKey; readonly item: Said };
  presence: { readonly key: TalkKey; readonly presence: Presence };
  conversation: { readonly talk: TalkKey; readonly conversation: Conversation };
  /** Signed on, for the first time or again. */
  online: { readonly me: Me };
  /** The token has expired: ask the site for another and call `identify`. */
  "token-expired": { readonly problem: Problem };
  /** The server does not know this visitor any more (30 days without a visit); she was let in as a new one. */
  "visitor-forgotten": Record<string, never>;
  /** Invited to a room. */
  invited: { readonly room: TalkKey; readonly by: string };
  /** Something was refused that no command is waiting for. */
  error: { readonly problem: Problem; readonly talk: TalkKey | null };
}

export type EventName = keyof Events;

export interface Settings {
  /** Where imd is: `https://chat.example.org`, without a slash at the end. */
  readonly server: string;
  /** Name of the site in the server's settings; empty: the server goes by the page's origin. */
  readonly site: string;
  /** A token the site has signed: a member. Null: a visitor. */
  readonly token: string | null;
  /** Desks and accounts to write to (`data-agents`); the first is where `open` begins. */
  readonly staff: readonly string[];
  /** Rooms to join (`data-room`). */
  readonly rooms: readonly string[];
  /** Of the page's address, the parameters that the staff may see (`data-query`). */
  readonly query: readonly string[];
  /** Do not sign a new visitor on until `introduce` was called (a form comes first). No matter for members. */
  readonly introduceFirst: boolean;
}

export interface Engine {
  /** The state of this moment. */
  readonly state: State;
  /** Called after each change, at most once a microtask. Returns how to stop. */
  subscribe(listener: (state: State) => void): () => void;
  on<Name extends EventName>(name: Name, listener: (event: Events[Name]) => void): () => void;

  /** Connect and sign on, and stay so until `stop`. Called again: after `stopped` it begins anew, while `waiting` it tries at once. */
  start(): void;
  /** Let go of the connection; other tabs keep it. The person stays who she is. */
  stop(): void;
  /** Forget who she is, in all tabs: session ended, secret, drafts and kept messages removed. */
  signOut(): Promise<void>;

  /** Whether the person has been here before: worth connecting without being asked. */
  known(): boolean;

  /** Name, e-mail; the page she is on goes with it. Before signing on: what the account is made with. */
  introduce(introduction: Introduction): Outcome;
  /** The page the person is on, for the staff. */
  setPage(url: string, title: string): void;
  /** A new token; null: sign the member out and go on as a visitor. */
  identify(token: string | null): void;

  /** Have this talk in the state, with its latest history; joins nothing. */
  open(name: string): TalkKey;
  /** Take a talk out of the state; it comes back when somebody writes. */
  close(talk: TalkKey): void;
  /**
   * Which talk this widget shows to somebody who is looking (page visible, widget open, scrolled to the end), or
   * null. What arrives there counts as read.
   */
  look(talk: TalkKey | null): void;
  /** Say something. Returns the client id; all else comes by the state. Empty bodies are ignored (""). */
  send(talk: TalkKey, body: string, kind?: "text" | "action"): string;
  /** What was begun for a talk in this tab and not sent; "" for nothing. Later pages of the tab have it, too. */
  draft(talk: TalkKey): string;
  setDraft(talk: TalkKey, text: string): void;
  /** Send again what has `failed`. */
  retry(talk: TalkKey, key: string): void;
  /** Drop what has `failed`. */
  discard(talk: TalkKey, key: string): void;
  /** The person types (call it at each key), or has emptied the field. The engine sends no more than needed. */
  typing(talk: TalkKey, active: boolean): void;
  /** Fetch what was said before the first item. */
  older(talk: TalkKey): Promise<void>;
  /** The visitor ends the conversation with a desk. */
  closeConversation(talk: TalkKey): Outcome;

  join(room: string): Outcome;
  leave(talk: TalkKey): Outcome;
  setTopic(talk: TalkKey, text: string): Outcome;
  /** The rooms of the server, those one may see. */
  rooms(): Promise<readonly RoomSummary[]>;

  setPresence(state: OwnState, text?: string): Outcome;
  /** Be told of somebody's presence from now on; staff and contacts are watched anyway. */
  watch(name: string): void;

  /** Put somebody on the buddy list and ask to see their presence. */
  addContact(name: string, label?: string): Outcome;
  approve(key: TalkKey): Outcome;
  refuse(key: TalkKey): Outcome;
  removeContact(key: TalkKey): Outcome;
  block(key: TalkKey): Outcome;
  unblock(key: TalkKey): Outcome;
}

/**
 * The place calls will take: what the native protocol's `call-…` signals carry (WebRTC, RFC 8829). The engine passes
 * none yet.
 */
export interface CallSignal {
  readonly call: string;
  readonly peer: Address;
  readonly step: "offer" | "answer" | "candidate" | "end";
}
