"""Transcripts that do not go as written fail, and say how."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.transcripts.matching import Known, Mismatch, match, sent
from tests.transcripts.script import NoStep, read
from tests.transcripts.stage import Failed, Stage

IN_A_ROOM = "alice signs on\nbob signs on\n(alice, bob: JOIN #house)\n"


class StageTests(SynchronousTestCase):
    def play(self, text: str) -> None:
        path = Path(self.mktemp())
        path.write_text(text)
        Stage(read(path)).play()

    def fails(self, text: str) -> str:
        return str(self.assertRaises(Failed, self.play, text))

    def test_another_line(self) -> None:
        """The step, what was expected, why it does not fit, what came, and what went before."""
        told = self.fails(f"{IN_A_ROOM}alice: PRIVMSG #house :hello\nbob< :alice!*@* PRIVMSG #house :hullo\n")
        for part in (
            ":5: bob< :alice!*@* PRIVMSG #house :hullo",
            "parameter 2 is 'hello'",
            "bob got  :alice!alice@guest/",
            "   4  alice: PRIVMSG #house :hello",
        ):
            self.assertIn(part, told)

    def test_nothing_may_be_left(self) -> None:
        """What somebody got and nobody read fails at the next step, and at the end."""
        for more in ("", "+ 1 second\n", "bob: PING x\n"):
            told = self.fails(f"{IN_A_ROOM}alice: PRIVMSG #house :hello\n{more}")
            self.assertIn("bob has got more than was read", told)
        self.assertIn("nothing more", self.fails(f"{IN_A_ROOM}alice: PRIVMSG bob :x\nbob< nothing\n"))

    def test_what_was_not_said(self) -> None:
        """A line nobody has sent is not there."""
        self.assertIn("nothing came", self.fails(f"{IN_A_ROOM}alice< :bob!*@* QUIT *\n"))

    def test_whatever(self) -> None:
        """Three dots are any lines up to the one that is given, or all there are."""
        self.play("alice signs on\nalice: LUSERS\nalice< ...\nalice< 265 ...\nalice< 266 ...\n")
        self.play("alice signs on\nalice: LUSERS\nalice< ...\n")
        self.assertIn("more than was read", self.fails("alice signs on\nalice: LUSERS\nalice< ...\nalice< 265 ...\n"))

    def test_who_is_not_there(self) -> None:
        """A name nobody signed on with, a capability that is not offered, a connection that is still open."""
        self.assertIn("bob is not connected", self.fails("alice signs on\nbob: PING x\n"))
        self.assertIn("not offered: nonsense", self.fails("alice signs on with nonsense\n"))
        self.assertIn("still connected", self.fails("alice signs on\nalice is gone\n"))

    def test_a_line_that_means_nothing(self) -> None:
        """Says where."""
        self.assertIn(":2: not a step", str(self.assertRaises(NoStep, self.play, "# x\nalice dances\n")))

    def test_settings(self) -> None:
        """Given before, and changed while the daemon runs."""
        self.play(
            'set irc.motd = "one"\nalice signs on\nalice: MOTD\nalice< ...\nalice< 372 alice :- one\nalice< 376 ...\n'
            'now irc.motd = "two"\nalice: MOTD\nalice< 375 ...\nalice< 372 alice :- two\nalice< 376 ...\n'
        )


class MatchingTests(SynchronousTestCase):
    def fits(self, pattern: str, line: str, known: Known | None = None) -> bool:
        try:
            match(pattern, line, {} if known is None else known, "here")
        except Mismatch:
            return False
        return True

    def test_lines(self) -> None:
        """Patterns that fit, and lines that are nearly so."""
        for pattern, line in {
            "PING x": "PING :x",
            "001 al *": ":here 001 al :Welcome to it",
            "433 \\* al *": ":here 433 * al :taken",
            ":a!*@* JOIN #x": ":a!b@c JOIN :#x",
            "353 a = #x ...": ":here 353 a = #x :@a",
            "@time=*;+draft/x=1 TAGMSG a": "@+draft/x=1;time=2 :here TAGMSG a",
            "@...=;x=1 TAGMSG a": "@y=2;x=1 TAGMSG a",
            "A {3 x} {one} {one} :{2  }y": "A xxx b b :  y",
        }.items():
            self.assertTrue(self.fits(pattern, line), pattern)
        for pattern, line in {
            "PING x": ":a!b@c PING :x",
            "001 al": ":here 001 al :Welcome",
            "001 al * x": ":here 001 al :Welcome x",
            "433 \\* al *": ":here 433 x al :taken",
            "@time=* TAGMSG a": "@time=1;x=2 TAGMSG a",
            "TAGMSG a": "@time=1 TAGMSG a",
            "@x=1 TAGMSG a": "TAGMSG a",
            "A {one} {one}": "A b c",
        }.items():
            self.assertFalse(self.fits(pattern, line), pattern)

    def test_names(self) -> None:
        """What was captured is known from then on, to patterns and to what is sent; nothing is learnt from a miss."""
        known: Known = {}
        self.assertTrue(self.fits("A {one} x{two}y", "A 1 :x2 3y", known))
        self.assertEqual(known, {"one": "1", "two": "2 3"})
        self.assertFalse(self.fits("A {one} {three}", "A 2 3", known))
        self.assertEqual(
            sent("B {one} {two} {2 a} \\xff\\r {=two} {=\\0a\\0b}", known), b"B 1 2 3 aa \xff\r MiAz AGEAYg=="
        )
        self.assertRaises(Mismatch, sent, "{three}", known)
