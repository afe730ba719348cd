// The chunk that the loader imports when the chat is opened.

export { talkKey } from "./engine/names";
export type { Engine, Settings, State } from "./engine/types";
