"""The control socket's protocol: AMP, JSON inside."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, IOPump, connect
from twisted.trial.unittest import SynchronousTestCase

from imd.control.call import Caller
from imd.control.listener import ControlProtocol
from imd.control.wire import Answer, Long, Quiet, Refused
from imd.core.refusal import NameInUse
from imd.core.stores import OutcomeUnknown
from tests.control.operated import Standing


class LongTests(SynchronousTestCase):
    @given(st.integers(0, 200_000), st.binary(min_size=1, max_size=50))
    def test_any_length(self, length: int, pattern: bytes) -> None:
        """Octets of any length travel, in values that AMP can carry."""
        value = (pattern * (length // len(pattern) + 1))[:length]
        box: dict[bytes, bytes] = {}
        Long().toBox(b"answer", box, {"answer": value}, None)
        self.assertTrue(all(len(each) < 65_536 and len(key) < 256 for key, each in box.items()))
        back: dict[str, bytes] = {}
        Long().fromBox(b"answer", box, back, None)
        self.assertEqual((back, box), ({"answer": value}, {}))


class SocketTests(SynchronousTestCase):
    """A caller and a daemon's protocol, joined without a socket."""

    def setUp(self) -> None:
        self.daemon = Standing()
        self.server, self.client = ControlProtocol(self.daemon.actions), Quiet()
        self.pump: IOPump = connect(
            self.server, FakeTransport(self.server, True), self.client, FakeTransport(self.client, False)
        )
        self.caller = Caller(self.client, self.daemon.house.reactor)

    def asked(self, action: str, **arguments: Any) -> "Deferred[Answer]":
        answer = Deferred.fromCoroutine(self.caller.every_page(action, arguments))
        for _ in range(50):
            self.pump.flush()
            self.daemon.house.turn()
        return answer

    def refused(self, action: str, **arguments: Any) -> str:
        return str(self.failureResultOf(self.asked(action, **arguments), Refused).value)

    def failing(self, error: Exception) -> str:
        async def fail(arguments: dict[str, Any]) -> Answer:
            raise error

        self.daemon.actions.table["status"] = fail
        return self.refused("status")

    def test_answer(self) -> None:
        """An answer of many pages arrives whole, whatever its size."""
        for number in range(250):
            self.daemon.house.person(f"user{number:03}")
        rows = self.successResultOf(self.asked("user list"))["rows"]
        self.assertEqual([row["name"] for row in rows], [f"user{number:03}" for number in range(250)])

    def test_refusals(self) -> None:
        """What the core refuses comes as its sentence; sentences are cut when a name in them is endless."""
        self.assertEqual(self.failing(NameInUse("alice")), NameInUse("alice").sentence)
        self.assertLess(len(self.refused("user remove", name="x" * 500_000)), 3_000)

    def test_unknown_action(self) -> None:
        """A daemon of another version says so."""
        self.assertIn("is imdctl of the same version?", self.refused("make coffee"))

    def test_outcome_unknown(self) -> None:
        """A store that dies at the wrong moment: do it again."""
        self.assertIn("do it again", self.failing(OutcomeUnknown()))

    def test_fault(self) -> None:
        """A fault of ours is in the log with its stack, and the operator is told to look there."""
        self.assertIn("its log says where", self.failing(KeyError("oops")))
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_connection_lost(self) -> None:
        """A daemon that goes away before it answers: said, not a stack."""
        for reason in (ConnectionDone(), ConnectionLost()):
            self.setUp()
            answer = Deferred.fromCoroutine(self.caller.ask("status", {}))
            self.client.connectionLost(Failure(reason))
            self.assertIn("went away", str(self.failureResultOf(answer, Refused).value))

    def test_no_answer(self) -> None:
        """A daemon that hangs is not waited for for ever."""
        answer = Deferred.fromCoroutine(self.caller.ask("status", {}))
        self.assertNoResult(answer)
        self.daemon.house.reactor.advance(61)
        self.assertIn("did not answer within 60 s", str(self.failureResultOf(answer, Refused).value))
