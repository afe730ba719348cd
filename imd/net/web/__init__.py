"""The web listener: one twisted.web `Site`, and WebSockets that begin as requests to it (RFC 9112, RFC 6455).

connection  one accepted connection: a request's head, then HTTP, or then a WebSocket
site        the site: its pages, its health, what it says to who is not let in; and twisted.web's request and channel
pages       what resources have in common
upgrade     the resource that makes a WebSocket of a request
doors       what doors and the site know of each other

::

    admitting ─► WebConnection ── head complete ─► HTTPChannel ─► Site ─► resource ──► answer, closed or another head
                     │                                                       └─ WebSocketResource: 101
                     └── afterwards: websocket.Reader ─► the door's connection ─► WebSocketOutbox

A head is bounded in size (`limits.request_size`) and, with all that follows, in time (`limits.handshake_timeout`), and
bodies are not taken. Whoever adds a resource that takes them lifts both for its own requests: `WebSite.bodies` says
where they may be (`limits.request_body`), and `WebConnection.settle` ends the hurry. A connection serves one request,
unless the resource says that it may stay (`pages.keep`); who asks and does not read, or asks too often, is cut off.

Which address a client has only a PROXY header says (``haproxy:`` listeners), never X-Forwarded-For, which anybody may
send.
"""
