// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { conversation, FakeEngine, happened, mine, ONLINE, presence, said, talk, withTalks } from "./fake";
import { press, type Stage, stage, type } from "./stage";

let here: Stage;
const HERE = { ...withTalks(ONLINE, talk("sales", { title: "Sales" })), presence: { sales: presence("available") } };
const GONE = { ...HERE, presence: { sales: presence("offline") } };

beforeEach(() => {
  localStorage.clear();
});

afterEach(() => {
  here.end();
});

const field = () => here.find<HTMLTextAreaElement>("textarea.input");

test("Enter sends, Shift+Enter does not, nor does the Enter that ends a composition", async () => {
  here = await stage(new FakeEngine(HERE));
  type(field(), "hello");
  press(field(), "Enter", { shiftKey: true });
  press(field(), "Enter", { isComposing: true });
  await here.settle();
  expect(here.engine.given("send")).toEqual([]);
  expect(press(field(), "Enter").defaultPrevented).toBe(true);
  await here.settle();
  expect(here.engine.given("send")).toEqual([["send", "sales", "hello", "text"]]);
  expect(field().value).toBe("");
});

test("nothing but spaces is not sent; /me is an action; names between colons are emoji", async () => {
  here = await stage(new FakeEngine(HERE));
  type(field(), "   ");
  press(field(), "Enter");
  type(field(), "/me waves\nwith both hands");
  await here.settle();
  press(field(), "Enter");
  type(field(), "thanks :wave:");
  await import("../../src/ui/picker");
  await here.settle();
  press(field(), "Enter");
  expect(here.engine.given("send").at(-1)).toEqual(["send", "sales", "thanks 👋", "text"]);
  expect(here.engine.given("send")[0]).toEqual(["send", "sales", "waves\nwith both hands", "action"]);
});

test("what is too long, in bytes, is said so and not sent", async () => {
  here = await stage(new FakeEngine({ ...HERE, longest: 10 }));
  type(field(), "聊天聊天");
  await here.settle();
  press(field(), "Enter");
  expect(here.engine.given("send")).toEqual([]);
  expect(here.find("[role=alert]").textContent).toBe("2 characters too long");
  expect(field().getAttribute("aria-invalid")).toBe("true");
});

test("writing is told to the engine, and that one has stopped", async () => {
  here = await stage(new FakeEngine(HERE));
  type(field(), "h");
  type(field(), "");
  expect(here.engine.given("typing")).toEqual([
    ["typing", "sales", true],
    ["typing", "sales", false],
  ]);
});

test("who is there is said in the head: staff, ringing, taken, nobody", async () => {
  here = await stage(new FakeEngine(HERE));
  const line = () => here.find("[part=status]").textContent;
  expect(line()).toBe("Online");
  const at = (state: "ringing" | "taken", name = "") =>
    here.engine.set({
      ...HERE,
      talks: {
        sales: talk("sales", { items: [mine("hi", "sent")], conversation: conversation("sales", state, name) }),
      },
    });
  at("ringing");
  expect(line()).toBe("Calling somebody for you…");
  at("taken", "Carla");
  expect(line()).toBe("Carla is talking with you");
  // Whoever had it yesterday is not said to be talking today.
  here.engine.set({ ...here.engine.state, presence: { sales: presence("offline") } });
  expect(line()).toBe("Nobody is here right now");
  here.engine.set({ ...HERE, presence: { sales: presence("away") } });
  expect(line()).toBe("Away: an answer may take a while");
  const dots = () => here.panel.querySelectorAll("[part=presence]").length;
  expect(dots()).toBe(1);
  here.engine.set({ ...HERE, connection: { kind: "waiting", retryAt: 0 } });
  expect([line(), dots()]).toEqual(["", 0]);
});

test("each message of one's own says what became of it", async () => {
  here = await stage(new FakeEngine(HERE));
  for (const [status, text] of [
    ["sending", "Sending"],
    ["sent", "Sent"],
    ["kept", "Kept until somebody is back"],
    ["delivered", "Delivered"],
    ["read", "Read"],
  ] as const) {
    here.engine.set(withTalks(HERE, talk("sales", { items: [mine("hi", status)] })));
    expect(here.find("[role=img]").getAttribute("aria-label")).toBe(text);
  }
});

