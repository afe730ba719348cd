"""Text into columns, and the desk as rows."""

from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth
from twisted.trial.unittest import SynchronousTestCase

from imd.client.terminal import drawing, talks
from imd.client.terminal.desk import Desk
from imd.client.terminal.talks import Line
from imd.client.terminal.wrapping import cut, wrap
from imd.messages.values import Contact, PersonPresence, State

NOON = 1_790_000_000.0


def nothing() -> None:
    """Nobody looks."""


def desk() -> Desk:
    made = Desk(lambda: NOON, nothing, nothing)
    made.own, made.domain, made.online = "alice@localhost", "localhost", True
    return made


def text(row: drawing.Row) -> str:
    return "".join(part for _, part in row)


class WrappingTests(SynchronousTestCase):
    def test_words(self) -> None:
        """Words stay whole where they fit; wide characters take two columns."""
        self.assertEqual(wrap("one two three", 7, 7), ["one two", "three"])
        self.assertEqual(wrap("abcdefgh", 3, 5), ["abc", "defgh"])
        self.assertEqual(wrap("漢字漢字", 4, 4), ["漢字", "漢字"])
        self.assertEqual(wrap("", 4, 4), [""])
        self.assertEqual(cut("abcdef", 4), "abc…")

    @given(st.text(alphabet=st.characters(min_codepoint=32, codec="utf-8")), st.integers(2, 20))
    def test_nothing_lost(self, said: str, width: int) -> None:
        """Rows fit, and hold all that was said but blanks."""
        rows = wrap(said, width, width)
        self.assertTrue(all(get_cwidth(row) <= width for row in rows))
        self.assertEqual("".join(rows).replace(" ", ""), said.replace(" ", ""))


class RowsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.desk = desk()
        self.talk = self.desk.talk("bob")

    def rows(self, width: int = 40, height: int = 5) -> list[str]:
        return [text(row) for row in drawing.rows_of(self.desk, self.talk, width, height)]

    def test_marks(self) -> None:
        """What became of a line stands behind it; no step is undone by an earlier one."""
        line = Line(NOON, "alice@localhost", "Hello", mark=talks.PENDING)
        self.talk.add(line)
        seen = []
        for mark in (talks.PENDING, talks.DELIVERED, talks.ACCEPTED, talks.READ):
            line.step(mark)
            seen.append(self.rows()[-1].split("Hello")[1].strip())
        self.assertEqual(seen, ["…", "✓✓", "✓✓", "✓✓ read"])

    def test_nothing_reaches_the_terminal_raw(self) -> None:
        """Escape sequences of others are shown, not obeyed; a backslash is a backslash."""
        self.talk.add(Line(NOON, "bob@localhost", "a\x1b[2Jb\\c\nd", id="1"))
        rows = self.rows()
        self.assertIn("bob: a\\x1b[2Jb\\c", rows[-2])
        self.assertEqual(rows[-1].strip(), "d")

    def test_scroll(self) -> None:
        """The newest is at the bottom; scrolled up, the beginning is the end of it."""
        for number in range(10):
            self.talk.note(f"line {number}", NOON)
        self.assertIn("line 9", self.rows()[-1])
        self.talk.scroll = 3
        self.assertIn("line 6", self.rows()[-1])
        self.talk.scroll = 100
        self.assertIn("line 0", self.rows()[0])
        self.assertEqual(self.talk.scroll, 5)

    def test_message_once(self) -> None:
        """A message that is there is not added again, also by history."""
        self.assertTrue(self.talk.add(Line(NOON, "bob@localhost", "Hello", id="m2", seq=2)))
        self.assertFalse(self.talk.add(Line(NOON, "bob@localhost", "Hello", id="m2", seq=2)))
        self.talk.note("a note", NOON)
        self.assertTrue(self.talk.merge([Line(NOON, "bob@localhost", "Hi", id=f"m{n}", seq=n) for n in (1, 2, 3)]))
        self.assertEqual([line.id for line in self.talk.lines], ["m1", "m2", "m3", ""])
        self.assertFalse(self.talk.merge([Line(NOON, "bob@localhost", "Hi", id=f"m{n}", seq=n) for n in (5, 6)]))
        self.assertEqual([line.id for line in self.talk.lines], ["m1", "m2", "m3", "m5", "m6", ""])
        self.assertEqual(self.talk.first_seq, 1)


class SideTests(SynchronousTestCase):
    def test_list(self) -> None:
        """Talks by number with what is unread, requests, then buddies: those who are here first."""
        made = desk()
        states: list[tuple[str, State]] = [("bob", "available"), ("carol", "offline"), ("dave", "away")]
        for name, state in states:
            address = f"{name}@localhost"
            made.contacts[address] = Contact(address=address, subscription="both")
            text_of = "lunch" if state == "away" else ""
            made.presence[address] = PersonPresence(address=address, state=state, text=text_of)
        made.contacts["eve@localhost"] = Contact(address="eve@localhost", asked=True)
        made.contacts["mallory@localhost"] = Contact(address="mallory@localhost", blocked=True)
        made.talk("#tea").unread = 2
        rows = [text(row).rstrip() for row in drawing.side_rows(made, 20, 20)]
        self.assertEqual(
            rows,
            [
                "Talks",
                "1 imc",
                "2 #tea (2)",
                "",
                "Asking you",
                "? eve",
                "",
                "Buddies",
                "● bob",
                "◐ dave lunch",
                "○ carol",
            ],
        )

    def test_fits(self) -> None:
        """However long names are, no row is wider than its place."""
        made = desk()
        made.show(made.talk("x" * 60))
        made.contacts["y"] = Contact(address="y" * 60, asking=True)
        for row in drawing.side_rows(made, 20, 10):
            self.assertLessEqual(get_cwidth(text(row)), 20)
        self.assertEqual(get_cwidth(drawing.title(made, 50)), 50)
        self.assertEqual(get_cwidth(drawing.status(made, 50)), 50)
