"""irssi, WeeChat and imc talk with each other."""

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

    async def test_in_a_room(self) -> None:
        """irssi, WeeChat and imc share a room: who is in it, its topic, and what is said."""
        daemon = await self.house("alice", "bob", "carol")
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        await irssi.say("/join #tea")
        await irssi.sees("alice [alice@user/alice] has joined #tea")
        await irssi.say("/topic Earl Grey, hot")
        await irssi.sees("alice changed the topic of #tea to: Earl Grey, hot")
        await weechat.say("/join #tea")
        await weechat.sees('Topic for #tea is "Earl Grey, hot"')
        await weechat.sees("Channel #tea: 2 nicks (1 op, 0 halfops, 0 voices, 1 normal)")
        await irssi.sees("bob [root@user/bob] has joined #tea")
        await self.sent(daemon, "carol", "#tea", "from a script")
        await irssi.hears("#tea", "carol", "from a script")
        await weechat.hears("#tea", "carol", "from a script")
        await weechat.say("milk first", buffer="irc.imd.#tea")
        await irssi.hears("#tea", "bob", "milk first")
        await irssi.say("/me protests")
        await weechat.hears("#tea", "alice", "protests")

    async def test_with_imc(self) -> None:
        """A script talks with both by imc in a pipe, and is talked to."""
        daemon = await self.house("alice", "bob", "carol")
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        ids = await self.sent(daemon, "carol", "alice", "one", "two") + await self.sent(daemon, "carol", "bob", "three")
        await irssi.hears("carol", "carol", "two")
        await weechat.hears("carol", "carol", "three")
        self.assertEqual([line.text for line in irssi.talk("carol")], ["one", "two"])
        for id in ids:
            await self.delivered(daemon, id, "irc")
        receiving = self.imc(daemon, "carol", "--receive", "--count", "2", "--timeout", "60")
        await self.until("carol", lambda: self.is_on(daemon, "carol"))
        await irssi.say("/msg carol from irssi")
        await irssi.hears("carol", "alice", "from irssi")
        await weechat.say("/msg carol from WeeChat")
        finished = await receiving.ends()
        self.assertEqual(finished.code, 0, finished)
        received = {(each["sender"], each["body"], each["kind"]) for each in finished.printed}
        self.assertEqual(
            received, {("alice@localhost", "from irssi", "text"), ("bob@localhost", "from WeeChat", "text")}
        )
        self.assertEqual(await self.waiting(daemon, "carol"), [])
