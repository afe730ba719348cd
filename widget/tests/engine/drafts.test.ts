// What was begun and not sent.

import { beforeEach, expect, test } from "vitest";
import type { Engine } from "../../src/engine";
import type { Tab } from "./browser";
import { settle } from "./clock";
import { afresh, browser, engine, seconds, start, token, turnTo } from "./visit";

const member = (sub: string) => token(sub, 2_000_000_000);

beforeEach(() => afresh());

async function opened(where: Tab, token: string | null = null): Promise<Engine> {
  turnTo(where, { staff: ["sales", "support"], token });
  await start();
  return engine;
}

test("each talk has its own, in this tab and on its next page, and none in another tab", async () => {
  const tab = browser.tab();
  let engine = await opened(tab);
  engine.setDraft("sales", "Do you sh");
  engine.setDraft("support", "It is bro");
  engine = await opened(tab.reload());
  expect([engine.draft("sales"), engine.draft("support")]).toEqual(["Do you sh", "It is bro"]);
  engine.setDraft("sales", "");
  expect(engine.draft("sales")).toBe("");
  expect(engine.draft("support")).toBe("It is bro");
  expect((await opened(browser.tab())).draft("support")).toBe("");
});

test("it is no other person's: neither another member's, nor a visitor's after the member", async () => {
  let tab = browser.tab();
  const engine = await opened(tab, member("bob"));
  engine.setDraft("sales", "My order");
  engine.identify(member("eve"));
  await settle();
  expect(engine.draft("sales")).toBe("");
  tab = tab.reload();
  expect((await opened(tab)).draft("sales")).toBe("");
  expect((await opened(tab.reload(), member("bob"))).draft("sales")).toBe("My order");
});

test("a visitor who signs on as a member goes on writing", async () => {
  const engine = await opened(browser.tab());
  engine.setDraft("sales", "My order");
  engine.identify(member("bob"));
  await settle();
  expect(engine.state.me?.nick).toBe("bob");
  expect(engine.draft("sales")).toBe("My order");
});

test("signing out forgets it, in every tab", async () => {
  const tabs = [browser.tab(), browser.tab(), browser.tab()];
  const engines: Engine[] = [];
  for (const tab of tabs) engines.push(await opened(tab));
  for (const engine of engines) engine.setDraft("sales", "secret");
  await engines[1]?.signOut();
  await seconds(1);
  expect(tabs.flatMap(({ own }) => own.names())).toEqual([]);
});

test("that the connection goes over to a tab that knows nobody yet forgets nothing", async () => {
  const first = browser.tab();
  await opened(first);
  const second = await opened(browser.tab());
  second.setDraft("sales", "Do you sh");
  first.freeze();
  const third = browser.tab();
  await opened(third);
  await seconds(20);
  expect(second.state.connection.kind).toBe("online");
  expect(second.draft("sales")).toBe("Do you sh");
});
