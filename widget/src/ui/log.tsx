// The messages of a talk.
//
// The list itself is not live: a screen reader would read all of the history. What is new goes, once, into a region of
// its own (`Announcer`).
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Item, Said, Talk } from "../engine/types";
import { Icon } from "./icons";
import { happened, SaidLine } from "./line";
import { day, sameDay } from "./times";
import { say, type View } from "./view";

/** What one person says within so long stands together. */
const TOGETHER = 4 * 60_000;
/** So near the end of the list is at its end. */
const NEAR = 48;
const KEPT_FOR = 10_000;

function together(one: Item | undefined, other: Item | undefined): boolean {
  return (
    !!one &&
    !!other &&
    one.kind !== "event" &&
    other.kind !== "event" &&
    one.from === other.from &&
    one.status !== "failed" &&
    other.time - one.time < TOGETHER &&
    sameDay(one.time, other.time)
  );
}

/** A line as it was drawn, of what: it is made anew only when that has changed. */
interface Line {
  readonly item: Said;
  readonly first: boolean;
  readonly last: boolean;
  readonly texts: View["texts"];
  readonly node: unknown;
}

/** `mark`: key of the item before which to say that what follows is new. */
function lines(view: View, talk: Talk, mark: string | null, kept: { current: ReadonlyMap<string, Line> }) {
  const { items } = talk;
  const { texts } = view;
  const drawn = new Map<string, Line>();
  const made = [];
  const now = Date.now();
  const named = talk.kind !== "person";
  for (const [index, item] of items.entries()) {
    const before = items[index - 1];
    if (!before || !sameDay(before.time, item.time)) {
      made.push(
        <li key={`day ${item.key}`} class="event day">
          <span>{day(view.language, item.time, now)}</span>
        </li>,
      );
    }
    const unread = mark === item.key && index > 0;
    if (unread) {
      made.push(
        <li key="unread" class="event unread" part="unread">
          <span>{say(view, "latest")}</span>
        </li>,
      );
    }
    if (item.kind === "event") {
      const text = happened(view, item);
      if (text) {
        made.push(
          <li key={item.key} class="event" part="event">
            {text}
          </li>,
        );
      }
    } else {
      const first = unread || !together(before, item);
      const last = !together(item, items[index + 1]);
      let line = kept.current.get(item.key);
      if (line?.item !== item || line.first !== first || line.last !== last || line.texts !== texts) {
        const more = { view, talk: talk.key, item, first, last, named, coloured: talk.kind === "room" };
        line = { item, first, last, texts, node: <SaidLine key={item.key} {...more} /> };
      }
      drawn.set(item.key, line);
      made.push(line.node);
    }
  }
  kept.current = drawn;
  return made;
}

/** Says what comes in while one listens, and only that. */
function Announcer({ view, talk }: { view: View; talk: Talk }) {
  const [news, setNews] = useState<readonly Said[]>([]);
  const { engine } = view;
  useEffect(() => {
    setNews([]);
    return engine.on("message", (event) => {
      if (event.talk !== talk.key || event.item.mine) return;
      setNews((all) => [...all, event.item]);
      setTimeout(() => setNews((all) => all.slice(1)), KEPT_FOR);
    });
  }, [engine, talk.key]);
  return (
    <div class="unseen" aria-live="polite" aria-relevant="additions">
      {news.map((item) => (
        <p key={item.key}>
          {item.name}: {item.body}
        </p>
      ))}
    </div>
  );
}

/** `greeting` stands before the first message, `note` after the last. */
export function Log({ view, talk, greeting, note }: { view: View; talk: Talk; greeting: string; note: string }) {
  const { engine } = view;
  const list = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const before = useRef<{ first: string; height: number; end: Item | undefined }>({
    first: "",
    height: 0,
    end: undefined,
  });
  const mounted = useRef(false);
  const kept = useRef<ReadonlyMap<string, Line>>(new Map());
  const first = talk.items[0]?.key ?? "";
  const end = talk.items.at(-1);

  // Stay at the end when there; keep one's place when older messages come in above.
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const { first: was, height, end: said } = before.current;
    // Who writes wants to see it.
    const writes = end !== said && end?.kind !== "event" && end?.status === "sending";
    if (was && was !== first && !atEnd) element.scrollTop += element.scrollHeight - height;
    else if (atEnd || writes) element.scrollTop = element.scrollHeight;
    before.current = { first, height: element.scrollHeight, end };
  });

  // The panel becomes smaller when a keyboard comes up.
  useEffect(() => {
    const element = list.current;
    if (!element || typeof ResizeObserver !== "function") return;
    const observer = new ResizeObserver(() => {
      if (atEnd) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [atEnd]);

  const { isOpen } = view.shell;
  // What comes in while one looks is not marked as new.
  const mark = useRef<string | null>(null);
  if (!isOpen || document.hidden || !mounted.current) mark.current = talk.unread ? talk.firstUnread : null;
  mounted.current = true;
  useEffect(() => {
    const look = () => engine.look(isOpen && atEnd && !document.hidden ? talk.key : null);
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      engine.look(null);
    };
  }, [engine, talk.key, atEnd, isOpen]);

  const older = () => {
    if (talk.hasOlder && !talk.loading) void engine.older(talk.key);
  };
  const scrolled = () => {
    const element = list.current;
    if (!element) return;
    setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR);
    if (element.scrollTop < NEAR && element.scrollHeight > element.clientHeight) older();
  };

  return (
    <div class="middle">
      <div
        class="log"
        part="log"
        ref={list}
        onScroll={scrolled}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={say(view, "log")}
      >
        {talk.hasOlder && talk.items.length > 0 && (
          <button type="button" class="plain older" onClick={older} aria-busy={talk.loading}>
            {say(view, "earlier")}
          </button>
        )}
        {greeting && !talk.hasOlder && (
          <p class="greeting" part="greeting" dir="auto">
            {greeting}
          </p>
        )}
        <ol>{lines(view, talk, mark.current, kept)}</ol>
        {note && (
          <p class="event" part="event">
            {note}
          </p>
        )}
      </div>
      {!atEnd && (
        <button
          type="button"
          class="to-end"
          part="button"
          aria-label={say(view, "latest")}
          onClick={() => list.current?.scrollTo({ top: list.current.scrollHeight })}
        >
          <Icon name="down" />
          {talk.unread > 0 && <span class="count">{talk.unread}</span>}
        </button>
      )}
      <Announcer view={view} talk={talk} />
    </div>
  );
}
