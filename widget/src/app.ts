// The chunk that the loader imports when the chat is opened.
import type { App, Shell } from "./border";
import { createEngine } from "./engine";
import { shelf } from "./engine/world";
import { mountWith } from "./ui/mount";

export function mount(shell: Shell): Promise<App> {
  return mountWith(
    createEngine,
    shell,
    shelf(() => sessionStorage),
  );
}
