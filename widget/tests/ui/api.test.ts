// @vitest-environment happy-dom
import { resolve } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { begin, type Widget } from "../../src/loader/api";
import { read } from "../../src/loader/options";
import * as stub from "./embed/stub";

// What build.mjs puts in: here a file in embed/.
vi.stubGlobal("__IMD_APP__", "stub.ts");
vi.stubGlobal("reportError", vi.fn());
const SERVER = resolve("tests/ui");

let imd: Widget;
const made: Widget[] = [];
const launcher = (widget = imd) => {
  const found = document
    .querySelectorAll("imd-chat")
    [made.indexOf(widget)]?.shadowRoot?.querySelector("button.launcher");
  return found as HTMLButtonElement;
};
const keep = (widget: Widget) => {
  made.push(widget);
  return widget;
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  stub.mounted.length = 0;
  begin(SERVER, { agents: "sales" });
  imd = keep(window.imd as Widget);
});

afterEach(() => {
  for (const widget of made.splice(0)) widget.destroy();
  document.body.replaceChildren();
});

test("the page has one global, and is told when it is there", () => {
  imd.destroy();
  expect(window.imd).toBeUndefined();
  const before = new Set(Object.getOwnPropertyNames(window));
  const heard = vi.fn();
  document.addEventListener("imd:ready", heard, { once: true });
  begin(SERVER, {});
  expect(Object.getOwnPropertyNames(window).filter((name) => !before.has(name))).toEqual(["imd"]);
  expect(heard.mock.calls[0]?.[0].detail).toBe(window.imd);
  made[0] = window.imd as Widget;
});

test("a second tag adds a widget, and leaves the global as it is", () => {
  begin(SERVER, { agents: "support" });
  expect(window.imd).toBe(imd);
  expect(document.querySelectorAll("imd-chat")).toHaveLength(2);
});

test("a tag that is run again, by a page that changes its views by script, is the widget it was", () => {
  const body = document.createElement("body");
  document.body.replaceWith(body);
  begin(SERVER, { agents: "sales" });
  expect(window.imd).toBe(imd);
  expect(body.querySelectorAll("imd-chat")).toHaveLength(1);
});

test("shown after the page has got another body, it is in that", () => {
  const body = document.createElement("body");
  document.body.replaceWith(body);
  imd.show();
  expect(body.querySelectorAll("imd-chat")).toHaveLength(1);
});

test("what is destroyed while it is fetched does not live on", async () => {
  void imd.open();
  imd.destroy();
  await vi.waitFor(() => expect(stub.mounted[0]?.told).toContain("destroy"));
});

test("nothing is imported before it is opened, unless the person has written before or is a member", async () => {
  await vi.dynamicImportSettled();
  expect(stub.mounted).toHaveLength(0);
  keep(imd.create({ token: "t" }));
  await vi.waitFor(() => expect(stub.mounted).toHaveLength(1));
  localStorage.setItem("imd.been", "1");
  keep(imd.create());
  await vi.waitFor(() => expect(stub.mounted).toHaveLength(2));
});

test("what is open on a page is imported with the next one, and only that", async () => {
  sessionStorage.setItem("imd.open support #tea", "");
  keep(imd.create({ agents: "sales", room: "tea" }));
  await vi.dynamicImportSettled();
  expect(stub.mounted).toHaveLength(0);
  keep(imd.create({ agents: "support", room: "tea" }));
  await vi.waitFor(() => expect(stub.mounted).toHaveLength(1));
});

test("two who open it at once open it once", async () => {
  const opened = vi.fn();
  imd.on("open", opened);
  await Promise.all([imd.open(), imd.open()]);
  expect(opened).toHaveBeenCalledOnce();
});

test("it opens and closes by click and by call, says so, and gives the focus back", async () => {
  const events: string[] = [];
  for (const name of ["ready", "open", "close"]) imd.on(name, () => events.push(name));
  launcher().click();
  await vi.waitFor(() => expect(imd.isOpen).toBe(true));
  expect(launcher().getAttribute("aria-expanded") ?? launcher().ariaExpanded).toBe("true");
  const inner = document.createElement("button");
  stub.mounted[0]?.shell.panel.append(inner);
  inner.focus();
  imd.close();
  expect(imd.isOpen).toBe(false);
  expect(stub.mounted[0]?.shell.root.activeElement).toBe(launcher());
  await imd.open();
  imd.toggle();
  expect(imd.isOpen).toBe(false);
  expect(events).toEqual(["ready", "open", "close", "open", "close"]);
  expect(stub.mounted).toHaveLength(1);
});

