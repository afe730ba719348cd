import { expect, test } from "vitest";
import { isRoom, nick, talkKey } from "../src/engine/names";

test("names of one's own domain and bare names are filed under the same key, whatever their case", () => {
  expect(talkKey("Sales", "Example.org")).toBe("sales");
  expect(talkKey("sales@example.ORG", "example.org")).toBe("sales");
  expect(talkKey("#Tea@example.org", "example.org")).toBe("#tea");
});

test("who is of another domain is filed under the whole address", () => {
  expect(talkKey("bob@guest.example.org", "example.org")).toBe("bob@guest.example.org");
});

test("a nick is what stands before the last @", () => {
  expect(nick("anna-k3f9@example.org")).toBe("anna-k3f9");
  expect(nick("anna")).toBe("anna");
  expect(isRoom("#tea@example.org")).toBe(true);
});

test("nobody's name is that of something every object has", () => {
  expect(talkKey("constructor@example.org", "example.org")).toBe("constructor@example.org");
  expect(talkKey("Constructor", "example.org") in {}).toBe(false);
});
