"""A daemon with people in it, and real clients at its doors."""

import random
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred

from tests.daemon import DaemonTestCase, RunningDaemon, moments
from tests.doors import NativeDriver
from tests.peers.cable import Cable
from tests.peers.framework import Framework
from tests.peers.imc import Imc
from tests.peers.irssi import Irssi
from tests.peers.peer import PATIENCE, Peer
from tests.peers.weechat import WeeChat

#: With a space in it, as a passphrase has.
PASSWORD = "correct horse"


def lasting_port() -> int:
    """A free port that stays free while a daemon is restarted.

    Not of those from which the system takes the client ends of connections: a client that tries again and again to
    reach a port of these, while nobody listens, is one day connected to itself.
    """
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


class PeerTestCase(DaemonTestCase):
    """Starts daemons and clients; all of them are ended, whatever happens."""

    async def house(self, *names: str, settings: Sequence[str] = (), **more: Any) -> RunningDaemon:
        """A daemon on ports that outlive a restart, with accounts of these names."""
        listen = [f"{kind}:{lasting_port()}:interface=127.0.0.1" for kind in ("tcp", "tls")]
        daemon = self.daemon(f'listen.irc=["{listen[0]}","{listen[1]}"]', *settings, **more)
        await daemon.start()
        caller = await daemon.caller()
        for name in names:
            await caller.ask("user add", {"name": name, "password": PASSWORD})
        caller.close()
        return daemon

    async def irssi(self, daemon: RunningDaemon, name: str, *, port: int = 0) -> Irssi:
        """irssi, signed on by TLS with SASL PLAIN, set up as docs/clients/irssi.md says; `port` of a cable."""
        certificate = daemon.data / "certificate.pem"
        port = port or daemon.ports["irc", "tls"]
        client = Irssi(
            name,
            f'/network add -sasl_mechanism PLAIN -sasl_username {name} -sasl_password "{PASSWORD}" imd',
            f"/server add -4 -tls -tls_cafile {certificate} -network imd localhost {port}",
            "/connect imd",
        )
        await self.begin(client)
        return client

    async def weechat(self, daemon: RunningDaemon, name: str, *, port: int = 0) -> WeeChat:
        """WeeChat, signed on with SASL SCRAM-SHA-256, set up as docs/clients/weechat.md says; `port` of a cable."""
        client = WeeChat(
            name,
            f"/server add imd 127.0.0.1/{port or daemon.ports['irc', 'tcp']}",
            f"/set irc.server.imd.nicks {name}",
            "/set irc.server.imd.sasl_mechanism scram-sha-256",
            f"/set irc.server.imd.sasl_username {name}",
            f"/set irc.server.imd.sasl_password {PASSWORD}",
            "/connect imd",
        )
        await self.begin(client)
        return client

    async def framework(self, daemon: RunningDaemon, name: str, **options: Any) -> Framework:
        """irc-framework, signed on by TLS with SASL PLAIN; it verifies the certificate."""
        client = Framework(
            name,
            trusted=daemon.data / "certificate.pem",
            host="localhost",
            **{
                "port": daemon.ports["irc", "tls"],
                "tls": True,
                "rejectUnauthorized": True,
                "account": {"account": name, "password": PASSWORD},
                **options,
            },
        )
        await self.begin(client)
        return client

    def cable(self, daemon: RunningDaemon, kind: str) -> Cable:
        """A cable to the IRC door's listener of this kind, ``tcp`` or ``tls``."""
        cable = Cable(daemon.ports["irc", kind])
        self.addCleanup(cable.remove)
        return cable

    async def begin(self, client: Peer) -> None:
        """Start a client, and wait until it is signed on."""
        self.addCleanup(lambda: Deferred.fromCoroutine(client.close()))
        await client.start()
        await client.signed_on()

    def imc(self, daemon: RunningDaemon, name: str, *arguments: str, lines: tuple[str, ...] = ()) -> Imc:
        """imc in a pipe."""
        client = Imc(daemon, name, PASSWORD, *arguments, lines=lines)
        self.addCleanup(client.close)
        return client

    async def sent(self, daemon: RunningDaemon, name: str, to: str, *lines: str) -> list[str]:
        """Send lines by ``imc --to``; every one of them is accepted. Their ids."""
        finished = await self.imc(daemon, name, "--to", to, lines=lines).ends()
        self.assertEqual(finished.code, 0, finished)
        self.assertEqual(len(finished.printed), len(lines), finished)
        return [answer["id"] for answer in finished.printed]

    async def native(self, daemon: RunningDaemon, name: str) -> NativeDriver:
        """The test's own client of the native door."""
        driver = await NativeDriver.sign_on(daemon, name, PASSWORD)
        assert isinstance(driver, NativeDriver)
        self.addCleanup(driver.cut)
        return driver

    async def confirmed(self, daemon: RunningDaemon, client: Peer) -> None:
        """The client has acknowledged all that was kept for it: ``imdctl queue`` shows nothing any more."""
        deadline = time.monotonic() + PATIENCE
        while rows := await self.waiting(daemon, client.name):
            if time.monotonic() > deadline:
                raise AssertionError(f"{client.kind} of {client.name} did not confirm {rows}:\n{await client.view()}")
            await moments(0.05)

    async def until(self, what: str, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait until the daemon says so."""
        deadline = time.monotonic() + PATIENCE
        while not await true():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}")
            await moments(0.05)

    async def waiting(self, daemon: RunningDaemon, name: str) -> list[dict[str, Any]]:
        """What ``imdctl queue NAME`` shows."""
        rows: list[dict[str, Any]] = (await daemon.ask("queue", name=name))["rows"]
        return rows

    async def is_on(self, daemon: RunningDaemon, name: str) -> bool:
        """Whether ``imdctl who`` shows a session of this account."""
        return any(row["name"] == name for row in (await daemon.ask("who"))["rows"])

    async def is_off(self, daemon: RunningDaemon, name: str) -> bool:
        """The opposite."""
        return not await self.is_on(daemon, name)

    async def delivered(self, daemon: RunningDaemon, id: str, door: str) -> None:
        """The message was acknowledged at this door: ``imdctl trace ID`` says so."""

        async def acknowledged() -> bool:
            steps = (await daemon.ask("trace", id=id))["steps"]
            return any((step["step"], step["why"]) == ("delivered", door) for step in steps)

        await self.until(f"the acknowledgement of {id}", acknowledged)
