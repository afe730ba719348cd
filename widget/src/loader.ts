// The classic script behind the tag: it asks for nothing more until the chat is opened.

/** Name of the app's chunk below `/embed/`, put in by build.mjs. */
declare const __IMD_APP__: string;

const script = document.currentScript;
const server = script instanceof HTMLScriptElement ? new URL(script.src).origin : location.origin;

/** The rest of the widget, asked for once. */
let app: Promise<typeof import("./app")> | undefined;

export function loadApp(): Promise<typeof import("./app")> {
  app ??= import(/* @vite-ignore */ `${server}/embed/${__IMD_APP__}`);
  return app;
}
