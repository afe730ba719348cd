"""What clients send, as messages: any division of the bytes, and every rule of RFC 6455 that can be broken."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.websocket.reader import MOST_OTHERS, TOO_LONG, Reader, Violation
from tests.net.websocket.client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame


def read(*pieces: bytes, limit: int = 0, most: int = 0) -> list[tuple[int, bytes]]:
    """All events; a violation is one with its code."""
    reader = Reader(limit, most)
    events: list[tuple[int, bytes]] = []
    try:
        for piece in pieces:
            events += reader.feed(piece)
    except Violation as violation:
        events.append((int(violation.code), b""))
    return events


def fragments(opcode: int, *parts: bytes) -> list[bytes]:
    """A message in several frames."""
    last = len(parts) - 1
    return [frame(CONTINUATION if at else opcode, part, final=at == last) for at, part in enumerate(parts)]


class ReaderTests(SynchronousTestCase):
    """Good and bad frames."""

    def test_one_message(self) -> None:
        """Short, middle and long, text and binary."""
        for size in (0, 1, 125, 126, 127, 65_535, 65_536):
            for opcode in (TEXT, BINARY):
                self.assertEqual(read(frame(opcode, b"x" * size)), [(opcode, b"x" * size)])

    def test_rfc_examples(self) -> None:
        """RFC 6455 section 5.7: "Hello", masked."""
        self.assertEqual(read(bytes.fromhex("818537fa213d7f9f4d5158")), [(TEXT, b"Hello")])
        self.assertEqual(read(bytes.fromhex("898537fa213d7f9f4d5158")), [(PING, b"Hello")])

    def test_fragments(self) -> None:
        """A message in parts, with control frames between them (section 5.4)."""
        first, second, third = fragments(TEXT, b"a", b"", b"bc")
        data = first + frame(PING, b"1") + second + frame(PONG) + third + frame(TEXT, b"d")
        self.assertEqual(read(data), [(PING, b"1"), (PONG, b""), (TEXT, b"abc"), (TEXT, b"d")])

    def test_utf8(self) -> None:
        """Section 8.1: characters may be cut by fragments, and what is no UTF-8 is found as soon as it comes."""
        body = "naïve ☕ 🙂".encode()
        for at in range(len(body)):
            self.assertEqual(read(*fragments(TEXT, body[:at], body[at:])), [(TEXT, body)])
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "☕".encode()[:2]):
            self.assertEqual(read(frame(TEXT, bad)), [(1007, b"")])
            self.assertEqual(read(frame(TEXT, b"a"), *fragments(TEXT, b"b", bad)), [(TEXT, b"a"), (1007, b"")])
            self.assertEqual(read(frame(BINARY, bad)), [(BINARY, bad)])
        self.assertEqual(read(frame(TEXT, b"\xff", final=False)), [(1007, b"")])

    def test_broken_rules(self) -> None:
        """Each with its code, and nothing is read after it."""
        good = frame(TEXT, b"x")
        cases = {
            "not masked": bytes((0x81, 1)) + b"x",
            "reserved bit": frame(TEXT, b"x", bits=0x40),
            "no such opcode": frame(3, b"x"),
            "no such control opcode": frame(11),
            "control frame too long": frame(PING, b"x" * 126),
            "control frame in parts": frame(PING, b"x", final=False),
            "nothing to continue": frame(CONTINUATION, b"x"),
            "within another": frame(TEXT, b"x", final=False) + good,
            "length not minimal, 16 bits": frame(TEXT, b"x", length=126),
            "length not minimal, 64 bits": frame(TEXT, b"x" * 200, length=127),
            "length beyond 63 bits": struct.pack("!BBQ", 0x82, 0xFF, 1 << 63) + bytes(4),
            "half a code": frame(CLOSE, b"\x03"),
            "code 1005": frame(CLOSE, struct.pack("!H", 1005)),
            "code 999": frame(CLOSE, struct.pack("!H", 999)),
            "code 2000": frame(CLOSE, struct.pack("!H", 2000)),
        }
        for what, data in cases.items():
            self.assertEqual(read(data + good), [(1002, b"")], what)
            self.assertEqual(read(*(data[at : at + 1] for at in range(len(data)))), [(1002, b"")], what)
        self.assertEqual(read(frame(CLOSE, struct.pack("!H", 1000) + b"\xff")), [(1007, b"")])

    def test_close(self) -> None:
        """What comes after a Close is not read (section 5.5.1)."""
        for payload in (b"", struct.pack("!H", 1000), struct.pack("!H", 4999) + "tschüs".encode()):
            self.assertEqual(read(frame(CLOSE, payload) + frame(TEXT, b"x"), b"y"), [(CLOSE, payload)])

    def test_too_long(self) -> None:
        """What the door does not take is dropped as it comes, told once, and what follows is read."""
        big, small = b"x" * 300, frame(TEXT, b"ok")
        told = [(TOO_LONG, b""), (TEXT, b"ok")]
        self.assertEqual(read(frame(TEXT, big) + small, limit=200), told)
        self.assertEqual(read(*fragments(TEXT, big[:150], big[150:250], big[250:]), small, limit=200), told)
        self.assertEqual(read(frame(TEXT, b"x" * 200), limit=200), [(TEXT, b"x" * 200)])
        for size in (1, 7, 150):
            data = frame(TEXT, big) + small
            self.assertEqual(read(*(data[at : at + size] for at in range(0, len(data), size)), limit=200), told)

    def test_nothing_is_kept_of_what_is_too_long(self) -> None:
        """Neither before the bytes come nor when they have."""
        reader = Reader(200, 0)
        self.assertEqual(list(reader.feed(struct.pack("!BBQ", 0x81, 0xFF, 1 << 40) + bytes(4))), [(TOO_LONG, b"")])
        for _ in range(100):
            self.assertEqual(list(reader.feed(bytes(10_000))), [])
        self.assertEqual(reader.kept, 0)

    def test_much_too_long(self) -> None:
        """With more than is borne the connection ends (1009): told by the header alone, or by the parts."""
        self.assertEqual(read(struct.pack("!BBQ", 0x81, 0xFF, 1 << 40) + bytes(4), limit=200, most=1000), [(1009, b"")])
        parts = fragments(TEXT, *[b"x" * 100] * 11)
        self.assertEqual(read(*parts, limit=200, most=1000), [(TOO_LONG, b""), (1009, b"")])

    def test_too_many_others(self) -> None:
        """Frames that are no message are work, too."""
        events = read(frame(PING, mask=b"abcd") * (MOST_OTHERS + 1))
        self.assertEqual(events[-1], (1008, b""))
        parts = frame(TEXT, final=False, mask=b"abcd") + frame(CONTINUATION, final=False, mask=b"abcd") * MOST_OTHERS
        self.assertEqual(read(parts), [(1008, b"")])

    def test_kept(self) -> None:
        """Bytes of what is not complete, for the books; none when it is."""
        reader = Reader(0, 0)
        one, two = fragments(TEXT, b"x" * 500, b"y" * 500)
        self.assertEqual((list(reader.feed(one + two[:100])), reader.kept), ([], 600))
        self.assertEqual(len(list(reader.feed(two[100:]))), 1)
        self.assertEqual(reader.kept, 0)

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just(TEXT), st.text(max_size=200).map(str.encode)),
                st.tuples(st.sampled_from([BINARY, PING, PONG]), st.binary(max_size=125)),
                st.tuples(st.just(BINARY), st.binary(min_size=120, max_size=300)),
            ),
            max_size=8,
        ),
        st.lists(st.integers(1, 50), min_size=1),
        st.integers(1, 60),
    )
    def test_any_division(self, messages: list[tuple[int, bytes]], cuts: list[int], part: int) -> None:
        """However messages are fragmented and bytes arrive, the events are the same."""
        data = b""
        for opcode, payload in messages:
            if opcode >= CLOSE:
                data += frame(opcode, payload)
            else:
                data += b"".join(
                    fragments(opcode, *[payload[at : at + part] for at in range(0, len(payload) or 1, part)])
                )
        pieces, at, turn = [], 0, 0
        while at < len(data):
            size = cuts[turn % len(cuts)]
            pieces.append(data[at : at + size])
            at += size
            turn += 1
        self.assertEqual(read(*pieces), messages)
        self.assertEqual(read(data), messages)

    @given(st.binary(max_size=400), st.integers(1, 40))
    def test_garbage(self, data: bytes, size: int) -> None:
        """Whatever comes gives events or a violation, the same in any division."""
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        self.assertEqual(read(*pieces, limit=100, most=10_000), read(data, limit=100, most=10_000))
