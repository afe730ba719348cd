// Who is in a room. Fetched when somebody asks.
import type { Talk } from "../engine/types";
import { Avatar } from "./head";
import { Name } from "./line";
import css from "./members.css?inline";
import { say, styled, type View } from "./view";

export function Members({ view, talk }: { view: View; talk: Talk }) {
  styled(view, css);
  const members = [...(talk.room?.members ?? [])].sort((a, b) => a.name.localeCompare(b.name, view.language));
  return (
    <aside class="members" part="members" aria-label={say(view, "membersOf", { name: talk.title })}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <ul tabIndex={0}>
        {members.map((member) => (
          <li key={member.address}>
            <Avatar name={member.name} state={view.state.presence[member.address]?.state} />
            <Name name={member.name} address={member.address} colour />
            {member.roles.some((role) => role !== "voice") && (
              <span class="role" title={member.roles.join(" ")}>
                ★
              </span>
            )}
          </li>
        ))}
      </ul>
    </aside>
  );
}
