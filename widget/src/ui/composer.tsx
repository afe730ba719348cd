// Where one writes.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Talk } from "../engine/types";
import { drafts } from "./drafts";
import { EMOJI, withEmoji } from "./emoji";
import { Icon } from "./icons";
import { roving } from "./keys";
import { say, type View } from "./view";

/** How many bytes of UTF-8 a text is longer than allowed. */
export function excess(text: string, longest: number): number {
  return Math.max(0, new TextEncoder().encode(text).length - longest);
}

function Picker({ view, pick, close }: { view: View; pick(emoji: string): void; close(): void }) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would have to have a legend that is seen.
    <div
      class="picker"
      part="picker"
      role="group"
      aria-label={say(view, "emoji")}
      onKeyDown={(event) => {
        roving(event, "horizontal");
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      {Object.values(EMOJI).map((emoji, index) => (
        <button
          type="button"
          key={emoji}
          ref={index ? null : first}
          tabIndex={index ? -1 : 0}
          onClick={() => pick(emoji)}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}

export function Composer({ view, talk }: { view: View; talk: Talk }) {
  const { engine, state } = view;
  const kept = drafts(engine);
  const [text, setText] = useState(kept.get(talk.key) ?? "");
  const [picking, setPicking] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const over = excess(text, state.longest);

  useEffect(() => {
    setText(kept.get(talk.key) ?? "");
  }, [kept, talk.key]);

  // As tall as its text; the style sheet says how tall at most.
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    const { scrollHeight } = element;
    if (scrollHeight) element.style.height = `${scrollHeight}px`;
  }, [text]);

  const write = (written: string) => {
    setText(written);
    kept.set(talk.key, written);
    engine.typing(talk.key, written.trim() !== "");
  };

  const send = () => {
    const body = withEmoji(text.trim());
    if (!body || excess(body, state.longest)) return;
    const action = /^\/me\s+(.+)/s.exec(body)?.[1];
    engine.send(talk.key, action ?? body, action ? "action" : "text");
    setText("");
    kept.delete(talk.key);
    setPicking(false);
    field.current?.focus();
  };

  const pick = (emoji: string) => {
    const element = field.current;
    const start = element?.selectionStart ?? text.length;
    write(text.slice(0, start) + emoji + text.slice(element?.selectionEnd ?? start));
    setPicking(false);
    element?.focus();
  };

  return (
    <form
      class="composer"
      part="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {picking && (
        <Picker
          view={view}
          pick={pick}
          close={() => {
            setPicking(false);
            field.current?.focus();
          }}
        />
      )}
      <div class="box">
        <button
          type="button"
          class="icon-button"
          aria-label={say(view, "emoji")}
          aria-expanded={picking}
          onClick={() => setPicking(!picking)}
        >
          <Icon name="smile" />
        </button>
        <textarea
          ref={field}
          class="input"
          part="input"
          rows={1}
          dir="auto"
          data-focus
          value={text}
          placeholder={say(view, "write")}
          aria-label={say(view, "write")}
          aria-invalid={over > 0}
          aria-describedby={over ? "imd-over" : undefined}
          enterkeyhint="send"
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={(event) => {
            // While an input method composes, Enter takes its proposal (keyCode 229: Safari).
            if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
            event.preventDefault();
            send();
          }}
        />
        <button
          type="submit"
          class="send"
          part="send"
          aria-label={say(view, "send")}
          disabled={!text.trim() || over > 0}
        >
          <Icon name="send" />
        </button>
      </div>
      {over > 0 && (
        <p class="failure" id="imd-over" role="alert">
          {say(view, "tooLong", { n: over })}
        </p>
      )}
    </form>
  );
}
