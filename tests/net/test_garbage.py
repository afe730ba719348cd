"""Garbage collection that does not hold the reactor, and connections that need none."""

import gc
import weakref
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from imd.assembly import Daemon
from imd.config.load import load
from imd.net.garbage import QUIET, THRESHOLDS, Garbage
from tests.daemon import QUICK
from tests.doors import websocket
from tests.doors.irc import IrcDriver
from tests.doors.native import NativeDriver
from tests.doors.stream import connected
from tests.doors.websocket import IrcWebDriver, NativeWebDriver

reactor: Any = installed


class Knot:
    """An object in a cycle."""

    def __init__(self) -> None:
        self.me = self


class GarbageTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.before = gc.get_threshold()
        self.garbage = Garbage()
        self.garbage.start()
        self.addCleanup(self.garbage.stop)

    def test_quiet(self) -> None:
        """Cycles that were forgotten are found in a quiet moment, and not while there are many connections."""
        knot = weakref.ref(Knot())
        self.garbage.quiet(QUIET + 1)
        self.assertIsNotNone(knot())
        self.garbage.quiet(QUIET)
        self.assertIsNone(knot())

    def test_as_before(self) -> None:
        """What was set is set back."""
        self.assertEqual(gc.get_threshold(), THRESHOLDS)
        self.assertGreater(gc.get_freeze_count(), 0)
        self.garbage.stop()
        self.garbage.stop()
        self.assertEqual(gc.get_threshold(), self.before)
        self.assertEqual(gc.get_freeze_count(), 0)


class Ports:
    """Of a daemon in this process, for the drivers."""

    def __init__(self, daemon: Daemon) -> None:
        self.ports = {(each["door"], each["kind"]): each["port"] for each in daemon.listeners()}


class LostTests(TestCase):
    """Nothing of a lost connection waits for a full collection."""

    timeout = 60

    async def setUp(self) -> None:  # type: ignore[override]
        listen = [
            'listen.native=["tcp:0","tls:0"]',
            'listen.irc=["tcp:0","tls:0"]',
            'listen.udp=["127.0.0.1:0"]',
            'listen.web=["tcp:0","tls:0"]',
        ]
        settings = load(None, [*listen, *QUICK], str(Path(self.mktemp()).absolute()))
        self.running = Daemon(reactor, settings)
        # Twisted 26.10 compares the control socket's path with text (`_inFilesystemNamespace`).
        self.addCleanup(self.flushWarnings)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.running.stop()))
        await self.running.start()
        await self.running.credentials.create_account("alice", "secret")
        self.ports: Any = Ports(self.running)

    def parts(self) -> list["weakref.ref[Any]"]:
        """Of all sessions there are: the core's, the door's, and the connection's with its transport."""
        found: list[weakref.ref[Any]] = []
        for session in self.running.hub.people.sessions():
            client: Any = session.client
            end = getattr(client, "sink", None) or client.link
            found += map(weakref.ref, (session, end))
            if getattr(end, "transport", None) is not None:
                found.append(weakref.ref(end.transport))
        return found

    async def gone(self, parts: list["weakref.ref[Any]"]) -> None:
        for _ in range(500):
            gc.collect()
            if not any(part() for part in parts):
                return
            await deferLater(reactor, 0.01, lambda: None)
        gc.unfreeze()
        left = [part() for part in parts if part()]
        self.fail(f"{left} held by {[[each for each in gc.get_referrers(one) if each is not left] for one in left]}")

    async def lost(self, driver: type[Any], tls: bool) -> None:
        if tls:
            port = self.ports.ports[driver.listener or driver.door, "tls"]
            web = ("/native", "imd.native") if driver is NativeWebDriver else ("/irc", "text.ircv3.net")
            stream = await (websocket.connected(port, *web, tls=True) if driver.listener else connected(port, tls=True))
            client = driver(stream, "alice")
            await client.enter("secret")
        else:
            client = await driver.sign_on(self.ports, "alice", "secret")
        parts = self.parts()
        self.assertGreaterEqual(len(parts), 2)
        # What there is now no collection will look at.
        gc.collect()
        gc.freeze()
        self.addCleanup(gc.unfreeze)
        client.cut()
        await self.gone(parts)

    async def test_native(self) -> None:
        """A client of the native door."""
        await self.lost(NativeDriver, tls=False)

    async def test_native_tls(self) -> None:
        """The same by TLS."""
        await self.lost(NativeDriver, tls=True)

    async def test_irc(self) -> None:
        """A client of the IRC door."""
        await self.lost(IrcDriver, tls=False)

    async def test_irc_tls(self) -> None:
        """The same by TLS."""
        await self.lost(IrcDriver, tls=True)

    async def test_native_websocket(self) -> None:
        """A client of the native door over WebSocket; of its request nothing is left either."""
        await self.lost(NativeWebDriver, tls=False)

    async def test_native_websocket_tls(self) -> None:
        """The same by TLS."""
        await self.lost(NativeWebDriver, tls=True)

    async def test_irc_websocket(self) -> None:
        """A client of the IRC door over WebSocket."""
        await self.lost(IrcWebDriver, tls=False)

    async def test_irc_websocket_tls(self) -> None:
        """The same by TLS."""
        await self.lost(IrcWebDriver, tls=True)
