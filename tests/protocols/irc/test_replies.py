"""Answers leave in command order, with labels and batches that no command knows of."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.irc.replies import Replies, Slot, with_tag


class Order(SynchronousTestCase):
    def setUp(self) -> None:
        self.written: list[bytes] = []
        self.replies = Replies("srv", self.written.append, lambda: None)

    def test_at_once(self) -> None:
        """The oldest command's answers leave at once, the later ones' when it is closed."""
        first, second = self.replies.open(), self.replies.open()
        second.answer(b"2a")
        first.answer(b"1a")
        self.assertEqual(self.written, [b"1a"])
        second.close()
        self.assertEqual(self.written, [b"1a"])
        first.close()
        self.assertEqual(self.written, [b"1a", b"2a"])

    def test_next_is_let_go(self) -> None:
        """When the oldest closes, the next one's answers leave although it is still open."""
        first, second = self.replies.open(), self.replies.open()
        second.answer(b"2a")
        first.close()
        self.assertEqual(self.written, [b"2a"])
        second.answer(b"2b")
        self.assertEqual(self.written, [b"2a", b"2b"])

    def test_holds(self) -> None:
        """A slot that is held stays open until everything it waits for is settled."""
        slot = self.replies.open()
        slot.hold()
        slot.close()
        self.assertEqual(len(self.replies.slots), 1)
        slot.close()
        self.assertEqual(len(self.replies.slots), 0)

    def test_labels(self) -> None:
        """No line makes ACK, one line carries the label, several stand in a batch that carries it."""
        for lines, expected in [
            ([], [b"@label=x\\:y :srv ACK\r\n"]),
            ([b":srv PONG a\r\n"], [b"@label=x\\:y :srv PONG a\r\n"]),
            (
                [b":srv 1\r\n", b"@time=t :srv 2\r\n"],
                [
                    b"@label=x\\:y :srv BATCH +r1 labeled-response\r\n",
                    b"@batch=r1 :srv 1\r\n",
                    b"@batch=r1;time=t :srv 2\r\n",
                    b":srv BATCH -r1\r\n",
                ],
            ),
            # One batch is one answer.
            (
                [b":srv BATCH +m1 metadata bob\r\n", b"@batch=m1 :srv 761 x\r\n", b":srv BATCH -m1\r\n"],
                [
                    b"@label=x\\:y :srv BATCH +m1 metadata bob\r\n",
                    b"@batch=m1 :srv 761 x\r\n",
                    b":srv BATCH -m1\r\n",
                ],
            ),
            # One of several things is nested: its opening and end are in the outer one.
            (
                [b":srv 1\r\n", b"@time=t :srv BATCH +m1 metadata\r\n", b"@a=b;batch=m1 2\r\n", b"BATCH -m1\r\n"],
                [
                    b"@label=x\\:y :srv BATCH +r2 labeled-response\r\n",
                    b"@batch=r2 :srv 1\r\n",
                    b"@batch=r2;time=t :srv BATCH +m1 metadata\r\n",
                    b"@a=b;batch=m1 2\r\n",
                    b"@batch=r2 BATCH -m1\r\n",
                    b":srv BATCH -r2\r\n",
                ],
            ),
            # What somebody says is no batch.
            (
                [b":srv PRIVMSG x :BATCH +m1\r\n", b"@a= :srv PRIVMSG x :BATCH -m1\r\n"],
                [
                    b"@label=x\\:y :srv BATCH +r3 labeled-response\r\n",
                    b"@batch=r3 :srv PRIVMSG x :BATCH +m1\r\n",
                    b"@batch=r3;a= :srv PRIVMSG x :BATCH -m1\r\n",
                    b":srv BATCH -r3\r\n",
                ],
            ),
        ]:
            self.written.clear()
            slot = self.replies.open("x;y")
            for line in lines:
                slot.answer(line)
            self.assertEqual(self.written, [])
            slot.close()
            self.assertEqual(self.written, expected)

    def test_after_the_end(self) -> None:
        """What comes when a slot is closed leaves by itself."""
        slot = self.replies.open("x")
        slot.close()
        slot.answer(b"late")
        self.assertEqual(self.written[1:], [b"late"])

    def test_tag(self) -> None:
        """A tag goes before those a line has."""
        self.assertEqual(with_tag(b":s X\r\n", "k", "a b"), b"@k=a\\sb :s X\r\n")

    @given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["answer", "close"])), max_size=40))
    def test_any_interleaving(self, steps: list[tuple[int, str]]) -> None:
        """In whatever order five commands answer and end: no answer of a later one precedes one of an earlier."""
        written: list[bytes] = []
        replies = Replies("srv", written.append, lambda: None)
        slots: list[Slot] = [replies.open() for _ in range(5)]
        counts = [0] * 5
        for which, what in [*steps, *((each, "close") for each in range(5))]:
            if slots[which].closed:
                continue
            if what == "close":
                slots[which].close()
            else:
                slots[which].answer(b"%d%03d" % (which, counts[which]))
                counts[which] += 1
        self.assertEqual(len(written), sum(counts))
        self.assertEqual(written, sorted(written))
