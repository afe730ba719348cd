import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { choose, direction, fill, type Plural } from "../../src/languages";
import { launcher, moreTexts, texts } from "../../src/languages/en";

const folder = fileURLToPath(new URL("../../src/languages", import.meta.url));
const codes = readdirSync(folder)
  .map((name) => /^([a-z]{2})\.ts$/.exec(name)?.[1])
  .filter((code) => code !== undefined);

type Words = Readonly<Record<string, string | Plural>>;
type Language = { launcher: Words; texts: Words; moreTexts: Words };
const kinds = ["launcher", "texts", "moreTexts"] as const;
const ENGLISH = { launcher: { ...launcher }, texts, moreTexts } satisfies Language;
const language = (code: string) => import(`../../src/languages/${code}.ts`) as Promise<Language>;
const braces = (text: string) => new Set(text.match(/\{\w+\}/g));

test("there are English, Chinese, and one that is written from right to left", () => {
  expect(codes).toEqual(expect.arrayContaining(["ar", "en", "zh"]));
  expect(codes.some((code) => direction(code) === "rtl")).toBe(true);
});

test.each(codes)(
  "%s has every text, each with the same things to fill in, and each form of its plurals",
  async (code) => {
    const words = await language(code);
    const categories = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
    for (const kind of kinds) {
      const english: Words = ENGLISH[kind];
      expect(Object.keys(words[kind])).toEqual(Object.keys(english));
      for (const [key, text] of Object.entries(words[kind])) {
        const model = english[key];
        if (typeof text === "string") {
          expect(text.trim(), key).not.toBe("");
          expect(braces(text), key).toEqual(braces(model as string));
        } else {
          for (const category of Object.keys(text)) expect(categories, `${key} ${category}`).toContain(category);
          expect(braces(text.other), key).toEqual(braces((model as Plural).other));
        }
      }
    }
  },
);

test("only English has English texts", async () => {
  for (const code of codes.filter((other) => other !== "en")) {
    const other = (await language(code)).texts;
    const same = Object.entries(texts).filter(([key, text]) => other[key] === text);
    expect(same).toEqual([]);
  }
});

test.each([
  [["zh-CN"], "zh"],
  [["zh-Hant-TW", "en"], "zh"],
  [["", "fr", "ar-EG"], "ar"],
  [["EN-gb"], "en"],
  [["tlh"], "en"],
  [[], "en"],
])("of %j the language is %s", (wanted, expected) => {
  expect(choose(wanted, codes)).toBe(expected);
});

test("plurals follow the language", () => {
  const { unread } = launcher;
  expect(fill(unread, "en", { n: 1 })).toBe("1 unread message");
  expect(fill(unread, "en", { n: 1234 })).toBe("1,234 unread messages");
});

test("what is filled in is not filled in itself", () => {
  expect(fill("{name} is here", "en", { name: "{n} {name} $& $1" })).toBe("{n} {name} $& $1 is here");
});
