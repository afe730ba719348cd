// The chat as it will look, in a stage: the very launcher and panel that sites get, with an engine that sends nothing.
import type { App, Options, Shell } from "../../border";
import { choose, direction, fill, type LauncherTexts } from "../../languages";
import { Launcher, style } from "../../loader/launcher";
import { read } from "../../loader/options";
import { mountWith } from "../../ui/mount";
import { Palette, type Rgb } from "./contrast";
import { effective, type Look, type Mode } from "./look";
import { type Lines, SampleEngine, type Scene } from "./sample";

const languages = import.meta.glob<LauncherTexts>("../../languages/[a-z][a-z].ts", { import: "launcher" });
const launcherTexts = Object.fromEntries(
  await Promise.all(
    Object.entries(languages).map(async ([path, texts]) => [path.slice(-5, -3), await texts()] as const),
  ),
);

/** What is said in the preview, by language of the chat. */
const LINES: Readonly<Record<string, Lines>> = {
  en: {
    question: "Do you ship to Norway?",
    answer: "We do. It takes four days, and costs six euros.",
    thanks: "Perfect, thank you!",
    reply: "This is a preview: nothing you write here is sent.",
    agent: "Bob",
  },
  zh: {
    question: "你们可以寄到挪威吗？",
    answer: "可以，大约四天，运费六欧元。",
    thanks: "太好了，谢谢！",
    reply: "这只是预览，您写的内容不会发送。",
    agent: "小波",
  },
  ar: {
    question: "هل تشحنون إلى النرويج؟",
    answer: "نعم، خلال أربعة أيام وبستة يوروهات.",
    thanks: "ممتاز، شكرًا!",
    reply: "هذه معاينة فقط: لا يُرسَل شيء مما تكتبه.",
    agent: "باسم",
  },
};

export function languagesThere(): readonly string[] {
  return Object.keys(launcherTexts);
}

/** Which pairs of colours must be told apart, as the style sheets use them. */
const PAIRS = [
  ["text", "--_text", "--_background"],
  ["surface", "--_text", "--_surface"],
  ["muted", "--_muted", "--_background"],
  ["accent", "--_on-accent", "--_accent"],
  ["header", "--_on-head", "--_head"],
  ["link", "--_link", "--_background"],
] as const;
export type Pair = (typeof PAIRS)[number][0];

const dark = matchMedia("(prefers-color-scheme: dark)");

export class Preview {
  readonly #stage: HTMLElement;
  readonly #palette = new Palette();
  readonly #probe = document.createElement("i");
  #launcher: Launcher | null = null;
  #app: App | null = null;
  #options: Options = read(location.origin, {});
  #open = true;
  #look: Look = { attributes: {}, colours: { light: {}, dark: {} }, shapes: {} };
  #mode: Mode = "light";
  #made = "";

  constructor(stage: HTMLElement) {
    this.#stage = stage;
    this.#probe.hidden = true;
    new ResizeObserver(() => this.#draw()).observe(stage);
  }

  /** Show it so. What cannot be changed in a chat that is there makes a new one. */
  async show(look: Look, mode: Mode | "auto", scene: Scene, open: boolean): Promise<void> {
    const { attributes } = look;
    this.#look = look;
    this.#mode = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
    this.#open = open || Boolean(attributes.target);
    this.#options = read(location.origin, { ...attributes, agents: "sales", room: "", target: null, token: null });
    const made = JSON.stringify([
      scene,
      attributes.form,
      attributes.sound,
      attributes.lang,
      Boolean(attributes.target),
    ]);
    if (made !== this.#made) {
      this.#made = made;
      this.#app?.destroy();
      this.#launcher?.host.remove();
      this.#app = null;
      this.#launcher = new Launcher(() => this.#toggle());
      this.#launcher.root.append(this.#probe);
      this.#stage.append(this.#launcher.host);
      this.#quiet(true);
      this.#draw();
      const { name, email } = this.#options.form;
      const engine = new SampleEngine(scene, this.#lines, name !== "none" || email !== "none");
      this.#app = await mountWith(() => engine, this.#shell(this.#launcher));
    }
    this.#quiet(true);
    this.#draw();
    await this.#app?.update();
    this.#quiet(false);
  }

  /** A chat that opens takes the focus; here that would be from whoever is choosing. */
  #quiet(quiet: boolean): void {
    if (this.#launcher && !this.#launcher.host.contains(document.activeElement)) this.#launcher.host.inert = quiet;
  }

  /** Contrast of each pair of colours, as they are shown. */
  contrasts(measure: (one: Rgb, other: Rgb) => number): ReadonlyMap<Pair, number> {
    return new Map(PAIRS.map(([name, one, other]) => [name, measure(this.colour(one), this.colour(other))]));
  }

  /** What a custom property of the chat's amounts to. */
  colour(property: string): Rgb {
    this.#probe.style.setProperty("color", `var(${property})`);
    return this.#palette.read(getComputedStyle(this.#probe).color);
  }

  get #language(): string {
    return choose([this.#options.lang, ...navigator.languages], languagesThere());
  }

  get #lines(): Lines {
    return LINES[this.#language] ?? (LINES.en as Lines);
  }

  get #inline(): boolean {
    return Boolean(this.#look.attributes.target);
  }

  #toggle(): void {
    this.#open = !this.#open;
    this.#draw();
    this.#app?.update().catch(reportError);
  }

  #draw(): void {
    const launcher = this.#launcher;
    if (!launcher) return;
    const language = this.#language;
    launcher.draw(this.#options, launcherTexts[language] as LauncherTexts, {
      language,
      direction: direction(language),
      theme: this.#mode,
      inline: this.#inline,
      open: this.#open,
      busy: false,
      failed: false,
      unread: this.#open ? 0 : 2,
    });
    // By the object model, which no policy forbids; attributes would be.
    const { style } = launcher.host;
    for (const name of [...style]) if (name.startsWith("--imd-")) style.removeProperty(name);
    const chosen = { ...effective(this.#look, this.#mode), ...this.#look.shapes };
    for (const [name, value] of Object.entries(chosen)) style.setProperty(`--imd-${name}`, value);
    // The chat knows how high the window is, not the stage.
    const room = this.#stage.clientHeight - this.#length("--_launcher") - 3 * this.#length("--_gap");
    if (!this.#inline && this.#length("--_height") > room) style.setProperty("--imd-height", `${room}px`);
  }

  /** In pixels. */
  #length(property: string): number {
    this.#probe.style.setProperty("height", `var(${property})`);
    return Number.parseFloat(getComputedStyle(this.#probe).height);
  }

  #shell(launcher: Launcher): Shell {
    const { host, root, panel } = launcher;
    const preview = this;
    return {
      host,
      root,
      panel,
      get options() {
        return preview.#options;
      },
      get inline() {
        return preview.#inline;
      },
      get language() {
        return preview.#language;
      },
      get closeText() {
        return (launcherTexts[preview.#language] as LauncherTexts).close;
      },
      get isOpen() {
        return preview.#open;
      },
      open: () => {
        if (!preview.#open) preview.#toggle();
      },
      close: () => {
        if (preview.#open && !preview.#inline) preview.#toggle();
      },
      emit: () => {},
      fill,
      style: (css) => style(root, css),
      unread: () => {},
    };
  }
}
