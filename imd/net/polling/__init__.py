"""Long polling: the messages of a door by ordinary HTTP requests, for networks that break WebSockets.

``docs/protocols/web.md`` has the wire, ``docs/decisions`` the reasons.

::

    POST ─► resource ─(wire)─► session ─► the door's connection ─► core
                ▲                 │
                └── page of what was said and not acknowledged ◄── outbox ◄── door

wire        bodies of requests and answers; bytes in, values out, and back
numbering   what is new of what arrives, what is to be said again; no I/O, no time
outbox      `imd.net.sending.Outbox` that keeps messages until they are acknowledged
session     one session: to its door the transport of a connection, to requests what they ask
resource    ``/poll`` and ``/poll/ID`` on the site

A session is a connection to all the limits of connections: it has a `Ticket` of its own. The requests that carry it
come over connections that have theirs.
"""
