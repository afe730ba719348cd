"""Bytes to messages and back; knows neither Twisted nor the core.

frame   lines on a stream: bytes in any chunks → payloads
codec   payload ↔ message; a WebSocket frame or a datagram carries the same payload without a line end
"""
