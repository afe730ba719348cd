"""Message tags and their escapes."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.irc.wire.tags import escape, format_tags, parse_tags, unescape


class Tags(SynchronousTestCase):
    def test_table(self) -> None:
        """The table of the specification, "Escaping values"."""
        for value, written in [("a;b", "a\\:b"), ("a b", "a\\sb"), ("a\\b", "a\\\\b"), ("\r\n", "\\r\\n"), ("é", "é")]:
            self.assertEqual(escape(value), written)
            self.assertEqual(unescape(written), value)

    def test_lenient(self) -> None:
        """An unknown escape loses its backslash, and so does one at the end."""
        self.assertEqual(unescape("\\b\\\\c\\"), "b\\c")

    @given(st.text())
    def test_both_ways(self, value: str) -> None:
        """Any value without NUL comes through, and what is written ends neither tag nor line."""
        value = value.replace("\0", "")
        written = escape(value)
        self.assertFalse(set("; \r\n") & set(written))
        self.assertEqual(unescape(written), value)

    @given(st.dictionaries(st.from_regex(r"\+?[a-z./-]{1,10}", fullmatch=True), st.text()))
    def test_sets(self, tags: dict[str, str]) -> None:
        """Several tags come through together."""
        tags = {key: value.replace("\0", "") for key, value in tags.items()}
        self.assertEqual(parse_tags(format_tags(tags)), tags)
