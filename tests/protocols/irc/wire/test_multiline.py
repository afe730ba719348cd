"""Text ↔ the lines of a multiline batch."""

import itertools

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.irc.wire.multiline import Part, fitted, joined, parted

TEXTS = st.text(st.sampled_from("ab é🐢\n"), max_size=60)
LINES = st.lists(
    st.builds(Part, st.text(st.sampled_from("ab é🐢"), max_size=12), st.booleans()), min_size=1, max_size=8
)


class MultilineTests(SynchronousTestCase):
    def test_as_in_the_specification(self) -> None:
        """The example of the specification: joined by line feeds, but for what is to be joined directly."""
        parts = [Part("hello", False), Part("", False), Part("how is ", False), Part("everyone?", True)]
        text, seams = joined(parts)
        self.assertEqual((text, seams), ("hello\n\nhow is everyone?", [14]))
        self.assertEqual(parted(text, seams), parts)

    @given(LINES)
    def test_round_trip(self, parts: list[Part]) -> None:
        """What is joined comes apart as it was, but for the first line, which is joined to nothing, and blank ones
        that are joined, which nobody may send."""
        parts = [parts[0]._replace(joined=False), *[part for part in parts[1:] if part.text or not part.joined]]
        if any(part.joined and not before.text for before, part in itertools.pairwise(parts)):
            # A seam behind a blank line cannot be told from the line feed.
            text, seams = joined(parts)
            self.assertEqual(joined(parted(text, seams))[0], text)
            return
        self.assertEqual(parted(*joined(parts)), parts)

    @given(TEXTS, st.lists(st.integers(-3, 70), max_size=6), st.integers(4, 20))
    def test_exact(self, text: str, seams: list[int], size: int) -> None:
        """Whatever the seams, and however short the lines: they make the text again, and each fits."""
        parts = fitted(parted(text, seams), size)
        self.assertEqual(joined(parts)[0], text)
        for part in parts:
            self.assertLessEqual(len(part.text.encode()), size)
            self.assertFalse(part.joined and not part.text, parts)

    def test_words(self) -> None:
        """A long line is cut after spaces, which stay at its end."""
        self.assertEqual(fitted([Part("one two three", False)], 8), [Part("one two ", False), Part("three", True)])
