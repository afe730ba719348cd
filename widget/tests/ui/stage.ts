// A widget on a page of its own (happy-dom), with the make-believe engine behind it.
import type { App, Options, Shell } from "../../src/border";
import type { Shelf } from "../../src/engine/world";
import { direction, fill } from "../../src/languages";
import { read } from "../../src/loader/options";
import { mountWith } from "../../src/ui/mount";
import type { FakeEngine } from "./fake";

// What happy-dom has not.
globalThis.reportError ??= (error: unknown) => {
  throw error;
};

export interface Stage {
  readonly engine: FakeEngine;
  readonly app: App;
  readonly panel: HTMLElement;
  readonly emitted: [string, unknown][];
  readonly options: Options;
  open: boolean;
  find<Kind extends Element = HTMLElement>(selector: string): Kind;
  text(): string;
  settle(): Promise<void>;
  end(): void;
}

/** What is kept for the next page of a tab. */
export class TabShelf implements Shelf {
  readonly content = new Map<string, string>();
  get = (name: string) => this.content.get(name) ?? null;
  set = (name: string, text: string) => !!this.content.set(name, text);
  remove = (name: string) => void this.content.delete(name);
  names = () => [...this.content.keys()];
}

/** Open, unless it is a page of a `tab`: there it is as the page before has left it. */
export async function stage(
  engine: FakeEngine,
  given: Partial<Options> = {},
  language = "en",
  tab: Shelf | null = null,
): Promise<Stage> {
  const host = document.createElement("imd-chat");
  const root = host.attachShadow({ mode: "open" });
  const panel = document.createElement("div");
  panel.dir = direction(language);
  root.append(panel);
  document.body.append(host);
  const options = { ...read("https://chat.example", {}), agents: ["sales"], ...given };
  const emitted: [string, unknown][] = [];
  const made = { open: tab === null };
  const opened = (open: boolean) => {
    made.open = open;
    // The loader waits until the app is there.
    queueMicrotask(() => void mounting.then((app) => app.update()));
  };
  const shell: Shell = {
    options,
    host,
    root,
    panel,
    inline: false,
    language,
    closeText: "Close chat",
    get isOpen() {
      return made.open;
    },
    open: () => opened(true),
    close: () => opened(false),
    emit: (event, detail) => emitted.push([event, detail]),
    fill,
    style: () => {},
    unread: () => {},
  };
  const mounting = mountWith(() => engine, shell, tab);
  const app = await mounting;
  if (made.open) await app.update();
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  await settle();
  return Object.assign(made, {
    engine,
    app,
    panel,
    emitted,
    options,
    find<Kind extends Element>(selector: string): Kind {
      const found = panel.querySelector<Kind>(selector);
      if (!found) throw new Error(`There is no ${selector} in ${panel.innerHTML}`);
      return found;
    },
    text: () => panel.textContent ?? "",
    settle,
    end() {
      app.destroy();
      host.remove();
    },
  });
}

/** Writes into a field as a person does. */
export function type(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export function press(on: Element, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true, ...more });
  on.dispatchEvent(event);
  return event;
}
