import type { Clock } from "../../src/engine/world";

// Chunks that the engine fetches when it needs them are there: fetching one takes turns of the real event loop.
await Promise.all([import("../../src/engine/community"), import("../../src/engine/polling")]);

/** Lets everything that needs no time happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    for (let step = 0; step < 30; step += 1) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  private time = 1_790_000_000_000;
  /** Timers run so much too early, as those of browsers may, by a fraction of a millisecond. */
  early = 0;
  private timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time;
  }

  random(): number {
    return 0.5;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + Math.max(0, ms - this.early), run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
      await settle();
    }
    this.time = end;
  }
}
