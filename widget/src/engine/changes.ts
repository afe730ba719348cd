// What has changed between two states, small enough to be told to the other tabs at each key somebody presses.

import type { Kept } from "./book";
import type { CoreState } from "./core";
import type { Item, TalkKey } from "./types";

type Fields = Partial<Omit<CoreState, "talks">>;

interface TalkChange {
  /** Everything but the items. */
  readonly talk: Omit<Kept, "items">;
  /** Where items are replaced, how many, and by which. */
  readonly at: number;
  readonly gone: number;
  readonly items: readonly Item[];
}

export interface Changes {
  readonly fields: Fields;
  /** Null: the talk is gone. */
  readonly talks: Readonly<Record<TalkKey, TalkChange | null>>;
}

export function changes(before: CoreState, after: CoreState): Changes {
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(after) as (keyof CoreState)[]) {
    if (name !== "talks" && after[name] !== before[name]) fields[name] = after[name];
  }
  const talks: Record<TalkKey, TalkChange | null> = {};
  if (after.talks !== before.talks) {
    for (const key of Object.keys(before.talks)) if (!after.talks[key]) talks[key] = null;
    for (const talk of Object.values(after.talks)) {
      const old = before.talks[talk.key];
      if (talk !== old) talks[talk.key] = change(old, talk);
    }
  }
  return { fields: fields as Fields, talks };
}

function change(before: Kept | undefined, after: Kept): TalkChange {
  const { items, ...talk } = after;
  const old = before?.items ?? [];
  let at = 0;
  while (at < old.length && at < items.length && old[at] === items[at]) at += 1;
  let same = 0;
  while (same < old.length - at && same < items.length - at && old.at(-1 - same) === items.at(-1 - same)) same += 1;
  return { talk, at, gone: old.length - at - same, items: items.slice(at, items.length - same) };
}

export function changed(state: CoreState, { fields, talks }: Changes): CoreState {
  const all: Record<TalkKey, Kept> = { ...state.talks };
  for (const [key, change] of Object.entries(talks)) {
    if (!change) {
      delete all[key];
      continue;
    }
    const items = [...(all[key]?.items ?? [])];
    items.splice(change.at, change.gone, ...change.items);
    all[key] = { ...change.talk, items };
  }
  return { ...state, ...fields, talks: Object.keys(talks).length ? all : state.talks };
}
