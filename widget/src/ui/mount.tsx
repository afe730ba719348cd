// The app of one widget: an engine, and what is drawn of its state.
import { type ComponentType, render } from "preact";
import { type App, BEEN_HERE, openName, type Shell } from "../border";
import { talkKey } from "../engine/names";
import type { Engine, Settings, State, Talk, TalkKey } from "../engine/types";
import type { Shelf } from "../engine/world";
import type { MoreTexts, Texts } from "../languages";
import type { Alerts } from "./alerts";
import { Panel, type PaneProps } from "./panel";
import { alerted } from "./stored";
import type { View } from "./view";
import css from "./widget.css?inline";

const languages = import.meta.glob<Texts>("../languages/[a-z][a-z].ts", { import: "texts" });
// A query makes another module of the file: with what only some need.
const moreLanguages = import.meta.glob<MoreTexts>("../languages/[a-z][a-z].ts", {
  import: "moreTexts",
  query: "?more",
});

type Loads<T> = Readonly<Record<string, () => Promise<T>>>;

/** A missing file of a language is no reason to have no chat. */
async function load<T>(all: Loads<T>, language: string): Promise<T> {
  const path = (name: string) => all[`../languages/${name}.ts`] as () => Promise<T>;
  return path(language)().catch(() => path("en")());
}

function settings(shell: Shell): Settings {
  const { server, site, token, agents, room, query, form } = shell.options;
  return {
    server,
    site,
    token,
    staff: agents,
    rooms: room,
    query,
    introduceFirst: form.name !== "none" || form.email !== "none",
  };
}

/** Where the panel covers the page (widget.css): there it opens for who asks only. */
const COVERING = "(max-width: 500px), (max-height: 460px)";

export type CreateEngine = (settings: Settings) => Engine;

class WidgetApp implements App {
  readonly #shell: Shell;
  readonly #engine: Engine;
  #alerts: Promise<Alerts> | null = null;
  #targets: readonly TalkKey[];
  readonly #gone = new AbortController();
  readonly #tab: Shelf | null;
  #open = false;
  /** What was shown on the page before, until it can be shown here: a talk, or "" for the list of them. */
  #before: TalkKey | null = null;
  /** It is open because it was, and nobody has asked for it on this page. */
  #quiet = false;
  #language = "";
  #texts: Texts;
  #moreTexts: Partial<MoreTexts> = {};
  #more: Promise<void> | null = null;
  #words!: View["texts"];
  #shown: TalkKey | null | undefined;
  #home: ComponentType<PaneProps> | null = null;
  #state: State;
  #unread = 0;
  #refused = false;
  #noted = false;
  #flashed = false;

  constructor(shell: Shell, engine: Engine, texts: Texts, language: string, tab: Shelf | null) {
    this.#shell = shell;
    this.#engine = engine;
    this.#texts = texts;
    this.#language = language;
    this.#tab = tab;
    this.#state = engine.state;
    this.#worded();
    if (alerted(shell.options.sound)) void this.#alerting();
    const { agents, room } = shell.options;
    this.#targets = [...agents, ...room].map((name) => talkKey(name));
    shell.style(css);
    this.#listen();
    if (shell.isOpen || shell.options.token || engine.known()) this.#start();
    this.#changed(engine.state);
    this.#reopen();
  }

  /** As it was on the page before. */
  #reopen(): void {
    const shell = this.#shell;
    this.#before = this.#tab?.get(openName(shell.options)) ?? null;
    if (this.#before === null || shell.inline || matchMedia(COVERING).matches) return;
    this.#quiet = true;
    shell.open();
  }

  /** For the next page of this tab. */
  #keep(): void {
    const { options, inline } = this.#shell;
    const name = openName(options);
    if (inline) return;
    if (this.#open) this.#tab?.set(name, this.#before ?? this.#shown ?? "");
    else this.#tab?.remove(name);
  }

