"""The web listener of a real daemon: what the operator sees and may change, and how it ends."""

import json
from pathlib import Path

from twisted.internet.endpoints import HostnameEndpoint, connectProtocol

from tests.daemon import DaemonTestCase, RunningDaemon
from tests.doors import IrcWebDriver, NativeWebDriver
from tests.doors.stream import Stream, reactor
from tests.doors.stream import connected as dialed
from tests.doors.websocket import WebSocketStream, connected

ELSEWHERE = "Origin: https://elsewhere.example"


class ListenerTests(DaemonTestCase):
    """Over sockets."""

    async def signed_on(self, daemon: RunningDaemon, *, tls: bool = False) -> list[IrcWebDriver | NativeWebDriver]:
        """Somebody at each door."""
        port = daemon.ports["web", "tls" if tls else "tcp"]
        drivers: list[IrcWebDriver | NativeWebDriver] = []
        for kind, path, subprotocol in (
            (NativeWebDriver, "/native", "imd.native"),
            (IrcWebDriver, "/irc", "text.ircv3.net"),
        ):
            await daemon.ask("user add", name=f"{kind.door}{tls:d}", password="secret")
            driver = kind(await connected(port, path, subprotocol, tls=tls), f"{kind.door}{tls:d}")
            self.addCleanup(driver.cut)
            await driver.enter("secret")
            drivers.append(driver)
        return drivers

    async def test_what_the_operator_sees(self) -> None:
        """The listeners, who is on by which way, with TLS or without, and the same in the ledger."""
        daemon = await self.daemon().start()
        for tls in (False, True):
            await self.signed_on(daemon, tls=tls)
        listeners = (await daemon.ask("status"))["listeners"]
        self.assertEqual({each["kind"] for each in listeners if each["door"] == "web"}, {"tcp", "tls"})
        for action in ("who", "ledger"):
            rows = (await daemon.ask(action))["rows"]
            found = {(row["name"], row["door"], bool(row["tls"])) for row in rows}
            wanted = {(f"{way}{tls:d}", f"{door}-websocket", tls) for way, door in (
                ("websocket", "native"), ("irc-websocket", "irc")) for tls in (False, True)}  # fmt: skip
            self.assertEqual(found, wanted, action)

    async def test_end(self) -> None:
        """Who stops a daemon closes WebSockets as going away (1001), after the doors have said why."""
        daemon = await self.daemon().start()
        native, irc = await self.signed_on(daemon)
        secured = await self.signed_on(daemon, tls=True)
        await daemon.stop()
        for driver, words in ((native, '"type":"bye"'), (irc, "ERROR :"), (secured[1], "ERROR :")):
            stream = driver.stream
            assert isinstance(stream, WebSocketStream)
            await stream.until("the end", lambda stream=stream: not stream.alive)  # type: ignore[misc]
            assert stream.closed is not None
            self.assertEqual(stream.closed[0], 1001)
            self.assertIn(words, stream.shown())

    async def test_goodbye(self) -> None:
        """Who leaves, or is made to leave, is closed as usual (1000)."""
        daemon = await self.daemon().start()
        native, irc = await self.signed_on(daemon)
        await irc.quit()
        await daemon.ask("kick", name=native.name)
        await native.lost
        for driver in (native, irc):
            assert isinstance(driver.stream, WebSocketStream) and driver.stream.closed is not None
            self.assertEqual(driver.stream.closed[0], 1000)

    async def test_origins(self) -> None:
        """Pages of other sites may come once a reload allows it."""
        settings = Path(self.mktemp())
        settings.write_text("")
        daemon = await self.daemon(config=settings).start()
        refused = await self.asked(daemon)
        self.assertIn("HTTP/1.1 403 Forbidden", refused.shown())
        settings.write_text('web.origins = ["https://elsewhere.example"]\n')
        await daemon.ask("reload")
        self.assertTrue((await self.asked(daemon)).open)

    async def asked(self, daemon: RunningDaemon) -> WebSocketStream:
        """A browser with a page of another site."""
        stream = await connected(daemon.ports["web", "tcp"], headers=(ELSEWHERE,))
        self.addCleanup(stream.abort)
        await stream.until("an answer", lambda: stream.open or not stream.alive)
        return stream

    async def test_behind_a_balancer(self) -> None:
        """Where somebody comes from a PROXY header says, and no header of the request."""
        daemon = await self.daemon('listen.proxies=["127.0.0.1"]', "accounts.guests=true").start()
        stream = WebSocketStream("/irc", "text.ircv3.net", ("X-Forwarded-For: 203.0.113.9",))
        stream.first = b"PROXY TCP4 198.51.100.7 192.0.2.1 40007 8080\r\n"
        await connectProtocol(HostnameEndpoint(reactor, "127.0.0.1", daemon.ports["web", "tcp"]), stream)
        driver = IrcWebDriver(stream, "wanda")
        self.addCleanup(driver.cut)
        await driver.enter("")
        (row,) = (await daemon.ask("who"))["rows"]
        self.assertEqual((row["address"], row["port"], row["door"]), ("198.51.100.7", 40007, "irc-websocket"))

    async def test_health(self) -> None:
        """Asked by TLS and without."""
        daemon = await self.daemon().start()
        for kind in ("tcp", "tls"):
            stream: Stream = await dialed(daemon.ports["web", kind], tls=kind == "tls")
            assert stream.transport is not None
            stream.transport.write(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            await stream.until("the end", lambda stream=stream: not stream.alive)  # type: ignore[misc]
            self.assertIn("S: HTTP/1.1 200 OK", stream.transcript)
            self.assertEqual(json.loads(stream.transcript[-1][3:]), {"status": "ok"})
