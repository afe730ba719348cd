// The head of the panel: who one talks with, whether they are there, and what else one can do.
import type { ComponentChildren } from "preact";
import { Icon } from "./icons";
import { type Choice, Menu } from "./menu";
import { say, type View } from "./view";

/** Initials of up to two words; of scripts without capitals the first sign. */
export function initials(name: string): string {
  const words = name
    .replace(/^[#@]/, "")
    .split(/[\s._-]+/)
    .filter(Boolean);
  const firsts = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "");
  return firsts.join("").toUpperCase() || "?";
}

export function Avatar({ name, picture, state }: { name: string; picture?: string; state?: string | undefined }) {
  return (
    <span class="avatar" part="avatar" aria-hidden="true">
      {picture ? <img src={picture} alt="" /> : initials(name)}
      {state && <span class={`dot ${state}`} part="presence" />}
    </span>
  );
}

export function Head(props: {
  view: View;
  title: string;
  avatar?: ComponentChildren;
  choices: readonly Choice[];
  children?: ComponentChildren;
  extra?: ComponentChildren;
}) {
  const { view } = props;
  const { shell } = view;
  return (
    <div class="head" part="header">
      {view.several && view.shown !== null && (
        <button type="button" class="icon-button" aria-label={say(view, "back")} onClick={() => view.show(null)}>
          <Icon name="back" />
        </button>
      )}
      {props.avatar}
      <div class="heading">
        <h2 class="title" part="title">
          <bdi>{props.title}</bdi>
        </h2>
        {props.children}
      </div>
      {props.extra}
      <Menu view={view} choices={props.choices} common />
      {!shell.inline && (
        <button type="button" class="icon-button close" aria-label={shell.closeText} onClick={() => shell.close()}>
          <Icon name="cross" />
        </button>
      )}
    </div>
  );
}
