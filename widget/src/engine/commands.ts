// What one can do, run where the connection is. Arguments and results pass from tab to tab: data only.

import { type Core, NOTHING, problemOf } from "./core";
import { hear } from "./hearing";
import type { Unsent } from "./identity";
import { again, discard } from "./outbox";
import type { FromClient, FromServer } from "./protocol";
import { presentPage } from "./signon";
import type { Introduction, Problem, TalkKey } from "./types";

type Request = Extract<FromClient, { ref?: number }>;

/** Asks, hears the answer, and says what was wrong. */
export async function ask(core: Core, request: Request, heard: (answer: FromServer) => void = () => undefined) {
  const { link } = core;
  if (!link) return problemOf(null);
  try {
    const answer = await link.ask(request);
    if (answer.type !== "ok") hear(core, answer);
    heard(answer);
    return null;
  } catch (error) {
    return problemOf(error);
  }
}

export type Outcome = Promise<Problem | null>;

export const COMMANDS = {
  start: (core: Core) => core.start(),
  wake: (core: Core, networkChanged: boolean) => core.wake(networkChanged),
  want: (core: Core, staff: readonly string[], rooms: readonly string[]) => core.want(staff, rooms),
  identify: (core: Core, token: string) => core.identify(token),

  async introduce(core: Core, { name, email }: Introduction): Outcome {
    const before = core.keeping.introduced;
    const now = { name: name?.slice(0, 300) ?? before.name, email: email?.slice(0, 300) ?? before.email };
    core.keeping.introduced = now;
    core.introduced = true;
    const { me } = core.state;
    if (me) core.set({ me: { ...me, ...now } });
    core.proceed();
    try {
      await presentPage(core);
      return null;
    } catch (error) {
      return problemOf(error);
    }
  },

  setPage(core: Core, url: string, title: string) {
    if (url === core.page.url && title === core.page.title) return;
    core.page = { url, title };
    presentPage(core).catch(() => undefined);
  },

  signOut(core: Core) {
    core.stop(true);
    core.keeping.forget();
    for (const names of [core.rooms, core.watched]) names.clear();
    for (const key of Object.keys(core.state.talks)) core.drop(key);
    core.outbox.clear();
    core.introduced = false;
    if (core.token) core.token = "";
    core.set(NOTHING);
    core.notes.flush();
    core.keeping.forget();
  },

  open(core: Core, key: TalkKey) {
    core.alter(key, (talk) => ({ ...talk, wanted: true }));
    const { kind, room } = core.talk(key);
    if (room ? room.joined : core.link) void core.history.catchUp(key);
    const contact = core.state.contacts.some((other) => other.key === key);
    if (kind === "person" && !contact && !core.watched.has(key)) core.watch(key);
  },

  close: (core: Core, key: TalkKey) => core.drop(key),
  read: (core: Core, key: TalkKey) => core.history.read(key),
  older: (core: Core, key: TalkKey) => core.history.older(key),
  typing: (core: Core, key: TalkKey, active: boolean) => core.typing.type(key, active),

  send(core: Core, entry: Unsent) {
    core.typing.sent(entry.to);
    core.outbox.add(entry);
    // What one answers one has read.
    core.history.read(entry.to);
  },
  retry: (core: Core, key: TalkKey, item: string) => again(core, key, item),
  discard: (core: Core, key: TalkKey, item: string) => discard(core, key, item),

  closeConversation: (core: Core, key: TalkKey): Outcome => ask(core, { type: "close-conversation", desk: key }),

  watch: (core: Core, key: TalkKey) => core.watch(key),
};

export type Commands = typeof COMMANDS & typeof import("./community").COMMANDS;
export type CommandName = keyof Commands;
export type Arguments<Name extends CommandName> = Parameters<Commands[Name]> extends [Core, ...infer Rest] ? Rest : [];
export type Result<Name extends CommandName> = Awaited<ReturnType<Commands[Name]>>;

export function run(core: Core, name: CommandName, args: readonly unknown[]): unknown {
  const commands: Partial<Commands> = { ...COMMANDS, ...core.community?.COMMANDS };
  const command = commands[name] as ((core: Core, ...args: readonly unknown[]) => unknown) | undefined;
  if (command) return command(core, ...args);
  // A tab with a newer build of this may ask for what is not known here.
  if (core.community) return problemOf(null);
  return core.gather().then((community) => (community ? run(core, name, args) : problemOf(null)));
}
