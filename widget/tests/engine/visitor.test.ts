import { beforeEach, describe, expect, test } from "vitest";
import type { Engine, Said, Settings } from "../../src/engine";
import { FakeBrowser, type Tab } from "./browser";
import { settle } from "./clock";
import { FakeServer } from "./server";

const SETTINGS: Settings = {
  server: "https://chat.example.org",
  site: "shop",
  token: null,
  staff: ["sales"],
  rooms: [],
  query: [],
  introduceFirst: false,
};

let server: FakeServer;
let browser: FakeBrowser;
let tab: Tab;
let engine: Engine;

function begin(settings: Partial<Settings> = {}): Engine {
  server = new FakeServer();
  browser = new FakeBrowser(server);
  tab = browser.tab();
  engine = tab.engine({ ...SETTINGS, ...settings });
  return engine;
}

beforeEach(() => {
  begin();
});

const minutes = (count: number) => browser.clock.advance(count * 60_000);
const items = (from = engine, talk = "sales") =>
  (from.state.talks[talk]?.items ?? []).filter((item): item is Said => item.kind !== "event");
const bodies = (from = engine, talk = "sales") => items(from, talk).map(({ body }) => body);
const visitor = () => engine.state.me?.nick ?? "";
const agent = (body: string) => server.say("alice", visitor(), body, { "imd/desk": "sales" });

test("a new visitor signs on, says something and is answered, under the desk whoever answers", async () => {
  engine.start();
  await settle();
  expect(engine.state.connection.kind).toBe("online");
  const clientId = engine.send("sales", "Hello");
  expect(items()[0]).toMatchObject({ status: "sending", clientId, mine: true });
  await settle();
  expect(items()[0]).toMatchObject({ status: "sent", clientId, key: clientId });
  const answer = agent("Hi!");
  await settle();
  expect(bodies()).toEqual(["Hello", "Hi!"]);
  expect(items()[1]).toMatchObject({ id: answer.id, from: "alice@example.org", mine: false, status: "received" });
  await browser.clock.advance(100);
  expect(server.account(visitor()).inbox.size).toBe(0);
});

test("whom the site may not be written to is said to be so, before anything is written", async () => {
  begin({ staff: ["bob"] });
  server.override = ({ type }) => (type === "watch" ? { type: "error", code: "not-allowed", text: "No." } : null);
  engine.start();
  await settle();
  expect(engine.state.talks.bob?.problem).toMatchObject({ code: "not-allowed" });
});

test("what one looks at is read, the rest is counted", async () => {
  engine.start();
  await settle();
  agent("one");
  agent("two");
  await settle();
  expect(engine.state.unread).toBe(2);
  expect(engine.state.talks.sales?.firstUnread).toBe(items()[0]?.key);
  engine.look("sales");
  await settle();
  expect(engine.state.unread).toBe(0);
  agent("three");
  await settle();
  expect(engine.state.unread).toBe(0);
  expect(server.heard.filter(({ type }) => type === "read").map(({ id }) => id)).toEqual(["m3", "m4"].map(String));
});

describe("cut at every message", () => {
  async function story(cutAt: number): Promise<number> {
    begin();
    server.cutAt = cutAt;
    engine.start();
    engine.send("sales", "one");
    await settle();
    engine.send("sales", "two");
    // The agents know her by then, or as soon as she is there.
    while (!visitor()) await minutes(1);
    agent("A");
    engine.send("sales", "three");
    await settle();
    agent("B");
    await minutes(2);
    agent("C");
    engine.send("sales", "four");
    await minutes(5);
    expect(server.said, `cut at ${cutAt}: said`).toEqual(["one", "two", "three", "four"]);
    const own = ["one", "two", "three", "four"];
    expect(
      bodies().filter((body) => own.includes(body)),
      `cut at ${cutAt}: own`,
    ).toEqual(own);
    expect(
      bodies().filter((body) => !own.includes(body)),
      `cut at ${cutAt}: theirs`,
    ).toEqual(["A", "B", "C"]);
    expect(items().every(({ status }) => status === "sent" || status === "received")).toBe(true);
    expect(server.account(visitor()).inbox.size, `cut at ${cutAt}: inbox`).toBe(0);
    expect(browser.local.names().filter((name) => name.includes(":out:"))).toEqual([]);
    return server.count;
  }

  test("nothing is lost, doubled, or out of order", async () => {
    const total = await story(-1);
    expect(total).toBeGreaterThan(20);
    for (let cutAt = 1; cutAt <= total; cutAt += 1) await story(cutAt);
  });

  test("nor when the page is loaded anew at that moment", async () => {
    for (let cutAt = 1; cutAt <= 60; cutAt += 1) {
      begin();
      server.cutAt = cutAt;
      engine.start();
      await settle();
      engine.send("sales", "one");
      engine.send("sales", "two");
      await settle();
      if (visitor()) agent("A");
      tab = tab.reload();
      engine = tab.engine(SETTINGS);
      engine.start();
      await minutes(3);
      agent("B");
      engine.send("sales", "three");
      await minutes(3);
      expect(server.said, `cut at ${cutAt}`).toEqual(["one", "two", "three"]);
      expect(new Set(bodies()).size, `cut at ${cutAt}`).toBe(bodies().length);
      expect(bodies()).toEqual(expect.arrayContaining(["one", "two", "three", "B"]));
      expect(browser.local.names().filter((name) => name.includes(":out:"))).toEqual([]);
    }
  });
});

