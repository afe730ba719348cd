// Signing on: by what was left of the last session, by a token of the site, or as a visitor.

import type { Core } from "./core";
import { Cut, type Link, Refused } from "./link";
import type { Authenticated, Welcome } from "./protocol";
import type { Problem } from "./types";

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
