// What a site owner has chosen, and what she has to put where to have it.

export type Mode = "light" | "dark";

/** Colours that can be chosen: the custom properties `--imd-…` of docs/embed-style.md. */
export const COLOURS = [
  "accent",
  "on-accent",
  "header",
  "on-header",
  "background",
  "surface",
  "text",
  "muted",
  "link",
] as const;
export type Colour = (typeof COLOURS)[number];

/** The site's own colours: chosen for light they hold for dark too, unless another is chosen there. */
const BRAND: readonly Colour[] = ["accent", "on-accent", "header", "on-header"];

/** Other custom properties, and the unit in which they are chosen. */
export const SHAPES = {
  radius: "px",
  "font-size": "px",
  width: "px",
  height: "px",
  "launcher-size": "px",
  gap: "px",
  font: "",
} as const;
export type Shape = keyof typeof SHAPES;

/** Attributes of the tag, in the order in which they are written. */
export const ATTRIBUTES = [
  "site",
  "agents",
  "room",
  "target",
  "corner",
  "size",
  "lang",
  "theme",
  "title",
  "greeting",
  "avatar",
  "form",
  "sound",
] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

/** Only what differs from how the chat is anyway; all else is missing. */
export interface Look {
  readonly attributes: Readonly<Partial<Record<Attribute, string>>>;
  readonly colours: Readonly<Record<Mode, Readonly<Partial<Record<Colour, string>>>>>;
  readonly shapes: Readonly<Partial<Record<Shape, string>>>;
}

/** Longer tags are written in several lines. */
const LINE = 100;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** The tag. `server`: the origin of imd. */
export function tagOf({ attributes }: Look, server: string): string {
  const chosen = ATTRIBUTES.filter((name) => attributes[name]).map(
    (name) => `data-${name}="${escaped(attributes[name] ?? "")}"`,
  );
  const all = ["async", `src="${server}/imd.js"`, ...chosen];
  const short = `<script ${all.join(" ")}></script>`;
  return short.length <= LINE ? short : `<script\n${all.map((each) => `  ${each}\n`).join("")}></script>`;
}

function rule(selector: string, declared: readonly string[]): string {
  return declared.length ? `${selector} {\n${declared.map((each) => `  ${each};\n`).join("")}}\n` : "";
}

/** The colours that are in force. */
export function effective(look: Look, mode: Mode): Readonly<Partial<Record<Colour, string>>> {
  const { light, dark } = look.colours;
  if (mode === "light") return light;
  return { ...Object.fromEntries(BRAND.filter((name) => light[name]).map((name) => [name, light[name]])), ...dark };
}

/** The rules for the site's own style sheet; empty if there is nothing to say. */
export function styleOf({ colours: { light, dark }, shapes }: Look): string {
  const of = (chosen: Partial<Record<Colour, string>>, brand?: boolean) =>
    COLOURS.filter((name) => chosen[name] && (brand === undefined || BRAND.includes(name) === brand)).map(
      (name) => `--imd-${name}: ${chosen[name]}`,
    );
  const shaped = (Object.keys(SHAPES) as Shape[])
    .filter((name) => shapes[name])
    .map((name) => `--imd-${name}: ${shapes[name]}`);
  return [
    rule("imd-chat", [...of(light, true), ...shaped]),
    rule('imd-chat[data-theme="light"]', of(light, false)),
    rule('imd-chat[data-theme="dark"]', of(dark)),
  ]
    .filter(Boolean)
    .join("\n");
}

/** What a Content-Security-Policy of the site must allow. */
export function policyOf({ attributes }: Look, server: string): string {
  const sockets = server.replace(/^http/, "ws");
  const policy = [`script-src ${server}`, `connect-src ${server} ${sockets}`];
  if (attributes.avatar && URL.canParse(attributes.avatar)) policy.push(`img-src ${new URL(attributes.avatar).origin}`);
  return policy.join("; ");
}
