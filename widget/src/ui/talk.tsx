// One talk: with a desk, a person, or a room.
import { useState } from "preact/hooks";
import type { Presence, Said, Talk } from "../engine/types";
import { Form } from "./asking";
import { Composer } from "./composer";
import { Avatar, Head } from "./head";
import { useLater } from "./later";
import { Text } from "./line";
import { Log } from "./log";
import type { Choice } from "./menu";
import { explain } from "./problems";
import { say, stateName, titleOf, type View } from "./view";

function staffLine(view: View, talk: Talk, presence: Presence | undefined): string {
  const { conversation } = talk;
  if (view.state.connection.kind !== "online") return "";
  // Also when somebody has it: she may have gone yesterday.
  if (presence?.state === "offline") return say(view, "offline");
  if (conversation?.state === "taken") return say(view, "taken", { name: conversation.name });
  if (!presence) return "";
  if (conversation?.state === "ringing") return say(view, "ringing");
  return say(view, presence.state === "available" ? "available" : "away");
}

export function TalkPane({ view, talk }: { view: View; talk: Talk }) {
  const { engine, state, shell } = view;
  const [members, setMembers] = useState(false);
  const part = useLater(() => import("./members"), members);
  const presence = state.presence[talk.key];
  const staff = talk.kind === "staff";
  const { room, conversation } = talk;
  const title = titleOf(view, talk);

  // Nobody there, and nothing said yet: a form, whose message waits for them.
  const leave =
    staff && presence?.state === "offline" && !talk.items.length && !talk.loading && state.connection.kind === "online";

  const choices: Choice[] = [];
  if (staff && conversation && conversation.state !== "closed") {
    choices.push({ text: say(view, "end"), run: () => void engine.closeConversation(talk.key) });
  }
  if (room?.joined && state.me && !state.me.visitor) {
    choices.push({
      text: say(view, "leaveRoom"),
      run: () => {
        void engine.leave(talk.key);
        view.show(null);
      },
    });
  }

  const last = talk.items.filter((item): item is Said => item.kind !== "event").at(-1);
  const kept = staff && last?.status === "kept";
  const typists = talk.typing;
  const [typist] = typists;
  const line = staff
    ? staffLine(view, talk, presence)
    : presence && talk.kind === "person"
      ? [stateName(view, presence.state), presence.text].filter(Boolean).join(" · ")
      : "";

  return (
    <>
      <Head
        view={view}
        title={title}
        choices={choices}
        avatar={
          <Avatar
            name={title}
            picture={staff ? shell.options.avatar : ""}
            // Without a connection nobody knows.
            state={line && presence?.state}
          />
        }
      >
        {room ? (
          <button type="button" class="sub" aria-expanded={members} onClick={() => setMembers(!members)}>
            {say(view, "members", { n: room.members.length || room.count })}
          </button>
        ) : (
          <p class="sub" part="status" role="status">
            {line}
          </p>
        )}
      </Head>
      {room?.topic && (
        <p class="topic" part="topic" dir="auto">
          <Text view={view} text={room.topic} />
        </p>
      )}
      {talk.problem && (
        <p class="bar" part="bar" role="alert">
          {explain(view, talk.problem)}
        </p>
      )}
      {leave ? (
        <Form view={view} talk={talk} mode="leave" />
      ) : (
        <>
          {members && part && <part.Members view={view} talk={talk} />}
          <Log
            view={view}
            talk={talk}
            greeting={staff ? shell.options.greeting || say(view, "greeting") : ""}
            note={kept ? say(view, "kept") : ""}
          />
          <p class="typing" part="typing" hidden={!typist}>
            <span class="dots" aria-hidden="true" />
            {typist && (typists.length > 1 ? say(view, "typingMany") : say(view, "typing", { name: typist.name }))}
          </p>
          {!talk.problem && <Composer view={view} talk={talk} />}
        </>
      )}
    </>
  );
}
