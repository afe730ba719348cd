// Whether texts can be read: contrast as WCAG 2.2 has it.

/** Red, green, blue: 0 to 255. */
export type Rgb = readonly [number, number, number];

/** WCAG 2.2, 1.4.3 (AA), for text of ordinary size. */
export const READABLE = 4.5;

/** Relative luminance, 0 to 1 (WCAG 2.2, "relative luminance"). */
export function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((each) => {
    const part = each / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Reads any colour that the browser knows, `color-mix()` and the like included. */
export class Palette {
  readonly #context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });

  read(colour: string): Rgb {
    const context = this.#context;
    if (!context) return [0, 0, 0];
    context.fillStyle = "#000";
    context.fillStyle = colour;
    context.clearRect(0, 0, 1, 1);
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  }
}

/** As `<input type="color">` wants it. */
export function hex(colour: Rgb): string {
  return `#${colour.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}