test("a restart of the daemon: what was said meanwhile on either side comes, once and in order", async () => {
  engine.start();
  await settle();
  engine.send("sales", "before");
  await settle();
  server.crash();
  await settle();
  expect(engine.state.connection.kind).toBe("waiting");
  engine.send("sales", "meanwhile");
  for (let count = 0; count < 230; count += 1) agent(`missed ${count}`);
  await minutes(2);
  server.restart();
  await minutes(2);
  expect(engine.state.connection.kind).toBe("online");
  expect(bodies()).toEqual(["before", ...Array.from({ length: 230 }, (_, count) => `missed ${count}`), "meanwhile"]);
});

test("a reload shows the latest at once, and goes on as the same visitor", async () => {
  engine.start();
  await settle();
  engine.send("sales", "Hello");
  await settle();
  const name = visitor();
  tab = tab.reload();
  engine = tab.engine(SETTINGS);
  server.up = false;
  engine.start();
  await settle();
  expect(bodies()).toEqual(["Hello"]);
  server.up = true;
  await minutes(1);
  expect(visitor()).toBe(name);
  expect(bodies()).toEqual(["Hello"]);
});

test("a visitor the server has forgotten is let in anew, and told", async () => {
  engine.start();
  await settle();
  engine.send("sales", "Hello");
  await settle();
  tab.close();
  server.accounts.clear();
  tab = browser.tab();
  engine = tab.engine(SETTINGS);
  let told = 0;
  engine.on("visitor-forgotten", () => {
    told += 1;
  });
  engine.start();
  await minutes(1);
  expect(told).toBe(1);
  expect(engine.state.connection.kind).toBe("online");
  expect(bodies()).toEqual([]);
});

test("with a form first nobody is signed on before it is filled in", async () => {
  begin({ introduceFirst: true });
  engine.start();
  await minutes(1);
  expect(engine.state.needs).toBe("introduction");
  expect(server.connections).toBe(0);
  engine.send("sales", "Hello");
  void engine.introduce({ name: "Anna", email: "anna@example.org" });
  await settle();
  expect(engine.state.connection.kind).toBe("online");
  expect(server.heard.find(({ type }) => type === "visit")).toMatchObject({ name: "Anna", email: "anna@example.org" });
  expect(server.heard.find(({ type }) => type === "introduce")).toMatchObject({
    page: "https://shop.example.org/prices",
    title: "Prices",
  });
  expect(server.said).toEqual(["Hello"]);
});

test.each([0, 0.5])("too fast: the message is sent again when the server said it may", async (early) => {
  browser.clock.early = early;
  engine.start();
  await settle();
  let refuse = true;
  server.override = (asked) =>
    asked.type === "send" && refuse ? { type: "error", code: "too-fast", text: "", retry_after: 10 } : null;
  engine.send("sales", "one");
  engine.send("sales", "two");
  await settle();
  expect(items().map(({ status }) => status)).toEqual(["sending", "sending"]);
  refuse = false;
  await browser.clock.advance(9000);
  expect(server.said).toEqual([]);
  await browser.clock.advance(2000);
  expect(server.said).toEqual(["one", "two"]);
});

