import { beforeEach, describe, expect, test } from "vitest";
import type { Engine, Settings } from "../../src/engine";
import type { Tab } from "./browser";
import { settle } from "./clock";
import {
  afresh,
  agent,
  bodies,
  browser,
  engine,
  items,
  SETTINGS,
  seconds,
  server,
  start,
  tab,
  token,
  turnTo,
  unread,
  unsent,
} from "./visit";

beforeEach(() => afresh());

/** One more tab, on the page. */
async function opened(settings: Partial<Settings> = {}): Promise<{ tab: Tab; engine: Engine }> {
  turnTo(browser.tab(), settings);
  await start();
  return { tab, engine };
}

test("all tabs have one connection and the same state, and hear the same events", async () => {
  const one = await opened();
  const two = await opened();
  const heard: string[] = [];
  two.engine.on("message", ({ item }) => heard.push(item.body));
  expect(server.connections).toBe(1);
  expect([one.engine.state.leader, two.engine.state.leader]).toEqual([true, false]);
  two.engine.send("sales", "from two");
  one.engine.send("sales", "from one");
  await settle();
  agent("Hi!", one.engine);
  await settle();
  expect(bodies(two.engine)).toEqual(bodies(one.engine));
  expect(two.engine.state).toEqual({ ...one.engine.state, leader: false });
  expect(heard).toEqual(["Hi!"]);
  two.engine.look("sales");
  await settle();
  expect(unread(one.engine)).toBe(0);
});

test("several widgets of a page share the connection, and the last one to stop lets go", async () => {
  const { tab, engine } = await opened();
  const other = tab.engine({ ...SETTINGS, staff: ["support"] });
  other.start();
  await settle();
  expect(server.connections).toBe(1);
  expect(Object.keys(engine.state.talks).sort()).toEqual(["sales", "support"]);
  engine.stop();
  await settle();
  expect(server.sockets.size).toBe(1);
  other.stop();
  await settle();
  expect(server.sockets.size).toBe(0);
});

describe.each(["close", "crash"] as const)("the leader's tab ends (%s)", (end) => {
  test("the next tab goes on: same person, nothing lost", async () => {
    const one = await opened();
    const two = await opened();
    const me = one.engine.state.me;
    one.engine.send("sales", "one");
    await seconds(1);
    one.tab[end]();
    await settle();
    if (end === "crash") for (const socket of server.sockets) if (server.sockets.size > 1) socket.cut();
    agent("A", two.engine);
    await seconds(5);
    expect(two.engine.state.leader).toBe(true);
    expect(two.engine.state.connection.kind).toBe("online");
    expect(two.engine.state.me).toEqual(me);
    expect(bodies(two.engine)).toEqual(["one", "A"]);
  });

  test("at any message: what another tab was saying is said once", async () => {
    for (let at = 1; at < 40; at += 1) {
      afresh();
      const one = await opened();
      const two = await opened();
      const from = server.count;
      const fault = server.fault.bind(server);
      server.fault = (direction) => {
        if (server.count - from === at) one.tab[end]();
        return fault(direction);
      };
      one.engine.send("sales", "one");
      two.engine.send("sales", "two");
      await settle();
      two.engine.send("sales", "three");
      agent("A", two.engine);
      await seconds(60);
      two.engine.send("sales", "four");
      await seconds(60);
      expect([...server.said].sort(), `at ${at}`).toEqual(["four", "one", "three", "two"]);
      expect(bodies(two.engine).sort(), `at ${at}`).toEqual(["A", "four", "one", "three", "two"]);
      expect(items(two.engine).every(({ status }) => status === "sent" || status === "received")).toBe(true);
      expect(unsent()).toEqual([]);
    }
  });
});

test("a frozen leader is relieved, and follows when it wakes up", async () => {
  const one = await opened();
  const two = await opened();
  one.tab.freeze();
  two.engine.send("sales", "anybody?");
  await settle();
  expect(server.said).toEqual([]);
  await seconds(5);
  expect(two.engine.state.leader).toBe(true);
  expect(server.said).toEqual(["anybody?"]);
  one.tab.thaw();
  await seconds(5);
  expect([one.engine.state.leader, two.engine.state.leader]).toEqual([false, true]);
  expect(server.sockets.size).toBe(1);
  agent("Hi!", two.engine);
  await seconds(1);
  expect(bodies(one.engine)).toEqual(["anybody?", "Hi!"]);
  two.tab.close();
  await seconds(5);
  expect(one.engine.state.leader).toBe(true);
  one.engine.send("sales", "still here");
  await seconds(1);
  expect(server.said).toEqual(["anybody?", "still here"]);
});

