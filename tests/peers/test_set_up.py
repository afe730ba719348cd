"""What README and docs/clients say about setting up clients, done to the letter with the real clients."""

import hashlib
import re
import ssl
import time
from pathlib import Path

from twisted.internet.defer import Deferred

from imd.net.self_signed import make_pair
from tests.daemon import RunningDaemon
from tests.peers.case import PASSWORD, PeerTestCase
from tests.peers.irssi import Irssi
from tests.peers.weechat import WeeChat

ROOT = Path(__file__).parents[2]
IRSSI = "docs/clients/irssi.md"
WEECHAT = "docs/clients/weechat.md"


def block(page: str, after: str, daemon: RunningDaemon) -> list[str]:
    """The lines of the first block of code behind `after` in a page, with the ports, folder and password of a test."""
    text = (ROOT / page).read_text()
    match = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL).search(text, text.index(after))
    assert match is not None, after
    certificate = daemon.data / "certificate.pem"
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()
    if page == IRSSI:
        fingerprint = ":".join(re.findall("..", fingerprint.upper()))
    lines = match[1]
    for shown, real in (
        ("6697", str(daemon.ports["irc", "tls"])),
        ("6667", str(daemon.ports["irc", "tcp"])),
        ("SECRET", PASSWORD),
        ("FINGERPRINT", fingerprint),
        ("imd-data/certificate.pem", str(certificate)),
    ):
        lines = lines.replace(shown, real)
    return lines.splitlines()


class SetUp(PeerTestCase):
    async def begun_as(self, daemon: RunningDaemon, client: Irssi | WeeChat, *, tls: bool) -> None:
        """The client signs on, as an account, over TLS or not."""
        await self.begin(client)
        (row,) = (await daemon.ask("who"))["rows"]
        self.assertEqual((row["name"], row["kind"], bool(row["tls"])), ("alice", "account", tls))

    async def test_irssi_of_the_readme(self) -> None:
        """The README's commands for irssi sign on, by TLS."""
        daemon = await self.house("alice")
        commands = block("README.md", "**irssi**", daemon)
        await self.begun_as(daemon, Irssi("alice", *commands), tls=True)

    async def test_weechat_of_the_readme(self) -> None:
        """The README's commands for WeeChat sign on, by TLS."""
        daemon = await self.house("alice")
        commands = block("README.md", "**weechat**", daemon)
        await self.begun_as(daemon, WeeChat("alice", *commands), tls=True)

    async def test_irssi(self) -> None:
        """By TLS with a certificate that is verified."""
        daemon = await self.house("alice")
        commands = block(IRSSI, "## With an account, over TLS", daemon)
        await self.begun_as(daemon, Irssi("alice", *commands), tls=True)

    async def test_irssi_with_a_pinned_certificate(self) -> None:
        """A fingerprint stands in for an authority: with the right one irssi signs on, with another it does not."""
        daemon = await self.house("alice")
        network, _, connect, _ = block(IRSSI, "## With an account, over TLS", daemon)
        (server,) = block(IRSSI, "whose certificate is its own", daemon)
        other = re.sub(r"(?<=-tls_pinned_cert )\S+", ":".join(["00"] * 32), server)
        refused = Irssi("alice", network, other, connect)
        self.addCleanup(lambda: Deferred.fromCoroutine(refused.close()))
        await refused.start()
        await refused.sees("Pinned certificate mismatch")
        await refused.close()
        await self.begun_as(daemon, Irssi("alice", network, server, connect), tls=True)

    async def test_irssi_with_a_server_password(self) -> None:
        """By PASS; irssi writes a password with a space in it without a colon before it."""
        daemon = await self.house("alice")
        commands = block(IRSSI, "## With an account, without SASL", daemon)
        await self.begun_as(daemon, Irssi("alice", *commands), tls=False)

    async def test_irssi_with_a_client_certificate(self) -> None:
        """By SASL EXTERNAL, with a certificate whose fingerprint the operator has entered."""
        daemon = await self.house("alice")
        certificate, key = make_pair("alice", time.time())
        own = Path(self.mktemp()).absolute()
        own.write_bytes(key + certificate)
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).hexdigest()
        await daemon.ask("user certificate", name="alice", fingerprint=fingerprint)
        commands = block(IRSSI, "the place of the password", daemon)
        client = Irssi("alice", *[command.replace("alice.pem", str(own)) for command in commands])
        await self.begun_as(daemon, client, tls=True)
        await client.sees("SASL authentication succeeded")

    async def test_guests(self) -> None:
        """Guests of both clients write to each other, and to an account that is off; after ``kill -9`` imc shows it."""
        daemon = await self.house("alice")
        (line,) = block(IRSSI, "## As a guest", daemon)
        irssi = Irssi("bob", arguments=line.split()[1:])
        await self.begin(irssi)
        commands = [line.replace("bob", "carol") for line in block(WEECHAT, "## As a guest", daemon)]
        weechat = WeeChat("carol", *commands)
        await self.begin(weechat)
        await irssi.say("/msg carol hello, guest")
        await weechat.hears("bob", "bob", "hello, guest")
        await weechat.say("/msg bob hello yourself")
        await irssi.hears("carol", "carol", "hello yourself")
        await irssi.say("/msg alice hello from another protocol")
        await irssi.sees("alice is not here; your message is kept until alice signs on.")
        await daemon.kill()
        await daemon.start()
        finished = await self.imc(daemon, "alice", "--receive", "--count", "1").ends()
        self.assertEqual(finished.code, 0, finished)
        (message,) = finished.printed
        self.assertEqual((message["sender"], message["body"]), ("bob@guest.localhost", "hello from another protocol"))

    async def test_weechat(self) -> None:
        """By TLS with a certificate that is verified by its fingerprint, and SCRAM-SHA-256."""
        daemon = await self.house("alice")
        commands = block(WEECHAT, "## With an account, over TLS", daemon)
        await self.begun_as(daemon, WeeChat("alice", *commands), tls=True)

    async def test_weechat_with_a_server_password(self) -> None:
        """By PASS."""
        daemon = await self.house("alice")
        commands = block(WEECHAT, "## With an account, without SASL", daemon)
        await self.begun_as(daemon, WeeChat("alice", *commands), tls=False)
