import { beforeEach, expect, test } from "vitest";
import { settle } from "./clock";
import {
  agent,
  begin,
  bodies,
  browser,
  engine,
  items,
  minutes,
  server,
  start,
  tab,
  token,
  turnTo,
  unread,
  visitor,
} from "./visit";

beforeEach(() => begin());

test("a new visitor signs on, says something and is answered, under the desk whoever answers", async () => {
  await start();
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
  await start();
  expect(engine.state.talks.bob?.problem).toMatchObject({ code: "not-allowed" });
});

test("a desk is called by its title, on the next page before the server has said so; until it has none", async () => {
  let title: { realname?: string } = { realname: "Sales" };
  server.override = ({ type, name }) =>
    type === "watch" ? { type: "presence", address: `${name}@example.org`, state: "available", ...title } : null;
  const called = () => engine.state.talks.sales?.title;
  const reload = async () => {
    await browser.clock.advance(100);
    turnTo(tab.reload());
    await start();
  };
  await start();
  expect(called()).toBe("Sales");
  server.up = false;
  await reload();
  expect(called()).toBe("Sales");
  server.up = true;
  await minutes(1);
  for (const socket of server.sockets) {
    socket.deliver({ type: "presence", address: "sales@example.org", state: "offline", realname: "Verkauf" });
  }
  await settle();
  expect(called()).toBe("Verkauf");
  title = {};
  await reload();
  expect(called()).toBe("sales");
});

test("what one looks at is read, the rest is counted", async () => {
  await start();
  agent("one");
  agent("two");
  await settle();
  expect(unread()).toBe(2);
  expect(engine.state.talks.sales?.firstUnread).toBe(items()[0]?.key);
  engine.look("sales");
  await settle();
  expect(unread()).toBe(0);
  agent("three");
  await settle();
  expect(unread()).toBe(0);
  expect(server.heard.filter(({ type }) => type === "read").map(({ id }) => id)).toEqual(["m3", "m4"].map(String));
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
  await start();
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
  await start();
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

test("older messages come page by page, until there are none", async () => {
  await start();
  const name = visitor();
  tab.close();
  for (let count = 0; count < 120; count += 1) server.say("alice", name, `line ${count}`, { "imd/desk": "sales" });
  server.account(name).inbox.clear();
  browser.local.remove("imd:https://chat.example.org|shop|v:talks");
  turnTo(browser.tab());
  await start();
  expect(bodies()).toHaveLength(50);
  await engine.older("sales");
  await engine.older("sales");
  expect(bodies()).toHaveLength(120);
  expect(bodies()[0]).toBe("line 0");
  expect(engine.state.talks.sales?.hasOlder).toBe(false);
});

test("receipts: who has read one message has read those before", async () => {
  await start();
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
  await start();
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

test("messages are acknowledged at once though timers stand still, as in a page nobody looks at", async () => {
  await start();
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
  await start();
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
    await start();
    engine.send("sales", "Hello");
    await settle();
    expect(engine.state.connection.kind).toBe("online");
    expect(bodies()).toEqual(["Hello"]);
  },
);

test("who signs out leaves nothing of herself in the browser", async () => {
  await start();
  engine.send("sales", "as a visitor");
  await minutes(1);
  engine.identify(token("bob", browser.clock.now() / 1000 + 3600));
  await minutes(1);
  engine.send("sales", "as a member");
  await minutes(1);
  expect(browser.local.names().filter((name) => name.includes(":talks"))).toHaveLength(2);
  await engine.signOut();
  engine.identify(null);
  await minutes(1);
  expect(browser.local.names().filter((name) => name !== "imd:device")).toEqual([]);
});