test("what has failed says why, and is sent again by a click", async () => {
  const item = mine("hi", "failed", { problem: { code: "too-long", text: "It is too long." } });
  here = await stage(new FakeEngine(withTalks(HERE, talk("sales", { items: [item] }))));
  const failure = here.find("[part=failure]");
  expect(failure.textContent).toBe("Not sent: It is too long. Try again");
  failure.querySelector("button")?.click();
  expect(here.engine.given("retry")).toEqual([["retry", "sales", item.key]]);
});

test("only what comes in while one listens is announced, not the history", async () => {
  const before = [said("carla", "old news")];
  here = await stage(new FakeEngine(withTalks(HERE, talk("sales", { items: before }))));
  const live = here.find("[aria-live=polite]");
  expect(here.find("[role=log]").getAttribute("aria-live")).toBe("off");
  expect(live.textContent).toBe("");
  here.engine.hear("sales", said("carla", "Good morning", { name: "Carla" }));
  await here.settle();
  expect(live.textContent).toBe("Carla: Good morning");
});

test("who looks has read: the engine is told what is looked at, and that it is not any more", async () => {
  here = await stage(new FakeEngine(withTalks(HERE, talk("sales", { items: [said("carla", "hi")] }))));
  expect(here.engine.given("look").at(-1)).toEqual(["look", "sales"]);
  here.open = false;
  await here.app.update();
  await here.settle();
  expect(here.engine.given("look").at(-1)).toEqual(["look", null]);
});

test("Escape closes", async () => {
  here = await stage(new FakeEngine(HERE));
  press(field(), "Escape");
  expect(here.open).toBe(false);
});

test("nobody there and nothing said: a form, which keeps its message and who it is from", async () => {
  here = await stage(new FakeEngine(GONE));
  await vi.waitFor(() => here.find("form.form"));
  const [name, email] = here.panel.querySelectorAll("input") as unknown as [HTMLInputElement, HTMLInputElement];
  const form = here.find<HTMLFormElement>("form.form");
  const submit = async () => {
    form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    await here.settle();
  };
  await submit();
  expect(form.textContent).toContain("Please write a message.");
  type(here.find<HTMLTextAreaElement>("textarea"), "Do you repair lamps?");
  type(email, "anna@example");
  await here.settle();
  await submit();
  expect(form.textContent).toContain("Please give an e-mail address");
  expect(email.getAttribute("aria-describedby")).toBe("imd-email-fault");
  expect(here.engine.commands.filter(([command]) => command === "send" || command === "introduce")).toEqual([]);
  type(email, "anna@example.org");
  type(name, " Anna ");
  await here.settle();
  await submit();
  expect(here.engine.given("introduce")).toEqual([["introduce", { name: "Anna", email: "anna@example.org" }]]);
  expect(here.engine.given("send")).toEqual([["send", "sales", "Do you repair lamps?", "text"]]);
  here.engine.set(withTalks(GONE, talk("sales", { items: [mine("Do you repair lamps?", "kept")] })));
  expect(here.text()).toContain("Your message is kept.");
});

test("what was begun goes along when somebody comes and the form gives way", async () => {
  here = await stage(new FakeEngine(GONE));
  await vi.waitFor(() => here.find("form.form"));
  type(here.find<HTMLTextAreaElement>("textarea"), "Do you repair");
  here.engine.set(HERE);
  expect(field().value).toBe("Do you repair");
});

