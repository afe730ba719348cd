"""The native door: imd's own protocol, a line of JSON on TCP or TLS, a message by UDP. ``docs/protocols/native.md``.

::

    transport ─► connection ─(wire.frame)─► payload ─► session ─(wire.codec, commands)─► a family ─► Hub
    transport ◄─ Outbox ◄─ connection ◄─(Sink.send)─ session ◄─(outgoing, room_events)─ Client port ◄─ core

- `wire`         bytes ↔ messages
- `session`      one connection by states: greeting, authenticating, details, online, closing; is the core's `Client`
- `sink`         what a session needs of whatever carries its payloads
- `commands`     the table: message → what runs it, in which states, what it costs
- `state`        greeting, authenticating, details, online, closing
- `signon`       SASL, registration, opening and resuming a session (`sasl`: one mechanism's conversation)
- `messaging`    send, acknowledgements, read marks, signals, history
- `offers`       which signals are offers, and which end one
- `presence`, `roster`, `rooms`, `account`, `desks`   the other families
- `outgoing`     the core's values as messages, encoded once for all sessions
- `room_events`  the same for what happens in rooms
- `connection`   the Twisted protocol: framing, write path, signs of life (`keepalive`)
- `datagram`     the same by UDP: a session over a link of `imd.net.datagram`; its own listeners and end
- `gateway`      from settings to a factory; the end of all sessions when the daemon stops
- `door`         what all sessions share; `settings`: plain values

`session` knows no framing: a datagram or a WebSocket gives it the same payloads through the same `Sink`.
"""
