"""`imd.storage.redis.connection`: what goes over the wire, without a server."""

import os
import sys
from pathlib import Path
from typing import Any

import txredisapi
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import utils
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown
from imd.storage.redis import connection as module
from imd.storage.redis.connection import Connection, encode

GONE = Failure(ConnectionLost())
#: Not `st.binary`: beside `st.integers` it makes hypothesis compare bytes with numbers, an error under ``-bb``.
OCTETS = st.text(st.characters(max_codepoint=255), max_size=20).map(lambda text: text.encode("latin-1"))


def settle(clock: Clock) -> None:
    """Without hiredis the parser goes on in the next turn after each string."""
    while any(call.getTime() <= clock.seconds() for call in clock.getDelayedCalls()):
        clock.advance(0)


class ConnectionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.transport = StringTransport()
        self.connection = Connection(self.clock, 5.0)
        self.connection.makeConnection(self.transport)

    def sent(self) -> bytes:
        """What was written in this turn."""
        self.clock.advance(0)
        data: bytes = self.transport.value()
        self.transport.clear()
        return data

    def receive(self, data: bytes) -> None:
        self.connection.dataReceived(data)
        settle(self.clock)

    def ask(self, *words: str) -> Deferred[Any]:
        return self.connection.send(encode(words))

    def test_one_write_at_the_end_of_the_turn(self) -> None:
        """Nothing is written before the turn ends; then all commands are, in call order."""
        calls = [self.ask("GET", "a"), self.ask("GET", "b")]
        self.assertEqual(self.transport.value(), b"")
        self.assertEqual(self.sent(), encode(("GET", "a")) + encode(("GET", "b")))
        self.receive(b"$1\r\n1\r\n$3\r\n007\r\n")
        self.assertEqual([self.successResultOf(call) for call in calls], [b"1", b"007"])

    def test_envelope(self) -> None:
        """Several commands of a turn go between MULTI and EXEC; each gets its own reply, or its own error."""
        calls = [self.ask("INCR", str(n)) for n in range(5)]
        data = self.sent()
        self.assertTrue(data.startswith(encode(("MULTI",))) and data.endswith(encode(("EXEC",))))
        self.receive(b"+OK\r\n" + b"+QUEUED\r\n" * 5)
        for call in calls:
            self.assertNoResult(call)
        self.receive(b"*5\r\n:1\r\n-ERR no\r\n*2\r\n:1\r\n$-1\r\n$3\r\n1e5\r\n$-1\r\n")
        self.failureResultOf(calls.pop(1), txredisapi.ResponseError)
        self.assertEqual([self.successResultOf(call) for call in calls], [1, [1, None], b"1e5", None])

    def test_refused_envelope(self) -> None:
        """Where one command is refused when it is queued none is executed, and all say so."""
        calls = [self.ask("INCR", str(n)) for n in range(4)]
        self.sent()
        self.receive(b"+OK\r\n+QUEUED\r\n-OOM memory\r\n+QUEUED\r\n+QUEUED\r\n-EXECABORT x\r\n")
        self.failureResultOf(calls.pop(1), txredisapi.ResponseError)
        for call in calls:
            self.failureResultOf(call, StoreUnavailable)

    def test_no_right_to_envelopes(self) -> None:
        """A user who may not use MULTI is served without: at once, and from then on."""
        calls = [self.ask("INCR", str(n)) for n in range(4)]
        self.sent()
        self.receive(b"-NOPERM multi\r\n:1\r\n:2\r\n:3\r\n:4\r\n-ERR EXEC without MULTI\r\n")
        self.assertEqual([self.successResultOf(call) for call in calls], [1, 2, 3, 4])
        calls = [self.ask("INCR", str(n)) for n in range(4)]
        self.assertNotIn(b"MULTI", self.sent())
        self.receive(b":5\r\n:6\r\n:7\r\n:8\r\n")
        self.assertEqual([self.successResultOf(call) for call in calls], [5, 6, 7, 8])

    def test_large_turns(self) -> None:
        """A turn with very many commands takes several envelopes."""
        calls = [self.ask("GET", "a") for _ in range(module.MOST + 10)]
        self.assertEqual(self.sent().count(encode(("EXEC",))), 2)
        for size in (module.MOST, 10):
            self.receive(b"+OK\r\n" + b"+QUEUED\r\n" * size + b"*%d\r\n" % size + b":1\r\n" * size)
        self.assertEqual([self.successResultOf(call) for call in calls], [1] * (module.MOST + 10))

    def test_lost(self) -> None:
        """When the connection dies, what was written is in doubt, what was not has not happened."""
        order: list[str] = []
        self.connection.lost = lambda reason: order.append("lost")
        written = [self.ask("SET", "a", str(n)) for n in range(6)]

        def failed(failure: Failure) -> Failure:
            order.append("failed")
            return failure

        written[0].addErrback(failed)
        self.sent()
        waiting = self.ask("SET", "b", "1")
        self.connection.connectionLost(GONE)
        for call in written:
            self.failureResultOf(call, OutcomeUnknown)
        self.failureResultOf(waiting, StoreUnavailable)
        self.failureResultOf(self.ask("PING"), StoreUnavailable)
        self.assertEqual(order, ["lost", "failed"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_reply_timeout(self) -> None:
        """Redis has `reply_timeout` for the oldest write; then the connection is dropped, not before."""
        first = self.ask("GET", "a")
        self.sent()
        self.clock.advance(3)
        second = self.ask("GET", "b")
        self.sent()
        self.receive(b":1\r\n")
        self.successResultOf(first)
        self.clock.advance(4.9)
        self.assertFalse(self.transport.disconnected)
        self.assertNoResult(second)
        self.clock.advance(0.2)
        self.assertTrue(self.transport.disconnected)

    def test_no_timeout_when_idle(self) -> None:
        """A connection over which nothing is asked is left alone."""
        self.ask("GET", "a")
        self.sent()
        self.receive(b":1\r\n")
        self.clock.advance(100)
        self.assertFalse(self.transport.disconnected)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_bounded(self) -> None:
        """Not more than so many commands, and so many bytes, wait for one Redis."""
        self.patch(module, "MAX_COMMANDS", 3)
        calls = [self.ask("GET", "a") for _ in range(3)]
        self.failureResultOf(self.ask("GET", "a"), StoreUnavailable)
        self.sent()
        self.failureResultOf(self.ask("GET", "a"), StoreUnavailable)
        self.receive(b":1\r\n:1\r\n:1\r\n")
        self.assertEqual([self.successResultOf(call) for call in calls], [1, 1, 1])
        self.patch(module, "MAX_BYTES", 100)
        long = self.ask("GET", "a" * 200)
        self.sent()
        self.failureResultOf(self.ask("GET", "a"), StoreUnavailable)
        self.receive(b":1\r\n")
        self.successResultOf(long)
        self.assertNoResult(self.ask("GET", "a"))

    def test_answer_to_no_question(self) -> None:
        """A reply nobody waits for ends the connection: no later one could be trusted."""
        self.receive(b":1\r\n")
        self.assertTrue(self.transport.disconnected)

    @given(st.lists(st.lists(OCTETS, min_size=1, max_size=4), min_size=1, max_size=12), st.data())
    def test_any_chunking(self, replies: list[list[bytes]], data: st.DataObject) -> None:
        """However the replies are cut into pieces, each command gets its own, byte for byte."""
        clock = Clock()
        connection = Connection(clock, 5.0)
        connection.makeConnection(StringTransport())
        calls = [connection.send(encode(("GET", "a"))) for _ in replies]
        clock.advance(0)
        stream = b"".join(encode(list(reply)) for reply in replies)
        if len(replies) >= module.FEWEST:
            stream = b"+OK\r\n" + b"+QUEUED\r\n" * len(replies) + b"*%d\r\n" % len(replies) + stream
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            connection.dataReceived(stream[start:end])
            settle(clock)
        self.assertEqual([self.successResultOf(call) for call in calls], replies)


class WithoutHiredisTests(TestCase):
    async def test_all_of_it(self) -> None:
        """Without hiredis txredisapi's own parser is used, and all that is tested above holds too."""
        code = "import sys; sys.modules['hiredis'] = None; from twisted.scripts.trial import run; run()"
        name = f"{ConnectionTests.__module__}.{ConnectionTests.__qualname__}"
        arguments = ["-c", code, "--temp-directory", str(Path(self.mktemp()).absolute()), name]
        folder = str(Path(__file__).parents[3])
        output, errors, status = await utils.getProcessOutputAndValue(sys.executable, arguments, os.environ, folder)
        self.assertEqual(status, 0, output.decode() + errors.decode())
        self.assertIn(b"PASSED", output)
