"""Several clients of one person: one nick, and the same rooms."""

from tests.peers.case import PeerTestCase


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
