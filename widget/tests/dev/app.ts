import type { App, Shell } from "../../src/border";
import { mountWith } from "../../src/ui/mount";
import { FakeEngine } from "../ui/fake";
import { scenes } from "./scenes";

export function mount(shell: Shell): Promise<App> {
  const scene = new URLSearchParams(location.search).get("scene") ?? "talk";
  const engine = new FakeEngine(scenes[scene]?.(shell.options.lang) ?? scenes.talk?.("en"));
  engine.been = scene === "unread";
  Object.assign(window, { engine });
  return mountWith(() => engine, shell);
}
