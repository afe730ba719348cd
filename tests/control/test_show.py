"""Answers as text for people."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.config.limits import Limits
from imd.config.model import Settings
from imd.control.show import clean, moment, size, span, table, text
from tests.control.operated import Standing


class PiecesTests(SynchronousTestCase):
    def test_span(self) -> None:
        """Lengths of time in at most two units."""
        wanted = {0: "0 s", 59.9: "59 s", 60: "1 min", 3599: "59 min", 3600: "1 h", 3660: "1 h 1 min", 86400: "1 d"}
        wanted |= {90_000: "1 d 1 h", 8_640_000: "100 d", 86_459: "1 d"}
        self.assertEqual({seconds: span(seconds) for seconds in wanted}, wanted)

    def test_size(self) -> None:
        """Bytes in the largest unit that fits."""
        wanted = {0: "0 bytes", 1023: "1023 bytes", 1024: "1 KiB", 1536: "1.5 KiB", 2**28: "256 MiB", 2**30: "1 GiB"}
        self.assertEqual({octets: size(octets) for octets in wanted}, wanted)

    def test_moment(self) -> None:
        """A time to the second; nothing for what has not happened."""
        self.assertEqual(moment(0), "")
        self.assertRegex(moment(1_790_000_000.7), r"\A2026-09-2\d \d\d:\d\d:20\Z")

    def test_table(self) -> None:
        """Columns stand under their heads, and no line ends in spaces."""
        lines = table([("a", 12345), ("bcd", "")], ("NAME", "N")).split("\n")
        self.assertEqual(lines, ["NAME  N", "a     12345", "bcd"])

    @given(st.text())
    def test_clean(self, words: str) -> None:
        """Nothing a client says of itself can move the cursor, colour the screen, or break a line."""
        shown = clean(words)
        self.assertEqual(len(shown), len(words))
        self.assertTrue(shown.isprintable() or not shown)
        shown.encode()

    def test_escape_sequences(self) -> None:
        """A client that calls itself by an escape sequence stays on its line of the table."""
        self.assertEqual(table([("\x1b[2J\nroot", "x")], ("A", "B")).count("\n"), 1)
        self.assertNotIn("\x1b", table([("\x1b[2J", "x")], ("A", "B")))


class AnswersTests(SynchronousTestCase):
    """The text of real answers."""

    def setUp(self) -> None:
        self.daemon = Standing()

    def shown(self, action: str, **arguments: Any) -> str:
        return text(action, self.daemon.ask(action, **arguments))

    def test_nothing(self) -> None:
        """Where there is nothing to show a sentence says so."""
        self.daemon.house.person("alice")
        self.assertEqual(self.shown("who"), "Nobody.")
        self.assertEqual(self.shown("ledger"), "No sign-ons.")
        self.assertEqual(self.shown("queue", name="alice"), "Nothing waits.")
        self.assertEqual(self.shown("ban list"), "Nobody is banned.")
        self.daemon.ask("user remove", name="alice")
        self.assertEqual(self.shown("user list"), "No accounts.")

    def test_visitors(self) -> None:
        """Visitors of sites are listed with their sites, and counted apart."""
        house = self.daemon.house
        house.on(house.wait(house.accounts.create("anna-k3f9", None, 1.0, visitor=True, site="shop")))
        self.assertEqual(self.shown("user list"), "No accounts.")
        head, row = self.shown("user list", visitors=True).splitlines()
        self.assertEqual(
            (head.split(), row.split()[0], row.split()[-1]), (["NAME", "SINCE", "SITE"], "anna-k3f9", "shop")
        )
        self.assertIn("visitor of", self.shown("user info", name="anna-k3f9"))
        self.assertIn("people: 0 accounts, 0 guests and 1 visitors on", self.shown("status"))

    def test_user(self) -> None:
        """One account, line by line."""
        self.daemon.house.person("alice")
        self.daemon.ask("user certificate", name="alice", fingerprint="ab" * 32)
        lines = dict(line.split(maxsplit=1) for line in self.shown("user info", name="alice").splitlines())
        self.assertEqual((lines["name"], lines["password"], lines["devices"]), ("alice", "none", "none so far"))
        self.assertEqual((lines["certificate"], lines["waiting"]), ("ab" * 32, "0 messages"))
        self.assertEqual(lines["last"].split(), ["on", "never"])

    def test_people(self) -> None:
        """Who is on, who was, and what became of a message."""
        house = self.daemon.house
        alice = house.on(house.person("alice"), address="192.0.2.7")
        house.on("visitor")
        house.person("bob")
        [receipt] = house.send(alice, "bob", "hello")
        who = self.shown("who")
        self.assertRegex(who, r"(?m)^alice +available +native +192\.0\.2\.7:40000 ")
        self.assertRegex(who, r"(?m)^visitor \(guest\) +available +native ")
        self.assertIn("192.0.2.7:40000", self.shown("ledger", name="alice"))
        self.assertIn("still on", self.shown("ledger", name="alice"))
        self.assertIn(receipt.id, self.shown("queue", name="bob"))
        trace = self.shown("trace", id=receipt.id)
        self.assertIn(f"{receipt.id} from alice@localhost to bob@localhost", trace)
        self.assertIn("not signed on", trace)
        self.assertIn("the sender was told: kept", trace)
        self.assertIn("waits in the inbox", trace)

    def test_status(self) -> None:
        """Status says how safe the store is, in so many words."""
        said = self.shown("status")
        self.assertIn(f"durability: {self.daemon.store.durability.value}", said)
        self.assertIn("listening: irc tcp", said)

    def test_limits(self) -> None:
        """Each limit in a row, sizes and times with their units; what was never met shows nothing."""
        self.daemon.tally.count("send_queue", 3)
        rows = {line.split("  ")[0]: line.split() for line in self.shown("status").splitlines()}
        self.assertEqual(rows["LIMIT"], ["LIMIT", "BOUND", "NOW", "MET"])
        self.assertEqual(rows["limits.send_queue"], ["limits.send_queue", "512", "KiB", "0", "bytes", "3"])
        self.assertEqual(rows["limits.handshake_timeout"], ["limits.handshake_timeout", "30", "s"])
        self.assertEqual(rows["limits.rooms"], ["limits.rooms", "10000", "0"])
        self.daemon.settings = Settings(limits=Limits(enabled=False))
        rows = {line.split("  ")[0]: line.split() for line in self.shown("status").splitlines()}
        self.assertEqual(rows["limits.handshakes"], ["limits.handshakes", "none", "0"])

    def test_sockets(self) -> None:
        """What was wrong with datagrams is said, for each socket."""
        said = self.shown("status")
        self.assertIn("datagrams, socket 1: 1 links; since the start 2 strays, 3 garbage, 4 duplicates", said)
        self.assertIn("memory: 0 connections hold 0 bytes, most at one time 0 bytes", said)

    def test_changes(self) -> None:
        """What was done is said in a sentence."""
        self.daemon.house.person("alice")
        for action, arguments, sentence in (
            ("user rename", {"name": "alice", "new": "alicia"}, "The account is called alicia now."),
            ("ban add", {"name": "alicia"}, "alicia may not sign on any more; 0 sessions ended."),
            ("ban remove", {"name": "alicia"}, "alicia may sign on again."),
            ("user certificate", {"name": "alicia", "fingerprint": "0" * 64}, "alicia has 1 certificate."),
            ("user remove", {"name": "alicia"}, "alicia is removed."),
        ):
            self.assertEqual(self.shown(action, **arguments), sentence)
        self.daemon.house.on("visitor")
        self.assertEqual(self.shown("kick", name="visitor"), "1 session ended.")
