// Who is in a room. Fetched when somebody asks.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { talkKey } from "../engine/names";
import type { Member, Talk } from "../engine/types";
import { Avatar } from "./head";
import { Name } from "./line";
import css from "./members.css?inline";
import { say, styled, type View } from "./view";

export function Members({ view, talk }: { view: View; talk: Talk }) {
  styled(view, css);
  const { presence, me } = view.state;
  const members = talk.room?.members ?? [];
  // There may be thousands of them, and each word that is said in the room draws this.
  const kept = useRef<{ members: unknown; presence: unknown; list: ComponentChildren } | null>(null);
  if (kept.current?.members !== members || kept.current.presence !== presence) {
    kept.current = { members, presence, list: list(view, members, me ? me.address.slice(me.nick.length + 1) : "") };
  }
  return (
    <aside class="members" part="members" aria-label={say(view, "membersOf", { name: talk.title })}>
      {kept.current.list}
    </aside>
  );
}

function list({ language, state }: View, members: readonly Member[], domain: string) {
  const { compare } = new Intl.Collator(language);
  const sorted = [...members].sort((a, b) => compare(a.name, b.name));
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <ul tabIndex={0}>
        {sorted.map((member) => (
          <li key={member.address}>
            <Avatar name={member.name} state={state.presence[talkKey(member.address, domain)]?.state} />
            <Name name={member.name} address={member.address} colour />
            {member.roles.some((role) => role !== "voice") && (
              <span class="role" title={member.roles.join(" ")}>
                ★
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
