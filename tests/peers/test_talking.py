"""irssi and WeeChat talk, with each other and with the native door."""

from tests.peers.case import PeerTestCase


class Talking(PeerTestCase):
    async def test_in_private(self) -> None:
        """irssi, over TLS with SASL PLAIN, and WeeChat, with SCRAM-SHA-256, write to each other; both confirm."""
        daemon = await self.house("alice", "bob")
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        await irssi.say("/msg bob hello from irssi; grüße :)")
        await weechat.hears("alice", "alice", "hello from irssi; grüße :)")
        await weechat.say("/msg alice and hello from WeeChat, ☺")
        await irssi.hears("bob", "bob", "and hello from WeeChat, ☺")
        await weechat.say("/me waves", buffer="irc.imd.alice")
        await irssi.hears("bob", "bob", "waves")
        await irssi.say("/window goto bob")
        await irssi.say("/me waves back")
        await weechat.hears("alice", "alice", "waves back")
        await self.confirmed(daemon, irssi)
        await self.confirmed(daemon, weechat)
        who = {row["name"]: row["tls"] for row in (await daemon.ask("who"))["rows"]}
        self.assertRegex(who["alice"], "TLSv1.[23]")
        self.assertEqual(who["bob"], "")
