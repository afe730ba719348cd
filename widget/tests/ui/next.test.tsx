// @vitest-environment happy-dom
// What the next page of a tab is like, after what was done on the one before.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeEngine, MEMBER, ONLINE, talk, withTalks } from "./fake";
import { press, type Stage, stage, TabShelf, type } from "./stage";

const TALKS = withTalks(ONLINE, talk("sales", { title: "Sales" }), talk("support", { title: "Support" }));
const MEMBERS = { ...TALKS, me: MEMBER };

let here: Stage;
let tab: TabShelf;
let widths: string[] = [];

beforeEach(() => {
  tab = new TabShelf();
  widths = [];
  vi.spyOn(window, "matchMedia").mockImplementation((query) => ({ matches: widths.includes(query) }) as MediaQueryList);
});

afterEach(() => {
  here.end();
  vi.restoreAllMocks();
});

async function page(state = TALKS, agents = ["sales"]): Promise<Stage> {
  here?.end();
  here = await stage(new FakeEngine(state), { agents }, "en", tab);
  await here.settle();
  return here;
}

async function open(): Promise<void> {
  here.open = true;
  await here.app.update();
}

const title = () => here.find(".title").textContent;
const focused = () => (here.panel.getRootNode() as ShadowRoot).activeElement;

test("nothing is kept, and nothing opens, before it was opened; closed it stays closed", async () => {
  await page();
  expect(here.open).toBe(false);
  expect(tab.content.size).toBe(0);
  await open();
  here.open = false;
  await here.app.update();
  expect(tab.content.size).toBe(0);
  await page();
  expect(here.open).toBe(false);
});

test("open it stays open, without taking the keyboard; who comes into it by herself has the field", async () => {
  await page();
  await open();
  expect(focused()).toBe(here.find("textarea"));
  await page();
  expect(here.open).toBe(true);
  expect(document.activeElement).toBe(document.body);
  expect(here.panel.matches(".still")).toBe(true);
  here.open = false;
  await here.app.update();
  await open();
  expect(focused()).toBe(here.find("textarea"));
  expect(here.panel.matches(".still")).toBe(false);
});

test("with somebody else it does not open", async () => {
  await page();
  await open();
  await page(TALKS, ["support"]);
  expect(here.open).toBe(false);
});

test("where it would cover the page it does not open by itself, and does when asked", async () => {
  await page();
  await open();
  widths = ["(max-width: 500px), (max-height: 460px)"];
  await page();
  expect(here.open).toBe(false);
  await open();
  expect(focused()).toBe(here.find("textarea"));
});

test("what was shown is shown, as soon as there is such a talk: for another person there may never be one", async () => {
  await page(TALKS, ["sales", "support"]);
  await open();
  await vi.waitFor(() => here.find(".head button").click());
  await here.settle();
  await vi.waitFor(() => here.find(".entry:nth-child(1)"));
  for (const entry of here.panel.querySelectorAll<HTMLElement>(".entry")) {
    if (entry.textContent?.includes("Support")) entry.click();
  }
  await here.settle();
  expect(title()).toBe("Support");
  await page({ ...TALKS, talks: {} }, ["sales", "support"]);
  here.engine.set(TALKS);
  await here.settle();
  expect(title()).toBe("Support");
  const { support: _, ...talks } = TALKS.talks;
  await page({ ...TALKS, talks }, ["sales", "support"]);
  expect(title()).toBe("Sales");
});

test("the list of talks is shown again to who has one", async () => {
  await page(MEMBERS);
  await open();
  await vi.waitFor(() => here.find(".head button").click());
  await vi.waitFor(() => here.find(".tabs"));
  await page();
  expect(title()).toBe("Sales");
  here.engine.set(MEMBERS);
  await vi.waitFor(() => here.find(".tabs"));
});

test("what was begun stands in the field again; not when it was sent meanwhile, on a page one has gone back from", async () => {
  await page();
  await open();
  const { engine } = here;
  type(here.find<HTMLTextAreaElement>("textarea"), "Do you sh");
  here.end();
  here = await stage(engine, {}, "en", tab);
  await here.settle();
  expect(here.find<HTMLTextAreaElement>("textarea").value).toBe("Do you sh");
  engine.setDraft("sales", "");
  window.dispatchEvent(new Event("pageshow"));
  await here.settle();
  expect(here.find<HTMLTextAreaElement>("textarea").value).toBe("");
  type(here.find<HTMLTextAreaElement>("textarea"), "Do you ship?");
  await here.settle();
  press(here.find("textarea"), "Enter");
  expect(engine.draft("sales")).toBe("");
});
