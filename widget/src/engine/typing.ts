// Who types, in both directions (IRCv3 `+typing`): said again every 3 s, and over after 6 s without.

import type { Core } from "./core";
import type { Address, TalkKey } from "./types";

const AGAIN = 3000;
const OVER = 6000;

export class Typing {
  readonly #own = new Map<TalkKey, { told: number; calm: () => void }>();
  readonly #others = new Map<string, () => void>();

  constructor(private readonly core: Core) {}

  lost(): void {
    for (const { calm } of this.#own.values()) calm();
    this.#own.clear();
    for (const calm of this.#others.values()) calm();
    this.#others.clear();
    for (const talk of Object.values(this.core.state.talks)) {
      if (talk.typing.length) this.core.alter(talk.key, (kept) => ({ ...kept, typing: [] }));
    }
  }

  /** The person types here, or has given up. */
  type(key: TalkKey, active: boolean): void {
    const { core } = this;
    const before = this.#own.get(key);
    const now = core.world.clock.now();
    before?.calm();
    if (!active) {
      this.#own.delete(key);
      if (before) this.#tell(key, "done");
      return;
    }
    const calm = core.world.clock.after(OVER, () => {
      this.#own.delete(key);
      this.#tell(key, "paused");
    });
    const due = !before || now - before.told >= AGAIN;
    this.#own.set(key, { told: due ? now : before.told, calm });
    if (due) this.#tell(key, "active");
  }

  /** What was typed has been sent: nothing more need be said of it. */
  sent(key: TalkKey): void {
    this.#own.get(key)?.calm();
    this.#own.delete(key);
  }

  #tell(key: TalkKey, state: "active" | "paused" | "done"): void {
    const { room } = this.core.talk(key);
    if (!room || room.joined) this.core.link?.tell({ type: "typing", to: key, state });
  }

  /** Somebody else types. */
  heard(key: TalkKey, from: Address, state: string): void {
    const { core } = this;
    if (!core.state.talks[key]) return;
    this.stopped(key, from, state === "active");
    if (state !== "active") return;
    this.#others.set(
      `${key} ${from}`,
      core.world.clock.after(OVER, () => this.stopped(key, from)),
    );
  }

  /** Somebody's typing is over; or, `typing`, begins (again). */
  stopped(key: TalkKey, from: Address, typing = false): void {
    const id = `${key} ${from}`;
    this.#others.get(id)?.();
    this.#others.delete(id);
    const { core } = this;
    core.alter(key, (talk) => {
      if (talk.typing.some((other) => other.address === from) === typing) return talk;
      const others = talk.typing.filter((other) => other.address !== from);
      return { ...talk, typing: typing ? [...others, { address: from, name: core.nameOf(from) }] : others };
    });
  }
}
