// The messages of the native protocol that the engine speaks.

import type * as wire from "./messages";

export interface Visit {
  readonly type: "visit";
  readonly ref?: number;
  readonly site?: string;
  readonly secret?: string;
  readonly name?: string;
  readonly email?: string;
}

export interface Introduce {
  readonly type: "introduce";
  readonly ref?: number;
  readonly name?: string;
  readonly email?: string;
  readonly page?: string;
  readonly title?: string;
}

export interface CloseConversation {
  readonly type: "close-conversation";
  readonly ref?: number;
  readonly desk: string;
}

export interface ConversationEvent {
  readonly type: "conversation";
  readonly desk: string;
  readonly person: string;
  readonly state: "ringing" | "taken" | "closed";
  readonly by?: string;
  readonly name?: string;
  readonly time: number;
}

export type Authenticated = wire.Authenticated & { readonly secret?: string };
export type FromClient = wire.FromClient | Visit | Introduce | CloseConversation;
export type FromServer = wire.FromServer | ConversationEvent;
export type {
  Challenge,
  Contact,
  Hello,
  History,
  Line,
  Member,
  Message,
  RoomState,
  Rooms,
  Sent,
  Talks,
  Welcome,
} from "./messages";
