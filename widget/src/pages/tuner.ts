// The page in which a site owner chooses how the chat looks, and copies what she needs for it. It talks to nobody.
import { contrast, hex, READABLE } from "./parts/contrast";
import { offerCopies } from "./parts/copying";
import {
  type Attribute,
  COLOURS,
  type Colour,
  type Look,
  type Mode,
  policyOf,
  SHAPES,
  type Shape,
  styleOf,
  tagOf,
} from "./parts/look";
import { languagesThere, Preview } from "./parts/preview";
import type { Scene } from "./parts/sample";
import { CHINESE, SAID } from "./parts/words";

type Tongue = keyof typeof SAID;

function find<Found extends HTMLElement>(id: string): Found {
  return document.getElementById(id) as Found;
}

const form = find<HTMLFormElement>("look");
const stage = find("stage");
const scene = find<HTMLSelectElement>("scene");
const tongue = find<HTMLSelectElement>("tongue");
const warnings = find("warnings");
const preview = new Preview(stage);

const chosen: Record<Mode, Partial<Record<Colour, string>>> = { light: {}, dark: {} };
/** The English texts, as they stand in the page. */
const english = new Map<string, string>();

/** How the chat itself calls the colours that can be chosen (launcher.css). */
const INNER: Readonly<Partial<Record<Colour, string>>> = { header: "--_head", "on-header": "--_on-head" };

const PLAIN: readonly Attribute[] = [
  "agents",
  "room",
  "site",
  "corner",
  "size",
  "target",
  "lang",
  "title",
  "greeting",
  "avatar",
  "sound",
  "theme",
];

function read(): { look: Look; mode: Mode } {
  const data = new FormData(form);
  const said = (name: string) => String(data.get(name) ?? "").trim();
  const attributes: Partial<Record<Attribute, string>> = {};
  for (const name of PLAIN) if (said(name)) attributes[name] = said(name);
  const asked = [`name:${said("form-name")}`, `email:${said("form-email")}`].filter((each) => !each.endsWith(":none"));
  if (asked.length) attributes.form = asked.join(" ");
  if (!attributes.agents && !attributes.room) attributes.agents = "sales";
  const shapes: Partial<Record<Shape, string>> = {};
  for (const [name, unit] of Object.entries(SHAPES) as [Shape, string][]) {
    const field = find<HTMLInputElement>(name);
    // Semicolons and braces would end the declaration.
    const value = field.value.replace(/[;{}]/g, "").trim();
    if (value && value !== field.dataset.default) shapes[name] = `${value}${unit}`;
  }
  // Where the chat has only one kind of colours, those are what is chosen and shown.
  const { theme } = attributes;
  const mode = theme === "light" || theme === "dark" ? theme : said("mode") === "dark" ? "dark" : "light";
  return { look: { attributes, colours: chosen, shapes }, mode };
}

/** Fields of colours show what is in force, whether it was chosen or not. */
function showColours(mode: Mode): void {
  for (const name of COLOURS) {
    find<HTMLInputElement>(name).value = chosen[mode][name] ?? hex(preview.colour(INNER[name] ?? `--_${name}`));
    const reset = form.querySelector<HTMLElement>(`[data-reset="${name}"]`);
    if (reset) reset.hidden = !chosen[mode][name];
  }
}

function showWarnings(): void {
  const said = SAID[tongue.value as Tongue];
  const poor = [...preview.contrasts(contrast)].filter(([, ratio]) => ratio < READABLE);
  const number = new Intl.NumberFormat(tongue.value, { maximumFractionDigits: 1, roundingMode: "floor" } as object);
  const lines = poor.map(([pair, ratio]) => said.tooLittle(said.pair[pair], number.format(ratio)));
  // Said again only when it is something else: it is read out.
  if (warnings.dataset.said === lines.join("\n")) return;
  warnings.dataset.said = lines.join("\n");
  if (!lines.length) {
    warnings.replaceChildren();
    return;
  }
  const list = document.createElement("ul");
  list.append(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  const box = Object.assign(document.createElement("div"), { className: "warn", textContent: said.hardToRead });
  box.append(list);
  warnings.replaceChildren(box);
}

async function show(): Promise<void> {
  const { look, mode } = read();
  const { theme, target } = look.attributes;
  for (const each of form.querySelectorAll<HTMLInputElement>('[name="mode"]')) {
    each.disabled = theme === "light" || theme === "dark";
    each.checked = each.value === mode;
  }
  stage.dataset.mode = mode;
  stage.toggleAttribute("data-inline", Boolean(target));
  for (const field of form.querySelectorAll<HTMLInputElement>('input[type="range"]')) {
    const output = field.parentElement?.querySelector("output");
    if (output) output.value = field.value;
  }
  await preview.show(look, mode, scene.value as Scene, true);
  showColours(mode);
  showWarnings();
  const style = styleOf(look);
  find("the-tag").textContent = tagOf(look, location.origin);
  find("the-style").textContent = style;
  find("style-part").hidden = !style;
  find("the-policy").textContent = policyOf(look, location.origin);
}

function redraw(): void {
  show().catch(reportError);
}

function speak(language: Tongue): void {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll<HTMLElement>("[data-say]")) {
    const key = element.dataset.say ?? "";
    if (!english.has(key)) english.set(key, element.textContent ?? "");
    element.textContent = (language === "zh" && CHINESE[key]) || (english.get(key) ?? "");
  }
  delete warnings.dataset.said;
}

const names = new Map(languagesThere().map((tag) => [tag, new Intl.DisplayNames([tag], { type: "language" }).of(tag)]));
for (const [tag, name] of names) {
  const option = Object.assign(document.createElement("option"), { value: tag, lang: tag, textContent: name ?? tag });
  find("lang").append(option);
}

form.addEventListener("input", (event) => {
  const { target } = event;
  if (target instanceof HTMLInputElement && target.type === "color") {
    chosen[read().mode][target.name as Colour] = target.value;
  }
  redraw();
});
form.addEventListener("click", (event) => {
  const name = event.target instanceof HTMLElement ? event.target.dataset.reset : undefined;
  if (!name) return;
  delete chosen[read().mode][name as Colour];
  // The button is about to go: the field takes over.
  find(name).focus();
  redraw();
});
form.addEventListener("reset", () => {
  chosen.light = {};
  chosen.dark = {};
  // The fields have their old values after this event.
  queueMicrotask(redraw);
});
form.addEventListener("submit", (event) => event.preventDefault());
scene.addEventListener("change", redraw);
tongue.addEventListener("change", () => {
  speak(tongue.value as Tongue);
  redraw();
});

tongue.value = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag))?.startsWith("zh") ? "zh" : "en";
if (tongue.value === "zh") speak("zh");
offerCopies(document, () => SAID[tongue.value as Tongue].copied);
redraw();
