// The shop's page in a visitor's browser, as each test of the engine begins, and what tests say and look at.

import type { Engine, Said, Settings } from "../../src/engine";
import { FakeBrowser, type Tab } from "./browser";
import { settle } from "./clock";
import { FakeServer } from "./server";

export const SETTINGS: Settings = {
  server: "https://chat.example.org",
  site: "shop",
  token: null,
  staff: ["sales"],
  rooms: [],
  query: [],
  introduceFirst: false,
};

export let server: FakeServer;
export let browser: FakeBrowser;
/** Where she is, and what runs there. */
export let tab: Tab;
export let engine: Engine;

/** A new server, and a browser with nothing in it and no tab. */
export function afresh(): void {
  server = new FakeServer();
  browser = new FakeBrowser(server);
}

/** She goes to this tab; nothing is started there. */
export function turnTo(other: Tab, settings: Partial<Settings> = {}): void {
  tab = other;
  engine = tab.engine({ ...SETTINGS, ...settings });
}

/** All is new, and she is on the page; nothing is started there. */
export function begin(settings: Partial<Settings> = {}): void {
  afresh();
  turnTo(browser.tab(), settings);
}

export async function start(): Promise<void> {
  engine.start();
  await settle();
}

export const seconds = (count: number) => browser.clock.advance(count * 1000);
export const minutes = (count: number) => seconds(count * 60);

/** What she is called, once she is signed on. */
export const visitor = (of = engine) => of.state.me?.nick ?? "";

/** Somebody of the desk says this to her. */
export const agent = (body: string, to = engine) => server.say("alice", visitor(to), body, { "imd/desk": "sales" });

export const unread = (of = engine) => Object.values(of.state.talks).reduce((sum, talk) => sum + talk.unread, 0);

/** What was said in a talk. */
export const items = (of = engine, talk = "sales") =>
  (of.state.talks[talk]?.items ?? []).filter((item): item is Said => item.kind !== "event");
export const bodies = (of = engine, talk = "sales") => items(of, talk).map(({ body }) => body);

/** What has been typed and waits in the browser until the server has it. */
export const unsent = () => browser.local.names().filter((name) => name.includes(":out:"));

/** The site's word of who somebody is. */
export const token = (sub: string, exp: number) => `h.${btoa(JSON.stringify({ sub, exp }))}.s`;
