// Who listens to what a widget tells its page.

export type Listener = (detail: unknown) => void;

export class Listeners {
  readonly #all = new Map<string, Set<Listener>>();

  /** Returns how to stop. */
  on(event: string, listener: Listener): () => void {
    const of = this.#all.get(event) ?? new Set();
    this.#all.set(event, of.add(listener));
    return () => this.off(event, listener);
  }

  /** Without a listener: all of the event. */
  off(event: string, listener?: Listener): void {
    if (listener) this.#all.get(event)?.delete(listener);
    else this.#all.delete(event);
  }

  /** A page's mistake in its listener is shown as its own, and keeps nobody else from hearing. */
  emit(event: string, detail: unknown): void {
    for (const listener of [...(this.#all.get(event) ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
