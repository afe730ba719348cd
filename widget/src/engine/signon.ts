// Signing on: by what was left of the last session, by a token of the site, or as a visitor; and what is told and asked
// then.

import { newTalk } from "./book";
import type { Core } from "./core";
import { hear } from "./hearing";
import { Cut, type Link, Refused } from "./link";
import { nick } from "./names";
import type { Authenticated, Welcome } from "./protocol";
import type { Problem, State } from "./types";

/** No member can be signed on without another token of the site. */
export class TokenNeeded extends Error {
  constructor(readonly problem: Problem | null) {
    super();
  }
}

/** A session that cannot be resumed is no problem: there are other ways to sign on. */
const OTHER_WAY = new Set(["sign-on-failed", "token-expired", "mechanism-refused", "no-such-visitor", "wrong-state"]);

/** The link tells of the welcome when the session is open; rejects with `Refused`, `Cut` or `TokenNeeded`. */
export async function signOn(core: Core, link: Link): Promise<Welcome> {
  const { keeping } = core;
  const resume = keeping.resume;
  if (resume) {
    try {
      return await link.ask<Welcome>({ type: "resume", ...details(core), ...resume });
    } catch (error) {
      if (!(error instanceof Refused && OTHER_WAY.has(error.problem.code))) throw error;
      keeping.resume = null;
    }
  }
  if (core.token === null) return visit(core, link);
  // It is there: a member's connection waits for it.
  if (!core.community) throw new Cut();
  return core.community.signOn(core, link, core.token);
}

function details(core: Core) {
  const { world } = core;
  let device = world.local.get("imd:device");
  if (!device) {
    device = world.uuid();
    world.local.set("imd:device", device);
  }
  return { client: "imd-widget", version: "0.1", device, realname: core.keeping.introduced.name, presence: core.own };
}

/** Both requests at once: the session waits for the proof, and is refused with it. */
export function open(core: Core, link: Link): Promise<Welcome> {
  return link.ask<Welcome>({ type: "session", ...details(core) });
}

async function visit(core: Core, link: Link): Promise<Welcome> {
  const { keeping, settings } = core;
  const { secret } = keeping;
  const { site } = settings;
  const proof = link.ask<Authenticated>({ type: "visit", site, secret, ...keeping.introduced });
  const session = open(core, link);
  try {
    const authenticated = await proof;
    if (authenticated.secret) keeping.secret = authenticated.secret;
  } catch (error) {
    if (!(secret && error instanceof Refused && error.problem.code === "no-such-visitor")) throw error;
    const community = await core.gather();
    if (!community) throw new Cut();
    community.forgotten(core);
    return visit(core, link);
  }
  return session;
}

/** Signed on, for the first time or again. */
export function welcomed(core: Core, link: Link, welcome: Welcome): void {
  const { address } = welcome;
  core.signedOn = welcome.time;
  core.keeping.resume = { token: welcome.token, session: welcome.session };
  const me = {
    address,
    nick: nick(address),
    visitor: core.token === null,
    ...core.keeping.introduced,
    presence: core.own,
  };
  core.domain = address.slice(me.nick.length + 1);
  core.set({ connection: { kind: "online" }, needs: "nothing", me, presence: lasting(core) });
  presentPage(core).catch(() => undefined);
  for (const presence of welcome.presence ?? []) hear(core, { ...presence, type: "presence" });
  for (const key of [...core.staff, ...core.watched]) core.watch(key);
  core.community?.welcomed(core, welcome);
  // Before the histories: what the server has already is so known by its id when it is in one of them.
  core.outbox.pump();
  for (const talk of Object.values(core.state.talks)) {
    core.alter(talk.key, (kept) => ({ ...kept, address: newTalk(kept.key, kept.kind, core.domain).address }));
    if (talk.wanted && talk.kind !== "room") void core.history.catchUp(talk.key);
  }
  core.emit("online", { me });
  core.retold.clear();
  // Conversations that are open are told before the answer to this: the others were closed meanwhile.
  link.ask({ type: "ping" }).then(
    () => closeOthers(core),
    () => undefined,
  );
}

/** Who the visitor is and where: the staff sees it. */
export function presentPage(core: Core): Promise<unknown> {
  if (core.token !== null || !core.link) return Promise.resolve();
  const { url, title } = core.page;
  const page = { page: url.slice(0, 2048), title: title.slice(0, 300) };
  return core.link.ask({ type: "introduce", ...core.keeping.introduced, ...page });
}

function closeOthers(core: Core): void {
  for (const { key, conversation } of Object.values(core.state.talks)) {
    if (!conversation || conversation.state === "closed" || core.retold.has(key)) continue;
    core.alter(key, (talk) => ({ ...talk, conversation: { ...conversation, state: "closed" } }));
  }
}

/** Presence that stays on show until the server has told it anew. */
function lasting(core: Core): State["presence"] {
  const entries = Object.entries(core.state.presence);
  return Object.fromEntries(entries.filter(([key]) => core.staff.has(key) || core.watched.has(key)));
}
