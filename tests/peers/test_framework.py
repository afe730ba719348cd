"""irc-framework, the client library of The Lounge, with its capabilities: what the older clients do not have."""

from tests.peers.case import PeerTestCase


class TheLounge(PeerTestCase):
    async def test_in_private(self) -> None:
        """By TLS with SASL PLAIN it talks with irssi; ids and times are there, and all is confirmed."""
        daemon = await self.house("alice", "bob")
        irssi, lounge = await self.irssi(daemon, "alice"), await self.framework(daemon, "bob")
        await irssi.say("/msg bob grüße")
        await lounge.hears("bob", "alice", "grüße")
        (message,) = lounge.events("privmsg")
        self.assertTrue(message["tags"]["msgid"])
        self.assertEqual(message["account"], "alice")
        lounge.call("say", "alice", "and back")
        await irssi.hears("bob", "bob", "and back")
        await self.confirmed(daemon, lounge)
        (row,) = [row for row in (await daemon.ask("who"))["rows"] if row["name"] == "bob"]
        self.assertRegex(row["tls"], "TLSv1.[23]")

    async def test_typing(self) -> None:
        """Typing passes between clients that know it, and irssi is not bothered with it."""
        daemon = await self.house("alice", "bob", "carol")
        irssi = await self.irssi(daemon, "alice")
        bob, carol = await self.framework(daemon, "bob"), await self.framework(daemon, "carol")
        for client, join in ((irssi, "/join #tea"), (bob, "JOIN #tea"), (carol, "JOIN #tea")):
            await client.say(join)
            await irssi.sees(f"{client.name}@user/{client.name}] has joined #tea")
        carol.call("tagmsg", "#tea", {"+typing": "active"})
        await bob.until("carol typing", lambda: bool(bob.events("tagmsg")))
        (typing,) = bob.events("tagmsg")
        self.assertEqual((typing["nick"], typing["target"], typing["tags"]["+typing"]), ("carol", "#tea", "active"))
        carol.call("say", "#tea", "there it is")
        await irssi.hears("#tea", "carol", "there it is")
        self.assertNotIn("typing", irssi.everything())

    async def test_by_websocket(self) -> None:
        """The transport it has for browsers, to the web listener by TLS: the same, and a clean end."""
        daemon = await self.house("alice", "bob")
        irssi = await self.irssi(daemon, "alice")
        web = {"websocket": True, "websocket_protocol": "text.ircv3.net", "path": "/irc"}
        lounge = await self.framework(daemon, "bob", **{**web, "port": daemon.ports["web", "tls"]})
        await irssi.say("/msg bob grüße ☕")
        await lounge.hears("bob", "alice", "grüße ☕")
        lounge.call("say", "alice", "and back")
        await irssi.hears("bob", "bob", "and back")
        await self.confirmed(daemon, lounge)
        (row,) = [row for row in (await daemon.ask("who"))["rows"] if row["name"] == "bob"]
        self.assertEqual(row["door"], "irc-websocket")
        self.assertRegex(row["tls"], "TLSv1.[23]")
        lounge.call("quit", "bye")
        await lounge.until("the end", lambda: bool(lounge.events("close")))
        (row,) = (await daemon.ask("ledger", name="bob"))["rows"]
        self.assertEqual(row["reason"], "quit")
