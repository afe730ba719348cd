"""P10: restart, reload and a renewed certificate lose nothing and refuse nothing that was valid."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions
from zope.interface import implementer

from imd.control.wire import Refused
from imd.net.self_signed import make_pair
from tests.daemon import PATIENCE, RunningDaemon
from tests.doors import DOORS, Driver, NativeDriver
from tests.doors.driver import reactor
from tests.doors.stream import Stream, connected
from tests.net.polling.client import http
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores


class RestartPromise(PromiseTestCase):
    __test__ = False

    def configured(self, text: str, **more: Any) -> tuple[RunningDaemon, Path]:
        """A daemon with a settings file."""
        folder = Path(self.mktemp())
        folder.mkdir(parents=True)
        file = folder / "imd.toml"
        file.write_text(text)
        return self.house(config=file.absolute(), **more), file

    async def test_stop_and_start(self) -> None:
        """SIGTERM: clients are told, the exit code is 0, and the next daemon has everybody and everything."""
        daemon = await self.house().start()
        await self.people(daemon, "one", "two", "away")
        for door in DOORS:
            one = await self.on(daemon, door, "one")
            two = await self.on(daemon, door, "two")
            await one.befriend("two")
            await two.approve("one")
            self.assertIn((await one.send("away", f"from {door}")).how, ("accepted", "kept"))
            self.assertEqual(await daemon.stop(), 0, daemon.log)
            await one.lost
            await two.lost
            said = one.stream.shown()
            self.assertTrue("shutting-down" in said or "ERROR :Closing Link" in said, said)
            await daemon.start()
        away = await self.on(daemon, "irc", "away")
        await away.until("what waited", lambda: len(away.received) == len(DOORS))
        self.assertEqual([each.body for each in away.received], [f"from {door}" for door in DOORS])
        ended = [row for row in (await daemon.ask("ledger", name="one"))["rows"] if row["ended"]]
        self.assertEqual({row["reason"] for row in ended}, {"stopped"})

    async def test_in_flight_while_stopping(self) -> None:
        """What was accepted in the moment of SIGTERM is there afterwards."""
        daemon = await self.house("offline.max_messages=0").start()
        await self.people(daemon, "one", "away")
        one = await self.on(daemon, "native", "one")
        told: list[str] = []
        for number in range(500):
            sending = one.send("away", str(number))
            sending.addCallbacks(lambda outcome, n=str(number): told.append(n), lambda failure: None)
        await one.until("some accepted", lambda: len(told) >= 100)
        self.assertEqual(await daemon.stop(), 0, daemon.log)
        accepted = list(told)
        await daemon.start()
        away = await self.on(daemon, "native", "away")
        await away.until("all", lambda: len(away.received) >= len(accepted))
        bodies = [each.body for each in away.received]
        self.assertEqual([body for body in accepted if body not in bodies], [])
        self.assertEqual(bodies, sorted(set(bodies), key=int))

    async def test_polls_while_stopping(self) -> None:
        """SIGTERM while people poll, each at another stage of it, and talk: the next daemon says that it does not know
        their sessions, they resume, and nothing is lost or shown twice."""
        daemon = await self.house("offline.max_messages=0").start()
        stages = ("waits", "rests", "reads-no-answer", "speaks", "is-gone", "acknowledges-nothing")
        await self.people(daemon, "other", *stages)
        other = await self.on(daemon, "native", "other")
        pages = {stage: await self.on(daemon, "web-poll", stage) for stage in stages}
        streams: dict[str, Any] = {stage: page.stream for stage, page in pages.items()}
        streams["rests"].rest()
        streams["reads-no-answer"].pause()
        streams["is-gone"].abort()
        pages["acknowledges-nothing"].confirming = False
        # By client id: what has had no answer is said again.
        open: dict[str, tuple[Driver, str]] = {}
        for number in range(20):
            for stage, page in pages.items():
                self.say(other, stage, f"{stage} {number}", open)
                if stage == "speaks":
                    self.say(page, "other", f"speaks too {number}", open)
        for stage in ("waits", "acknowledges-nothing"):
            await pages[stage].until("something", lambda stage=stage: bool(pages[stage].received))
        self.assertEqual(await daemon.stop(), 0, daemon.log)
        for stream in streams.values():
            stream.abort()
        await daemon.start()
        connection = await http(daemon.ports["web", "tcp"])
        self.addCleanup(connection.cut)
        people = {**pages, "other": other}
        for name, before in people.items():
            if name in streams:
                answer = await connection.ask(f"/embed/poll/{streams[name].session}", b"{}")
                self.assertEqual(answer.status, 404)
            people[name] = await before.resume(daemon)
            self.addCleanup(people[name].cut)
        for client_id, (speaker, to) in list(open.items()):
            again = people[speaker.name]
            assert isinstance(again, NativeDriver)
            self.assertEqual((await again.send(to, client_id, client_id)).how, "accepted")
        for name, person in people.items():
            await person.barrier()
            earlier = {**pages, "other": other}[name].received
            shown = {each.id: each.body for each in earlier}
            self.assertEqual(len(shown), len(earlier))
            for each in person.received:
                self.assertTrue(each.id not in shown or each.repeat, each)
                shown[each.id] = each.body
            said = [f"speaks too {number}" if name == "other" else f"{name} {number}" for number in range(20)]
            self.assertEqual(list(shown.values()), said)

    def say(self, speaker: Driver, to: str, body: str, open: dict[str, tuple[Driver, str]]) -> None:
        assert isinstance(speaker, NativeDriver)
        open[body] = speaker, to
        speaker.send(to, body, body).addCallbacks(lambda outcome: open.pop(body), lambda failure: None)

    async def test_reload(self) -> None:
        """A reload puts new settings in force for those who are on, and nobody is cut off."""
        daemon, file = self.configured('[irc]\nmotd = "first"\n[accounts]\nregistration = "closed"\n')
        await daemon.start()
        await self.people(daemon, "one", "two")
        one = await self.on(daemon, "native", "one")
        two = await self.on(daemon, "irc", "two")
        file.write_text('[irc]\nmotd = "second"\n[accounts]\nregistration = "open"\n')
        answer = await daemon.ask("reload")
        self.assertEqual(
            sorted(each.split(":")[0] for each in answer["changed"]), ["accounts.registration", "irc.motd"]
        )
        self.assertEqual((await one.send("two", "still here")).how, "accepted")
        await two.until("the message", lambda: len(two.received) == 1)
        stream = await connected(daemon.ports["irc", "tcp"])
        self.addCleanup(stream.abort)
        stream.say(f"PASS :{PASSWORD}")
        stream.say("NICK one")
        stream.say("USER one 0 * :One")
        await stream.until("the new message of the day", lambda: any("second" in line for line in stream.transcript))

    async def test_wrong_reload(self) -> None:
        """A wrong new setting leaves the old ones in force, all of them, and says file, line and key."""
        daemon, file = self.configured('[irc]\nmotd = "first"\n')
        await daemon.start()
        await self.people(daemon, "one")
        one = await self.on(daemon, "irc", "one")
        file.write_text('[irc]\nmotd = "second"\n[limits]\nconections = 3\n')
        with self.assertRaises(Refused) as refused:
            await daemon.ask("reload")
        self.assertIn(f"{file.name}", str(refused.exception))
        self.assertIn("4", str(refused.exception))
        self.assertIn("connections", str(refused.exception))
        begin = len(one.stream.transcript)
        one.stream.say("MOTD")
        await one.until("MOTD", lambda: any(" 376 " in line for line in one.stream.transcript[begin:]))
        self.assertTrue(any("first" in line for line in one.stream.transcript[begin:]))
        # The same by SIGHUP: said in the log.
        daemon.hang_up()
        await self.logged(daemon, "not reloaded, the old settings stay in force")

    async def logged(self, daemon: RunningDaemon, text: str) -> None:
        """Wait until the daemon has logged it; each question it answers is a turn of its reactor."""
        for _ in range(500):
            if text in daemon.log:
                return
            await daemon.ask("status")
        self.fail(f"not logged: {text}\n{daemon.log}")

    async def test_certificate_renewed(self) -> None:
        """A renewed certificate is served without a restart; those who are on stay on; a broken one changes nothing."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir(parents=True)
        certificate, key = folder / "cert.pem", folder / "key.pem"

        def renew() -> bytes:
            cert_pem, key_pem = make_pair("localhost", reactor.seconds())
            key.write_bytes(key_pem)
            certificate.write_bytes(cert_pem)
            return cert_pem

        first = renew()
        daemon, _ = self.configured(f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n')
        await daemon.start()
        self.assertEqual(await served(daemon, "irc"), first)
        stream = await connected(daemon.ports["irc", "tls"], tls=True)
        self.addCleanup(stream.abort)
        second = renew()
        await daemon.ask("reload")
        for door in ("native", "irc"):
            self.assertEqual(await served(daemon, door), second)
        certificate.write_bytes(b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        with self.assertRaises(Refused):
            await daemon.ask("reload")
        self.assertEqual(await served(daemon, "native"), second)
        third = renew()
        # Without being told: the files are looked at every few seconds.
        deadline = reactor.seconds() + PATIENCE
        while await served(daemon, "irc") != third:
            self.assertLess(reactor.seconds(), deadline, "the renewed certificate was not picked up")
        stream.say("PING still-here")
        await stream.until("an answer on the old connection", lambda: any("PONG" in line for line in stream.transcript))


async def served(daemon: RunningDaemon, door: str) -> bytes:
    """The certificate a new connection to this door is shown, PEM."""
    creator = _Shown()
    endpoint = wrapClientTLS(creator, HostnameEndpoint(reactor, "127.0.0.1", daemon.ports[door, "tls"]))
    stream = Stream()
    await connectProtocol(endpoint, stream)
    stream.say("")
    stream.say("PING x" if door == "irc" else '{"type":"ping","ref":1}')
    await stream.until("an answer", lambda: any(line.startswith("S:") for line in stream.transcript))
    shown = creator.certificate()
    stream.abort()
    return shown


@implementer(IOpenSSLClientConnectionCreator)
class _Shown:
    """Connects to whatever it is shown, and keeps it."""

    def __init__(self) -> None:
        self._connection: SSL.Connection | None = None

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        self._connection = SSL.Connection(CertificateOptions().getContext(), None)
        self._connection.set_app_data(protocol)
        return self._connection

    def certificate(self) -> bytes:
        assert self._connection is not None
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        assert certificate is not None
        return certificate.public_bytes(Encoding.PEM)


globals().update(on_both_stores(RestartPromise))
del RestartPromise
