import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(resolve(path), "utf8");
const sources = (ending: RegExp) =>
  ["src/loader", "src/ui"]
    .flatMap((folder) => readdirSync(resolve(folder)).map((name) => `${folder}/${name}`))
    .filter((name) => ending.test(name))
    .map(read)
    .join("\n");

const css = sources(/\.css$/);
const code = sources(/\.tsx?$/);
const page = read("../docs/embed-style.md");
const section = (title: string) => page.split(`## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
const rows = (text: string) =>
  [...text.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) => (row ?? "").split(" | ").map((cell) => cell.trim()));
const codes = (cell: string | undefined) => [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "");
const unique = (names: Iterable<string>) => [...new Set(names)].sort();

/** `var(--imd-x, DEFAULT)` of the sheets, where it is given a name, brackets within it counted. */
function defaultOf(property: string): string {
  const start = css.indexOf(`: var(${property},`) + property.length + 7;
  let depth = 1;
  let end = start;
  for (; depth; end++) depth += css[end] === "(" ? 1 : css[end] === ")" ? -1 : 0;
  return css
    .slice(start, end - 1)
    .replace(/\s+/g, " ")
    .trim();
}

test("the page names each custom property there is, and no other", () => {
  const told = rows(section("Custom properties")).map(([name]) => codes(name)[0] ?? "");
  expect(unique(told)).toEqual(unique(css.match(/--imd-[a-z-]+(?=\s*[,)])/g) ?? []));
  expect(told).toHaveLength(unique(told).length);
});

test("the page tells the defaults of both themes", () => {
  for (const [name, light, dark] of rows(section("Custom properties"))) {
    const property = codes(name)[0] ?? "";
    const said = defaultOf(property);
    const [, first, second] = /^light-dark\((.+), (.+)\)$/.exec(said) ?? [null, said, said];
    if (property === "--imd-shadow") continue;
    const own = (value = "") => value.replace(/^var\(--_(.*)\)$/, "--imd-$1");
    expect(codes(light), property).toEqual([own(first)]);
    expect(dark === "the same" ? first : codes(dark)[0], property).toBe(own(second));
  }
});

test("the page names each part there is, and no other", () => {
  const made = [
    ...code.matchAll(/\bpart="([^"]+)"/g),
    ...code.matchAll(/\bpart=\{`([^`]+)`\}/g),
    ...code.matchAll(/element\("\w+", "(\w+)"\)/g),
  ]
    .flatMap(([, names]) => (names ?? "").split(" "))
    .flatMap((name) => {
      // A template of the side a message is on.
      const stem = name.replace(/\$\{.*\}/, "");
      return stem === name ? [name] : [`${stem}mine`, `${stem}theirs`];
    });
  expect(unique(rows(section("Parts")).flatMap(([names]) => codes(names)))).toEqual(unique(made));
});
