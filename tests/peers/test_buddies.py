"""Buddy lists and presence, as the users of real clients keep and see them."""

from tests.peers.case import PeerTestCase


class Buddies(PeerTestCase):
    async def test_buddy_list_from_irssi(self) -> None:
        """BuddyServ keeps irssi's buddy list and tells of coming and going, whatever door the buddy uses."""
        daemon = await self.house("alice", "bob")
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        await irssi.say("/msg BuddyServ ADD bob friends")
        await irssi.sees("bob is on your list and has been asked.")
        await weechat.sees("alice asks to see when you are on.")
        await weechat.say("/msg BuddyServ ALLOW alice")
        await weechat.sees("alice may see when you are on.")
        await irssi.sees("bob lets you see when they are on.")
        await irssi.sees("bob is now online.")
        await irssi.say("/msg BuddyServ LIST")
        await irssi.sees("bob [friends]: online")
        await weechat.say("/away lunch")
        await irssi.sees("bob is now away: lunch.")
        await weechat.say("/away")
        await irssi.sees("bob is back online.")
        await weechat.say("/disconnect imd")
        await irssi.sees("bob is now offline.")
        native = await self.native(daemon, "bob")
        await irssi.sees("bob is now online.", 2)
        await native.set_presence("busy", "in a meeting")
        await irssi.sees("bob is now busy: in a meeting.")
        await native.quit()
        await irssi.sees("bob is now offline.", 2)

    async def test_where_a_buddy_is(self) -> None:
        """Address, port and client are told to mutual buddies who both share them, and to nobody else."""
        daemon = await self.house("alice", "bob")
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        await irssi.say("/msg BuddyServ ADD bob")
        await irssi.say("/msg BuddyServ ALLOW bob")
        await irssi.sees("bob may see when you are on.")
        await weechat.say("/msg BuddyServ ADD alice")
        await weechat.sees("alice is on your list.")
        await weechat.say("/msg BuddyServ ALLOW alice")
        await irssi.sees("bob lets you see when they are on")
        await irssi.say("/msg BuddyServ SHARE on")
        await irssi.say("/msg BuddyServ INFO bob")
        await irssi.sees("Address, ports and client are shared between buddies who both SHARE on.")
        await weechat.say("/msg BuddyServ SHARE on")
        await weechat.sees("Sharing of address, ports and client is on.")
        await irssi.say("/msg BuddyServ INFO bob")
        port = next(row["port"] for row in (await daemon.ask("who"))["rows"] if row["name"] == "bob")
        await irssi.sees(f"127.0.0.1 port {port} (irc)")

    async def test_notify(self) -> None:
        """``/notify`` of WeeChat, which is MONITOR, and of irssi, which is ISON, see who comes by the native door."""
        daemon = await self.house("alice", "bob", "carol")
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        await weechat.say("/notify add carol imd")
        await weechat.sees("notify: carol is offline")
        await weechat.say("/notify add alice imd")
        await weechat.sees("notify: alice (alice@user/alice) is connected")
        await irssi.say("/notify carol")
        native = await self.native(daemon, "carol")
        await weechat.sees("notify: carol (carol@user/carol) has connected")
        await irssi.sees("carol [carol@user/carol] [carol] has joined to imd")
        await native.quit()
        await weechat.sees("notify: carol has quit")
        await irssi.sees("carol has left imd")
        await irssi.say("/quit")
        await weechat.sees("notify: alice has quit")

    async def test_away(self) -> None:
        """irssi shows that somebody at the native door is away, and is back, and it tells who writes to them.

        What they say of it is for contacts, and alice is none (promise P5).
        """
        daemon = await self.house("alice", "carol")
        irssi, native = await self.irssi(daemon, "alice"), await self.native(daemon, "carol")
        await irssi.say("/notify -away carol")
        await irssi.sees("carol [carol@user/carol] [carol] has joined to imd")
        await native.set_presence("away", "lunch")
        await irssi.sees("carol [imd] [carol@user/carol] [carol] is now away: Away")
        await irssi.say("/msg carol enjoy it")
        await irssi.sees("carol is away: Away")
        await native.until("the message", lambda: [each.body for each in native.received] == ["enjoy it"])
        await native.set_presence("available")
        await irssi.sees("carol [imd] [carol@user/carol] [carol] is now unaway")
