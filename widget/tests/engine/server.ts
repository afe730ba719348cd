// A server that speaks the native protocol as the engine needs it, in one process with the test. It can be told to cut
// the connection at any message, in either direction.

import type { Authenticated, FromServer, Line, Message } from "../../src/engine/protocol";
import type { FakeClock } from "./clock";

const DOMAIN = "example.org";

// What comes from the client is looked at field by field, as a server would.
type Asked = Record<string, unknown> & { type: string; ref?: number };

interface Account {
  name: string;
  secret: string;
  /** Lines by the other's name, as this account has them. */
  talks: Map<string, Line[]>;
  inbox: Map<string, Message>;
  clientIds: Map<string, string>;
  token: string;
  session: string;
}

export class FakeSocket {
  readyState = 0;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  account: Account | null = null;
  online = false;

  constructor(
    private readonly server: FakeServer,
    private readonly task: (run: () => void) => void,
  ) {}

  send(text: string): void {
    queueMicrotask(() => {
      if (this.readyState === 1) this.server.received(this, JSON.parse(text) as Asked);
    });
  }

  /** From the client's side. */
  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.server.left(this);
  }

  /** From the server's side or the network's. */
  cut(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.server.left(this);
    queueMicrotask(() => this.task(() => this.onclose?.()));
  }

  deliver(message: unknown): void {
    if (this.readyState !== 1) return;
    const text = JSON.stringify(message);
    queueMicrotask(() => {
      if (this.readyState !== 1) return;
      if (this.server.fault("out")) this.cut();
      else this.task(() => this.readyState === 1 && this.onmessage?.({ data: text }));
    });
  }
}

interface PollRequest {
  ack?: number;
  first?: number;
  messages?: Asked[];
  close?: boolean;
}

/** A session that is polled: docs/protocols/web.md. */
class Poll {
  private readonly id: string;
  private readonly socket: FakeSocket;
  private taken = 0;
  private first = 1;
  private out: unknown[] = [];
  private wake: (() => void) | null = null;

  constructor(private readonly server: FakeServer) {
    this.socket = server.connect("", [], (run) => run(), true);
    this.socket.onmessage = ({ data }) => {
      this.out.push(JSON.parse(data));
      this.wake?.();
    };
    this.id = `p${server.polls.size + 1}`;
    server.polls.set(this.id, this);
  }

  async asked({ ack = 0, first = 1, messages = [], close = false }: PollRequest, opening: boolean) {
    if (ack >= this.first) {
      this.out = this.out.slice(ack - this.first + 1);
      this.first = ack + 1;
    }
    messages.forEach((message, at) => {
      if (first + at !== this.taken + 1) return;
      this.taken += 1;
      this.socket.send(JSON.stringify(message));
    });
    this.wake?.();
    if (close) this.socket.close();
    if (!this.out.length) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        this.server.clock.after(25_000, resolve);
      });
    }
    const answer = { ack: this.taken, first: this.first, messages: this.out };
    return opening ? { session: this.id, wait: 25, ...answer } : answer;
  }
}

export class FakeServer {
  clock!: FakeClock;
  readonly accounts = new Map<string, Account>();
  readonly sockets = new Set<FakeSocket>();
  /** Everything clients said, without what was repeated. */
  readonly said: string[] = [];
  readonly heard: Asked[] = [];
  /** Rooms: members' names and lines. */
  readonly rooms = new Map<string, { members: Set<string>; lines: Line[] }>();
  up = true;
  /** Messages, counted in both directions; at which the connection is cut. */
  count = 0;
  cutAt = -1;
  /** Answers that come instead of what the server would say. */
  override: ((asked: Asked) => FromServer | null) | null = null;
  websockets = true;
  connections = 0;
  private seq = 0;
  private ids = 0;

  fault(_direction: "in" | "out"): boolean {
    this.count += 1;
    return this.count === this.cutAt;
  }

  connect(_url: string, _protocols: string[], task: (run: () => void) => void, polled = false): FakeSocket {
    const socket = new FakeSocket(this, task);
    this.connections += 1;
    queueMicrotask(() => {
      if (!this.up || !(this.websockets || polled)) return socket.cut();
      if (socket.readyState === 3) return;
      socket.readyState = 1;
      this.sockets.add(socket);
      socket.deliver({
        type: "hello",
        protocol: 1,
        server: "fake",
        domain: DOMAIN,
        mechanisms: ["OAUTHBEARER"],
        registration: "closed",
        limits: { line: 65536, line_before_sign_on: 4096, message: 16384, ping_interval: 60, ping_timeout: 60 },
      });
    });
    return socket;
  }

