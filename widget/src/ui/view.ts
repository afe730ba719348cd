// What every component is given: the state of this moment, the texts, and what a click does.
import type { Shell } from "../border";
import type { Engine, State, Talk, TalkKey } from "../engine/types";
import { fill, type Texts } from "../languages";
import type { Alerts } from "./alerts";

export interface View {
  readonly engine: Engine;
  readonly state: State;
  readonly shell: Shell;
  readonly alerts: Alerts;
  readonly language: string;
  readonly texts: Texts;
  /** The talk that is shown, or null for the list of talks. */
  readonly shown: TalkKey | null;
  /** Whether there is a list of talks to go back to. */
  readonly several: boolean;
  show(talk: TalkKey | null): void;
  signOut(): Promise<void>;
}

/** A text of the widget. */
export function say(view: View, key: keyof Texts, values?: Readonly<Record<string, string | number>>): string {
  return fill(view.texts[key], view.language, values);
}

/** What a talk is called: the first one as the site says. */
export function titleOf(view: View, talk: Talk): string {
  const { title, agents } = view.shell.options;
  if (talk.kind !== "staff") return talk.title;
  if (title && agents.length < 2) return title;
  return talk.title === talk.key ? say(view, "title") : talk.title;
}
