"""From the wire: what a client sends, in any pieces, as messages and control frames (RFC 6455 sections 5 and 7).

Nothing is kept that is not needed: a frame's length is known before its bytes are taken, and what belongs to a message
that is too long is dropped as it comes.
"""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from imd.net.websocket.frames import MOST_CONTROL, CloseCode, Opcode

#: Most frames at one time that are no message: pings, pongs, fragments. Each is some microseconds of work.
MOST_OTHERS = 2_000

#: What `Reader.feed` yields: an `Opcode` and the bytes of the whole message or control frame. `TOO_LONG` stands for a
#: message of more than `Reader.limit` bytes, of which nothing is kept.
Event = tuple[int, bytes]
TOO_LONG = -1

# Looked at for each message, and a member of an enumeration takes longer to find.
_NONE = Opcode.CONTINUATION
_DECODER = codecs.getincrementaldecoder("utf-8")


class Violation(Exception):
    """The client broke the rules: the connection must be closed with this code (section 7.1.7)."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def unmask(payload: bytes, key: bytes) -> bytes:
    """Section 5.3; the same masks."""
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)


class Reader:
    """One connection's. `limit`: most bytes of a message that is given on; `most`: of one that is borne at all. 0 means
    none. Any division of the same bytes gives the same events."""

    __slots__ = (
        "_decoder",
        "_dropping",
        "_left",
        "_opcode",
        "_parts",
        "_pending",
        "_size",
        "closed",
        "limit",
        "most",
        "others",
    )

    def __init__(self, limit: int, most: int) -> None:
        self.limit = limit
        self.most = most
        #: The client has closed, or broken the rules: nothing more is read.
        self.closed = False
        #: Frames that ended no message, as counted by us and set back by who asks.
        self.others = 0
        #: Bytes of a frame that is not complete.
        self._pending = bytearray()
        #: The message under way: its kind (CONTINUATION: none), its parts, its size so far, and whether it is dropped.
        self._opcode = Opcode.CONTINUATION
        self._parts: list[bytes] | None = None
        self._size = 0
        self._dropping = False
        #: Bytes of a dropped frame that are yet to come.
        self._left = 0
        #: Checks the UTF-8 of a message in fragments.
        self._decoder: codecs.IncrementalDecoder | None = None

    @property
    def kept(self) -> int:
        """Bytes of what is not complete."""
        return len(self._pending) + (0 if self._parts is None else sum(map(len, self._parts)))

    def clear(self) -> None:
        """Forget all, and read nothing more."""
        self.closed = True
        self._pending = bytearray()
        self._parts = self._decoder = None

    def feed(self, data: bytes) -> Iterable[Event]:
        """What these bytes complete; to be exhausted before more is fed. Raises `Violation`, after what came before."""
        if self._pending or self._left or self._opcode is not _NONE or self.closed:
            return self._read(data)
        # Whole messages in one frame each, as nearly always.
        events: list[Event] = []
        at, size, limit = 0, len(data), self.limit
        while at + 6 <= size:
            first, length, start = data[at], data[at + 1] - 0x80, at + 6
            if length == 126 and start + 2 <= size:
                length, start = int.from_bytes(data[at + 2 : at + 4]), at + 8
                if length < 126:
                    break
            elif not 0 <= length < 126:
                break
            end = start + length
            if end > size or (first != 0x81 and first != 0x82) or (limit and length > limit):
                break
            payload = unmask(data[start:end], data[start - 4 : start])
            if first == 0x81 and not payload.isascii() and not _is_utf8(payload):
                break
            events.append((first & 15, payload))
            at = end
        if at == size:
            return events
        return chain(events, self._read(data[at:])) if events else self._read(data)

    def _read(self, data: bytes) -> Iterator[Event]:
        if self.closed:
            return
        if self._left:
            dropped = min(self._left, len(data))
            self._left -= dropped
            data = data[dropped:]
        self._pending += data
        pending = self._pending
        at = 0
        try:
            while (found := self._header(pending, at)) is not None:
                start, size, final, opcode = found
                if opcode >= Opcode.CLOSE:
                    taken = self._control(pending, start, size, opcode)
                else:
                    taken = self._data(pending, start, size, opcode, final=final)
                if taken is None:
                    break
                at, events = taken
                yield from events
                if not final or opcode >= Opcode.CLOSE:
                    self.others += 1
                    if self.others > MOST_OTHERS:
                        raise Violation(CloseCode.POLICY_VIOLATION, "Too many frames that are no messages.")
        except Violation:
            self.clear()
            raise
        finally:
            del pending[:at]

    def _control(self, data: bytearray, start: int, size: int, opcode: int) -> tuple[int, list[Event]] | None:
        """A control frame, which may come between the fragments of a message; where it ends, or None: not yet."""
        end = start + size
        if len(data) < end:
            return None
        payload = unmask(bytes(data[start:end]), bytes(data[start - 4 : start]))
        if opcode == Opcode.CLOSE:
            self._check_close(payload)
            self.closed = True
        return end, [(opcode, payload)]

    def _data(
        self, data: bytearray, start: int, size: int, opcode: int, *, final: bool
    ) -> tuple[int, list[Event]] | None:
        """A frame of a message; where it ends, or None: not yet."""
        events: list[Event] = []
        total = self._total(opcode, size)
        if self.limit and total > self.limit and not self._dropping:
            self._dropping = True
            self._parts = self._decoder = None
            events.append((TOO_LONG, b""))
        end = start + size
        if not self._dropping and len(data) < end:
            return None
        if opcode != Opcode.CONTINUATION:
            self._opcode = Opcode(opcode)
        self._size = total
        if self._dropping:
            end = min(end, len(data))
            self._left = start + size - end
        else:
            self._take(unmask(bytes(data[start:end]), bytes(data[start - 4 : start])), final=final)
        if final:
            events += self._end()
        return end, events

    def _header(self, data: bytearray, at: int) -> tuple[int, int, bool, int] | None:
        """Where the payload begins, its size, whether it ends a message, and the opcode; None for too few bytes."""
        have = len(data) - at
        if have < 2 or self.closed:
            return None
        first, second = data[at], data[at + 1]
        opcode = first & 0x0F
        if first & 0x70:
            # Section 5.2: no extension was agreed upon that would give them a meaning.
            raise Violation(CloseCode.PROTOCOL_ERROR, "A reserved bit is set.")
        if opcode not in (0, 1, 2, 8, 9, 10):
            raise Violation(CloseCode.PROTOCOL_ERROR, "There is no such opcode.")
        if not second & 0x80:
            # Section 5.1: "The server MUST close the connection upon receiving a frame that is not masked."
            raise Violation(CloseCode.PROTOCOL_ERROR, "Frames of a client must be masked.")
        final, size = bool(first & 0x80), second & 0x7F
        if opcode >= Opcode.CLOSE and (size > MOST_CONTROL or not final):
            # Section 5.5.
            raise Violation(CloseCode.PROTOCOL_ERROR, "A control frame is short, and in one piece.")
        length = 0 if size < 126 else 2 if size == 126 else 8
        if have < 6 + length:
            return None
        if length:
            size = int.from_bytes(data[at + 2 : at + 2 + length])
            if size < (126 if length == 2 else 0x1_0000) or size >> 63:
                # Section 5.2: "the minimal number of bytes MUST be used", and the most significant bit is 0.
                raise Violation(CloseCode.PROTOCOL_ERROR, "The length is not written in the shortest way.")
        return at + 6 + length, size, final, opcode

    def _total(self, opcode: int, size: int) -> int:
        """Size of the message so far, with this frame, which may stand here."""
        first = opcode != Opcode.CONTINUATION
        if first == (self._opcode is not Opcode.CONTINUATION):
            # Section 5.4: fragments of one message are not interleaved with those of another.
            what = "A message began within another." if first else "There is no message to be continued."
            raise Violation(CloseCode.PROTOCOL_ERROR, what)
        total = self._size + size
        if self.most and total > self.most:
            raise Violation(CloseCode.MESSAGE_TOO_BIG, f"A message has at most {self.most} bytes.")
        return total

    def _take(self, payload: bytes, *, final: bool) -> None:
        """A part of a message that is not too long."""
        if self._opcode is Opcode.TEXT and not (payload.isascii() and self._decoder is None):
            if self._decoder is None:
                self._decoder = _DECODER()
            try:
                self._decoder.decode(payload, final)
            except UnicodeDecodeError:
                # Section 8.1.
                raise Violation(CloseCode.INVALID_PAYLOAD, "A text message is UTF-8.") from None
        if self._parts is None:
            self._parts = []
        if payload or not self._parts:
            self._parts.append(payload)

    def _end(self) -> list[Event]:
        opcode, parts, dropped = self._opcode, self._parts or [], self._dropping
        self._opcode = Opcode.CONTINUATION
        self._parts = self._decoder = None
        self._size = 0
        self._dropping = False
        return [] if dropped else [(int(opcode), parts[0] if len(parts) == 1 else b"".join(parts))]

    @staticmethod
    def _check_close(payload: bytes) -> None:
        if not payload:
            return
        code = int.from_bytes(payload[:2])
        # Sections 5.5.1 and 7.4; the IANA registry has 1012 to 1014 besides.
        if len(payload) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
            raise Violation(CloseCode.PROTOCOL_ERROR, "This is no code to close with.")
        try:
            payload[2:].decode()
        except UnicodeDecodeError:
            raise Violation(CloseCode.INVALID_PAYLOAD, "The reason of a Close is UTF-8.") from None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
