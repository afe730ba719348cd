import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// See src/draw: what the widget uses of Preact.
export const draw = {
  find: /^preact(\/hooks|\/jsx-(dev-)?runtime)?$/,
  replacement: fileURLToPath(new URL("src/draw/index.ts", import.meta.url)),
};

export default defineConfig({
  // Chunks find each other beside themselves: whatever host and path serves them.
  base: "./",
  publicDir: false,
  resolve: { alias: [draw] },
  build: {
    target: "es2022",
    // What knows light-dark(): since May 2024.
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    // Vite's preloading adds <link> to the host's page; ours loads so little that it gains nothing.
    modulePreload: false,
    reportCompressedSize: false,
    assetsInlineLimit: 0,
    minify: true,
    cssCodeSplit: true,
  },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "node",
    // For machines that do much else.
    testTimeout: 30_000,
  },
});
