"""Lines on a stream."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.native.wire.frame import LineFramer, LineTooLong, line


def events(chunks: list[bytes], limit: int) -> list[bytes | str]:
    framer = LineFramer(limit)
    return [event if isinstance(event, bytes) else "too long" for chunk in chunks for event in framer.feed(chunk)]


class FramerTests(SynchronousTestCase):
    """`LineFramer` cuts bytes into payloads."""

    def test_lines(self) -> None:
        """LF ends a line, a CR before it is dropped, empty lines and an unfinished line give nothing."""
        self.assertEqual(events([b"one\ntwo\r\n\n\r\nthr"], 0), [b"one", b"two"])

    def test_split(self) -> None:
        """A line may arrive in any number of pieces."""
        self.assertEqual(events([b"o", b"ne", b"\nt", b"wo\n"], 0), [b"one", b"two"])

    def test_limit(self) -> None:
        """A line as long as the limit, with its end, passes; one byte more does not, and the next line is read."""
        self.assertEqual(events([b"1234567\n12345678\nx\n"], 8), [b"1234567", "too long", b"x"])

    def test_unfinished_and_too_long(self) -> None:
        """A line that has no end is refused once, when it is too long, and not kept."""
        framer = LineFramer(8)
        said = [event for _ in range(1000) for event in framer.feed(b"x" * 100)]
        self.assertEqual([type(event) for event in said], [LineTooLong])
        self.assertEqual(list(framer.feed(b"rest\nnext\n")), [b"next"])

    def test_limit_altered(self) -> None:
        """A higher limit holds from the next line on, also for bytes that were received already."""
        framer = LineFramer(4)
        feeding = framer.feed(b"abc\nabcdefg\n")
        self.assertEqual(next(feeding), b"abc")
        framer.limit = 100
        self.assertEqual(list(feeding), [b"abcdefg"])

    def test_line(self) -> None:
        """A payload goes out with LF."""
        self.assertEqual(line(b"{}"), b"{}\n")

    @given(st.binary(max_size=200), st.lists(st.integers(0, 200)), st.integers(0, 20))
    def test_any_chunking(self, data: bytes, cuts: list[int], limit: int) -> None:
        """However the bytes are cut, the events are the same."""
        at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        chunks = [data[start:end] for start, end in pairwise(at)]
        self.assertEqual(events(chunks, limit), events([data], limit))
        self.assertEqual(events([bytes([byte]) for byte in data], limit), events([data], limit))