  #start(): void {
    this.#engine.start();
    this.#targets = this.#targets.map((name) => this.#engine.open(name));
  }

  #listen(): void {
    const { emit } = this.#shell;
    const engine = this.#engine;
    // The engine ends with the widget: nobody need stop listening to it.
    const on = engine.on.bind(engine);
    engine.subscribe((state) => this.#changed(state));
    on("message", ({ talk, item }) => {
      const { id, from, name, body, mine, time } = item;
      emit("message", { talk, id, from, name, text: body, mine, time });
      if (!mine) this.#alert(talk, name, body, id);
    });
    on("presence", ({ key, presence }) => emit("presence", { who: key, state: presence.state, text: presence.text }));
    on("conversation", ({ talk, conversation }) => {
      emit("conversation", { talk, state: conversation.state, by: conversation.by, name: conversation.name });
    });
    on("token-expired", ({ problem }) => emit("token-expired", { code: problem.code, text: problem.text }));
    on("error", ({ problem }) => {
      this.#refused = problem.code === "sign-on-failed";
      emit("error", { code: problem.code, text: problem.text });
    });
    const { signal } = this.#gone;
    document.addEventListener("visibilitychange", () => this.#flash(), { signal });
    for (const type of ["resize", "scroll"])
      window.visualViewport?.addEventListener(type, () => this.#fit(), { signal });
  }

  /** The keyboard of a telephone covers what is fixed to the screen; only this tells what it leaves. */
  #fit(): void {
    const view = window.visualViewport;
    if (!view || !this.#shell.isOpen) return;
    const { style } = this.#shell.panel;
    const zoomed = view.scale > 1.05;
    style.setProperty("--_view-height", zoomed ? "" : `${view.height}px`);
    style.setProperty("--_view-top", zoomed ? "" : `${view.offsetTop}px`);
  }

  #changed(state: State): void {
    if (this.#gone.signal.aborted) return;
    this.#state = state;
    if (
      !this.#noted &&
      Object.values(state.talks).some((talk) => talk.items.some((i) => i.kind !== "event" && i.mine))
    ) {
      this.#noted = true;
      this.#remember();
    }
    const total = this.#talks.reduce((sum, { unread }) => sum + unread, 0);
    if (total !== this.#unread) {
      this.#unread = total;
      this.#shell.unread(total);
      this.#shell.emit("unread", { total });
      this.#flash();
    }
    this.#render();
  }

  /** From now on the app is imported with each page, so that answers are noticed. */
  #remember(): void {
    try {
      localStorage.setItem(BEEN_HERE, "1");
    } catch {
      // Then only when the chat is opened.
    }
  }

  #flash(): void {
    const n = document.hidden ? this.#unread : 0;
    if (!n && !this.#flashed) return;
    this.#flashed = true;
    const text = n ? `(${n}) ${this.#shell.fill(this.#texts.newMessage, this.#language)}` : "";
    void import("./title").then(({ flashTitle }) => flashTitle(this, text));
  }

  #alert(talk: TalkKey, name: string, body: string, id: string): void {
    const away = document.hidden;
    if (!this.#talks.some(({ key }) => key === talk)) return;
    if (!away && this.#shell.isOpen && this.#shown === talk) return;
    // Of several hidden tabs one makes itself heard.
    if (away && !this.#state.leader) return;
    void this.#alerts?.then((alerts) => {
      const title = this.#shell.fill(this.#texts.newFrom, this.#language, { name });
      alerts.tell(title, body, `imd ${id}`, () => {
        this.#shown = talk;
        this.#shell.open();
        this.#render();
      });
    });
  }

  #alerting(): Promise<Alerts> {
    const { sound } = this.#shell.options;
    this.#alerts ??= import("./alerts").then((part) => new part.Alerts(sound));
    return this.#alerts;
  }

  get #member(): boolean {
    return this.#state.me?.visitor === false;
  }

  get #several(): boolean {
    return this.#member || this.#targets.length > 1;
  }

  /**
   * What can be read here. A member has all her talks on every page; a visitor those with whom the page's tag names, and
   * where there is a list of talks, with people who have written to her.
   */
  get #talks(): readonly Talk[] {
    return Object.values(this.#state.talks).filter(
      ({ key, kind }) => this.#member || this.#targets.includes(key) || (this.#several && kind === "person"),
    );
  }

  #render(): void {
    const shell = this.#shell;
    const first = this.#targets[0] ?? null;
    const several = this.#several;
    const before = this.#before;
    if (before !== null && (before ? before in this.#state.talks : several)) {
      this.#shown = before || null;
      this.#before = null;
    }
    if (several && !this.#home) this.#loadHome();
    if (shell.options.room.length) this.#gather().catch(() => {});
    const view: View = {
      engine: this.#engine,
      state: this.#state,
      talks: this.#talks,
      shell,
      alerts: () => this.#alerting(),
      more: () => this.#gather(),
      language: this.#language,
      texts: this.#words,
      shown: this.#shown === undefined ? first : this.#shown,
      several,
      show: (talk) => {
        this.#shown = talk;
        this.#before = null;
        this.#keep();
        this.#render();
      },
      quiet: this.#quiet,
      refused: this.#refused,
      signOut: () => this.signOut(),
    };
    this.#shown = view.shown ?? this.#shown;
    render(<Panel view={view} Home={this.#home} />, shell.panel);
  }

  #loading = false;

  #loadHome(): void {
    if (this.#loading) return;
    this.#loading = true;
    Promise.all([import("./home"), this.#gather()]).then(
      ([{ Home }]) => {
        this.#home = Home;
        this.#render();
      },
      () => {
        this.#loading = false;
      },
    );
  }

  /** Has the texts that only some need. */
  #gather(): Promise<void> {
    this.#more ??= load(moreLanguages, this.#language).then(
      (texts) => {
        this.#moreTexts = texts;
        this.#worded();
        this.#render();
      },
      (error) => {
        this.#more = null;
        throw error;
      },
    );
    return this.#more;
  }

  /** The same object as long as nothing is called otherwise. */
  #worded(): void {
    this.#words = { ...this.#texts, ...this.#moreTexts, ...this.#shell.options.texts };
  }

  async update(): Promise<void> {
    const { language, isOpen } = this.#shell;
    if (language !== this.#language) {
      this.#texts = await load(languages, language);
      this.#language = language;
      if (this.#more) {
        this.#more = null;
        await this.#gather();
      }
    }
    this.#worded();
    if (isOpen !== this.#open) {
      this.#open = isOpen;
      if (!isOpen) {
        this.#quiet = false;
        this.#before = null;
      }
      this.#keep();
    }
    this.#shell.panel.classList.toggle("still", this.#quiet);
    if (isOpen) {
      this.#start();
      this.#fit();
    }
    this.#render();
  }

  async identify(token: string): Promise<void> {
    const { identify } = await import("./identifying");
    await identify(this.#engine, token, () => this.#start());
  }

  async signOut(): Promise<void> {
    await this.#engine.signOut();
    this.#engine.identify(null);
    try {
      localStorage.removeItem(BEEN_HERE);
    } catch {
      // It was never there.
    }
    this.#noted = false;
    this.#shown = undefined;
    if (this.#shell.inline) this.#start();
    else this.#shell.close();
    this.#render();
  }

  destroy(): void {
    this.#gone.abort();
    this.#engine.stop();
    this.#unread = 0;
    this.#flash();
    render(null, this.#shell.panel);
  }
}

/** `tab`: where it is kept what the tab's next page is to show; null: nowhere. */
export async function mountWith(createEngine: CreateEngine, shell: Shell, tab: Shelf | null = null): Promise<App> {
  const { language } = shell;
  const texts = await load(languages, language);
  return new WidgetApp(shell, createEngine(settings(shell)), texts, language, tab);
}
