"""The strings are what they are meant to be: many, different, and such as a peer can send."""

from twisted.trial.unittest import SynchronousTestCase

from tests.corpus import LINES, STRINGS


class CorpusTests(SynchronousTestCase):
    def test_strings(self) -> None:
        """None is there twice, none is a comment or has a line end or NUL in it, and escapes are what they say."""
        self.assertGreater(len(STRINGS), 120)
        self.assertEqual(len(set(STRINGS)), len(STRINGS))
        self.assertFalse([each for each in STRINGS if set("\r\n\0") & set(each) or not each])
        self.assertIn("java\tscript:alert(1)", STRINGS)
        self.assertIn("A" * 4000, STRINGS)
        self.assertFalse([each for each in STRINGS if "\\u{" in each or "\\repeat" in each])
        for each in STRINGS:
            # Within what a message may be by default.
            self.assertLess(len(each.encode()), 16_384)

    def test_lines(self) -> None:
        """Most go into one line of IRC, and those are of every kind."""
        self.assertGreater(len(LINES), 100)
        self.assertLessEqual(set(LINES), set(STRINGS))
        for part in ("<svg", "javascript:", "onerror=", "\u202e", "{{"):
            self.assertTrue(any(part in each for each in LINES), part)
