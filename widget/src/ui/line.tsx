// One thing said, or one thing that happened. What peers wrote becomes text nodes, and links that lead where they say.
import type { Happened, Said, Status } from "../engine/types";
import type { Texts } from "../languages";
import { onlyEmoji } from "./emoji";
import { Icon } from "./icons";
import { useLater } from "./later";
import { clock } from "./times";
import { say, type View } from "./view";

/** Which parts are links is worked out in a chunk of its own: most of what is said has none. */
export function Text({ view, text }: { view: View; text: string }) {
  const links = useLater(() => import("./links"), /https?:|mailto:/i.test(text));
  if (!links) return <>{text}</>;
  return (
    <>
      {links.parts(text).map((part) =>
        part.href ? (
          <a
            href={part.href}
            target="_blank"
            rel="noopener noreferrer nofollow"
            title={say(view, "newWindow")}
            dir="ltr"
          >
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </>
  );
}

const MARKS: Readonly<Partial<Record<Status, readonly ["clock" | "sent" | "twice", keyof Texts]>>> = {
  sending: ["clock", "sending"],
  sent: ["sent", "sent"],
  kept: ["clock", "waiting"],
  delivered: ["twice", "delivered"],
  read: ["twice", "read"],
};

function Mark({ view, status }: { view: View; status: Status }) {
  const mark = MARKS[status];
  if (!mark) return null;
  return (
    <span class={`mark ${status}`} role="img" aria-label={say(view, mark[1])} title={say(view, mark[1])}>
      <Icon name={mark[0]} />
    </span>
  );
}

function Failure({ view, talk, item }: { view: View; talk: string; item: Said }) {
  const tooFast = item.problem?.code === "too-fast";
  return (
    <p class="failure" part="failure" role="alert">
      {say(view, "failed")}
      {item.problem && `: ${tooFast ? say(view, "tooFast") : item.problem.text}`}{" "}
      <button type="button" class="plain" onClick={() => view.engine.retry(talk, item.key)}>
        {say(view, "retry")}
      </button>
    </p>
  );
}

/** A hue for a name, the same everywhere. */
export function hue(name: string): number {
  let sum = 7;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 3600;
  return sum % 360;
}

export function Name({ name, address, colour }: { name: string; address: string; colour: boolean }) {
  return (
    <bdi
      class={colour ? "name hued" : "name"}
      part="name"
      ref={(element) => element?.style.setProperty("--_hue", String(hue(address)))}
    >
      {name}
    </bdi>
  );
}

/** `first` and `last` of what one person says in one go: the name stands over the first, the time under the last. */
export function SaidLine(props: {
  view: View;
  talk: string;
  item: Said;
  first: boolean;
  last: boolean;
  named: boolean;
  coloured: boolean;
}) {
  const { view, item, first, last } = props;
  const side = item.mine ? "mine" : "theirs";
  const date = new Date(item.time);
  const large = item.kind === "text" && onlyEmoji(item.body);
  return (
    <li
      class={`said ${side} ${item.kind}${first ? " first" : ""}${last ? " last" : ""}`}
      part={`message message-${side}`}
    >
      {first && props.named && !item.mine ? (
        <Name name={item.name} address={item.from} colour={props.coloured} />
      ) : (
        <span class="unseen">{item.mine ? say(view, "you") : item.name}: </span>
      )}
      <div class={large ? "large" : "bubble"} part={`bubble bubble-${side}`}>
        {/* Which way the text goes must not turn the bubble's corners. */}
        <div dir="auto">
          {item.kind === "action" && <bdi>* {item.name} </bdi>}
          <Text view={view} text={item.body} />
        </div>
      </div>
      {item.status === "failed" && <Failure view={view} talk={props.talk} item={item} />}
      {last && item.status !== "failed" && (
        <div class="meta" part="time">
          <time dateTime={date.toISOString()} title={date.toLocaleString(view.language)}>
            {clock(view.language, item.time)}
          </time>
          {item.mine && <Mark view={view} status={item.status} />}
        </div>
      )}
    </li>
  );
}

/** What happened, in words; empty: not worth a line. */
export function happened(view: View, item: Happened): string {
  const { name } = item;
  switch (item.event) {
    case "joined":
      return say(view, "joined", { name });
    case "parted":
    case "kicked":
      return say(view, "left", { name });
    case "renamed":
      return say(view, "renamed", { name, other: item.text });
    case "topic":
      return say(view, "topicIs", { topic: item.text });
    case "taken":
      return say(view, "taken", { name });
    case "closed":
      return say(view, "closed");
    default:
      return "";
  }
}