test("who asks for ready late hears it too; who is off hears nothing", async () => {
  await imd.open();
  const late = vi.fn();
  imd.on("ready", late);
  const off = vi.fn();
  imd.on("message", off);
  imd.off("message", off);
  imd.on("message", off)();
  const broken = vi.fn(() => {
    throw new Error("the page's own");
  });
  const good = vi.fn();
  imd.on("message", broken);
  imd.on("message", good);
  stub.mounted[0]?.shell.emit("message", { text: "hi" });
  await Promise.resolve();
  expect(late).toHaveBeenCalledOnce();
  expect(off).not.toHaveBeenCalled();
  expect(good).toHaveBeenCalledWith({ text: "hi" });
});

test("the number of unread messages is on the launcher, for eyes and ears", async () => {
  await imd.open();
  imd.close();
  stub.mounted[0]?.shell.unread(120);
  expect(imd.unread).toBe(120);
  expect(launcher().textContent).toBe("99+");
  expect(launcher().getAttribute("aria-label") ?? launcher().ariaLabel).toBe("Open chat, 120 unread messages");
});

test("hide and show, language, theme, texts", async () => {
  const host = document.querySelector("imd-chat") as HTMLElement;
  imd.hide();
  expect(host.hidden).toBe(true);
  imd.show();
  expect(host.hidden).toBe(false);
  await imd.setTheme("dark");
  expect(host.dataset.theme).toBe("dark");
  await imd.setLocale("zh-CN");
  expect(launcher().getAttribute("aria-label") ?? launcher().ariaLabel).toBe("打开聊天");
  await imd.setLocale("ar");
  expect(host.shadowRoot?.querySelector(".frame")?.getAttribute("dir")).toBe("rtl");
  expect(host.dataset.corner).toBe("bottom-left");
  await imd.setTexts({ open: "Frag uns" });
  expect(launcher().getAttribute("aria-label") ?? launcher().ariaLabel).toBe("Frag uns");
});

test("tokens go to the app; a refusal comes back; calls are not there yet", async () => {
  await imd.identify("good");
  expect(stub.mounted[0]?.told).toContain("identify good");
  await expect(imd.identify("bad")).rejects.toThrow("refused");
  await imd.signOut();
  expect(stub.mounted[0]?.told).toContain("signOut");
  await expect(imd.call()).rejects.toMatchObject({ name: "NotAvailable" });
});

test("an app that cannot be fetched is said, and tried again at the next click", async () => {
  vi.stubGlobal("__IMD_APP__", "nothing.ts");
  const failed = vi.fn();
  imd.on("error", failed);
  await expect(imd.open()).rejects.toThrow();
  expect(failed).toHaveBeenCalledOnce();
  expect(document.querySelector("imd-chat")?.shadowRoot?.querySelector("[role=status]")?.textContent).toMatch(/cannot/);
  vi.stubGlobal("__IMD_APP__", "stub.ts");
  await imd.open();
  expect(imd.isOpen).toBe(true);
});

test("in an element of the page it is open from the start, has no launcher, and is not closed", async () => {
  const place = document.createElement("div");
  place.id = "here";
  document.body.append(place);
  const inline = keep(imd.create({ target: "#here" }));
  await vi.waitFor(() => expect(stub.mounted).toHaveLength(1));
  inline.close();
  expect(inline.isOpen).toBe(true);
  expect(place.querySelector("imd-chat")?.shadowRoot?.querySelector<HTMLElement>(".launcher")?.hidden).toBe(true);
});

test("destroy takes everything off the page", async () => {
  await imd.open();
  imd.destroy();
  await vi.waitFor(() => expect(stub.mounted[0]?.told).toContain("destroy"));
  expect(document.querySelector("imd-chat")).toBeNull();
  expect(window.imd).toBeUndefined();
});

test.each([
  [{ form: "required" }, { form: { name: "required", email: "required" } }],
  [{ form: "name:optional, email:required" }, { form: { name: "optional", email: "required" } }],
  [{ form: "name:whatever nonsense" }, { form: { name: "none", email: "none" } }],
  [{ agents: "sales, support" }, { agents: ["sales", "support"] }],
  [{ agents: ["sales"] }, { agents: ["sales"] }],
  [{ query: "id lang" }, { query: ["id", "lang"] }],
  [{ room: "help #tea" }, { room: ["#help", "#tea"] }],
  [
    { theme: "pink", size: "huge", corner: "middle", sound: "loud" },
    { theme: "auto", size: "medium", corner: null, sound: "off" },
  ],
  [{ server: "https://other.example/" }, { server: "https://other.example" }],
  [{}, { server: "https://chat.example/im", token: null, target: null, texts: {} }],
])("the options %j mean %j", (given, expected) => {
  expect(read("https://chat.example/im/", given)).toMatchObject(expected);
});
