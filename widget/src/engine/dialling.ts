// Which carrier to take: a WebSocket, unless this network has shown that it breaks them.
//
// A WebSocket that was tried twice and never brought the server's first word is followed by a poll. If that brings it, and
// another WebSocket at that very time does not, WebSockets are not tried again for a day, or until the browser tells of
// another network. A server that was merely away for a while is so not taken for a network that breaks WebSockets.

import { byPolling, bySocket, type Carried, type Carrier } from "./carrier";
import type { World } from "./world";

const DAY = 24 * 3600 * 1000;
/** A connection that has not brought the server's first word after so long is given up, in ms. */
const PATIENCE = 7000;

export class Dialler {
  #failed = 0;
  readonly #note: string;

  constructor(
    private readonly world: World,
    private readonly server: string,
  ) {
    this.#note = `imd:poll:${server}`;
  }

  /** The network is another one: WebSockets may work there. */
  networkChanged(): void {
    this.#failed = 0;
    this.world.local.remove(this.#note);
  }

  async #compare(carrier: Carrier, carried: Carried): Promise<void> {
    const { world } = this;
    const { compare } = await import("./polling");
    if (await compare(world, this.server, PATIENCE)) {
      carrier.close();
      carried.closed();
    } else world.local.set(this.#note, String(world.clock.now() + DAY));
  }

  dial(carried: Carried): Carrier {
    const { world } = this;
    const polling = this.#failed >= 2 || Number(world.local.get(this.#note)) > world.clock.now();
    let spoke = false;
    const failed = () => {
      calm();
      // After a poll that failed too it is the server that is away: then everything is tried anew.
      if (!spoke) this.#failed = polling ? 0 : this.#failed + 1;
    };
    const calm = world.clock.after(polling ? 3 * PATIENCE : PATIENCE, () => {
      if (spoke) return;
      carrier.close();
      failed();
      carried.closed();
    });
    const carrier = (polling ? byPolling : bySocket)(world, this.server, {
      text: (message) => {
        if (!spoke) {
          spoke = true;
          calm();
          this.#failed = 0;
          if (polling && !world.local.get(this.#note)) void this.#compare(carrier, carried);
        }
        carried.text(message);
      },
      closed: (problem, retryAfter) => {
        failed();
        carried.closed(problem, retryAfter);
      },
    });
    return {
      send: (message) => carrier.send(message),
      close: () => {
        calm();
        carrier.close();
      },
    };
  }
}
