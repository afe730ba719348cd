// The messages of the native protocol that the engine speaks.

import type * as wire from "./messages";

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

export type FromClient = wire.FromClient | CloseConversation;
export type FromServer = wire.FromServer | ConversationEvent;
export type {
  Authenticated,
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
