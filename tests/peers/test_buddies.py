"""Buddy lists and presence, as the users of real clients keep and see them."""

from tests.peers.case import PeerTestCase

#: irssi shows in colours only who is away; this writes it down.
GONE = """\
use Irssi;
Irssi::signal_add("nicklist gone changed", sub { Irssi::print("$_[1]->{nick} gone: $_[1]->{gone}"); });
"""


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

    async def test_every_word_of_buddyserv(self) -> None:
        """irssi's user can do with BuddyServ all that it offers, and a wrong word is answered, too."""
        daemon = await self.house("alice", "bob")
        irssi = await self.irssi(daemon, "alice")
        for told, answer in (
            ("HELP", "I keep your buddy list, whatever client you use."),
            ("ADD bob work", "bob is on your list and has been asked."),
            ("ADD nobody", "There is nobody called nobody here."),
            ("LIST", "bob [work]: asked, no answer yet"),
            ("GROUP bob good friends", "bob is in good friends."),
            ("LABEL bob Bobby", "bob is labelled Bobby."),
            ("LIST", "bob (Bobby) [good friends]: asked, no answer yet"),
            ("CANCEL bob", "You are not told any more when bob is on."),
            ("REQUESTS", "Nobody waits for your answer."),
            ("BLOCK bob", "bob is blocked."),
            ("UNBLOCK bob", "bob is not blocked."),
            ("DENY bob", "bob is not told when you are on."),
            ("REMOVE bob", "bob is off your list."),
            ("LIST", "End of your list: 0 buddies."),
            ("PRIVACY contacts", "Visible to contacts."),
            ("QUEUE", "0 messages wait for you."),
            ("FETCH", "0 messages wait for you; what may be sent follows."),
            ("DANCE", "I do not know DANCE. Say HELP for what I know."),
        ):
            await irssi.say(f"/msg BuddyServ {told}")
            await irssi.sees(f"-BuddyServ(service@localhost)- {answer}")
        await irssi.say("/quote BUDDY SHARE off")
        await irssi.sees("Sharing of address, ports and client is off.")

    async def test_invisible(self) -> None:
        """Who makes themselves invisible by BuddyServ is gone for WeeChat's ``/notify``, and comes back."""
        daemon = await self.house("alice", "bob")
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        await weechat.say("/notify add alice imd")
        await weechat.sees("notify: alice (alice@user/alice) is connected")
        await irssi.say("/msg BuddyServ INVISIBLE on")
        await weechat.sees("notify: alice has quit")
        await irssi.say("/msg bob I am still here")
        await weechat.hears("alice", "alice", "I am still here")
        await irssi.say("/msg BuddyServ INVISIBLE off")
        await weechat.sees("notify: alice (alice@user/alice) has connected")

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

    async def test_away_in_a_room(self) -> None:
        """irssi hears by away-notify that somebody in its room is away, and back: from WeeChat, and from the native
        door.
        """
        daemon = await self.house("alice", "bob", "carol")
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        native = await self.native(daemon, "carol")
        await irssi.say("/join #tea")
        await irssi.sees("alice [alice@user/alice] has joined #tea")
        await weechat.say("/join #tea")
        await native.must({"type": "join", "room": "#tea"})
        await irssi.sees("bob [root@user/bob] has joined #tea")
        await irssi.sees("carol [carol@user/carol] has joined #tea")
        # The names it has asked for are there: what changes from now on, it is told.
        await irssi.sees("Join to #tea was synced")
        script = irssi.home / "gone.pl"
        script.write_text(GONE)
        await irssi.say(f"/script load {script}")
        await irssi.sees("Loaded script gone")
        await weechat.say("/away -all lunch")
        await irssi.sees("bob gone: 1")
        await weechat.say("/away -all")
        await irssi.sees("bob gone: 0")
        await native.set_presence("extended-away", "until Monday")
        await irssi.sees("carol gone: 1")
        await native.set_presence("available")
        await irssi.sees("carol gone: 0")
