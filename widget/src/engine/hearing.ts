// What the server tells, message by message. What is not known is ignored: the protocol grows. Of rooms and the buddy list:
// community.ts.

import { happened, put, receipt, said, talkOf, without } from "./book";
import type { Core } from "./core";
import { isRoom } from "./names";
import type { FromServer, Message } from "./protocol";
import type { Happened, Presence, TalkKey } from "./types";

export type Heard = {
  [Type in FromServer["type"]]?: (core: Core, message: Extract<FromServer, { type: Type }>) => void;
};

export function hear(core: Core, message: FromServer): void {
  // A record of these has a function for each type it names, of that very type.
  const run = (HEARD[message.type] ?? core.community?.HEARD[message.type]) as
    | ((core: Core, message: FromServer) => void)
    | undefined;
  run?.(core, message);
}

const HEARD: Heard = {
  message: heardMessage,

  receipt(core, { id, client_id = "", outcome }) {
    // What an agent has read for a desk may be confirmed under the agent's name or the desk's: the id decides.
    for (const key of Object.keys(core.state.talks)) core.alter(key, (talk) => receipt(talk, id, client_id, outcome));
  },

  "read-elsewhere"(core, { id = "", with: name = "", time = 0 }) {
    if (name && time) return core.history.readElsewhere(core.key(name), Math.round(time * 1e6));
    for (const talk of Object.values(core.state.talks)) {
      const item = talk.items.find((other) => other.kind !== "event" && other.id === id);
      if (id && item) core.history.readElsewhere(talk.key, item.order);
    }
  },

  redacted(core, { id }) {
    // Under a desk's name or the agent's: the id decides.
    for (const key of Object.keys(core.state.talks)) core.alter(key, (talk) => without(talk, [id]));
  },

  typing(core, { from = "", to = "", state }) {
    if (core.key(from) !== core.me) core.typing.heard(talkWith(core, from, to), from, state);
  },

  conversation(core, message) {
    const { desk, person, state, by = "", name = "", time } = message;
    const agent = core.key(person) !== core.me;
    const key = core.key(agent ? person : desk);
    const conversation = { state, desk, person, by, name: by && core.nameOf(by), time: time * 1000 };
    if (agent) core.learn(person, name);
    core.retold.add(key);
    // Until somebody has it, it is the desk that is seen to type.
    core.typing.stopped(key, desk);
    const before = core.state.talks[key]?.conversation;
    core.alter(key, (talk) => ({ ...talk, conversation }));
    if (before?.state === state && before.by === by) return;
    // At sign-on one is told how things stand, which need be no news.
    const news = before || core.state.talks[key]?.items.length;
    // An agent takes it by her first words: that she has is shown before them.
    const at = state === "taken" ? time - 0.001 : time;
    if (news) note(core, key, state, at, by || desk, conversation.name);
    core.emit("conversation", { talk: key, conversation });
  },

  presence(core, message) {
    const { address, state, text = "", idle_since = null, renamed_from, realname = "" } = message;
    const key = core.key(address);
    if (renamed_from) core.community?.renamed(core, core.key(renamed_from), key);
    const presence: Presence = { state, text, idleSince: idle_since === null ? null : idle_since * 1000 };
    const before = core.state.presence[key];
    core.set({ presence: { ...core.state.presence, [key]: presence } });
    // A desk's title; that it has none any more is news to who knows it by its notes only.
    core.learn(address, realname, core.staff.has(key) && !core.names.has(key));
    if (before?.state !== state || before.text !== text) core.emit("presence", { key, presence });
  },

  error(core, { code, text }) {
    core.emit("error", { problem: { code, text }, talk: null });
  },
};

function heardMessage(core: Core, message: Message): void {
  const key = talkOf(message, core.me, core.domain);
  const mine = core.key(message.from) === core.me;
  const known = core.state.talks[key]?.items.some((item) => item.kind !== "event" && item.id === message.id);
  const item = said(message, mine, mine ? "" : core.nameOf(message.from));
  core.alter(key, (talk) =>
    core.history.live(put({ ...talk, readTo: talk.readTo ?? message.seq - 1 }, [item]), item.order),
  );
  core.notes.acknowledge(message.id);
  if (!mine) core.typing.stopped(key, message.from);
  if (!known) core.emit("message", { talk: key, item });
}

/** Whose talk a signal belongs to: an agent's is that with the desk she speaks for. */
function talkWith(core: Core, from: string, to: string): TalkKey {
  if (isRoom(to)) return core.key(to);
  const key = core.key(from);
  if (core.state.talks[key]) return key;
  const desk = Object.values(core.state.talks).find(
    ({ conversation }) => conversation?.state === "taken" && conversation.by === from,
  );
  return desk?.key ?? key;
}

/** What happened stands between what was said. */
export function note(
  core: Core,
  key: TalkKey,
  event: Happened["event"],
  time: number,
  who: string,
  name: string,
  by = "",
  text = "",
): void {
  if (!core.state.talks[key]) return;
  core.alter(key, (talk) => put(talk, [happened(event, `${event}${who}${time}`, time, who, name, by, text)]));
}
