import { defineConfig } from "vite";

export default defineConfig({
  // Chunks find each other beside themselves: whatever host and path serves them.
  base: "./",
  publicDir: false,
  build: {
    target: "es2022",
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
  },
});