test("what is refused says why, and can be said again or dropped", async () => {
  engine.start();
  await settle();
  let refuse = true;
  server.override = (asked) =>
    asked.type === "send" && refuse
      ? { type: "sent", id: "x", client_id: String(asked.client_id), outcome: "refused", time: 1, code: "queue-full" }
      : null;
  const first = engine.send("sales", "one");
  await settle();
  expect(items()[0]).toMatchObject({ status: "failed", problem: { code: "queue-full" } });
  refuse = false;
  engine.retry("sales", first);
  await settle();
  expect(server.said).toEqual(["one"]);
  expect(items()).toHaveLength(1);
  expect(items()[0]?.clientId).not.toBe(first);
});

test.each(["replaced", "kicked", "banned"])("after a bye with %s it does not come back by itself", async (code) => {
  engine.start();
  await settle();
  const tries = server.connections;
  const told: string[] = [];
  engine.on("error", ({ problem }) => told.push(problem.code));
  browser.locks = false;
  for (const socket of server.sockets) socket.deliver({ type: "bye", code, text: "" });
  await minutes(10);
  if (code === "replaced") return;
  expect(engine.state.connection).toMatchObject({ kind: "stopped", problem: { code } });
  expect(told).toEqual([code]);
  expect(server.connections).toBe(tries);
});

test("pauses between attempts grow to a minute; the network's return ends them", async () => {
  server.up = false;
  engine.start();
  await minutes(10);
  const tries = server.connections;
  expect(tries).toBeGreaterThan(8);
  expect(tries).toBeLessThan(20);
  server.up = true;
  tab.wake(true);
  await settle();
  expect(engine.state.connection.kind).toBe("online");
});

test("who would rather not wait for the next attempt has it at once", async () => {
  engine.start();
  await settle();
  server.crash();
  await minutes(2);
  expect(engine.state.connection.kind).toBe("waiting");
  server.restart();
  engine.start();
  await settle();
  expect(engine.state.connection.kind).toBe("online");
});

test("a connection that is dead without a sign is found out", async () => {
  engine.start();
  await settle();
  const [socket] = server.sockets;
  // What the client says goes nowhere.
  if (socket) socket.send = () => undefined;
  engine.send("sales", "Hello?");
  await minutes(1);
  expect(server.said).toEqual(["Hello?"]);
});

test("older messages come page by page, until there are none", async () => {
  engine.start();
  await settle();
  const name = visitor();
  tab.close();
  for (let count = 0; count < 120; count += 1) server.say("alice", name, `line ${count}`, { "imd/desk": "sales" });
  server.account(name).inbox.clear();
  browser.local.remove("imd:https://chat.example.org|shop|v:talks");
  tab = browser.tab();
  engine = tab.engine(SETTINGS);
  engine.start();
  await settle();
  expect(bodies()).toHaveLength(50);
  await engine.older("sales");
  await engine.older("sales");
  expect(bodies()).toHaveLength(120);
  expect(bodies()[0]).toBe("line 0");
  expect(engine.state.talks.sales?.hasOlder).toBe(false);
});

test("receipts: who has read one message has read those before", async () => {
  engine.start();
  await settle();
  engine.send("sales", "one");
  engine.send("sales", "two");
  await settle();
  const [one, two] = items();
  for (const socket of server.sockets) {
    socket.deliver({ type: "receipt", id: one?.id, to: "sales@example.org", outcome: "delivered", time: 1 });
    socket.deliver({ type: "receipt", id: two?.id, to: "sales@example.org", outcome: "read", time: 1 });
    socket.deliver({ type: "receipt", id: two?.id, to: "sales@example.org", outcome: "delivered", time: 1 });
  }
  await settle();
  expect(items().map(({ status }) => status)).toEqual(["read", "read"]);
});

