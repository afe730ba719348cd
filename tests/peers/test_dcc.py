"""DCC passes the server untouched: two irssi send a file from one to the other, directly."""

import os

from tests.peers.case import PeerTestCase


class Dcc(PeerTestCase):
    async def test_send(self) -> None:
        """``/dcc send`` of one irssi and ``/dcc get`` of another: the file is the same, its name has a space."""
        daemon = await self.house("alice", "bob")
        alice, bob = await self.irssi(daemon, "alice"), await self.irssi(daemon, "bob")
        content = os.urandom(300_000)
        (alice.home / "two words.bin").write_bytes(content)
        await alice.say("/set dcc_own_ip 127.0.0.1")
        await bob.say(f"/set dcc_download_path {bob.home}")
        await alice.say(f'/dcc send bob "{alice.home}/two words.bin"')
        await bob.sees("DCC SEND from alice")
        await bob.say('/dcc get alice "two words.bin"')
        await bob.sees("received file two words.bin")
        self.assertEqual((bob.home / "two words.bin").read_bytes(), content)
        await alice.sees("sent file")
