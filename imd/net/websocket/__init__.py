"""WebSocket (RFC 6455), the server's side: rules without I/O, and frames on our write path.

frames      to the wire: headers, lines and payloads as frames, the Close frame
reader      from the wire: bytes in any pieces → messages and control frames, or why the connection must end
handshake   the client's request: accepted, or refused with an HTTP status
outbox      `imd.net.sending.Outbox` that writes frames; a door's connection does not know the difference

Extensions are not offered: with permessage-deflate (RFC 7692) 16 bytes can become 16 KB, and each connection would
keep windows of 32 KB or more. Why the frames are our own: docs/decisions, "WebSocket".
"""
