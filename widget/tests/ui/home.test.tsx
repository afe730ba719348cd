// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Contact, State } from "../../src/engine/types";
import { FakeEngine, MEMBER, NOON, ONLINE, presence, said, talk, withTalks } from "./fake";
import { press, type Stage, stage, type } from "./stage";

let here: Stage;

function contact(key: string, more: Partial<Contact> = {}): Contact {
  const name = key;
  const nothing = { label: "", groups: [], subscription: "both", asking: false, asked: false, blocked: false } as const;
  return { ...nothing, key, name, address: `${key}@example.org`, ...more };
}

const STATE: State = {
  ...withTalks(
    { ...ONLINE, me: MEMBER },
    talk("bob", { kind: "person", title: "Bob", unread: 2, last: NOON, items: [said("bob", "At four?")] }),
    talk("#tea", { title: "#tea", last: NOON - 1000 }),
  ),
  presence: { bob: presence("away", "lunch") },
  contacts: [contact("zoe", { asked: true, subscription: "none" }), contact("bob"), contact("eve", { blocked: true })],
};

beforeEach(async () => {
  localStorage.clear();
  here = await stage(new FakeEngine(STATE), { agents: [], token: "t" });
  await vi.waitFor(() => here.find("[role=tab]"));
});

afterEach(() => here.end());

const tab = async (name: string) => {
  here.find(`#imd-tab-${name}`).click();
  await here.settle();
};
const focused = () => (here.panel.getRootNode() as ShadowRoot).activeElement;

test("a member has a list of talks, the latest first, and goes in and back", async () => {
  const entries = [...here.panel.querySelectorAll("[part=entry] strong")].map((entry) => entry.textContent);
  expect(entries).toEqual(["Bob", "#tea"]);
  expect(here.find("[part=entry]").textContent).toContain("2 unread");
  here.find("[part=entry]").click();
  expect(here.find("[part=title]").textContent).toBe("Bob");
  expect(here.find("[part=status]").textContent).toBe("Away · lunch");
  here.find("[aria-label=Back]").click();
  expect(here.find("[part=title]").textContent).toBe("Anna Lindt");
});

test("lists are one stop of the Tab key, and the arrows move in them", async () => {
  const entries = [...here.panel.querySelectorAll<HTMLElement>("[part=entry]")];
  expect(entries.map((entry) => entry.tabIndex)).toEqual([0, -1]);
  entries[0]?.focus();
  press(entries[0] as HTMLElement, "ArrowDown");
  expect(focused()).toBe(entries[1]);
  expect(entries.map((entry) => entry.tabIndex)).toEqual([-1, 0]);
  press(entries[1] as HTMLElement, "ArrowDown");
  expect(focused()).toBe(entries[0]);
});

test("the arrows choose a tab", async () => {
  const first = here.find("#imd-tab-talks");
  first.focus();
  press(first, "ArrowRight");
  await here.settle();
  expect(here.find("#imd-tab-people").getAttribute("aria-selected")).toBe("true");
  expect(here.find("[role=tabpanel]").getAttribute("aria-labelledby")).toBe("imd-tab-people");
});

test("who asks is allowed or refused; who is there stands before who is not", async () => {
  await tab("people");
  expect(here.text()).toContain("zoe wants to see when you are here");
  const [allow, refuse] = here.panel.querySelectorAll<HTMLElement>(".asking button");
  allow?.click();
  refuse?.click();
  expect(here.engine.given("approve")).toEqual([["approve", "zoe"]]);
  expect(here.engine.given("refuse")).toEqual([["refuse", "zoe"]]);
  const names = [...here.panel.querySelectorAll("[part=entry] strong")].map((entry) => entry.textContent);
  expect(names).toEqual(["bob", "eve"]);
});

test("people are added, rooms joined; what is refused is said", async () => {
  await tab("people");
  const submit = () => here.find("form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  type(here.find<HTMLInputElement>("form input"), " dora ");
  await here.settle();
  here.engine.problem = { code: "no-such-account", text: "There is nobody called dora here." };
  submit();
  await here.settle();
  expect(here.engine.given("addContact")).toEqual([["addContact", "dora", undefined]]);
  expect(here.find("[role=alert]").textContent).toContain("nobody called dora");
  here.engine.problem = null;
  await tab("rooms");
  type(here.find<HTMLInputElement>("form input"), "coffee");
  await here.settle();
  submit();
  await here.settle();
  expect(here.engine.given("join")).toEqual([["join", "#coffee"]]);
});

test("one's own presence is chosen", () => {
  const choice = here.find<HTMLSelectElement>("select");
  expect(choice.value).toBe("available");
  choice.value = "busy";
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  expect(here.engine.given("setPresence")).toEqual([["setPresence", "busy", undefined]]);
});

test("the menu opens by keyboard, moves by arrows, closes by Escape without closing the widget", async () => {
  const button = here.find("[aria-haspopup=menu]");
  button.click();
  await vi.waitFor(() => here.find("[role=menu]"));
  await here.settle();
  const items = [...here.panel.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  expect(focused()).toBe(items[0]);
  press(items[0] as HTMLElement, "End");
  expect(focused()?.textContent).toBe("Sign out");
  press(focused() as HTMLElement, "Escape");
  await here.settle();
  expect(here.panel.querySelector("[role=menu]")).toBeNull();
  expect(focused()).toBe(button);
  expect(here.open).toBe(true);
});

test("signing out is one of its choices", async () => {
  here.find("[aria-haspopup=menu]").click();
  await vi.waitFor(() => here.find("[role=menu]"));
  [...here.panel.querySelectorAll<HTMLElement>("[role=menuitem]")].at(-1)?.click();
  await here.settle();
  expect(here.engine.given("signOut")).toHaveLength(1);
});

test("sound is remembered by the browser", async () => {
  here.find("[aria-haspopup=menu]").click();
  await vi.waitFor(() => here.find("[role=menuitemcheckbox]"));
  const sound = here.find("[role=menuitemcheckbox]");
  expect(sound.getAttribute("aria-checked")).toBe("false");
  sound.click();
  await here.settle();
  expect(localStorage.getItem("imd.sound")).toBe("on");
});

test("desks are told apart by their names", async () => {
  here.end();
  const desks = withTalks(ONLINE, talk("sales"), talk("support"));
  here = await stage(new FakeEngine(desks), { agents: ["sales", "support"] });
  here.find("[aria-label=Back]").click();
  await vi.waitFor(() => here.find("[part=entry]"));
  const entries = [...here.panel.querySelectorAll("[part=entry] strong")].map((entry) => entry.textContent);
  expect(entries).toEqual(["sales", "support"]);
});
