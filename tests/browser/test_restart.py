"""What dies between browser and staff: daemon, connection, WebSockets. Nothing is lost, doubled or reordered."""

from tests.browser.case import BrowserTestCase
from tests.browser.proxy import Proxy
from tests.daemon import RunningDaemon

#: What Chromium itself says on the console of connections that cannot be made.
UNREACHABLE = (
    r"WebSocket connection to .* failed",
    r"ERR_CONNECTION_REFUSED",
    r"ERR_EMPTY_RESPONSE",
    r"ERR_CONNECTION",
)


class Restart(BrowserTestCase):
    def proxy(self, daemon: RunningDaemon, *, breaking: bool = False) -> Proxy:
        proxy = Proxy(daemon.ports["web", "tcp"], breaking=breaking)
        self.addCleanup(proxy.remove)
        return proxy

    async def test_killed(self) -> None:
        """``kill -9`` in the middle of a talk: what both sides say meanwhile arrives once, in order, and marked so."""
        daemon = await self.shop("alice")
        alice, anna, nick = await self.talking(daemon)
        anna.tab.expect(*UNREACHABLE)
        await alice.say(f"/msg {nick} two")
        await anna.shows("two")
        await daemon.kill()
        await anna.notes("No connection.")
        await anna.say("three")
        await anna.say("four")
        await daemon.start()
        await alice.signed_on(2)
        await alice.hears(nick, nick, "four")
        await alice.say(f"/msg {nick} five")
        await anna.shows("five")
        said = ["one", "two", "three", "four", "five"]
        self.assertEqual(await anna.texts(), said)
        self.assertEqual([line.text for line in alice.talk(nick)], said)

    async def test_killed_while_it_rings(self) -> None:
        """What an agent's client has confirmed long ago is not shown to her again, though nobody has answered yet."""
        daemon = await self.shop("alice")
        alice, anna, nick = await self.talking(daemon)
        anna.tab.expect(*UNREACHABLE)
        await anna.marked("one", "Delivered")
        await self.confirmed(daemon, alice)
        # What is accepted later at the desk is durable later.
        other = await self.visitor()
        other.tab.expect(*UNREACHABLE)
        await other.open()
        await other.say("hello")
        await other.marked("hello", "Delivered")
        await daemon.kill()
        await daemon.start()
        await alice.signed_on(2)
        await anna.say("two")
        await alice.hears(nick, nick, "two")
        self.assertEqual([line.text for line in alice.talk(nick)], ["one", "two"])

    async def test_killed_while_she_was_away(self) -> None:
        """An answer to somebody who has left the site outlives ``kill -9``, and is there, once, when she returns."""
        daemon = await self.shop("alice")
        alice, anna, nick = await self.talking(daemon)
        await anna.tab.visit("about:blank")
        await self.until("her leaving", lambda: self.is_off(daemon, nick))
        await alice.say(f"/msg {nick} two")
        await self.until("the answer to be kept", lambda: self.is_kept(daemon, nick))
        await daemon.kill()
        await daemon.start()
        await alice.signed_on(2)
        await self.visitor(anna.tab)
        await anna.at_hand()
        await anna.shows("two")
        await anna.tab.reload()
        await anna.at_hand()
        await anna.shows("two")
        self.assertEqual(await anna.texts(), ["one", "two"])

    async def test_connection_cut(self) -> None:
        """A connection that dies is made anew, with exactly what was missed."""
        daemon = await self.shop("alice")
        proxy = self.proxy(daemon)
        alice, anna, nick = await self.talking(daemon, chat=proxy.url)
        anna.tab.expect(*UNREACHABLE)
        proxy.pull()
        await alice.say(f"/msg {nick} two")
        await anna.notes("No connection.")
        await anna.say("three")
        proxy.plug_in()
        await anna.shows("two")
        await alice.hears(nick, nick, "three")
        self.assertEqual(sorted(await anna.texts()), ["one", "three", "two"])
        self.assertEqual([line.text for line in alice.talk(nick)], ["one", "two", "three"])

    async def test_no_websockets(self) -> None:
        """Behind a proxy that breaks WebSockets the talk goes by long polling, also when the daemon is killed."""
        daemon = await self.shop("alice")
        proxy = self.proxy(daemon, breaking=True)
        alice, anna, nick = await self.talking(daemon, chat=proxy.url)
        anna.tab.expect(*UNREACHABLE, r"failed: .*/embed/poll", r"/embed/poll")
        self.assertEqual(await self.visitors(daemon, "door"), ["web-poll"])
        self.assertGreater(proxy.broken, 0)
        await alice.say(f"/msg {nick} two")
        await anna.shows("two")
        await daemon.kill()
        await anna.say("three")
        await anna.marked("three", "Sending")
        await daemon.start()
        await alice.signed_on(2)
        await alice.hears(nick, nick, "three")
        await alice.say(f"/msg {nick} four")
        await anna.shows("four")
        said = ["one", "two", "three", "four"]
        self.assertEqual(await anna.texts(), said)
        self.assertEqual([line.text for line in alice.talk(nick)], said)
