// Text that is emoji.

// Skin tones, flags, joiners and variation selectors go with others.
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u;

/** Nothing but a few emoji: shown larger. */
export function onlyEmoji(text: string): boolean {
  return text.length < 24 && ONLY_EMOJI.test(text);
}
