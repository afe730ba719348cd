import { describe, expect, it } from "vitest";
import { contrast, hex, luminance } from "../../src/pages/parts/contrast";
import { effective, type Look, policyOf, styleOf, tagOf } from "../../src/pages/parts/look";

const SERVER = "https://chat.example.org";
const plain: Look = { attributes: {}, colours: { light: {}, dark: {} }, shapes: {} };

describe("the tag", () => {
  it("is one line when it is short", () => {
    expect(tagOf({ ...plain, attributes: { agents: "sales" } }, SERVER)).toBe(
      '<script async src="https://chat.example.org/imd.js" data-agents="sales"></script>',
    );
  });

  it("says what was chosen as text, whatever it is", () => {
    const title = `"><script>alert(1)</script>&amp;`;
    const tag = tagOf({ ...plain, attributes: { agents: "sales", title, corner: "top-left" } }, SERVER);
    expect(tag.split("\n")).toEqual([
      "<script",
      "  async",
      '  src="https://chat.example.org/imd.js"',
      '  data-agents="sales"',
      '  data-corner="top-left"',
      '  data-title="&quot;>&lt;script>alert(1)&lt;/script>&amp;amp;"',
      "></script>",
    ]);
  });
});

describe("the style sheet", () => {
  it("is empty when nothing was chosen", () => {
    expect(styleOf(plain)).toBe("");
  });

  it("gives the site's own colours to light and dark, and others to one of them", () => {
    const look: Look = {
      ...plain,
      colours: { light: { accent: "#123456", text: "#000000" }, dark: { background: "#101010" } },
      shapes: { radius: "4px" },
    };
    expect(styleOf(look)).toBe(
      [
        "imd-chat {\n  --imd-accent: #123456;\n  --imd-radius: 4px;\n}\n",
        'imd-chat[data-theme="light"] {\n  --imd-text: #000000;\n}\n',
        'imd-chat[data-theme="dark"] {\n  --imd-background: #101010;\n}\n',
      ].join("\n"),
    );
    expect(effective(look, "light")).toEqual({ accent: "#123456", text: "#000000" });
    expect(effective(look, "dark")).toEqual({ accent: "#123456", background: "#101010" });
    expect(effective({ ...look, colours: { ...look.colours, dark: { accent: "#fff" } } }, "dark")).toEqual({
      accent: "#fff",
    });
  });
});

describe("the policy", () => {
  it("names the host for scripts, connections and WebSockets", () => {
    expect(policyOf(plain, SERVER)).toBe(
      "script-src https://chat.example.org; connect-src https://chat.example.org wss://chat.example.org",
    );
    expect(policyOf(plain, "http://127.0.0.1:8080")).toContain(" ws://127.0.0.1:8080");
  });

  it("names where the picture is", () => {
    const avatar = "https://shop.example.org/staff.png";
    expect(policyOf({ ...plain, attributes: { avatar } }, SERVER)).toMatch(/; img-src https:\/\/shop\.example\.org$/);
    expect(policyOf({ ...plain, attributes: { avatar: "not a URL" } }, SERVER)).not.toContain("img-src");
  });
});

describe("contrast", () => {
  it("is that of WCAG 2.2", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrast([255, 255, 255], [255, 255, 255])).toBe(1);
    // The lightest grey that can be read on white.
    expect(contrast([0x76, 0x76, 0x76], [255, 255, 255])).toBeGreaterThan(4.5);
    expect(contrast([0x77, 0x77, 0x77], [255, 255, 255])).toBeLessThan(4.5);
    expect(luminance([255, 0, 0])).toBeCloseTo(0.2126, 4);
    expect(hex([0, 10, 255])).toBe("#000aff");
  });
});
