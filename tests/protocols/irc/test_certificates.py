"""A client certificate as credential, over real TLS: NickServ CERT ADD, and SASL EXTERNAL with it."""

import time
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from twisted.internet.ssl import CertificateOptions

from imd.net.self_signed import make_pair
from tests.daemon import DaemonTestCase
from tests.doors.stream import Stream, connected

PASSWORD = "only-between-us"


class CertificateTests(DaemonTestCase):
    def certificate(self) -> CertificateOptions:
        """A self-signed one, as people make them for IRC."""
        pem, key = make_pair("alice", time.time())
        private: Any = load_pem_private_key(key, None)
        certificate: Any = x509.load_pem_x509_certificate(pem)
        return CertificateOptions(privateKey=private, certificate=certificate)

    async def said(self, client: Stream, line: str, until: str) -> None:
        """Send, and wait for a line with these words."""
        known = set(client.transcript)
        client.say(line)
        await client.until(until, lambda: any(until in each for each in client.transcript if each not in known))

    async def test_certificate(self) -> None:
        """An account made by NickServ gets the certificate of its connection, and later signs on with it alone; other
        certificates do not; and the password is nowhere in the log."""
        daemon = await self.daemon('accounts.registration="open"').start()
        port = daemon.ports["irc", "tls"]
        mine = self.certificate()
        client = await connected(port, tls=True, certificate=mine)
        await self.said(client, "NICK alice\r\nUSER alice 0 * :Alice", " 001 alice ")
        await self.said(client, f"PRIVMSG NickServ :REGISTER {PASSWORD}", " 900 alice ")
        await self.said(client, "NS CERT ADD", "successfully added")
        await self.said(client, "NS CERT LIST", "(this connection's)")
        again = await connected(port, tls=True, certificate=mine)
        await self.said(again, "CAP LS 302", "EXTERNAL")
        await self.said(again, "AUTHENTICATE EXTERNAL", "AUTHENTICATE +")
        await self.said(again, "AUTHENTICATE +", " 903 ")
        await self.said(again, "NICK x\r\nUSER x 0 * :X\r\nCAP END", " 001 alice ")
        stranger = await connected(port, tls=True, certificate=self.certificate())
        await self.said(stranger, "AUTHENTICATE EXTERNAL", "AUTHENTICATE +")
        await self.said(stranger, "AUTHENTICATE +", " 904 ")
        nobody = await connected(port, tls=True)
        await self.said(nobody, "AUTHENTICATE EXTERNAL", " 908 ")
        for each in (client, again, stranger, nobody):
            each.abort()
        self.assertEqual(await daemon.stop(), 0)
        self.assertNotIn(PASSWORD, daemon.log)
        stored = [path for path in daemon.data.rglob("*") if path.is_file()]
        self.assertTrue(stored)
        self.assertEqual([path for path in stored if PASSWORD.encode() in path.read_bytes()], [])