  /** Long polling, where it is switched on; each request may be lost, and each answer. */
  readonly polls = new Map<string, Poll>();
  polling = false;
  lose: (count: number) => "nothing" | "request" | "answer" = () => "nothing";
  requests = 0;

  async fetch(url: string, init: RequestInit): Promise<Response> {
    this.requests += 1;
    const lost = this.lose(this.requests);
    if (!this.up || !this.polling || lost === "request") throw new TypeError("network");
    const id = /\/embed\/poll\/(.*)$/.exec(url)?.[1];
    const poll = id === undefined ? new Poll(this) : this.polls.get(id);
    if (!poll) return new Response("", { status: 404 });
    const answer = await poll.asked(JSON.parse(String(init.body)) as PollRequest, id === undefined);
    if (lost === "answer") throw new TypeError("network");
    return new Response(JSON.stringify(answer));
  }

  /** The daemon dies, and with it all connections. */
  crash(): void {
    this.up = false;
    for (const socket of [...this.sockets]) socket.cut();
  }

  restart(): void {
    this.up = true;
  }

  left(socket: FakeSocket): void {
    this.sockets.delete(socket);
    const { account } = socket;
    if (account && !this.of(account).length) for (const room of this.rooms.values()) room.members.delete(account.name);
  }

  private of(account: Account): FakeSocket[] {
    return [...this.sockets].filter((socket) => socket.account === account && socket.online);
  }

  account(name: string): Account {
    let account = this.accounts.get(name);
    if (!account) {
      account = {
        name,
        secret: `secret of ${name}`,
        talks: new Map(),
        inbox: new Map(),
        clientIds: new Map(),
        token: "",
        session: "",
      };
      this.accounts.set(name, account);
    }
    return account;
  }

  private now(): number {
    this.seq = Math.max(this.seq + 1, this.clock.now() * 1000);
    return this.seq;
  }

  /** Somebody else says something to a client, or in a room. */
  say(from: string, to: string, body: string, tags: Record<string, string> = {}): Message {
    const seq = this.now();
    const message: Message = {
      type: "message",
      id: `m${++this.ids}`,
      seq,
      time: seq / 1e6,
      from: `${from}@${DOMAIN}`,
      to: `${to}@${DOMAIN}`,
      body,
      tags,
    };
    this.spread(message, tags["imd/desk"] ?? from, null);
    return message;
  }

  /** What was taken back, of which talk of whom, and when. */
  private readonly takenBack: { name: string; under: string; id: string; seq: number }[] = [];

  /** What a client was told is taken back. */
  redact(name: string, under: string, id: string): void {
    const account = this.account(name);
    const lines = account.talks.get(under) ?? [];
    account.talks.set(
      under,
      lines.filter((line) => line.id !== id),
    );
    account.inbox.delete(id);
    const seq = this.now();
    this.takenBack.push({ name, under, id, seq });
    // As the server tells it: under the agent's name, which the client need not know.
    const news = { type: "redacted", with: "alice", id, time: seq / 1e6, by: `alice@${DOMAIN}` };
    for (const socket of this.of(account)) socket.deliver(news);
  }

  private spread(message: Message, under: string, except: FakeSocket | null): void {
    const to = message.to.split("@")[0] ?? "";
    const room = this.rooms.get(to);
    if (room) {
      room.lines.push(message);
      for (const name of room.members) {
        for (const socket of this.of(this.account(name))) if (socket !== except) socket.deliver(message);
      }
      return;
    }
    const account = this.account(to);
    this.keep(account, under, message);
    account.inbox.set(message.id, message);
    for (const socket of this.of(account)) socket.deliver(message);
  }

  private keep(account: Account, other: string, line: Line): void {
    const lines = account.talks.get(other) ?? [];
    account.talks.set(other, lines);
    lines.push(line);
  }

  received(socket: FakeSocket, asked: Asked): void {
    if (this.fault("in")) {
      socket.cut();
      return;
    }
    this.heard.push(asked);
    const answer = this.override?.(asked) ?? this.answer(socket, asked);
    if (answer) socket.deliver(asked.ref ? { ...answer, ref: asked.ref } : answer);
  }

  private error(code: string): FromServer {
    return { type: "error", code, text: code };
  }

