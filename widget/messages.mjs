// Writes src/engine/messages.ts, the types of the native protocol, from docs/protocols/native.schema.json, which is
// itself written from the types in imd/messages. A test compares: `node messages.mjs` after the protocol has changed.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const schema = new URL("../docs/protocols/native.schema.json", import.meta.url);
const target = new URL("src/engine/messages.ts", import.meta.url);

function typeOf(node) {
  if (node.$ref) return node.$ref.slice(node.$ref.lastIndexOf("/") + 1);
  if (node.anyOf) return [...new Set(node.anyOf.map(typeOf))].join(" | ");
  if ("const" in node) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(" | ");
  switch (node.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array":
      return `readonly ${inList(typeOf(node.items ?? {}))}[]`;
    case "object":
      if (node.properties) return fields(node);
      return `Readonly<Record<string, ${typeOf(node.additionalProperties ?? {})}>>`;
    default:
      return "unknown";
  }
}

const inList = (type) => (type.includes(" ") ? `(${type})` : type);

function fields(node) {
  const lines = Object.entries(node.properties).map(([name, field]) => {
    const key = /^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name);
    return `  readonly ${key}${node.required?.includes(name) ? "" : "?"}: ${typeOf(field)};\n`;
  });
  return `{\n${lines.join("")}}`;
}

/** The text of messages.ts. */
export function messages() {
  const { $defs } = JSON.parse(readFileSync(schema, "utf8"));
  const parts = Object.entries($defs).map(([name, node]) =>
    node.properties ? `export interface ${name} ${fields(node)}\n` : `export type ${name} = ${typeOf(node)};\n`,
  );
  return `// Written by messages.mjs from docs/protocols/native.schema.json; do not edit.\n\n${parts.join("\n")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, messages());
