// Builds the widget into imd/protocols/web/static/, which is committed: the daemon needs no node.
//
// Two builds, because the loader is a classic script and the rest are modules, and because the loader is told the
// name of the app's chunk: pages of other sites ask for one file before the chat is opened, not for a manifest too.
// The same sources give the same bytes: no times, no paths, no order of the file system.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { minify } from "terser";
import { build } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
// Or elsewhere, to compare: `npm run build -- FOLDER`.
const out = process.argv[2]
  ? `${resolve(process.argv[2])}/`
  : fileURLToPath(new URL("../imd/protocols/web/static/", import.meta.url));

// Vite wraps each `import()` in code that loads style sheets and preloads modules; ours has neither.
const plainImports = {
  name: "plain-imports",
  enforce: "pre",
  load: (id) => (id.includes("vite/preload-helper") ? "export const __vitePreload = (load) => load();" : null),
};

// After Vite's own, which leaves some: the budgets are small.
const smaller = {
  name: "smaller",
  async generateBundle({ format }, bundle) {
    for (const file of Object.values(bundle).filter(({ type }) => type === "chunk")) {
      const options = {
        module: format === "es",
        toplevel: true,
        ecma: 2020,
        compress: { passes: 3, keep_fargs: false, pure_getters: true },
      };
      file.code = `${(await minify(file.code, options)).code}\n`;
    }
  },
};

const shared = {
  root: here,
  plugins: [plainImports, smaller],
  configFile: fileURLToPath(new URL("vite.config.mjs", import.meta.url)),
  logLevel: "warn",
};

// Each script or style sheet directly in src/pages/ is one that pages of the house name: landing, tuner, demonstration.
async function pages() {
  const names = (await readdir(`${here}src/pages`)).filter((name) => /^[^.]+\.(tsx?|css)$/.test(name)).sort();
  return Object.fromEntries(names.map((name) => [name.replace(/\.[^.]+$/, ""), `src/pages/${name}`]));
}

// The pages themselves are widget/pages/*.html, and stay as they are: what stands in double braces the daemon fills in,
// for each request. What else lies there are pictures they name.
async function html() {
  const names = (await readdir(`${here}pages`)).sort();
  await mkdir(`${out}pages`);
  const pictures = [];
  for (const name of names) {
    const body = await readFile(`${here}pages/${name}`);
    const [stem, suffix] = name.split(".");
    if (suffix !== "html")
      pictures.push(`assets/${stem}-${createHash("sha256").update(body).digest("hex").slice(0, 8)}.${suffix}`);
    await writeFile(out + (suffix === "html" ? `pages/${name}` : pictures.at(-1)), body);
  }
  return { pages: names.filter((name) => name.endsWith(".html")), pictures };
}

const byName = (a, b) => (a[0] < b[0] ? -1 : 1);

// Pages are a build of their own: what they share with the app would be split off from it, and visitors pay for that.
async function modules(input, chunkFileNames, lib) {
  const built = await build({
    ...shared,
    build: {
      outDir: out,
      emptyOutDir: false,
      lib,
      rollupOptions: {
        input,
        output: {
          format: "es",
          entryFileNames: "assets/[name]-[hash].js",
          chunkFileNames,
          assetFileNames: "assets/[name]-[hash][extname]",
        },
        // The app's exports are what the loader imports by name; chunks that are imported later may use more of it.
        preserveEntrySignatures: "allow-extension",
      },
    },
  });
  const [{ output }] = [built].flat();
  const entries = output.filter((file) => file.isEntry).map((chunk) => [chunk.name, chunk.fileName]);
  const files = output.map((file) => [
    file.fileName,
    { imports: file.imports ?? [], dynamic: file.dynamicImports ?? [] },
  ]);
  return { entries: Object.fromEntries(entries.sort(byName)), files: Object.fromEntries(files.sort(byName)) };
}

// A language is a file of src/languages/, imported when it is asked for.
const languages = (chunk) =>
  chunk.facadeModuleId?.includes("/languages/") ? "assets/lang-[name]-[hash].js" : "assets/[name]-[hash].js";

async function loader(app) {
  await build({
    ...shared,
    define: { __IMD_APP__: JSON.stringify(app) },
    build: {
      outDir: out,
      emptyOutDir: false,
      rollupOptions: {
        input: { imd: "src/loader.ts" },
        output: { format: "iife", entryFileNames: "imd.js" },
      },
    },
  });
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
// As a library: of those Vite leaves `import()` as it is.
const entry = { app: "src/app.ts" };
const app = await modules(entry, languages, { entry, formats: ["es"] });
const house = await modules(await pages(), "assets/page-[name]-[hash].js");
const entries = { ...app.entries, ...house.entries };
const files = { ...app.files, ...house.files };
await loader(entries.app);
const { pages: written, pictures } = await html();
await writeFile(
  `${out}manifest.json`,
  `${JSON.stringify({ loader: "imd.js", entries, files, pages: written, pictures }, null, 2)}\n`,
);
