// What was begun and not sent: it is still there when one comes back to the talk, or when form and talk change places.
import type { Engine, TalkKey } from "../engine/types";

const all = new WeakMap<Engine, Map<TalkKey, string>>();

export function drafts(engine: Engine): Map<TalkKey, string> {
  const kept = all.get(engine) ?? new Map<TalkKey, string>();
  all.set(engine, kept);
  return kept;
}

/** How many bytes of UTF-8 a text is longer than allowed. */
export function excess(text: string, longest: number): number {
  return Math.max(0, new TextEncoder().encode(text).length - longest);
}
