// Where one writes.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Talk } from "../engine/types";
import { excess } from "./excess";
import { Icon } from "./icons";
import { useLater } from "./later";
import { say, type View } from "./view";

export function Composer({ view, talk }: { view: View; talk: Talk }) {
  const { engine, state } = view;
  const begun = () => engine.draft(talk.key);
  const [text, setText] = useState(begun);
  const [picking, setPicking] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  // With the first colon: `:wave:` is one, too.
  const emoji = useLater(() => import("./picker"), picking || text.includes(":"));
  const over = excess(text, state.longest);

  // Back on this page, out of the browser's memory: it may have been sent on another.
  useEffect(() => {
    const back = () => setText(begun);
    window.addEventListener("pageshow", back);
    return () => window.removeEventListener("pageshow", back);
  }, []);

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
    engine.setDraft(talk.key, written);
    engine.typing(talk.key, written.trim() !== "");
  };

  const send = () => {
    const body = (emoji ? emoji.withEmoji(text) : text).trim();
    if (!body || excess(body, state.longest)) return;
    const action = /^\/me\s+(.+)/s.exec(body)?.[1];
    engine.send(talk.key, action ?? body, action ? "action" : "text");
    setText("");
    engine.setDraft(talk.key, "");
    setPicking(false);
    field.current?.focus();
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
      {picking && emoji && (
        <emoji.Picker
          view={view}
          field={field}
          write={write}
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
