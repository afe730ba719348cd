// What only rooms and members need: rooms, the buddy list, the list of talks. A chunk of its own, so that those who just
// write to a shop's staff do not wait for it.

import { counted, PENDING, under } from "./book";
import { ask, type Outcome } from "./commands";
import { type Core, problemOf } from "./core";
import { type Heard, hear, note } from "./hearing";
import { Cut, type Link, Refused } from "./link";
import type {
  Authenticated,
  Challenge,
  RoomState,
  Rooms,
  Talks,
  Welcome,
  Contact as WireContact,
  Member as WireMember,
} from "./protocol";
import { open, TokenNeeded } from "./signon";
import type { Contact, Member, OwnState, Problem, Room, RoomSummary, TalkKey } from "./types";

/** Talks of a member that are listed. */
const LISTED = 30;

export const HEARD: Heard = {
  room: heardRoom,

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
    note(core, core.key(room), "joined", time, who, name);
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
    renamed(core, core.key(before), core.key(room));
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
};

export const COMMANDS = {
  join(core: Core, key: TalkKey): Outcome {
    core.rooms.add(key);
    core.alter(key, (talk) => ({ ...talk, wanted: true }));
    return core.link ? core.enter(key) : Promise.resolve(null);
  },

  leave(core: Core, key: TalkKey): Outcome {
    core.rooms.delete(key);
    const joined = core.state.talks[key]?.room?.joined;
    core.drop(key);
    return joined ? ask(core, { type: "part", room: key }) : Promise.resolve(null);
  },

  setTopic: (core: Core, key: TalkKey, text: string): Outcome => ask(core, { type: "set-topic", room: key, text }),

  async rooms(core: Core): Promise<readonly RoomSummary[]> {
    const found: RoomSummary[] = [];
    for (let after = "", more = true; more && found.length < 1000; ) {
      more = false;
      await ask(core, { type: "get-rooms", after, limit: 200 }, (answer) => {
        const { rooms, more: rest = false } = answer as Rooms;
        for (const { name, topic, members = 0 } of rooms) {
          found.push({ key: core.key(name), name, topic: topic?.text ?? "", members });
        }
        after = rooms.at(-1)?.name ?? "";
        more = rest && after !== "";
      });
    }
    return found;
  },

  setPresence(core: Core, state: OwnState, text: string): Outcome {
    core.own = { state, text };
    const { me } = core.state;
    if (me) core.set({ me: { ...me, presence: core.own } });
    return core.link ? ask(core, { type: "set-presence", ...core.own }) : Promise.resolve(null);
  },

  addContact: (core: Core, name: string, label: string): Outcome => ask(core, { type: "roster-ask", name, label }),
  approve: (core: Core, name: TalkKey): Outcome => ask(core, { type: "roster-approve", name }),
  refuse: (core: Core, name: TalkKey): Outcome => ask(core, { type: "roster-refuse", name }),
  removeContact: (core: Core, name: TalkKey): Outcome => ask(core, { type: "roster-remove", name }),
  block: (core: Core, name: TalkKey): Outcome => ask(core, { type: "roster-block", name }),
  unblock: (core: Core, name: TalkKey): Outcome => ask(core, { type: "roster-unblock", name }),
};

// ---------------------------------------------------------------- signing on

/** The server knows this visitor no more: what was said is not hers now. */
export function forgotten(core: Core): void {
  core.keeping.secret = "";
  core.keeping.resume = null;
  for (const key of Object.keys(core.state.talks)) {
    core.alter(key, (talk) => {
      const items = talk.items.filter(
        (item) => item.order === PENDING || (item.kind !== "event" && item.status === "failed"),
      );
      return counted({ ...talk, items, cursor: 0, floor: 0, readTo: null, hasOlder: true, conversation: null });
    });
  }
  core.emit("visitor-forgotten", {});
}

/** By a token of the site. */
export async function signOn(core: Core, link: Link, token: string): Promise<Welcome> {
  if (!token) throw new TokenNeeded(null);
  try {
    // RFC 7628 section 3.1: GS2 header, then key and value between control-A.
    const data = btoa(`n,,\x01auth=Bearer ${token}\x01\x01`);
    const first = await link.ask<Authenticated | Challenge>({ type: "authenticate", mechanism: "OAUTHBEARER", data });
    // Section 3.2.3: why it failed comes as a challenge; the client answers with one control-A to hear of the end.
    if (first.type === "challenge") await link.ask({ type: "response", data: btoa("\x01") });
  } catch (error) {
    if (error instanceof Refused && /^(sign-on-failed|token-expired)$/.test(error.problem.code)) {
      throw new TokenNeeded(error.problem);
    }
    throw error;
  }
  return open(core, link);
}

/** The buddy list, the rooms one is in, and the talks there were, as the server has them. */
export function welcomed(core: Core, welcome: Welcome): void {
  hear(core, { type: "roster", contacts: welcome.roster ?? [] });
  reenter(core, welcome);
  if (core.token !== null) void talks(core);
}

/** Which rooms we are in is as the server says; those we want to be in are entered again. */
function reenter(core: Core, welcome: Welcome): void {
  const inside = new Set<TalkKey>();
  for (const info of welcome.rooms ?? []) {
    const key = core.key(info.name);
    inside.add(key);
    core.rooms.add(key);
    core.alter(key, (talk) => ({
      ...talk,
      room: { joined: false, members: [], topic: info.topic?.text ?? "", count: info.members ?? 0 },
    }));
    core.link?.ask({ type: "get-room", room: key }).then(
      (answer) => hear(core, answer),
      () => undefined,
    );
  }
  for (const talk of Object.values(core.state.talks)) {
    if (talk.room?.joined && !inside.has(talk.key)) {
      const room = { ...talk.room, joined: false, members: [] };
      core.alter(talk.key, (kept) => ({ ...kept, room }));
    }
  }
  for (const key of core.rooms) if (!inside.has(key)) void core.enter(key);
}

/** With whom a member has talked, on whatever device. */
async function talks(core: Core): Promise<void> {
  const { link } = core;
  try {
    const answer = await link?.ask<Talks>({ type: "get-talks", limit: LISTED });
    if (core.link !== link) return;
    for (const { with: name, time } of answer?.talks ?? []) {
      core.alter(core.key(name), (talk) => ({ ...talk, last: Math.max(talk.last, time * 1000) }));
    }
  } catch {
    // A list for convenience: the talks are there when they are opened.
  }
}

/** Enters a room; what was meant for it follows. */
export async function enter(core: Core, key: TalkKey): Promise<Problem | null> {
  try {
    const answer = await (core.link?.ask({ type: "join", room: key }) ?? Promise.reject(new Cut()));
    hear(core, answer);
    return null;
  } catch (error) {
    const problem = problemOf(error);
    if (error instanceof Refused) {
      core.rooms.delete(key);
      core.alter(key, (talk) => ({ ...talk, problem }));
      // What was said there is refused for the same reason.
      core.outbox.pump();
    }
    return problem;
  }
}

/** Somebody, or a room, has another name now. */
export function renamed(core: Core, before: TalkKey, after: TalkKey): void {
  const { [before]: presence, ...others } = core.state.presence;
  if (presence) core.set({ presence: others });
  for (const names of [core.rooms, core.watched, core.staff]) if (names.delete(before)) names.add(after);
  const talk = core.state.talks[before];
  if (!talk || core.state.talks[after]) return;
  core.history.forget(before);
  core.drop(before);
  core.alter(after, () => under(talk, after, core.domain, core.nameOf(after)));
  void core.history.catchUp(after);
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
