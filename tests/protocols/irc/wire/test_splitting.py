"""Text of any length as pieces that fit a line."""

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.irc.wire.splitting import pieces


class Splitting(SynchronousTestCase):
    def test_lines(self) -> None:
        """Each line is a piece; empty ones are left out."""
        self.assertEqual(pieces("a\nb\r\n\r\nc\rd\n", 400), ["a", "b", "c", "d"])
        self.assertEqual(pieces("\n", 400), [""])

    def test_words(self) -> None:
        """A long line is cut at a space, which goes; a word that is too long is cut where it must be."""
        self.assertEqual(pieces("one two three", 9), ["one two", "three"])
        self.assertEqual(pieces("one two three", 7), ["one two", "three"])
        self.assertEqual(pieces("x" * 25, 10), ["x" * 10, "x" * 10, "x" * 5])

    @given(st.text(), st.integers(4, 60))
    def test_nothing_is_lost(self, text: str, size: int) -> None:
        """Every piece fits and is whole characters, and together they are the text, spaces at the cuts aside."""
        found = pieces(text, size)
        self.assertTrue(all(len(piece.encode()) <= size for piece in found))
        plain = text.encode("utf-8", "replace").decode()
        self.assertEqual("".join(found).replace(" ", ""), re.sub("[\r\n ]", "", plain))
