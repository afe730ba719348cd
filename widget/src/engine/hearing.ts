// What the server tells, message by message. What is not known is ignored: the protocol grows.

import { happened, type Kept, put, receipt, said, talkOf } from "./book";
import type { Core } from "./core";
import { isRoom } from "./names";
import type { FromServer, Message, RoomState, Contact as WireContact, Member as WireMember } from "./protocol";
import type { Contact, Happened, Member, Presence, Room, TalkKey } from "./types";

type Heard = { [Type in FromServer["type"]]?: (core: Core, message: Extract<FromServer, { type: Type }>) => void };

export function hear(core: Core, message: FromServer): void {
  // The record below has a function for each type it names, of that very type.
  const run = HEARD[message.type] as ((core: Core, message: FromServer) => void) | undefined;
  run?.(core, message);
}

const HEARD: Heard = {
  message: heardMessage,
  room: heardRoom,

  receipt(core, { id, client_id = "", to, outcome }) {
    const keys = to ? [core.key(to)] : Object.keys(core.state.talks);
    // What an agent has read for a desk is confirmed under the agent's name or the desk's: the id decides.
    const found = keys.filter((key) => core.state.talks[key]);
    for (const key of found.length ? found : Object.keys(core.state.talks)) {
      core.alter(key, (talk) => receipt(talk, id, client_id, outcome));
    }
  },

  "read-elsewhere"(core, { id = "", with: name = "", time = 0 }) {
    if (name && time) return core.history.readElsewhere(core.key(name), Math.round(time * 1e6));
    for (const talk of Object.values(core.state.talks)) {
      const item = talk.items.find((other) => other.kind !== "event" && other.id === id);
      if (id && item) core.history.readElsewhere(talk.key, item.order);
    }
  },

  redacted(core, { with: name, id }) {
    const has = (talk: Kept) => talk.items.some((item) => item.kind !== "event" && item.id === id);
    for (const talk of Object.values(core.state.talks)) {
      if (talk.key !== core.key(name) && !has(talk)) continue;
      const items = talk.items.filter((item) => item.kind === "event" || item.id !== id);
      core.alter(talk.key, (kept) => ({ ...kept, items }));
    }
  },

  typing(core, { from = "", to = "", state }) {
    if (core.key(from) !== core.me) core.typing.heard(talkWith(core, from, to), from, state);
  },

  conversation(core, message) {
    const { desk, person, state, by = "", name = "", time } = message;
    const agent = core.key(person) !== core.me;
    const key = core.key(agent ? person : desk);
    const conversation = { state, desk, person, by, name: name || (by && core.nameOf(by)), time: time * 1000 };
    if (agent) core.learn(person, name);
    else core.learn(by, name);
    const before = core.state.talks[key]?.conversation;
    core.alter(key, (talk) => ({ ...talk, conversation }));
    if (before?.state === state && before.by === by) return;
    // At sign-on one is told how things stand, which need be no news.
    const news = before || core.state.talks[key]?.items.length;
    if (news) note(core, key, state, time, by || desk, conversation.name, "", "");
    core.emit("conversation", { talk: key, conversation });
  },

  presence(core, message) {
    const { address, state, text = "", idle_since = null, renamed_from } = message;
    const key = core.key(address);
    if (renamed_from) core.renamed(core.key(renamed_from), key);
    const presence: Presence = { state, text, idleSince: idle_since === null ? null : idle_since * 1000 };
    const before = core.state.presence[key];
    core.set({ presence: { ...core.state.presence, [key]: presence } });
    if (before?.state !== state || before.text !== text) core.emit("presence", { key, presence });
  },

  roster(core, { contacts }) {
    core.set({ contacts: sorted(contacts.map((contact) => entry(core, contact))) });
  },

  contact(core, { contact }) {
    alterContact(core, contact, true);
  },

  "roster-changed"(core, { action, contact }) {
    alterContact(core, contact, action !== "removed");
  },

  "room-joined"(core, { room, time, who, realname }) {
    core.learn(who, realname);
    const name = core.nameOf(who);
    alterRoom(core, room, (old) => {
      if (old.members.some((member) => member.address === who)) return old;
      return { ...old, members: [...old.members, { address: who, name, roles: [] }], count: old.count + 1 };
    });
    note(core, core.key(room), "joined", time, who, name, "", "");
  },

  "room-parted"(core, { room, time, who, text = "" }) {
    gone(core, core.key(room), "parted", time, who, "", text);
  },

  "room-kicked"(core, { room, time, who, by = "", text = "" }) {
    gone(core, core.key(room), "kicked", time, who, by, text);
  },

  "rooms-left"(core, { time, who, text = "" }) {
    for (const key of roomsWith(core, who)) gone(core, key, "parted", time, who, "", text);
  },

  "rooms-renamed"(core, { time, before, who }) {
    for (const key of roomsWith(core, before)) {
      alterRoom(core, key, (room) => ({
        ...room,
        members: room.members.map((member) =>
          member.address === before ? { ...member, address: who, name: core.nameOf(who) } : member,
        ),
      }));
      note(core, key, "renamed", time, before, core.nameOf(before), "", core.nameOf(who));
    }
  },

  "room-renamed"(core, { room, before }) {
    core.renamed(core.key(before), core.key(room));
  },

  "room-topic"(core, { room, time, by = "", topic }) {
    alterRoom(core, room, (old) => ({ ...old, topic: topic.text }));
    note(core, core.key(room), "topic", time, by, core.nameOf(by), "", topic.text);
  },

  "room-changed"(core, { room, changes }) {
    for (const change of changes) {
      if (change.change !== "role") continue;
      alterRoom(core, room, (old) => ({
        ...old,
        members: old.members.map((member) => {
          if (core.key(member.address) !== core.key(change.who)) return member;
          const roles = member.roles.filter((role) => role !== change.role);
          return { ...member, roles: change.on ? [...roles, change.role] : roles };
        }),
      }));
    }
  },

  "room-details"(core, { room, who, realname }) {
    core.learn(who, realname);
    const name = core.nameOf(who);
    alterRoom(core, room, (old) => ({
      ...old,
      members: old.members.map((member) => (member.address === who ? { ...member, name } : member)),
    }));
  },

  "room-invited"(core, { room, by = "", who }) {
    if (core.key(who) === core.me) core.emit("invited", { room: core.key(room), by: core.nameOf(by) });
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
  core.acknowledge(message.id);
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

// ---------------------------------------------------------------- people

function entry(core: Core, contact: WireContact): Contact {
  const key = core.key(contact.address);
  return {
    key,
    address: contact.address,
    name: contact.label || core.names.get(key) || key,
    label: contact.label ?? "",
    groups: contact.groups ?? [],
    subscription: contact.subscription ?? "none",
    asking: contact.asking ?? false,
    asked: contact.asked ?? false,
    blocked: contact.blocked ?? false,
  };
}

const sorted = (contacts: readonly Contact[]) =>
  [...contacts].sort((a, b) => a.name.localeCompare(b.name) || (a.key < b.key ? -1 : 1));

function alterContact(core: Core, contact: WireContact, there: boolean): void {
  const news = entry(core, contact);
  const others = core.state.contacts.filter((other) => other.key !== news.key);
  core.set({ contacts: there ? sorted([...others, news]) : others });
  if (core.state.talks[news.key]) core.alter(news.key, (talk) => ({ ...talk, title: core.nameOf(news.key) }));
}

// ---------------------------------------------------------------- rooms

function heardRoom(core: Core, { room: info, people }: RoomState): void {
  const key = core.key(info.name);
  for (const person of people) core.learn(person.address, person.realname);
  const members = people.map((person) => member(core, person));
  const topic = info.topic?.text ?? "";
  core.rooms.add(key);
  core.alter(key, (talk) => ({
    ...talk,
    title: info.name,
    problem: null,
    room: { joined: true, topic, members, count: members.length },
  }));
  if (core.talk(key).wanted) void core.history.catchUp(key);
  core.outbox.pump();
}

function member(core: Core, { address, roles = [] }: WireMember): Member {
  return { address, name: core.nameOf(address), roles };
}

function alterRoom(core: Core, name: string, change: (room: Room) => Room): void {
  const key = core.key(name);
  if (!core.state.talks[key]?.room) return;
  core.alter(key, (talk) => (talk.room ? { ...talk, room: change(talk.room) } : talk));
}

function roomsWith(core: Core, who: string): TalkKey[] {
  const talks = Object.values(core.state.talks);
  return talks.filter(({ room }) => room?.members.some(({ address }) => address === who)).map(({ key }) => key);
}

function gone(core: Core, key: TalkKey, how: "parted" | "kicked", time: number, who: string, by: string, text: string) {
  if (core.key(who) === core.me) {
    core.rooms.delete(key);
    alterRoom(core, key, (room) => ({ ...room, joined: false, members: [] }));
  } else {
    alterRoom(core, key, (room) => {
      const members = room.members.filter(({ address }) => address !== who);
      return { ...room, members, count: members.length };
    });
  }
  core.typing.stopped(key, who);
  note(core, key, how, time, who, core.nameOf(who), by && core.nameOf(by), text);
}

function note(
  core: Core,
  key: TalkKey,
  event: Happened["event"],
  time: number,
  who: string,
  name: string,
  by: string,
  text: string,
): void {
  if (!core.state.talks[key]) return;
  core.alter(key, (talk) => put(talk, [happened(event, `${event}${who}${time}`, time, who, name, by, text)]));
}
