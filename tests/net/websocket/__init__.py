"""WebSocket: frames, reader, handshake, write path."""
