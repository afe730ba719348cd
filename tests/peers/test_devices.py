"""Several clients of one person: one nick, the same rooms, and what was missed while a cable was pulled."""

from tests.daemon import RunningDaemon
from tests.peers.cable import Cable
from tests.peers.case import PeerTestCase
from tests.peers.framework import Framework
from tests.peers.peer import Peer


class Devices(PeerTestCase):
    async def test_one_nick(self) -> None:
        """irssi and irc-framework are one alice: each shows what the other says, and when one goes she stays."""
        daemon = await self.house("alice", "bob")
        desk, bob = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        await desk.say("/join #tea")
        await desk.sees("alice [alice@user/alice] has joined #tea")
        await bob.say("/join #tea")
        await desk.sees("bob [root@user/bob] has joined #tea")
        phone = await self.framework(daemon, "alice")
        # The desk's room is the phone's.
        await phone.until("being in #tea", lambda: [event["channel"] for event in phone.events("join")] == ["#tea"])
        phone.call("say", "#tea", "from the phone")
        for client in (desk, bob):
            await client.hears("#tea", "alice", "from the phone")
        await desk.say("/msg bob from the desk")
        await bob.hears("alice", "alice", "from the desk")
        await phone.hears("bob", "alice", "from the desk")
        await bob.say("to both of you", buffer="irc.imd.alice")
        await desk.hears("bob", "bob", "to both of you")
        await phone.hears("bob", "bob", "to both of you")
        phone.call("quit", "battery")
        await phone.until("its end", lambda: bool(phone.events("close")))
        await desk.say("/msg #tea still here")
        await bob.hears("#tea", "alice", "still here")
        self.assertNotIn("battery", bob.everything())
        self.assertEqual(len(phone.talk("bob")), 2)

    async def cut_off(self, daemon: RunningDaemon, cable: Cable, client: Peer, carol: Framework) -> None:
        """A client of an account that is always on comes back after its cable was pulled: it shows what was said
        meanwhile, all of it and once, in the room and in private."""
        await client.say("/msg NickServ SET ALWAYS-ON on")
        await client.sees("ALWAYS-ON")
        await client.say("/join #tea")
        await carol.until(
            f"{client.name} entering", lambda: client.name in [each["nick"] for each in carol.events("join")]
        )
        carol.call("say", "#tea", "before")
        await client.hears("#tea", "carol", "before")
        # The answer to the PING behind a private message says that the room's line has come, too.
        await self.sent(daemon, "dave", client.name, "are you there?")
        await client.hears("dave", "dave", "are you there?")
        await self.confirmed(daemon, client)
        cable.pull()
        await self.until(f"{client.name} being off", lambda: self.is_off(daemon, client.name))
        missed = [f"missed {number}" for number in range(1, 6)]
        for text in missed:
            carol.call("say", "#tea", text)
            carol.call("say", client.name, text)
        await self.sent(daemon, "dave", client.name, "and from dave")
        self.assertEqual([each["nick"] for each in carol.events("quit")], [])
        cable.plug_in()
        await client.hears("#tea", "carol", missed[-1])
        await client.hears("carol", "carol", missed[-1])
        await client.hears("dave", "dave", "and from dave")
        carol.call("say", "#tea", "after")
        await client.hears("#tea", "carol", "after")
        await self.confirmed(daemon, client)
        self.assertEqual([line.text for line in client.talk("#tea")], ["before", *missed, "after"])
        self.assertEqual([line.text for line in client.talk("carol")], missed)

    async def test_weechat_cut_off(self) -> None:
        """WeeChat, which knows nothing of histories: what it missed is pushed to it."""
        daemon = await self.house("bob", "carol", "dave")
        cable, carol = self.cable(daemon, "tcp"), await self.framework(daemon, "carol")
        carol.call("join", "#tea")
        await self.cut_off(daemon, cable, await self.weechat(daemon, "bob", port=cable.here), carol)

    async def test_irssi_cut_off(self) -> None:
        """irssi, by TLS."""
        daemon = await self.house("bob", "carol", "dave")
        cable, carol = self.cable(daemon, "tls"), await self.framework(daemon, "carol")
        carol.call("join", "#tea")
        await self.cut_off(daemon, cable, await self.irssi(daemon, "bob", port=cable.here), carol)

    async def test_reads_history(self) -> None:
        """irc-framework asks for what it missed by CHATHISTORY: it gets that, once, and nothing by itself. How far she
        has read on one device the other is told."""
        daemon = await self.house("alice", "carol")
        desk, carol = await self.irssi(daemon, "alice"), await self.framework(daemon, "carol")
        await desk.say("/join #tea")
        await desk.sees("has joined #tea")
        await carol.say("JOIN #tea")
        await desk.sees("carol [carol@user/carol] has joined #tea")
        cable = self.cable(daemon, "tls")
        phone, tablet = await self.framework(daemon, "alice", port=cable.here), await self.framework(daemon, "alice")
        carol.call("say", "#tea", "before")
        await phone.hears("#tea", "carol", "before")
        (before,) = phone.events("privmsg")
        cable.pull()
        await phone.until("its loss", lambda: bool(phone.events("close")))
        missed = [f"missed {number}" for number in range(1, 6)]
        for text in missed:
            carol.call("say", "#tea", text)
        await desk.hears("#tea", "carol", missed[-1])
        cable.plug_in()
        phone.connect()
        await phone.signed_on(2)
        await phone.say(f"CHATHISTORY AFTER #tea msgid={before['tags']['msgid']} 50")
        await phone.until("the history", lambda: bool(phone.batches("chathistory")))
        (batch,) = phone.batches("chathistory")
        self.assertEqual([command["params"][-1] for command in batch["commands"]], missed)
        self.assertEqual([line.text for line in phone.talk("#tea")], ["before", *missed])
        time = batch["commands"][-1]["tags"]["time"]
        await phone.say(f"MARKREAD #tea timestamp={time}")
        await tablet.sees(f"MARKREAD #tea timestamp={time}")
