// What carries text messages to the server and back: a WebSocket, or long polling where those break.

import type { World } from "./world";

export interface Carried {
  /** The first message of the server has come: the way is open in both directions. */
  text(message: string): void;
  /** It is over, told once. `problem`: why the server lets nobody in; `retryAfter` in seconds. */
  closed(problem?: { code: string; text: string }, retryAfter?: number): void;
}

export interface Carrier {
  send(message: string): void;
  /** Ends it without a word more; `closed` is not told. */
  close(): void;
}

export type Dial = (world: World, server: string, carried: Carried) => Carrier;

const SUBPROTOCOL = "imd.native";

/** By WebSocket (RFC 6455), one message each frame. */
export const bySocket: Dial = (world, server, carried) => {
  const socket = new world.WebSocket(`${server.replace(/^http/, "ws")}/embed/socket`, [SUBPROTOCOL]);
  let over = false;
  const close = () => {
    over = true;
    socket.close();
  };
  socket.onmessage = (event: MessageEvent<unknown>) => {
    if (!over && typeof event.data === "string") carried.text(event.data);
  };
  socket.onclose = () => {
    if (over) return;
    over = true;
    carried.closed();
  };
  return {
    send(message) {
      if (socket.readyState === 1) socket.send(message);
    },
    close,
  };
};

/** By long polling, whose code is fetched when it is needed. Nothing is sent before the server's first word. */
export const byPolling: Dial = (world, server, carried) => {
  let carrier: Carrier | null = null;
  let over = false;
  import("./polling").then(
    ({ poll }) => {
      if (!over) carrier = poll(world, server, carried);
    },
    () => over || carried.closed(),
  );
  return {
    send: (message) => carrier?.send(message),
    close() {
      over = true;
      carrier?.close();
    },
  };
};
