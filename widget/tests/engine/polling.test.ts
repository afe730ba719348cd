import { beforeEach, expect, test } from "vitest";
import { settle } from "./clock";
import { agent, begin, bodies, browser, engine, seconds, server, start, tab, turnTo } from "./visit";

/** A poll was what worked, not long ago. */
const remembersPolling = () =>
  browser.local.set("imd:poll:https://chat.example.org", String(browser.clock.now() + 3_600_000));

beforeEach(() => {
  begin();
  server.websockets = false;
  server.polling = true;
});

/** A response's body takes some turns of the real event loop. */
const turns = async (count = 20) => {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await settle();
  }
};

test("where WebSockets never open it polls after two of them, and remembers that for a day", async () => {
  await start();
  expect(server.requests).toBe(0);
  await seconds(2);
  await seconds(4);
  await turns();
  expect(engine.state.connection.kind).toBe("online");
  engine.send("sales", "Hello");
  await turns();
  expect(server.said).toEqual(["Hello"]);
  agent("Hi!");
  await turns();
  expect(bodies()).toEqual(["Hello", "Hi!"]);

  const sockets = () => server.connections - server.polls.size;
  const tried = sockets();
  turnTo(tab.reload());
  engine.start();
  await turns();
  expect(engine.state.connection.kind).toBe("online");
  expect(sockets()).toBe(tried);

  tab.close();
  await seconds(25 * 3600);
  server.websockets = true;
  turnTo(browser.tab());
  await start();
  expect(sockets()).toBe(tried + 1);
});

test("with a server that is away nothing is remembered", async () => {
  server.up = false;
  engine.start();
  await seconds(60);
  await turns();
  server.up = true;
  server.websockets = true;
  await seconds(120);
  await turns();
  expect(engine.state.connection.kind).toBe("online");
  expect(browser.local.get("imd:poll:https://chat.example.org")).toBeNull();
});

test("whatever request or answer is lost, nothing is lost or doubled", async () => {
  for (const what of ["request", "answer"] as const) {
    for (let at = 2; at < 14; at += 1) {
      begin();
      server.polling = true;
      remembersPolling();
      server.lose = (count) => (count === at ? what : "nothing");
      engine.start();
      await turns();
      for (const word of ["one", "two", "three"]) {
        engine.send("sales", word);
        await turns();
        await seconds(3);
        await turns();
        if (engine.state.me) agent(`re: ${word}`);
        await turns();
        await seconds(3);
        await turns();
      }
      await seconds(90);
      await turns();
      expect(server.said, `${what} ${at}`).toEqual(["one", "two", "three"]);
      expect(bodies(), `${what} ${at}`).toEqual(["one", "re: one", "two", "re: two", "three", "re: three"]);
    }
  }
});

test("a daemon that dies under a poll: seen as waiting, and nothing is lost when it is back", async () => {
  remembersPolling();
  engine.start();
  await turns();
  expect(engine.state.connection.kind).toBe("online");
  server.crash();
  server.polls.clear();
  engine.send("sales", "meanwhile");
  await turns();
  for (let pass = 0; pass < 5; pass += 1) {
    await seconds(1);
    await turns();
  }
  expect(engine.state.connection.kind).not.toBe("online");
  server.restart();
  for (let pass = 0; pass < 60; pass += 1) {
    await seconds(1);
    await turns(3);
  }
  expect(engine.state.connection.kind).toBe("online");
  expect(server.said).toEqual(["meanwhile"]);
});
