// Names and addresses, as far as the engine must understand them.

import type { Address, TalkKey } from "./types";

/** What a person, desk or room is filed under: case does not matter, one's own domain is left out. */
export function talkKey(name: string, domain = ""): TalkKey {
  const folded = name.trim().toLowerCase();
  const own = `@${domain.toLowerCase()}`;
  const key = domain && folded.endsWith(own) ? folded.slice(0, -own.length) : folded;
  // Keys are names of fields, too: somebody called "constructor" keeps the domain.
  return key in {} ? key + own : key;
}

export function isRoom(name: string): boolean {
  return name.startsWith("#");
}

/** The part before the `@`: what IRC shows. */
export function nick(address: Address): string {
  const at = address.lastIndexOf("@");
  return at > 0 ? address.slice(0, at) : address;
}
