// The part of Preact that the widget uses, in a quarter of its size: elements, functions as components, keys, refs, and
// four hooks. Code imports `preact` and is typed by it; the build puts this in its place (vite.config.mjs). A test
// draws the same trees with both and compares.
//
// What it has not: classes, context, portals, `style` and `dangerouslySetInnerHTML`, events that are captured, reuse of
// markup that is there. Whoever needs one takes the alias out: all else stays as it is.

type Props = Readonly<Record<string, unknown>> & { readonly children?: unknown; readonly ref?: Ref };
type Component = (props: Props) => unknown;
type Ref = ((element: Element | null) => void) | { current: unknown } | null | undefined;

/** What is to be drawn, and afterwards what has been. */
interface Drawn {
  /** Name of an element; a component; "" for text; null for a list. */
  readonly type: string | Component | null;
  readonly props: Props;
  readonly key: unknown;
  /** Of elements and texts. */
  dom?: Element | Text;
  kept?: Instance;
  children?: readonly Drawn[];
}

interface Hook {
  value?: unknown;
  deps?: readonly unknown[] | undefined;
  stop?: unknown;
}

/** A component in its place in the page. */
interface Instance {
  readonly hooks: Hook[];
  /** Layout effects of the drawing that goes on. */
  queued: (() => void)[];
  drawn: Drawn;
  parent: Element;
  stale: boolean;
  gone: boolean;
}

const SVG = "http://www.w3.org/2000/svg";

function make(type: Drawn["type"], props: Props, key?: unknown): Drawn {
  return { type, props, key };
}

function text(content: string): Drawn {
  return make("", { children: content });
}

/** Nothing is an empty text, so that everything has a place in the page. */
function drawable(child: unknown): Drawn {
  if (child == null || typeof child === "boolean") return text("");
  if (Array.isArray(child)) return make(null, { children: child });
  return typeof child === "object" ? (child as Drawn) : text(String(child));
}

function list(children: unknown, before: readonly Drawn[]): Drawn[] {
  const all = Array.isArray(children) ? children : [children];
  const here = new Set(before);
  return (all.length ? all : [""]).map((child) => {
    const drawn = drawable(child);
    // What has been drawn is not drawn again elsewhere: the same children may be given twice.
    return (drawn.children || drawn.dom) && !here.delete(drawn)
      ? { ...make(drawn.type, drawn.props, drawn.key) }
      : drawn;
  });
}

function edge(drawn: Drawn, first: boolean): Node {
  return drawn.dom ?? edge((drawn.children as Drawn[]).at(first ? 0 : -1) as Drawn, first);
}

let current: Instance;
let next = 0;
let refs: (() => void)[] = [];
let layoutEffects: (() => void)[] = [];
let effects: (() => void)[] = [];

function flush(): void {
  const waiting = effects;
  effects = [];
  for (const effect of waiting) effect();
}

function commit(): void {
  const waiting = [...refs, ...layoutEffects];
  refs = [];
  layoutEffects = [];
  for (const effect of waiting) effect();
  if (effects.length) queueMicrotask(flush);
}

function setRef(ref: Ref, element: Element | null): void {
  if (typeof ref === "function") ref(element);
  else if (ref) ref.current = element;
}

type Listening = Element & { [handlers: symbol]: Record<string, (event: Event) => void> | undefined };
const HANDLERS = Symbol();

function listener(this: Listening, event: Event): void {
  this[HANDLERS]?.[event.type]?.call(this, event);
}

function setProperty(element: Element, name: string, value: unknown): void {
  if (name[0] === "o" && name[1] === "n") {
    const type = name.slice(2).toLowerCase();
    const listening = element as Listening;
    const handlers = listening[HANDLERS] ?? {};
    listening[HANDLERS] = handlers;
    if (!(type in handlers)) element.addEventListener(type, listener);
    handlers[type] = value as (event: Event) => void;
  } else if (name === "value") {
    // Set anew it would move the cursor.
    const field = element as HTMLInputElement;
    if (field.value !== value) field.value = value == null ? "" : String(value);
  } else if (value == null || (value === false && name[4] !== "-")) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true && name[4] !== "-" ? "" : String(value));
  }
}

function drawElement(element: Element, before: Props | undefined, now: Props): void {
  for (const name in { ...before, ...now }) {
    if (name === "children" || name === "ref" || name === "value") continue;
    if (before?.[name] !== now[name]) setProperty(element, name, now[name]);
  }
  // After its children: a choice cannot be made before there is one.
  if ("value" in now) setProperty(element, "value", now.value);
}

function drawChildren(parent: Element, owner: Drawn, before: readonly Drawn[], children: unknown, after: Node | null) {
  const now = list(children, before);
  owner.children = now;
  const left = new Map<unknown, Drawn>();
  for (const [index, old] of before.entries()) left.set(old.key ?? index, old);
  const found = now.map((drawn, index) => {
    const key = drawn.key ?? index;
    const old = left.get(key);
    if (!old || old.type !== drawn.type) return undefined;
    left.delete(key);
    return old;
  });
  for (const old of left.values()) remove(old, true);
  // From the end, so that what comes after is already where it belongs.
  let next = after;
  for (let index = now.length - 1; index >= 0; index--) {
    const drawn = now[index] as Drawn;
    draw(parent, found[index], drawn, next);
    next = edge(drawn, true);
  }
}

