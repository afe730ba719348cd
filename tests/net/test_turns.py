"""Lean turns of the reactor: on the reactor they are made for they serve as its own do, on others they stay away."""

import socket
from collections.abc import Callable
from functools import partial
from time import perf_counter
from types import SimpleNamespace
from typing import Any, cast
from unittest import skipUnless

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IProtocol, ITransport
from twisted.internet.protocol import ClientFactory, Protocol, ServerFactory
from twisted.internet.task import Clock
from twisted.python.reflect import qual
from twisted.trial.unittest import SynchronousTestCase

from imd.net.holding import EVENTS, SHARE
from imd.net.reactor_clock import ReactorClock
from imd.net.turns import LeanTurns

try:
    from twisted.internet.epollreactor import EPollReactor
except ImportError:  # not Linux
    EPollReactor = None  # type: ignore[assignment, misc]


class Echo(Protocol):
    """Answers at the end of the turn; fails at the word "fail"."""

    clock: ReactorClock
    heard: Callable[[bytes], None]
    lost: "Deferred[None]"

    def dataReceived(self, data: bytes) -> None:
        if data == b"fail":
            raise ZeroDivisionError("asked to")
        self.heard(data)
        self.clock.last(partial(cast(ITransport, self.transport).write, data.upper()))

    def connectionLost(self, reason: Any = None) -> None:
        self.lost.callback(None)


