"""What the server says, as frames."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.websocket.frames import Framing, Opcode, close_frame, end_of_frame, frame
from tests.net.websocket.client import BINARY, CLOSE, TEXT, frames


class FramesTests(SynchronousTestCase):
    """Whole, unmasked frames."""

    def test_lines(self) -> None:
        """Each line is a message of its own, without its end (IRCv3 WebSocket)."""
        framing = Framing(Opcode.TEXT)
        self.assertEqual(frames(framing.lines(b"PING :x\r\n")), [(TEXT, b"PING :x")])
        several = b"one\r\n" + b"x" * 200 + b"\r\n:three\r\n"
        for _ in range(2):
            told = [(TEXT, b"one"), (TEXT, b"x" * 200), (TEXT, b":three")]
            self.assertEqual(frames(framing.lines(several)), told)
            self.assertEqual(frames(framing.lines(b"PING :y\r\n")), [(TEXT, b"PING :y")])
        self.assertEqual(framing.lines(b""), b"")

    def test_framed_once(self) -> None:
        """What goes to many is framed for the first of them."""
        framing = Framing(Opcode.TEXT)
        for data in (b"PING :x\r\n", b"one\r\ntwo\r\n"):
            self.assertIs(framing.lines(data), framing.lines(data))

    def test_not_utf8(self) -> None:
        """In text, what is no UTF-8 is replaced; binary messages have it as it is."""
        self.assertEqual(frames(Framing(Opcode.TEXT).lines(b"a\xffb\r\n")), [(TEXT, "a\ufffdb".encode())])
        self.assertEqual(frames(Framing(Opcode.BINARY).lines(b"a\xffb\r\n")), [(BINARY, b"a\xffb")])

    def test_close(self) -> None:
        """A code, and a reason that is cut between characters where it does not fit (RFC 6455 section 5.5)."""
        self.assertEqual(frames(close_frame(1000, "bye")), [(CLOSE, b"\x03\xe8bye")])
        self.assertEqual(frames(close_frame(0)), [(CLOSE, b"")])
        ((_, payload),) = frames(close_frame(1002, "☕" * 100))
        self.assertEqual(payload[2:].decode(), "☕" * 41)

    @given(st.lists(st.binary(max_size=400), min_size=1, max_size=5), st.data())
    def test_end_of_frame(self, payloads: list[bytes], data: st.DataObject) -> None:
        """Where the frame ends of which a byte has been sent."""
        ends, said = [0], b""
        for payload in payloads:
            said += frame(Opcode.BINARY, payload)
            ends.append(len(said))
        at = data.draw(st.integers(0, len(said)))
        self.assertEqual(end_of_frame(said, 0, at), next(end for end in ends if end >= at))
