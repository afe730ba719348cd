// tests/corpus/markup.txt, read as tests/corpus/__init__.py does.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const file = resolve("../tests/corpus/markup.txt");

export function corpus(): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("## "))
    .map((line) =>
      line
        .replace(/\\u\{([0-9a-f]{1,6})\}/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
        .replace(/\\repeat\{(\d+):([^}]*)\}/g, (_, times: string, what: string) => what.repeat(Number(times))),
    );
}
