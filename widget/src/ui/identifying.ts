// Signing a member on by a token the page has given. Fetched when one has.
import type { Engine } from "../engine/types";

/** Resolves when signed on, rejects when the server says no. */
export function identify(engine: Engine, token: string, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    const settle = (problem?: { code: string; text: string }) => {
      for (const stop of stops) stop();
      if (!problem) return resolve();
      reject(new DOMException(problem.text, problem.code));
    };
    engine.identify(token);
    // She is signed on already: pages may say on each of their views who she is.
    if (engine.state.connection.kind === "online") return settle();
    stops.push(
      engine.on("online", () => settle()),
      engine.on("token-expired", ({ problem }) => settle(problem)),
      engine.on("error", ({ problem }) => settle(problem)),
      engine.subscribe(({ connection }) => {
        if (connection.kind === "stopped") settle(connection.problem);
      }),
    );
    start();
  });
}
