"""The web listener: one twisted.web `Site`, and WebSockets that begin as requests to it (RFC 9112, RFC 6455).

connection  one accepted connection: requests, until one of them makes it a WebSocket
requests    its requests one after the other, and what is kept and bounded of those that are not whole
parsing     twisted.web's parser and request
websocket   a WebSocket that carries a door's messages
site        the site: its settings, its pages, its health, what it says to who is not let in
pages       what resources have in common
upgrade     the resource that makes a WebSocket of a request
doors       what doors and the site know of each other

::

    admitting ─► WebConnection ─► Requests ── whole ─► Channel ─► Site ─► resource ──► answer, closed or another head
                     │                                                       └─ WebSocketResource: 101, become
                     └─ afterwards ─► WebSocket: Reader ─► the door's connection ─► WebSocketOutbox

A head is bounded in size (`limits.request_size`) and, with all that follows, in time (`limits.handshake_timeout`), and
bodies are not taken. Whoever adds a resource that takes them lifts both for its own requests: `WebSite.bodies` says
where they may be (`limits.request_body`), and `WebConnection.settle` ends the hurry. A connection serves one request,
unless the resource says that it may stay (`pages.keep`); who asks and does not read, or asks too often, is cut off.

Which address a client has only a PROXY header says (``haproxy:`` listeners), never X-Forwarded-For, which anybody may
send.
"""
