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

// Skin tones, flags, joiners and variation selectors go with others.
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u;

/** Nothing but a few emoji: shown larger. */
export function onlyEmoji(text: string): boolean {
  return text.length < 24 && ONLY_EMOJI.test(text);
}
