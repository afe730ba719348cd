"""The native messages: what clients and the server say to each other, as typed structs. Knows no door and no core.

::

    bytes ──(imd.protocols.native.wire.codec)──► FromClient ──► session ──► FromServer ──(codec)──► bytes

- `base`        what all share: the tag `type`, `ref`, requests, answers, events
- `values`      states, contacts, rooms, and other parts of messages
- `connection`  ok, error, ping, pong, quit, bye
- `signon`      hello, SASL, register, session, resume, welcome
- `messaging`   send, sent, message, ack, receipt, read marks, what waits
- `history`     what was said before
- `signals`     typing, calls, direct connections, files: relayed from client to client
- `presence`    what one says of oneself, and of whom one is told
- `roster`      the buddy list
- `rooms`       rooms and what happens in them
- `desks`       conversations with desks
- `account`     whoami, sessions, privacy, password
- `catalogue`   all of them: the unions `FromClient` and `FromServer`
- `schema`      writes the JSON Schema and the reference part of ``docs/protocols/native.md``

They are the only description: the reference in the documentation is made of these docstrings.
"""