test("without locks each tab has its own connection, as the same person", async () => {
  browser.locks = false;
  const one = await opened();
  const two = await opened();
  expect(server.connections).toBe(2);
  expect([one.engine.state.leader, two.engine.state.leader]).toEqual([true, true]);
  expect(two.engine.state.me?.address).toBe(one.engine.state.me?.address);
  one.engine.send("sales", "one");
  await seconds(1);
  agent("A", one.engine);
  await seconds(1);
  expect(bodies(two.engine)).toContain("A");
  expect(server.said).toEqual(["one"]);
});

test("signing out forgets, in all tabs", async () => {
  const one = await opened();
  const two = await opened();
  one.engine.send("sales", "secret");
  await seconds(1);
  await two.engine.signOut();
  await seconds(1);
  expect(one.engine.state.me).toBeNull();
  expect(two.engine.state.talks).toEqual({});
  expect(two.engine.known()).toBe(false);
  expect(browser.local.names().filter((name) => name.includes("|shop|"))).toEqual([]);
  expect(server.sockets.size).toBe(0);
  two.engine.start();
  await seconds(1);
  expect(two.engine.state.me?.nick).not.toBe("visitor-1");
  expect(two.engine.state.connection.kind).toBe("online");
});

test("the staff sees the page of the tab that is looked at", async () => {
  const one = await opened();
  const two = browser.tab();
  two.url = "https://shop.example.org/tea";
  two.engine(SETTINGS).start();
  await settle();
  const pages = () => server.heard.filter(({ type }) => type === "introduce").map(({ page }) => page);
  expect(pages()).toEqual([one.tab.url, two.url]);
  one.tab.wake(false);
  await settle();
  expect(pages()).toEqual([one.tab.url, two.url, one.tab.url]);
});

// ---------------------------------------------------------------- members

test("a member signs on by the site's token; when it has expired, by the next", async () => {
  const now = browser.clock.now() / 1000;
  const { engine } = await opened({ token: token("bob", now - 5) });
  const expired: string[] = [];
  engine.on("token-expired", ({ problem }) => expired.push(problem.code));
  expect(engine.state.needs).toBe("token");
  engine.identify(token("bob", now + 3600));
  await seconds(1);
  expect(engine.state.me).toMatchObject({ nick: "bob", visitor: false });
  expect(engine.state.needs).toBe("nothing");
});

test("identify makes a member of a visitor, and null a visitor of a member", async () => {
  const { engine } = await opened();
  expect(engine.state.me?.nick).toBe("visitor-1");
  engine.identify(token("bob", browser.clock.now() / 1000 + 60));
  await seconds(1);
  expect(engine.state.me?.nick).toBe("bob");
  expect(server.sockets.size).toBe(1);
  engine.identify(null);
  await seconds(1);
  expect(engine.state.me?.nick).toBe("visitor-1");
});

test("a token that was refused does not stand in the way of one that ends earlier", async () => {
  const now = browser.clock.now() / 1000;
  server.override = ({ type }) =>
    type === "authenticate" ? { type: "error", code: "sign-on-failed", text: "Forged." } : null;
  const { engine } = await opened({ token: token("bob", now + 7200) });
  expect(engine.state.needs).toBe("token");
  server.override = () => null;
  engine.identify(token("bob", now + 3600));
  await seconds(1);
  expect(engine.state.me?.nick).toBe("bob");
});

test("after a sign-out no other tab signs the member on again by the old token", async () => {
  const own = { token: token("bob", browser.clock.now() / 1000 + 3600) };
  const one = await opened(own);
  const two = await opened(own);
  await two.engine.signOut();
  await seconds(1);
  one.engine.start();
  await seconds(1);
  expect(one.engine.state).toMatchObject({ needs: "token", me: null });
});

test("what was asked of another tab before the page was put aside is asked again when it is back", async () => {
  await opened();
  const two = await opened();
  const answer = two.engine.introduce({ name: "Anna" });
  two.tab.hide();
  await seconds(60);
  two.tab.back();
  await seconds(1);
  expect(await Promise.race([answer, settle().then(() => "none")])).toBeNull();
});

// ---------------------------------------------------------------- rooms

test("a room: entered again after a cut, with exactly what was missed", async () => {
  const { engine } = await opened({ staff: [], rooms: ["#tea"] });
  expect(engine.state.talks["#tea"]?.room).toMatchObject({ joined: true, count: 1 });
  server.say("bob", "#tea", "one");
  await seconds(1);
  server.crash();
  await settle();
  for (let count = 0; count < 210; count += 1) server.say("bob", "#tea", `missed ${count}`);
  engine.send("#tea", "two");
  server.restart();
  await seconds(5);
  server.say("bob", "#tea", "three");
  await seconds(1);
  const missed = Array.from({ length: 210 }, (_, count) => `missed ${count}`);
  expect(bodies(engine, "#tea")).toEqual(["one", ...missed, "two", "three"]);
});
