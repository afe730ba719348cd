"""The PING that makes an IRC client acknowledge."""

from types import SimpleNamespace
from typing import Any, cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from imd.net.reactor_clock import ReactorClock
from imd.protocols.irc.barrier import Barrier


class Recorder:
    """Stands for the session: what is written, and what is acknowledged."""

    def __init__(self) -> None:
        self.pings: list[str] = []
        self.acknowledged: list[list[str]] = []
        self.me = SimpleNamespace(track=None)
        self.clock = ReactorClock(Clock())
        self.hub = SimpleNamespace(clock=self.clock, delivery=self)
        self.closing = False
        self.then: Any = None

    def push(self, data: bytes) -> None:
        self.pings.append(data.decode().removeprefix("PING :").strip())

    def acknowledge(self, session: object, ids: list[str]) -> None:
        self.acknowledged.append(list(ids))
        if self.then is not None:
            self.then()


class Barriers(SynchronousTestCase):
    def setUp(self) -> None:
        self.session = Recorder()
        self.barrier = Barrier()

    def sent(self, *ids: str) -> None:
        """In a turn of its own."""
        self.barrier.sent(cast(Any, self.session), ids)
        self.session.clock.end_turn()

    def pong(self, token: str) -> bool:
        known = self.barrier.confirmed(cast(Any, self.session), token)
        self.session.clock.end_turn()
        return known

    def test_one_in_flight(self) -> None:
        """One PING covers what was sent before it; what follows waits for the next, sent at the PONG."""
        self.sent("a")
        self.sent("b")
        self.sent("c")
        self.assertEqual(len(self.session.pings), 1)
        self.assertTrue(self.pong(self.session.pings[0]))
        self.assertEqual(self.session.acknowledged, [["a"]])
        self.assertEqual(len(self.session.pings), 2)
        self.assertTrue(self.pong(self.session.pings[1]))
        self.assertEqual(self.session.acknowledged, [["a"], ["b", "c"]])
        self.assertEqual(len(self.session.pings), 2)
        self.assertIsNone(self.barrier.since)

    def test_one_for_a_turn(self) -> None:
        """All that is sent in one turn of the reactor is covered by one PING, at its end."""
        for id in "abc":
            self.barrier.sent(cast(Any, self.session), [id])
        self.assertEqual(self.session.pings, [])
        self.session.clock.end_turn()
        self.assertEqual(len(self.session.pings), 1)
        self.pong(self.session.pings[0])
        self.assertEqual(self.session.acknowledged, [["a", "b", "c"]])
        self.assertIsNone(self.barrier.since)

    def test_closed_meanwhile(self) -> None:
        """A connection that is closing is asked nothing any more."""
        self.barrier.sent(cast(Any, self.session), ["a"])
        self.session.closing = True
        self.session.clock.end_turn()
        self.assertEqual(self.session.pings, [])

    def test_other_tokens(self) -> None:
        """A PONG with another token, an old one, or none in flight confirms nothing."""
        self.assertFalse(self.pong(""))
        self.sent("a")
        for token in ("", "imd", self.session.pings[0][:-1]):
            self.assertFalse(self.pong(token))
        self.assertTrue(self.pong(self.session.pings[0]))
        self.sent("b")
        self.assertFalse(self.pong(self.session.pings[0]))
        self.assertEqual(self.session.acknowledged, [["a"]])

    def test_tokens_differ(self) -> None:
        """Every PING has a token of its own, of at least 64 bits."""
        for number in range(100):
            self.sent(str(number))
            self.pong(self.session.pings[-1])
        self.assertEqual(len(set(self.session.pings)), 100)
        self.assertTrue(all(len(token) >= 16 for token in self.session.pings))

    def test_more_at_acknowledgement(self) -> None:
        """What the core hands over while it hears of a confirmation is covered by one PING with what waited."""
        self.sent("a")
        self.sent("b")
        self.session.then = lambda: self.barrier.sent(cast(Any, self.session), ["c"])
        self.pong(self.session.pings[0])
        self.session.then = None
        self.assertEqual(len(self.session.pings), 2)
        self.pong(self.session.pings[1])
        self.assertEqual(self.session.acknowledged, [["a"], ["b", "c"]])
        self.assertEqual(len(self.session.pings), 2)
