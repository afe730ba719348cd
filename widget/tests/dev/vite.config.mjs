// The widget with a make-believe engine, to look at: `npx vite --config tests/dev/vite.config.mjs`, then
// http://localhost:5199/tests/dev/stage.html?scene=talk&lang=en&theme=light&size=medium
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { draw } from "../../vite.config.mjs";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  publicDir: false,
  resolve: { alias: [draw] },
  define: { __IMD_APP__: JSON.stringify("../tests/dev/app.ts") },
  server: { port: 5199, strictPort: true, hmr: false },
});
