// Choosing an emoji, or naming one between colons. Fetched when somebody does.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { roving } from "./keys";
import css from "./picker.css?inline";
import { say, styled, type View } from "./view";

// The few emoji the picker offers; whoever wants others has a keyboard or a system for them. Screen readers say each in
// their own language, so they need no names but those one can type.
export const EMOJI: Readonly<Record<string, string>> = {
  smile: "😄",
  wink: "😉",
  joy: "😂",
  heart_eyes: "😍",
  thinking: "🤔",
  sad: "😢",
  angry: "😠",
  surprised: "😮",
  cool: "😎",
  sweat: "😅",
  pray: "🙏",
  clap: "👏",
  "+1": "👍",
  "-1": "👎",
  ok: "👌",
  wave: "👋",
  heart: "❤️",
  fire: "🔥",
  tada: "🎉",
  check: "✅",
  question: "❓",
  coffee: "☕",
  rocket: "🚀",
  eyes: "👀",
};

/** `:wave:` as it is meant. Names that there are not stay as they are. */
export function withEmoji(text: string): string {
  return text.replace(/:([\w+-]+):/g, (whole, name: string) =>
    Object.hasOwn(EMOJI, name) ? (EMOJI[name] ?? whole) : whole,
  );
}

export function Picker(props: {
  view: View;
  field: RefObject<HTMLTextAreaElement | null>;
  write(text: string): void;
  close(): void;
}) {
  const { view, close } = props;
  const pick = (emoji: string) => {
    const element = props.field.current;
    if (element)
      props.write(element.value.slice(0, element.selectionStart) + emoji + element.value.slice(element.selectionEnd));
    close();
  };
  styled(view, css);
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
