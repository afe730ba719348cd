"""The datagram half of the native door on a running daemon and real sockets."""

import time
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from imd.net.self_signed import make_pair
from tests.daemon import DaemonTestCase, RunningDaemon
from tests.doors.native import NativeDriver
from tests.doors.udp import DtlsDriver, UdpDriver

PASSWORD = "correct horse"


class DatagramDoor(DaemonTestCase):
    timeout = 60

    async def people(self, *names: str, settings: tuple[str, ...] = ()) -> RunningDaemon:
        daemon = await self.daemon(*settings).start()
        for name in names:
            await daemon.ask("user add", name=name, password=PASSWORD)
        return daemon

    async def on(self, daemon: RunningDaemon, kind: type[NativeDriver], name: str) -> NativeDriver:
        driver = await kind.sign_on(daemon, name, PASSWORD)
        assert isinstance(driver, NativeDriver)
        self.addCleanup(driver.cut)
        return driver

    async def test_every_way_to_every_way(self) -> None:
        """Plain, DTLS and TCP talk with each other, in order and once."""
        ways = {"plain": UdpDriver, "dtls": DtlsDriver, "tcp": NativeDriver}
        daemon = await self.people(*ways)
        people = {name: await self.on(daemon, kind, name) for name, kind in ways.items()}
        for sender in people.values():
            for other in people.values():
                if other is sender:
                    continue
                before = len(other.received)
                outcomes = [sender.send(other.name, f"{number} from {sender.name}") for number in range(50)]
                for outcome in outcomes:
                    self.assertEqual((await outcome).how, "accepted")
                await other.until("all", lambda other=other, before=before: len(other.received) >= before + 50)
                bodies = [each.body for each in other.received[before:]]
                self.assertEqual(bodies, [f"{number} from {sender.name}" for number in range(50)])

    async def test_long_messages(self) -> None:
        """A message as long as is allowed goes both ways; a longer one is refused, and the session goes on."""
        daemon = await self.people("alice", "bob")
        for kind in (UdpDriver, DtlsDriver):
            alice, bob = await self.on(daemon, kind, "alice"), await self.on(daemon, kind, "bob")
            body = "x" * 16_000
            self.assertEqual((await alice.send("bob", body)).how, "accepted")
            await bob.until("it", lambda bob=bob: bool(bob.received))
            self.assertEqual(bob.received[-1].body, body)
            alice.tell({"type": "send", "ref": 99, "to": "bob", "body": "y" * 70_000})
            await alice.until("the refusal", lambda alice=alice: any(e.get("code") == "too-long" for e in alice.events))
            await alice.barrier()
            alice.cut()
            bob.cut()

    async def test_the_ledger_shows_it(self) -> None:
        """Door, port and DTLS are in the ledger; the port is the UDP port unless the client says another."""
        daemon = await self.people("alice")
        plain = await self.on(daemon, UdpDriver, "alice")
        secure = await self.on(daemon, DtlsDriver, "alice")
        ledger = (await daemon.ask("ledger", name="alice"))["rows"]
        rows = {row["tls"]: row for row in ledger}
        self.assertEqual(len(rows), 2)
        for tls, row in rows.items():
            driver = secure if tls else plain
            assert isinstance(driver, UdpDriver)
            port = driver.stream.dialed.transport.getHost().port
            self.assertEqual((row["door"], row["address"], row["udp_port"]), ("native-udp", "127.0.0.1", port))
        self.assertTrue(any(tls.startswith("DTLSv1.2 ") for tls in rows))

    async def test_a_plain_client_moves(self) -> None:
        """From another port the same session goes on: by its connection id."""
        daemon = await self.people("alice", "bob")
        alice, bob = await self.on(daemon, UdpDriver, "alice"), await self.on(daemon, UdpDriver, "bob")
        assert isinstance(bob, UdpDriver)
        for number in range(5):
            port = bob.stream.dialed.transport.getHost().port
            await bob.stream.move()
            self.assertNotEqual(bob.stream.dialed.transport.getHost().port, port)
            told = alice.send("bob", f"message {number}")
            await bob.barrier()
            self.assertEqual((await told).how, "accepted")
        await bob.until("all", lambda: len(bob.received) == 5)
        self.assertEqual([each.body for each in bob.received], [f"message {number}" for number in range(5)])
        self.assertEqual(len((await daemon.ask("who"))["rows"]), 2)

    async def test_a_dtls_client_moves(self) -> None:
        """A new handshake from the new address, and the token: the session goes on, what was not confirmed comes."""
        daemon = await self.people("alice", "bob")
        alice, bob = await self.on(daemon, DtlsDriver, "alice"), await self.on(daemon, DtlsDriver, "bob")
        bob.confirming = False
        told = alice.send("bob", "while moving")
        await bob.until("it", lambda: bool(bob.received))
        bob.cut()
        again = await bob.resume(daemon)
        self.addCleanup(again.cut)
        await again.until("it again", lambda: bool(again.received))
        self.assertEqual((await told).how, "accepted")
        self.assertEqual(again.received[0].id, bob.received[0].id)
        self.assertEqual(len((await daemon.ask("who"))["rows"]), 2)

    async def test_a_renewed_certificate(self) -> None:
        """New associations get it, old ones go on."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        certificate, key = folder / "certificate.pem", folder / "key.pem"

        def renew() -> bytes:
            pems = make_pair("localhost", time.time())
            for path, pem in zip((certificate, key), pems, strict=True):
                path.write_bytes(pem)
            return load_pem_x509_certificate(pems[0]).public_bytes(Encoding.DER)

        def shown(driver: NativeDriver) -> bytes:
            assert isinstance(driver, DtlsDriver)
            assert driver.stream.dialed.association is not None
            seen = driver.stream.dialed.association.tls.get_peer_certificate(as_cryptography=True)
            assert seen is not None
            return seen.public_bytes(Encoding.DER)

        first = renew()
        daemon = await self.people("alice", settings=(f'tls.certificate="{certificate}"', f'tls.key="{key}"'))
        old = await self.on(daemon, DtlsDriver, "alice")
        self.assertEqual(shown(old), first)
        second = renew()
        await daemon.ask("reload")
        self.assertEqual(shown(await self.on(daemon, DtlsDriver, "alice")), second)
        await old.barrier()

    async def test_goodbye(self) -> None:
        """Who quits is gone at once; a daemon that stops tells its clients why, in time."""
        daemon = await self.people("alice", "bob")
        drivers = [await self.on(daemon, kind, name) for kind in (UdpDriver, DtlsDriver) for name in ("alice", "bob")]
        await drivers[0].quit()
        await drivers[2].quit()
        who = (await daemon.ask("who"))["rows"]
        self.assertEqual([row["name"] for row in who], ["bob", "bob"])
        self.assertEqual(await daemon.stop(), 0)
        for driver in (drivers[1], drivers[3]):
            await driver.lost
            self.assertEqual((driver.bye or {}).get("code"), "shutting-down")

    async def test_after_kill_minus_nine(self) -> None:
        """A client of a daemon that has died and come back is told, and resumes."""
        daemon = await self.people("alice")
        alice = await self.on(daemon, UdpDriver, "alice")
        await daemon.kill()
        alice.tell({"type": "ping"})
        await alice.lost
        await daemon.start()
        again = await alice.resume(daemon)
        self.addCleanup(again.cut)
        await again.barrier()
