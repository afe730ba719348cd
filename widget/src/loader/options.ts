// What a site owner wrote: the `data-*` of a script tag, or the argument of `imd.create`. Both may say everything in
// words; what is not understood has its default.
import type { Asked, Options } from "../border";

/** Options as they may be given. */
export type Given = { readonly [Name in keyof Options]?: Options[Name] | string | undefined };

function words(given: string | readonly string[] | undefined): readonly string[] {
  return typeof given === "string" ? given.split(/[\s,]+/).filter(Boolean) : (given ?? []);
}

function among<Value>(given: string | null | undefined, allowed: readonly Value[], other: Value): Value {
  return allowed.find((value) => value === given) ?? other;
}

const ASKED: readonly Asked[] = ["none", "optional", "required"];

/** `required`, or `name:required email:optional`. */
function asked(given: Options["form"] | string | undefined): Options["form"] {
  if (typeof given === "object") return given;
  const form: { name: Asked; email: Asked } = { name: "none", email: "none" };
  for (const word of words(given)) {
    const [key, value] = word.split(":");
    if (!value) form.name = form.email = among(key, ASKED, "none");
    else if (key === "name" || key === "email") form[key] = among(value, ASKED, "none");
  }
  return form;
}

/** `server` is where the script came from. */
export function read(server: string, given: Given): Options {
  return {
    server: (given.server || server).replace(/\/$/, ""),
    site: given.site ?? "",
    agents: words(given.agents),
    room: words(given.room).map((name) => (name[0] === "#" ? name : `#${name}`)),
    query: words(given.query),
    token: given.token || null,
    target: given.target || null,
    corner: among(given.corner, ["bottom-right", "bottom-left", "top-right", "top-left"], null),
    lang: given.lang ?? "",
    theme: among(given.theme, ["auto", "light", "dark"], "auto"),
    title: given.title ?? "",
    greeting: given.greeting ?? "",
    avatar: given.avatar ?? "",
    size: among(given.size, ["small", "medium", "large"], "medium"),
    sound: among(given.sound, ["on", "off", "never"], "off"),
    form: asked(given.form),
    texts: typeof given.texts === "object" ? given.texts : {},
  };
}