test("who must say a name first is asked, and the engine is told", async () => {
  here = await stage(new FakeEngine({ ...ONLINE, me: null, needs: "introduction" }), {
    form: { name: "required", email: "none" },
  });
  await vi.waitFor(() => here.find("form.form"));
  expect(here.panel.querySelectorAll("input")).toHaveLength(1);
  const submit = () => here.find("form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  submit();
  await here.settle();
  expect(here.find("input").getAttribute("aria-invalid")).toBe("true");
  type(here.find<HTMLInputElement>("input"), "Anna");
  await here.settle();
  submit();
  await here.settle();
  expect(here.engine.given("introduce")).toEqual([["introduce", { name: "Anna" }]]);
});

test("a connection that is lost is said, counted down, and tried at once by a click", async () => {
  here = await stage(new FakeEngine({ ...HERE, connection: { kind: "waiting", retryAt: Date.now() + 5000 } }));
  const bar = here.find("[part=bar]");
  expect(bar.textContent).toContain("No connection. Trying again in 5 seconds.");
  const before = here.engine.given("start").length;
  bar.querySelector("button")?.click();
  expect(here.engine.given("start")).toHaveLength(before + 1);
});

test("older messages are asked for by a button, too", async () => {
  here = await stage(new FakeEngine(withTalks(HERE, talk("sales", { hasOlder: true, items: [said("carla", "hi")] }))));
  here.find("button.older").click();
  expect(here.engine.given("older")).toEqual([["older", "sales"]]);
});

test("texts in other languages are written their way, and the site's own words stand for them", async () => {
  here = await stage(new FakeEngine(HERE), { texts: { write: "اسألنا" } }, "ar");
  expect(here.panel.dir).toBe("rtl");
  expect(field().getAttribute("placeholder")).toBe("اسألنا");
  expect(here.find("[part=status]").textContent).toBe("متصل");
});

test("a room has its topic, its people and quiet lines of who comes and goes", async () => {
  const room = {
    joined: true,
    topic: "Tea",
    count: 2,
    members: [
      { address: "mira@example.org", name: "mira", roles: ["founder"] as const },
      { address: "joe@example.org", name: "joe", roles: [] },
    ],
  };
  const items = [said("mira", "Oolong?"), happened("joined", "joe")];
  here = await stage(new FakeEngine(withTalks(ONLINE, talk("#tea", { title: "#tea", room, items }))), {
    agents: [],
    room: ["#tea"],
  });
  expect(here.find("[part=topic]").textContent).toBe("Tea");
  expect(here.find("[part=event]:not(.day)").textContent).toBe("joe has joined");
  const button = here.find("button.sub");
  expect(button.textContent).toBe("2 people here");
  button.click();
  await vi.waitFor(() => here.find("[part=members]"));
  expect(here.find("[part=members]").textContent).toContain("joe");
});

test("a room that the tag names alone is called as the site says", async () => {
  const state = withTalks(ONLINE, talk("#tea", { title: "#tea" }));
  here = await stage(new FakeEngine(state), { agents: [], room: ["#Tea"], title: "The long table" });
  expect(here.find("[part=title]").textContent).toBe("The long table");
});

test("what happens is told to the page", async () => {
  here = await stage(new FakeEngine(HERE));
  here.engine.hear("sales", said("carla", "hi"));
  expect(here.emitted.map(([event]) => event)).toEqual(["unread", "message"]);
  expect(here.emitted[1]?.[1]).toMatchObject({ talk: "sales", from: "carla@example.org", text: "hi", mine: false });
});

test("a new line costs the same however long the talk is", async () => {
  const items = Array.from({ length: 300 }, (_, n) => said("alice", `line ${n}`));
  here = await stage(new FakeEngine(withTalks(HERE, talk("sales", { items }))));
  const drawn = vi.spyOn(Date.prototype, "toISOString");
  here.engine.set(withTalks(HERE, talk("sales", { items: [...items, said("alice", "one more")] })));
  await here.settle();
  expect(here.text()).toContain("one more");
  expect(drawn.mock.calls.length).toBeLessThan(5);
  drawn.mockClear();
  here.engine.set({ ...here.engine.state, presence: { sales: presence("away") } });
  await here.settle();
  expect(drawn).not.toHaveBeenCalled();
  drawn.mockRestore();
});

test("the focus goes on in the field when what had it is gone", async () => {
  here = await stage(new FakeEngine(GONE));
  const shadow = here.panel.getRootNode() as ShadowRoot;
  await vi.waitFor(() => here.find("form.form"));
  here.find<HTMLElement>("button.main").focus();
  here.engine.set(withTalks(GONE, talk("sales", { items: [mine("Hello", "kept")] })));
  await here.settle();
  expect(shadow.activeElement).toBe(field());
});

test("what was begun is not there for who comes after a sign-out", async () => {
  here = await stage(new FakeEngine(HERE));
  type(field(), "a secret");
  await here.app.signOut();
  here.engine.set({ ...HERE, talks: {} });
  await here.settle();
  here.open = true;
  here.engine.set(HERE);
  await here.app.update();
  expect(field().value).toBe("");
});

test("who is signed on already has been identified", async () => {
  here = await stage(new FakeEngine(HERE));
  await here.app.identify("the same token");
});