function place(parent: Element, { dom, children }: Drawn, after: Node | null): void {
  if (dom) parent.insertBefore(dom, after);
  else for (const child of children as Drawn[]) place(parent, child, after);
}

function draw(parent: Element, before: Drawn | undefined, drawn: Drawn, after: Node | null): void {
  const { type, props } = drawn;
  if (before === drawn) {
    // The very same as the last time: somebody has kept it because it has not changed.
    if (edge(drawn, false).nextSibling !== after) place(parent, drawn, after);
    return;
  }
  const children = before?.children ?? [];
  if (typeof type === "function") {
    const instance = before?.kept ?? { hooks: [], queued: [], drawn, parent, stale: false, gone: false };
    Object.assign(instance, { queued: [], drawn, parent, stale: false });
    drawn.kept = instance;
    const outer = current;
    current = instance;
    next = 0;
    const shown = type(props);
    current = outer;
    drawChildren(parent, drawn, children, [shown], after);
    // Those of what is inside come first.
    layoutEffects.push(...instance.queued);
  } else if (type === null) {
    drawChildren(parent, drawn, children, props.children, after);
  } else {
    let dom = before?.dom;
    if (type) {
      const svg = type === "svg" || parent.namespaceURI === SVG;
      const element = (dom ?? (svg ? document.createElementNS(SVG, type) : document.createElement(type))) as Element;
      dom = element;
      drawChildren(element, drawn, children, props.children, null);
      drawElement(element, before?.props, props);
      const { ref } = props;
      if (ref) refs.push(() => setRef(ref, element));
    } else {
      const content = props.children as string;
      dom ??= document.createTextNode(content);
      if ((dom as Text).data !== content) (dom as Text).data = content;
    }
    drawn.dom = dom;
    if (!before || dom.nextSibling !== after) parent.insertBefore(dom, after);
  }
}

function remove(drawn: Drawn, detach: boolean): void {
  const { kept, dom } = drawn;
  if (kept) {
    kept.gone = true;
    for (const { stop } of kept.hooks) if (typeof stop === "function") stop();
  }
  if (dom && drawn.props.ref) setRef(drawn.props.ref, null);
  for (const child of drawn.children ?? []) remove(child, detach && !dom);
  if (dom && detach) dom.remove();
}

function redraw(instance: Instance): void {
  if (instance.gone || !instance.stale) return;
  const { drawn: before, parent } = instance;
  const drawn = make(before.type, before.props, before.key);
  draw(parent, before, drawn, edge(before, false).nextSibling);
  // In its owner the new one stands for the old.
  Object.assign(before, { children: drawn.children });
  instance.drawn = before;
  commit();
}

const roots = new WeakMap<Element, Drawn>();

export function render(tree: unknown, into: Element): void {
  const root = make(null, {});
  drawChildren(into, root, roots.get(into)?.children ?? [], [tree], null);
  roots.set(into, root);
  commit();
}

function hook(): Hook {
  const kept = current.hooks[next] ?? {};
  current.hooks[next++] = kept;
  return kept;
}

function changed(kept: Hook, deps: readonly unknown[] | undefined): boolean {
  const { deps: before } = kept;
  kept.deps = deps;
  return !before || !deps || deps.some((value, index) => !Object.is(value, before[index]));
}

export function useState<Value>(
  first: Value | (() => Value),
): [Value, (value: Value | ((old: Value) => Value)) => void] {
  const kept = hook() as { value?: [Value, (value: Value | ((old: Value) => Value)) => void] };
  const instance = current;
  kept.value ??= [
    first instanceof Function ? first() : first,
    (value) => {
      const pair = kept.value as [Value, (value: Value | ((old: Value) => Value)) => void];
      const now = value instanceof Function ? value(pair[0]) : value;
      if (Object.is(now, pair[0])) return;
      kept.value = [now, pair[1]];
      instance.stale = true;
      queueMicrotask(() => redraw(instance));
    },
  ];
  return kept.value;
}

export function useRef<Value>(value: Value): { current: Value } {
  const kept = hook();
  kept.value ??= { current: value };
  return kept.value as { current: Value };
}

function effect(queue: (() => void)[], run: () => unknown, deps: readonly unknown[] | undefined): void {
  const kept = hook();
  if (!changed(kept, deps)) return;
  const instance = current;
  queue.push(() => {
    if (typeof kept.stop === "function") kept.stop();
    kept.stop = instance.gone ? undefined : run();
  });
}

/** After what was drawn is in the page. */
export function useEffect(run: () => unknown, deps?: readonly unknown[]): void {
  effect(effects, run, deps);
}

/** The same, before it can be seen. */
export function useLayoutEffect(run: () => unknown, deps?: readonly unknown[]): void {
  effect(current.queued, run, deps);
}

export const Fragment: Component = (props) => props.children;

/** What JSX becomes. */
export function jsx(type: string | Component, props: Props, key?: unknown): Drawn {
  return make(type === Fragment ? null : type, props, key);
}

export { jsx as jsxDEV, jsx as jsxs };
