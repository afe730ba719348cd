// Which parts of a text are links. Only what names its scheme is one, and only schemes that can do no harm.

export interface Part {
  readonly text: string;
  /** Where it leads; empty: plain text. */
  readonly href: string;
}

// Up to what no link has within it: space, quotes, what cannot be seen (controls, and marks that turn the text around
// it), and the punctuation of Chinese and Japanese, which write no space after a link.
const CANDIDATE = /\b(?:https?:\/\/|mailto:)[^\s<>"'`\p{Cc}\p{Cf}\u3001-\u301f\uff01-\uff20]+/giu;
const SAFE = /^(?:https?|mailto):$/;
const CLOSING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

const count = (text: string, one: string): number => text.split(one).length - 1;

/** Without the punctuation of the sentence around it: `(see https://a.example/b(c)).` ends at `b(c)`. */
function trimmed(link: string): string {
  // Counted once: somebody may write a great many.
  const closers: Record<string, number> = {};
  for (let end = link.length; ; end--) {
    const last = link[end - 1] ?? "";
    const opening = CLOSING[last];
    let stray = /[.,:;!?*_~…]/.test(last);
    if (opening) {
      const spare = closers[last] ?? count(link, last) - count(link, opening);
      closers[last] = spare - 1;
      stray = spare > 0;
    }
    if (!stray) return link.slice(0, end);
  }
}

function safe(link: string): string {
  try {
    const url = new URL(link);
    return SAFE.test(url.protocol) && (url.host || url.pathname) ? url.href : "";
  } catch {
    return "";
  }
}

/** The text in pieces; joined they are the text. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  let done = 0;
  const plain = (end: number) => {
    if (end > done) found.push({ text: text.slice(done, end), href: "" });
  };
  for (const { 0: whole, index } of text.matchAll(CANDIDATE)) {
    const link = trimmed(whole);
    const href = safe(link);
    if (!href) continue;
    plain(index);
    found.push({ text: link, href });
    done = index + link.length;
  }
  plain(text.length);
  return found;
}
