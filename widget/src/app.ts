// The chunk that the loader imports when the chat is opened.

export type { Engine, Settings, State } from "./engine";
export { createEngine, talkKey } from "./engine";
