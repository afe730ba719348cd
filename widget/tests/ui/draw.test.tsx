// @vitest-environment happy-dom
//
// What src/draw draws is what Preact draws: the same trees, changed the same ways, by both.
import { resolve } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import * as draw from "../../src/draw";

type Draws = Pick<typeof draw, "jsx" | "Fragment" | "render" | "useState" | "useEffect" | "useLayoutEffect" | "useRef">;
const OURS: Draws = draw;
// By their files: their names mean ours here.
const files = ["dist/preact", "hooks/dist/hooks", "jsx-runtime/dist/jsxRuntime"];
const parts = await Promise.all(
  files.map((file) => import(/* @vite-ignore */ resolve(`node_modules/preact/${file}.mjs`))),
);
const THEIRS = Object.assign({}, ...parts) as Draws;

/** Numbers that are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state % below;
  };
}

interface Tree {
  kind: "element" | "text" | "nothing" | "list" | "component";
  key?: string;
  name: string;
  properties: Record<string, unknown>;
  children: Tree[];
}

const NAMES = ["p", "b", "ul", "svg", "button", "input", "textarea"];

function grow(number: (below: number) => number, depth: number, key?: string): Tree {
  const kinds = ["element", "text", "nothing", "list", "component", "element"] as const;
  const kind = depth ? (kinds[number(kinds.length)] ?? "text") : "text";
  const name = NAMES[number(NAMES.length)] ?? "p";
  const keyed = kind === "list" && number(2) === 0;
  const empty = name === "input" || name === "textarea" || name === "svg";
  const children = Array.from({ length: kind === "text" || empty ? 0 : number(5) }, (_, index) =>
    grow(number, depth - 1, keyed ? `k${index}` : undefined),
  );
  if (keyed) children.sort(() => number(3) - 1);
  const properties: Record<string, unknown> = {};
  if (number(2)) properties.class = `c${number(3)}`;
  if (number(3) === 0 && name !== "svg") properties.hidden = number(2) === 0;
  if (number(3) === 0) properties["aria-label"] = number(2) ? "label" : undefined;
  if (number(3) === 0) properties["data-some"] = number(2) === 0;
  if (empty && name !== "svg") properties.value = `v${number(3)}`;
  return { kind, name: `${name}${kind === "text" ? number(3) : ""}`, properties, children, ...(key && { key }) };
}

function toNode(tree: Tree, by: Draws, log: string[]): unknown {
  const children = () => tree.children.map((child) => toNode(child, by, log));
  switch (tree.kind) {
    case "text":
      return tree.key ? by.jsx("i", { children: tree.name }, tree.key) : tree.name;
    case "nothing":
      return tree.key ? by.jsx("i", {}, tree.key) : null;
    case "list":
      return by.jsx(by.Fragment, { children: tree.children.map((child) => toNode(child, by, log)) }, tree.key);
    case "component":
      return by.jsx(component(by, log) as never, { name: tree.name, inner: children() } as never, tree.key);
    default:
      return by.jsx(tree.name, { ...tree.properties, children: children() }, tree.key);
  }
}

const components = new Map<Draws, unknown>();

function component(by: Draws, log: string[]): unknown {
  const there = components.get(by);
  if (there) return there;
  const made = ({ name, inner }: { name: string; inner: unknown[] }) => {
    const [count, setCount] = by.useState(0);
    by.useEffect(() => {
      log.push(`on ${name}`);
      return () => log.push(`off ${name}`);
    }, [name]);
    return by.jsx("section", {
      onClick: () => setCount((before: number) => before + 1),
      children: [name, count, inner],
    });
  };
  components.set(by, made);
  return made;
}

afterEach(() => components.clear());

const settle = () => new Promise((done) => setTimeout(done, 30));

test("trees that change any way look the same, and what has an effect begins and ends the same", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const places = [OURS, THEIRS].map((by) => ({ by, into: document.createElement("div"), log: [] as string[] }));
    components.clear();
    const number = numbers(seed * 7919);
    for (let step = 0; step < 6; step++) {
      const tree = grow(number, 4);
      for (const { by, into, log } of places) by.render(by.jsx("main", { children: [toNode(tree, by, log)] }), into);
      // Preact waits for the next frame with effects.
      await settle();
      const [ours, theirs] = places.map(({ into }) => into.innerHTML);
      expect(ours, `seed ${seed}, step ${step}`).toBe(theirs);
      const fields = places.map(({ into }) =>
        [...into.querySelectorAll("input, textarea")].map((e) => (e as HTMLInputElement).value),
      );
      expect(fields[0]).toEqual(fields[1]);
    }
    for (const { into } of places) for (const section of into.querySelectorAll("section")) section.click();
    await settle();
    expect(places[0]?.into.innerHTML, `seed ${seed}, clicked`).toBe(places[1]?.into.innerHTML);
    for (const { by, into } of places) by.render(null, into);
    await settle();
    const logs = places.map(({ log }) => [...log].sort());
    expect(logs[0], `seed ${seed}`).toEqual(logs[1]);
    expect(places[0]?.into.textContent).toBe("");
  }
}, 60_000);

test("an element with a key stays the element it was, wherever it goes", () => {
  const into = document.createElement("div");
  const show = (...keys: string[]) =>
    draw.render(
      keys.map((key) => draw.jsx("p", { children: key }, key)),
      into,
    );
  show("a", "b", "c");
  const before = [...into.children];
  show("c", "x", "a", "b");
  expect([...into.children].map((child) => before.indexOf(child))).toEqual([2, -1, 0, 1]);
});

test("what stays in its place is not taken out of the page: focus and scroll are kept", () => {
  const into = document.createElement("div");
  document.body.append(into);
  const moved = vi.spyOn(Node.prototype, "insertBefore");
  const show = (...keys: string[]) =>
    draw.render(
      keys.map((key) => draw.jsx("button", { children: key }, key)),
      into,
    );
  show("a", "b", "c");
  moved.mockClear();
  show("a", "c", "d");
  expect(moved.mock.calls.filter(([node]) => node instanceof HTMLElement).map(([node]) => node.textContent)).toEqual([
    "d",
  ]);
  moved.mockRestore();
  into.remove();
});

test("refs are set before effects, layout effects before others, those of what is inside first", async () => {
  const log: string[] = [];
  const Inner = () => {
    draw.useLayoutEffect(() => log.push("inner layout"), []);
    return null;
  };
  const Outer = () => {
    const ref = draw.useRef<unknown>(null);
    draw.useEffect(() => log.push("effect"), []);
    draw.useLayoutEffect(() => log.push(`outer layout ${(ref.current as Element).localName}`), []);
    return draw.jsx("p", { ref, children: draw.jsx(Inner, {}) } as never);
  };
  draw.render(draw.jsx(Outer, {}), document.createElement("div"));
  expect(log).toEqual(["inner layout", "outer layout p"]);
  await settle();
  expect(log).toEqual(["inner layout", "outer layout p", "effect"]);
});

test("what is given once more, the very same, is not drawn again, but goes where it belongs", () => {
  for (const by of [OURS, THEIRS]) {
    const into = document.createElement("div");
    const drawn: string[] = [];
    const Line = ({ name }: { name: string }) => {
      drawn.push(name);
      return by.jsx(by.Fragment as never, { children: [name, by.jsx("b", {})] });
    };
    const kept = ["a", "b", "c"].map((name) => by.jsx(Line as never, { name } as never, name));
    const show = (...indices: number[]) =>
      by.render(by.jsx("p", { children: indices.map((index) => kept[index]) }) as never, into);
    show(0, 1, 2);
    expect([...drawn].sort()).toEqual(["a", "b", "c"]);
    show(2, 0, 1);
    show(1, 2);
    expect([...drawn].sort()).toEqual(["a", "b", "c"]);
    expect(into.innerHTML).toBe("<p>b<b></b>c<b></b></p>");
  }
});
