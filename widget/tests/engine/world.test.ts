import { afterEach, expect, test, vi } from "vitest";
import { browser } from "../../src/engine/world";
import { settle } from "./clock";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A browser whose locks are like this. */
function locks(request: (name: string, options: { signal?: AbortSignal }, hold: () => unknown) => Promise<unknown>) {
  vi.stubGlobal("navigator", { locks: { request } });
  // Node 20 has none, and none is opened here.
  vi.stubGlobal("WebSocket", class {});
  return browser();
}

test.each([
  ["https://shop.example/prices?reset=s3cret&q=a#token=s3cret", [], "https://shop.example/prices"],
  ["https://shop.example/prices?id=7&reset=s3cret&id=8#top", ["id"], "https://shop.example/prices?id=7&id=8"],
  ["https://shop.example/prices?__proto__=1&ID=2", ["id"], "https://shop.example/prices"],
  ["https://shop.example/a;b=c?q=%20+x", ["q"], "https://shop.example/a;b=c?q=%20+x"],
  ["about:srcdoc", ["q"], "about:srcdoc"],
])("of the page %s, with %j, the staff sees %s", (href, query, seen) => {
  vi.stubGlobal("WebSocket", class {});
  vi.stubGlobal("location", { href });
  vi.stubGlobal("document", { title: "Prices" });
  expect(browser().page(query)).toEqual({ url: seen, title: "Prices" });
});

test("where locks are refused, as in a sandboxed frame or without storage, one goes on alone", async () => {
  const world = locks(() => Promise.reject(new DOMException("Access is denied.", "SecurityError")));
  const hold = vi.fn(() => Promise.resolve());
  const lost = vi.fn();
  world.lock("imd", false, hold, lost);
  await settle();
  expect(hold).toHaveBeenCalledOnce();
  expect(lost).not.toHaveBeenCalled();
});

test("a wait for a lock that was called off is no refusal", async () => {
  const world = locks(
    (_name, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  );
  const hold = vi.fn(() => Promise.resolve());
  world.lock("imd", false, hold, () => undefined)?.();
  await settle();
  expect(hold).not.toHaveBeenCalled();
});

test("a lock that was taken away is told of", async () => {
  const world = locks(async (_name, _options, hold) => {
    void hold();
    throw new DOMException("Stolen.", "AbortError");
  });
  const lost = vi.fn();
  world.lock("imd", false, () => Promise.resolve(), lost);
  await settle();
  expect(lost).toHaveBeenCalledOnce();
});
