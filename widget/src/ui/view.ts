// What every component is given: the state of this moment, the texts, and what a click does.
import type { Shell } from "../border";
import type { Engine, PresenceState, State, Talk, TalkKey } from "../engine/types";
import type { MoreTexts, Texts } from "../languages";
import type { Alerts } from "./alerts";

export interface View {
  readonly engine: Engine;
  readonly state: State;
  /** Those that can be read here. */
  readonly talks: readonly Talk[];
  readonly shell: Shell;
  /** Sound and notifications. */
  alerts(): Promise<Alerts>;
  /** Has the texts that only some need: when it is done they are in `texts`. */
  more(): Promise<void>;
  readonly language: string;
  readonly texts: Texts & Partial<MoreTexts>;
  /** The talk that is shown, or null for the list of talks. */
  readonly shown: TalkKey | null;
  /** Whether there is a list of talks to go back to. */
  readonly several: boolean;
  /** Open because it was on the page before: nobody has asked for it here. */
  readonly quiet: boolean;
  /** The token was not good; else it has expired. */
  readonly refused: boolean;
  show(talk: TalkKey | null): void;
  signOut(): Promise<void>;
}

const styles = new WeakMap<ShadowRoot, Set<string>>();

/** Has the style sheet of a part that was fetched later in the widget, once. */
export function styled(view: View, css: string): void {
  const { root } = view.shell;
  const there = styles.get(root) ?? new Set();
  styles.set(root, there);
  if (there.has(css)) return;
  there.add(css);
  view.shell.style(css);
}

/** A text of the widget; those that only some need are empty until they are there. */
export function say(
  view: View,
  key: keyof (Texts & MoreTexts),
  values?: Readonly<Record<string, string | number>>,
): string {
  return view.shell.fill(view.texts[key] ?? "", view.language, values);
}

/** What a state of presence is called. One that is not known is like `available` (native.md, *How the protocol grows*). */
export function stateName(view: View, state: PresenceState): string {
  return say(view, `presence-${state}`) || say(view, "presence-available");
}

/** What a talk is called: the one that the tag names as the site says, of several each by its name. */
export function titleOf(view: View, talk: Talk): string {
  const { title, agents, room } = view.shell.options;
  const staff = talk.kind === "staff";
  const [name, another] = agents.length ? agents : room;
  if (another || !(staff || name?.toLowerCase() === talk.key)) return talk.title;
  return title || (staff && talk.title === talk.key ? say(view, "title") : talk.title);
}