test("typing is told sparingly, and shown until it is old", async () => {
  engine.start();
  await settle();
  for (let key = 0; key < 10; key += 1) {
    engine.typing("sales", true);
    await browser.clock.advance(500);
  }
  const told = () => server.heard.filter(({ type }) => type === "typing").map(({ state }) => state);
  expect(told()).toEqual(["active", "active"]);
  await browser.clock.advance(7000);
  expect(told()).toEqual(["active", "active", "paused"]);
  for (const socket of server.sockets) {
    // Until somebody has answered, it is the desk that types.
    socket.deliver({ type: "typing", from: "sales@example.org", to: `${visitor()}@example.org`, state: "active" });
    socket.deliver({
      type: "conversation",
      desk: "sales@example.org",
      person: `${visitor()}@example.org`,
      state: "taken",
      by: "alice@example.org",
      name: "Anna",
      time: 1790000000,
    });
    socket.deliver({ type: "typing", from: "alice@example.org", to: `${visitor()}@example.org`, state: "active" });
  }
  await settle();
  expect(engine.state.talks.sales?.typing).toEqual([{ address: "alice@example.org", name: "alice" }]);
  await browser.clock.advance(6500);
  expect(engine.state.talks.sales?.typing).toEqual([]);
});

test("a conversation that was closed while nobody listened is closed", async () => {
  engine.start();
  await settle();
  const ringing = { type: "conversation", desk: "sales@example.org", state: "ringing", time: 1790000000 };
  for (const socket of server.sockets) socket.deliver({ ...ringing, person: `${visitor()}@example.org` });
  await settle();
  expect(engine.state.talks.sales?.conversation?.state).toBe("ringing");
  server.crash();
  server.restart();
  await minutes(1);
  expect(engine.state.talks.sales?.conversation?.state).toBe("closed");
});

test("messages are acknowledged at once though timers stand still, as in a page nobody looks at", async () => {
  engine.start();
  await settle();
  const inbox = () => server.account(visitor()).inbox.size;
  await browser.clock.advance(200);
  browser.clock.early = -60_000;
  agent("one");
  await settle();
  expect(inbox()).toBe(0);
  agent("two");
  await settle();
  await browser.clock.advance(200);
  agent("three");
  await settle();
  expect(inbox()).toBe(0);
});

test("a message that makes no sense ends neither the connection nor the reading", async () => {
  const thrown: unknown[] = [];
  const caught = (error: unknown) => thrown.push(error);
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", caught);
  engine.start();
  await settle();
  for (const socket of server.sockets) socket.deliver({ type: "message", id: 1, body: 2, from: null });
  for (const socket of server.sockets) socket.deliver("nonsense");
  agent("Hi!");
  await settle();
  process.off("uncaughtException", caught);
  for (const listener of others) process.on("uncaughtException", listener);
  expect(bodies()).toEqual(["Hi!"]);
  expect(thrown.length).toBeGreaterThan(0);
});

test.each(["nonsense", "{}", '[{"key":"sales"}]', "[1]"])(
  "notes that make no sense (%s) are no obstacle",
  async (notes) => {
    browser.local.set("imd:https://chat.example.org|shop|v:talks", notes);
    engine.start();
    await settle();
    engine.send("sales", "Hello");
    await settle();
    expect(engine.state.connection.kind).toBe("online");
    expect(bodies()).toEqual(["Hello"]);
  },
);

// ---------------------------------------------------------------- what is kept

test("what is typed is kept before what the server has, where there is little room", async () => {
  engine.start();
  await settle();
  for (let count = 0; count < 60; count += 1) agent(`${count} ${"long ".repeat(3000)}`);
  await minutes(1);
  const talks = browser.local.names().find((name) => name.endsWith(":talks")) as string;
  expect(browser.local.get(talks)?.length).toBeLessThan(60_000);
  browser.local.room = [...browser.local.content.values()].join("").length + 10;
  server.crash();
  engine.send("sales", "typed");
  tab.crash();
  tab = browser.tab();
  engine = tab.engine(SETTINGS);
  server.restart();
  engine.start();
  await minutes(2);
  expect(server.said).toEqual(["typed"]);
  expect(bodies().at(-1)).toBe("typed");
  expect(bodies()).toHaveLength(50);
});

test("who signs out leaves nothing of herself in the browser", async () => {
  engine.start();
  await settle();
  engine.send("sales", "as a visitor");
  await minutes(1);
  const token = `h.${btoa(JSON.stringify({ sub: "bob", exp: browser.clock.now() / 1000 + 3600 }))}.s`;
  engine.identify(token);
  await minutes(1);
  engine.send("sales", "as a member");
  await minutes(1);
  expect(browser.local.names().filter((name) => name.includes(":talks"))).toHaveLength(2);
  await engine.signOut();
  engine.identify(null);
  await minutes(1);
  expect(browser.local.names().filter((name) => name !== "imd:device")).toEqual([]);
});