  private answer(socket: FakeSocket, asked: Asked): FromServer | null {
    const text = (name: string) => String(asked[name] ?? "");
    const { account } = socket;
    switch (asked.type) {
      case "visit": {
        const secret = text("secret");
        const known = [...this.accounts.values()].find((other) => other.secret === secret);
        if (secret && !known) return this.error("no-such-visitor");
        socket.account = known ?? this.account(`visitor-${this.accounts.size + 1}`);
        const address = `${socket.account.name}@${DOMAIN}`;
        const answer: Authenticated = { type: "authenticated", address, secret: socket.account.secret };
        return answer;
      }
      case "authenticate": {
        const token = /Bearer ([\w.=-]+)/.exec(atob(text("data")))?.[1] ?? "";
        const { sub, exp } = JSON.parse(atob(token.split(".")[1] ?? "")) as { sub: string; exp: number };
        if (exp * 1000 < this.clock.now()) return this.error("token-expired");
        socket.account = this.account(sub);
        return { type: "authenticated", address: `${sub}@${DOMAIN}` };
      }
      case "resume": {
        const known = [...this.accounts.values()].find((other) => other.token && other.token === asked.token);
        if (!known) return this.error("sign-on-failed");
        for (const other of this.of(known)) {
          other.deliver({ type: "bye", code: "replaced", text: "" });
          other.online = false;
        }
        socket.account = known;
        return this.welcome(socket, known);
      }
      case "session":
        return account ? this.welcome(socket, account) : this.error("wrong-state");
    }
    if (!account || !socket.online) return this.error("wrong-state");
    switch (asked.type) {
      case "send": {
        const key = text("client_id");
        const known = account.clientIds.get(key);
        const seq = this.now();
        const id = known ?? `m${++this.ids}`;
        if (!known) {
          account.clientIds.set(key, id);
          this.said.push(text("body"));
          const to = `${text("to")}@${DOMAIN}`;
          const from = `${account.name}@${DOMAIN}`;
          const line: Message = { type: "message", id, seq, time: seq / 1e6, from, to, body: text("body") };
          if (!text("to").startsWith("#")) this.keep(account, text("to"), line);
          this.spread(line, account.name, socket);
        }
        return { type: "sent", id, client_id: key, outcome: "accepted", time: seq / 1e6 };
      }
      case "ack":
        for (const id of asked.ids as string[]) account.inbox.delete(id);
        return null;
      case "get-history": {
        const name = text("with");
        const lines = this.rooms.get(name)?.lines ?? account.talks.get(name) ?? [];
        const { after = 0, before = 0, limit = 50, oldest = false } = asked as Record<string, number>;
        const found = lines.filter(({ seq }) => seq > after && (!before || seq < before));
        const part = oldest ? found.slice(0, limit) : found.slice(-limit);
        const messages = part.map(({ repeat: _, ...line }: Line & { repeat?: boolean }) => line);
        const since = this.takenBack.filter(
          (one) => one.name === account.name && one.under === name && one.seq > after,
        );
        return { type: "history", messages, redacted: after ? since.map(({ id }) => id) : [] };
      }
      case "join":
      case "get-room": {
        const name = text("room");
        const room = this.rooms.get(name) ?? { members: new Set(), lines: [] };
        this.rooms.set(name, room);
        room.members.add(account.name);
        return this.room(name);
      }
      case "watch":
        return { type: "presence", address: `${text("name")}@${DOMAIN}`, state: "available" };
      case "ping":
        return { type: "pong" };
      case "get-talks":
        return { type: "talks", talks: [] };
      case "quit":
        socket.deliver({ type: "bye", code: "quit", text: "" });
        return null;
    }
    return asked.ref ? { type: "ok" } : null;
  }

  private room(name: string): FromServer {
    const members = [...(this.rooms.get(name)?.members ?? [])];
    return {
      type: "room",
      room: { name, members: members.length, created: 0 },
      people: members.map((member) => ({ address: `${member}@${DOMAIN}` })),
    };
  }

  private welcome(socket: FakeSocket, account: Account): FromServer {
    account.token = `token ${++this.ids}`;
    account.session = `session ${this.ids}`;
    socket.online = true;
    const rooms = [...this.rooms].filter(([, room]) => room.members.has(account.name));
    const waiting = [...account.inbox.values()];
    queueMicrotask(() => {
      for (const message of waiting) socket.deliver({ ...message, repeat: true });
    });
    return {
      type: "welcome",
      session: account.session,
      token: account.token,
      address: `${account.name}@${DOMAIN}`,
      visible_to: "everyone",
      rooms: rooms.map(([name, room]) => ({ name, members: room.members.size, created: 0 })),
      waiting: waiting.length,
      time: this.clock.now() / 1000,
    };
  }
}
