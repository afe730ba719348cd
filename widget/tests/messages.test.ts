import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { messages } from "../messages.mjs";

test("the types of messages are those of the native protocol's schema", () => {
  const written = readFileSync(new URL("../src/engine/messages.ts", import.meta.url), "utf8");
  expect(written, "run `node messages.mjs`").toBe(messages());
});
