// Says how large the built files are by gzip -9, and fails where they are larger than promised (docs/embed.md).
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const out = fileURLToPath(new URL("../imd/protocols/web/static/", import.meta.url));
const manifest = JSON.parse(readFileSync(`${out}manifest.json`, "utf8"));
const size = (name) => gzipSync(readFileSync(out + name), { level: 9 }).length;

// In bytes. A visitor is one with the largest language.
const budgets = { loader: 5 * 1024, visitor: 30 * 1024 };

function withImports(name, seen = new Set()) {
  if (!seen.has(name)) {
    seen.add(name);
    for (const other of manifest.files[name]?.imports ?? []) withImports(other, seen);
  }
  return seen;
}

const app = withImports(manifest.entries.app);
const languages = Object.keys(manifest.files).filter((name) => name.startsWith("assets/lang-"));
const largest = languages.sort((a, b) => size(b) - size(a))[0];
const sum = (names) => [...names].reduce((total, name) => total + size(name), 0);

const totals = {
  loader: size(manifest.loader),
  visitor: size(manifest.loader) + sum(app) + (largest ? size(largest) : 0),
};

for (const name of [manifest.loader, ...Object.keys(manifest.files)]) {
  console.log(`${String(size(name)).padStart(7)}  ${name}`);
}
let failed = false;
for (const [name, budget] of Object.entries(budgets)) {
  const over = totals[name] > budget;
  failed ||= over;
  console.log(`${String(totals[name]).padStart(7)}  ${name}, at most ${budget}${over ? "  TOO LARGE" : ""}`);
}
process.exit(failed ? 1 : 0);
