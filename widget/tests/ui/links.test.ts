import { expect, test } from "vitest";
import { onlyEmoji } from "../../src/ui/emoji";
import { parts } from "../../src/ui/links";
import { withEmoji } from "../../src/ui/picker";
import { corpus } from "./corpus";

const links = (text: string) =>
  parts(text)
    .filter((part) => part.href)
    .map((part) => part.text);

test.each([
  ["see https://a.example/b.", ["https://a.example/b"]],
  ["(https://a.example/b)", ["https://a.example/b"]],
  ["https://a.example/b_(c)", ["https://a.example/b_(c)"]],
  ["https://a.example/?q=1&r=2#s, and http://b.example!", ["https://a.example/?q=1&r=2#s", "http://b.example"]],
  ["请看 https://a.example/b。谢谢", ["https://a.example/b"]],
  ["write to mailto:anna@example.org?subject=tea", ["mailto:anna@example.org?subject=tea"]],
  ["HTTPS://A.EXAMPLE", ["HTTPS://A.EXAMPLE"]],
  ["<https://a.example/>", ["https://a.example/"]],
  ["javascript:alert(1) data:text/html,x vbscript:x file:///etc/passwd ftp://a.example", []],
  ["xhttps://a.example", []],
  ["http:// https://", []],
  ["no links here", []],
])("finds the links of %j", (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test("a link ends where a mark that turns the text around it begins", () => {
  expect(links("https://a.example/\u202Egpj.exe")).toEqual(["https://a.example/"]);
});

test("the parts of a text are the text, and lead nowhere but to the web and to e-mail", () => {
  for (const text of corpus()) {
    const found = parts(text);
    expect(found.map((part) => part.text).join("")).toBe(text);
    for (const { href } of found) expect(href).toMatch(/^$|^https?:\/\/|^mailto:/);
  }
});

test("names between colons become emoji, others stay", () => {
  expect(withEmoji("hi :wave: at 12:30:45 :nothing: :+1:")).toBe("hi 👋 at 12:30:45 :nothing: 👍");
  expect(withEmoji(":constructor: :__proto__:")).toBe(":constructor: :__proto__:");
});

test.each([
  ["🎉", true],
  ["👍🏽 ❤️", true],
  ["👩‍👩‍👧", true],
  ["🇦🇹", true],
  ["ok 👍", false],
  ["123", false],
  ["", false],
])("%j is nothing but emoji: %s", (text, expected) => {
  expect(onlyEmoji(text)).toBe(expected);
});

test("what is made to be slow to read is read at once", () => {
  const begun = performance.now();
  parts(`https://a.example/${")".repeat(16_000)}`);
  expect(performance.now() - begun).toBeLessThan(500);
});
