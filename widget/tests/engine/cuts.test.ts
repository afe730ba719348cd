// Connections, daemons and pages that end: what was said meanwhile is said once, and where it was said.

import { beforeEach, describe, expect, test } from "vitest";
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
  turnTo,
  unread,
  unsent,
  visitor,
} from "./visit";

beforeEach(() => begin());

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
    expect(unsent()).toEqual([]);
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
      await start();
      engine.send("sales", "one");
      engine.send("sales", "two");
      await settle();
      if (visitor()) agent("A");
      turnTo(tab.reload());
      engine.start();
      await minutes(3);
      agent("B");
      engine.send("sales", "three");
      await minutes(3);
      expect(server.said, `cut at ${cutAt}`).toEqual(["one", "two", "three"]);
      expect(new Set(bodies()).size, `cut at ${cutAt}`).toBe(bodies().length);
      expect(bodies()).toEqual(expect.arrayContaining(["one", "two", "three", "B"]));
      expect(unsent()).toEqual([]);
    }
  });
});

test("a restart of the daemon: what was said meanwhile on either side comes, once and in order", async () => {
  await start();
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
  await start();
  engine.send("sales", "Hello");
  await settle();
  const name = visitor();
  turnTo(tab.reload());
  server.up = false;
  await start();
  expect(bodies()).toEqual(["Hello"]);
  server.up = true;
  await minutes(1);
  expect(visitor()).toBe(name);
  expect(bodies()).toEqual(["Hello"]);
});

test("a visitor the server has forgotten is let in anew, and told", async () => {
  await start();
  engine.send("sales", "Hello");
  await settle();
  tab.close();
  server.accounts.clear();
  turnTo(browser.tab());
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

test.each(["replaced", "kicked", "banned"])("after a bye with %s it does not come back by itself", async (code) => {
  await start();
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
  await start();
  server.crash();
  await minutes(2);
  expect(engine.state.connection.kind).toBe("waiting");
  server.restart();
  await start();
  expect(engine.state.connection.kind).toBe("online");
});

test("a connection that is dead without a sign is found out", async () => {
  await start();
  const [socket] = server.sockets;
  // What the client says goes nowhere.
  if (socket) socket.send = () => undefined;
  engine.send("sales", "Hello?");
  await minutes(1);
  expect(server.said).toEqual(["Hello?"]);
});

test("a conversation that was closed while nobody listened is closed", async () => {
  await start();
  const ringing = { type: "conversation", desk: "sales@example.org", state: "ringing", time: 1790000000 };
  for (const socket of server.sockets) socket.deliver({ ...ringing, person: `${visitor()}@example.org` });
  await settle();
  expect(engine.state.talks.sales?.conversation?.state).toBe("ringing");
  server.crash();
  server.restart();
  await minutes(1);
  expect(engine.state.talks.sales?.conversation?.state).toBe("closed");
});

test("what is typed is kept before what the server has, where there is little room", async () => {
  await start();
  for (let count = 0; count < 60; count += 1) agent(`${count} ${"long ".repeat(3000)}`);
  await minutes(1);
  const talks = browser.local.names().find((name) => name.endsWith(":talks")) as string;
  expect(browser.local.get(talks)?.length).toBeLessThan(60_000);
  browser.local.room = [...browser.local.content.values()].join("").length + 10;
  server.crash();
  engine.send("sales", "typed");
  tab.crash();
  turnTo(browser.tab());
  server.restart();
  engine.start();
  await minutes(2);
  expect(server.said).toEqual(["typed"]);
  expect(bodies().at(-1)).toBe("typed");
  expect(bodies()).toHaveLength(50);
});

test("what was taken back is gone: at once, or when she comes again", async () => {
  await start();
  const said = ["one", "two", "three", "four"].map((body) => agent(body));
  await settle();
  expect(unread()).toBe(4);
  const name = visitor();
  const takeBack = (at: number) => server.redact(name, "sales", said[at]?.id ?? "");
  takeBack(0);
  await settle();
  expect(bodies()).toEqual(["two", "three", "four"]);
  expect(unread()).toBe(3);
  // Away for a moment, by another page, and for long.
  for (const socket of server.sockets) socket.cut();
  takeBack(1);
  await minutes(2);
  expect(bodies()).toEqual(["three", "four"]);
  tab.close();
  takeBack(2);
  agent("five");
  turnTo(browser.tab());
  engine.start();
  await minutes(1);
  expect(bodies()).toEqual(["four", "five"]);
  expect(unread()).toBe(2);
  turnTo(tab.reload());
  server.up = false;
  await start();
  expect(bodies()).toEqual(["four", "five"]);
});

test("what the server's history does not have, and nobody took back, stays", async () => {
  await start();
  agent("one");
  await settle();
  await browser.clock.advance(100);
  const account = server.account(visitor());
  tab.close();
  account.talks.clear();
  turnTo(browser.tab());
  await start();
  await minutes(1);
  expect(bodies()).toEqual(["one"]);
});
