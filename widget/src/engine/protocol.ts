// The messages of the native protocol that the engine speaks.

export type {
  Authenticated,
  Challenge,
  Contact,
  FromClient,
  FromServer,
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
