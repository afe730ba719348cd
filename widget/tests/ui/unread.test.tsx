// @vitest-environment happy-dom
// What is counted on the launcher and told to the page.
import { afterEach, expect, test, vi } from "vitest";
import { FakeEngine, MEMBER, ONLINE, said, talk, withTalks } from "./fake";
import { type Stage, stage } from "./stage";

const TALKS = withTalks(
  ONLINE,
  talk("sales", { unread: 1 }),
  talk("support", { unread: 2 }),
  talk("#tea", { unread: 4 }),
  talk("bob", { kind: "person", unread: 8 }),
);

let here: Stage;

afterEach(() => {
  here.end();
});

const told = () =>
  here.emitted.filter(([event]) => event === "unread").map(([, detail]) => (detail as { total: number }).total);

test("a visitor's is of the talks that this page's tag names", async () => {
  here = await stage(new FakeEngine(TALKS), { agents: ["sales"] });
  expect(told()).toEqual([1]);
  here.engine.hear("support", said("alice", "Hello?"));
  expect(told()).toEqual([1]);
  here.engine.hear("sales", said("alice", "Hello?"));
  expect(told()).toEqual([1, 2]);
});

test("of several, also of people who have written to her: they are on the same list, and desks of other pages are not", async () => {
  here = await stage(new FakeEngine(TALKS), { agents: ["sales"], room: ["#tea"] });
  expect(told()).toEqual([1 + 4 + 8]);
  here.find("[aria-label=Back]").click();
  await vi.waitFor(() => here.find("[part=entry]"));
  const entries = [...here.panel.querySelectorAll("[part=entry] strong")].map((entry) => entry.textContent);
  expect(entries.sort()).toEqual(["#tea", "Chat with us", "bob"]);
});

test("a member's is of all her talks, which she has on every page", async () => {
  here = await stage(new FakeEngine({ ...TALKS, me: MEMBER }), { agents: ["sales"] });
  expect(told()).toEqual([15]);
});