class Caller(Protocol):
    def __init__(self, heard: Callable[["Caller", bytes], None]) -> None:
        self.heard = heard
        self.gone: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        self.say(b"hello")

    def say(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def dataReceived(self, data: bytes) -> None:
        self.heard(self, data)

    def connectionLost(self, reason: Any = None) -> None:
        self.gone.callback(None)


class ElsewhereTests(SynchronousTestCase):
    def test_other_reactors(self) -> None:
        """Whatever is not the stock epoll reactor keeps its turns, and the clock its timer."""
        reactor = Clock()
        clock = ReactorClock(reactor)
        turns = LeanTurns(reactor, clock)
        self.assertFalse(turns.start())
        clock.soon(lambda: None)
        self.assertEqual(len(reactor.getDelayedCalls()), 1)
        turns.stop()

    def test_twisted_changed(self) -> None:
        """An epoll reactor without the parts we know keeps its turns."""
        changed = type("EPollReactor", (), {"__module__": "twisted.internet.epollreactor", "seconds": lambda self: 0})()
        self.assertEqual(qual(type(changed)), "twisted.internet.epollreactor.EPollReactor")
        turns = LeanTurns(changed, ReactorClock(changed))
        self.assertFalse(turns.start())
        turns.stop()


@skipUnless(EPollReactor is not None, "no epoll here")
class TurnTests(SynchronousTestCase):
    """On a reactor of their own, over real sockets."""

    def setUp(self) -> None:
        self.reactor: Any = EPollReactor()
        self.clock = ReactorClock(self.reactor)
        self.turns = LeanTurns(self.reactor, self.clock)
        self.heard: Callable[[bytes], None] = lambda data: None
        self.losses: list[Deferred[None]] = []
        self.addCleanup(self.close)
        factory = ServerFactory()
        factory.buildProtocol = self.build  # type: ignore[method-assign, assignment]
        self.port = self.reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.assertTrue(self.turns.start())

    def close(self) -> None:
        self.turns.stop()
        self.assertNotIn("doIteration", vars(self.reactor))
        self.port.stopListening()
        for _ in range(3):
            self.reactor.iterate(0)
        self.reactor.disconnectAll()
        self.reactor._poller.close()

    def build(self, address: object) -> IProtocol:
        echo = Echo()
        echo.clock = self.clock
        echo.heard = lambda data: self.heard(data)
        echo.lost = Deferred()
        self.losses.append(echo.lost)
        return echo

    def call(self, heard: Callable[[Caller, bytes], None]) -> Caller:
        caller = Caller(heard)
        factory = ClientFactory()
        factory.buildProtocol = lambda address: caller  # type: ignore[method-assign, assignment]
        self.reactor.connectTCP("127.0.0.1", self.port.getHost().port, factory)
        return caller

    def until(self, deferred: "Deferred[Any]") -> None:
        for _ in range(10_000):
            if deferred.called:
                break
            self.reactor.iterate(0.01)
        self.successResultOf(deferred)

    def test_serves(self) -> None:
        """What is said is answered, in order, and both ends of a connection are told of its end."""
        heard: list[bytes] = []

        def answer(caller: Caller, data: bytes) -> None:
            heard.append(data)
            if len(heard) < 3:
                caller.say(b"more")
            else:
                assert caller.transport is not None
                caller.transport.loseConnection()

        caller = self.call(answer)
        self.until(caller.gone)
        self.until(gatherResults(self.losses))
        self.assertEqual(heard, [b"HELLO", b"MORE", b"MORE"])

    def test_failing(self) -> None:
        """A protocol that raises is logged with its stack and loses its connection; others are served on."""
        other = self.call(lambda caller, data: None)
        caller = self.call(lambda caller, data: caller.say(b"fail"))
        self.until(caller.gone)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        done: Deferred[bytes] = Deferred()
        other.heard = lambda caller, data: done.callback(data)
        other.say(b"still here")
        self.until(done)

    def test_reset(self) -> None:
        """A connection that is reset is lost, not served for ever."""
        with socket.create_connection(("127.0.0.1", self.port.getHost().port)) as client:
            client.sendall(b"hello")
            while not self.losses:
                self.reactor.iterate(0.01)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.until(self.losses[0])

    def test_timers_end_turns_too(self) -> None:
        """What a timer asks for at the end of the turn runs without anything to read."""
        ran: Deferred[None] = Deferred()
        self.clock.call_later(0.001, lambda: self.clock.soon(lambda: ran.callback(None)))
        self.until(ran)

    def test_when_read(self) -> None:
        """With more sockets ready than one turn serves, what waits for all of them runs when all were read; with
        none ready, at once."""
        ran: list[int] = []
        heard: list[bytes] = []
        clients = [socket.create_connection(("127.0.0.1", self.port.getHost().port)) for _ in range(EVENTS + 5)]
        for client in clients:
            self.addCleanup(client.close)
        while len(self.losses) < len(clients):
            self.reactor.iterate(0.01)
        self.heard = heard.append
        for client in clients:
            client.sendall(b"hello")
        self.turns.when_read(lambda: ran.append(len(heard)))
        # As the daemon has it: one turn serves so many sockets, whatever is ready.
        poller = self.reactor._poller
        self.reactor._poller = SimpleNamespace(
            poll=lambda timeout, most: poller.poll(timeout, min(most, EVENTS)), modify=poller.modify
        )
        self.addCleanup(setattr, self.reactor, "_poller", poller)
        self.reactor.iterate(0)
        self.assertEqual((ran, len(heard) <= EVENTS), ([], True))
        for _ in range(len(clients)):
            # Two, unless the machine does something else meanwhile.
            if not ran:
                self.reactor.iterate(0)
        self.assertEqual(ran, [len(clients)])
        self.turns.when_read(lambda: ran.append(0))
        self.reactor.iterate(1)
        self.assertEqual(ran, [len(clients), 0])

    def test_long(self) -> None:
        """Where serving one takes long, a turn serves only some; none is forgotten."""
        clients = [socket.create_connection(("127.0.0.1", self.port.getHost().port)) for _ in range(20)]
        for client in clients:
            self.addCleanup(client.close)
        while len(self.losses) < len(clients):
            self.reactor.iterate(0.01)
        heard: list[bytes] = []

        def hear(data: bytes) -> None:
            heard.append(data)
            enough = perf_counter() + SHARE / 4
            while perf_counter() < enough:
                pass

        self.heard = hear
        for client in clients:
            client.sendall(b"hello")
        self.reactor.iterate(0.01)
        self.assertLess(len(heard), 9)
        for _ in clients:
            self.reactor.iterate(0)
        self.assertEqual(len(heard), len(clients))

    def test_fair(self) -> None:
        """Nobody waits for ever, though others who take long have always more to say."""
        clients = [socket.create_connection(("127.0.0.1", self.port.getHost().port)) for _ in range(20)]
        for client in clients:
            self.addCleanup(client.close)
        while len(self.losses) < len(clients):
            self.reactor.iterate(0.01)
        heard: set[bytes] = set()

        def hear(data: bytes) -> None:
            heard.add(data)
            clients[data[0]].sendall(data)
            enough = perf_counter() + SHARE / 3
            while perf_counter() < enough:
                pass

        self.heard = hear
        for number, client in enumerate(clients):
            client.sendall(bytes([number]))
        for _ in range(6):
            self.reactor.iterate(0)
        self.heard = lambda data: None
        self.assertEqual(len(heard), len(clients))

    def test_taken_once(self) -> None:
        """Turns that somebody has taken are not taken again, and are given back by who took them."""
        second = LeanTurns(self.reactor, SimpleNamespace())  # type: ignore[arg-type]
        self.assertFalse(second.start())
        second.stop()
        self.assertIn("doIteration", vars(self.reactor))
