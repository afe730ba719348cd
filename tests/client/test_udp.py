"""``imc --udp`` against a running daemon, and the certificates of DTLS."""

import json
import socket
import time
from pathlib import Path
from typing import Any

from twisted.internet import error
from twisted.internet import reactor as installed_reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, trustRootFromCertificates

from imd.client.datagram import DatagramEndpoint, DatagramReaching
from imd.client.destination import Destination, Way
from imd.net.self_signed import make_pair
from tests.client.imc import run
from tests.daemon import DaemonTestCase, RunningDaemon
from tests.doors import UdpDriver

reactor: Any = installed_reactor


class ProgramTests(DaemonTestCase):
    timeout = 120

    async def house(self, *names: str) -> RunningDaemon:
        daemon = await self.daemon().start()
        for name in names:
            await daemon.ask("user add", name=name, password="sesame")
        self.here = f"127.0.0.1:{daemon.ports['native', 'udp']}"
        return daemon

    async def test_there_and_back(self) -> None:
        """Plain on loopback and DTLS with --insecure: messages, receipts, order, and exit codes as over TCP."""
        daemon = await self.house("alice", "bob")
        for security in ((), ("--insecure",)):
            lines = [f"line {number} " + "x" * 500 for number in range(60)]
            code, told, complaints = await run(
                "--udp", *security, "--to", "bob", "--json", f"alice@{self.here}", stdin="\n".join(lines)
            )
            self.assertEqual((code, complaints), (0, ""))
            self.assertEqual([json.loads(each)["outcome"] for each in told], ["kept"] * 60)
            code, received, _ = await run(
                "--udp", *security, "--receive", "--count", "60", "--json", f"bob@{self.here}"
            )
            self.assertEqual(code, 0)
            self.assertEqual([json.loads(each)["body"] for each in received], lines)
        doors = {(row["door"], row["tls"][:8]) for row in (await daemon.ask("ledger"))["rows"]}
        self.assertEqual(doors, {("native-udp", ""), ("native-udp", "DTLSv1.2")})

    async def test_localhost(self) -> None:
        """A name for several addresses: the one that answers is taken."""
        await self.house("alice", "bob")
        port = self.here.rpartition(":")[2]
        self.assertEqual((await run("--udp", "--to", "bob", f"alice@localhost:{port}", stdin="hi\n"))[0], 0)

    async def test_wrong_password(self) -> None:
        """Exit code 4."""
        await self.house("bob")
        self.assertEqual((await run("--udp", "--to", "bob", f"alice@{self.here}", stdin="hi\n"))[0], 4)

    async def test_too_many(self) -> None:
        """Exit code 3, at once, and why, plain and DTLS."""
        daemon = await self.daemon("limits.enabled=true", "limits.connections=1").start()
        await daemon.ask("user add", name="alice", password="sesame")
        first = await UdpDriver.sign_on(daemon, "alice", "sesame")
        self.addCleanup(first.cut)
        for security in ((), ("--insecure",)):
            here = f"alice@127.0.0.1:{daemon.ports['native', 'udp']}"
            code, _, complaints = await run("--udp", *security, "--to", "bob", here, stdin="hi\n")
            self.assertEqual(code, 3)
            self.assertIn("too many" if security else "takes no more connections", complaints)

    async def test_nobody_there(self) -> None:
        """Exit code 3, at once, and what to look at."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
        code, _, complaints = await run("--udp", "--to", "bob", f"alice@127.0.0.1:{port}", stdin="hi\n")
        self.assertEqual(code, 3)
        self.assertIn("by UDP", complaints)
        self.assertIn("connection refused", complaints)


class CertificateTests(DaemonTestCase):
    """Whom DTLS trusts."""

    timeout = 60

    async def connect(self, daemon: RunningDaemon, host: str, trust: Any) -> None:
        """Connect with DTLS, and leave."""
        destination = Destination("alice", host)
        reaching = DatagramReaching(reactor, destination, trust=trust)
        way = Way(daemon.ports["native", "udp"], True)
        endpoint = DatagramEndpoint(reactor, destination, way, reaching._context())
        protocol = await endpoint.connect(Factory.forProtocol(Protocol))
        protocol.transport.abortConnection()

    async def test_trust(self) -> None:
        """A certificate one trusts for the name or the address is taken, one of a stranger not."""
        daemon = await self.daemon('domain="chat.example"').start()
        trust = trusting((daemon.data / "certificate.pem").read_bytes())
        await self.connect(daemon, "localhost", trust)
        await self.connect(daemon, "127.0.0.1", trust)
        self.assertIn("certificate", await self.refused(daemon, "localhost", None))

    async def test_another_name(self) -> None:
        """A certificate for another name is not taken, however trusted."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        certificate, key = make_pair("other.example", time.time(), names=())
        (folder / "certificate.pem").write_bytes(certificate)
        (folder / "key.pem").write_bytes(key)
        daemon = await self.daemon(
            f'tls.certificate="{folder / "certificate.pem"}"', f'tls.key="{folder / "key.pem"}"'
        ).start()
        for host in ("localhost", "127.0.0.1"):
            self.assertIn("another name", await self.refused(daemon, host, trusting(certificate)))

    async def refused(self, daemon: RunningDaemon, host: str, trust: Any) -> str:
        """Why there is no connection."""
        try:
            await self.connect(daemon, host, trust)
        except error.ConnectError as problem:
            return str(problem)
        raise AssertionError("connected")


def trusting(pem: bytes) -> Any:
    return trustRootFromCertificates([Certificate.loadPEM(pem)])
