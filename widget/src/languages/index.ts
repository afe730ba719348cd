// What all languages have in common: their types, which one a page wants, and how a text is filled in.
import type { moreTexts, texts } from "./en";

/** Forms of one text, by CLDR plural category. */
export type Plural = { readonly [category in Intl.LDMLPluralRule]?: string } & { readonly other: string };

/** What the loader says before the app is there. */
export interface LauncherTexts {
  readonly open: string;
  readonly close: string;
  readonly unread: Plural;
  readonly unreachable: string;
}

type Like<English> = { readonly [key in keyof English]: English[key] extends string ? string : Plural };

/** What everybody may see who opens the chat. */
export type Texts = Like<typeof texts>;

/** What only some see: fetched for them. */
export type MoreTexts = Like<typeof moreTexts>;

const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ku|ps|sd|ug|ur|yi)\b/i;

/** Which way a language is written. */
export function direction(language: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr";
}

/** The first wanted language that there is: `zh-CN` finds `zh` (RFC 4647 section 3.4, lookup). English if none is. */
export function choose(wanted: readonly string[], there: readonly string[]): string {
  for (const tag of wanted) {
    const parts = tag.toLowerCase().split("-");
    for (; parts.length; parts.pop()) {
      const found = parts.join("-");
      if (there.includes(found)) return found;
    }
  }
  return "en";
}

/** A text with its braces filled in; of a plural the form for `n`. What is filled in is never looked at again. */
export function fill(
  text: string | Plural,
  language: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  let form = text as string;
  if (typeof text !== "string") {
    const { n } = values;
    form = text[new Intl.PluralRules(language).select(Number(n))] ?? text.other;
  }
  return form.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : (value ?? whole);
  });
}
