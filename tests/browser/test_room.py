"""A community room in the page, with members in irssi."""

from tests.browser.case import BrowserTestCase
from tests.browser.widget import Widget


class CommunityRoom(BrowserTestCase):
    async def test_with_irssi(self) -> None:
        """Topic, who is there, what is said and done on both sides; after a reload the history is there, once."""
        daemon = await self.shop("alice", site={"rooms": ["#tea"]})
        alice = await self.irssi(daemon, "alice")
        await alice.say("/join #tea")
        await alice.sees("has joined #tea")
        await alice.say("/topic Earl Grey, hot")
        await alice.sees("changed the topic of #tea")
        anna = await self.visitor(data={"room": "#tea", "form": "name:required"})
        await self.enter(anna, "Anna")
        nick = await self.nick(daemon)
        await alice.sees(f"{nick} [")
        await anna.notes("Earl Grey, hot")
        await anna.say("Hello from the page")
        await alice.hears("#tea", nick, "Hello from the page")
        await alice.say("/msg #tea Hello from irssi")
        await anna.shows("Hello from irssi")
        await alice.say("/msg #tea and again")
        await anna.shows("and again")
        await alice.say("/topic Assam")
        await anna.notes("Assam")
        await anna.tab.reload()
        await anna.at_hand()
        await anna.shows("and again")
        self.assertEqual(await anna.texts(), ["Hello from the page", "Hello from irssi", "and again"])
        await alice.say("/part #tea")
        await anna.notes("alice has left")

    async def enter(self, anna: Widget, name: str) -> None:
        """Open, and say who one is."""
        await anna.open()
        await anna.fill("Your name", name)
        await anna.click("Start chatting")
        await anna.ready()

    async def test_a_room_of_no_site(self) -> None:
        """A room that is not the site's is not entered, and the widget says so."""
        daemon = await self.shop("alice", site={"rooms": ["#tea"]})
        alice = await self.irssi(daemon, "alice")
        await alice.say("/join #staff")
        await alice.sees("has joined #staff")
        anna = await self.visitor(data={"room": "#staff"})
        await anna.tab.do(anna.launcher.click())
        await anna.seen(anna.root.get_by_role("alert").first)
        self.assertNotIn(await self.nick(daemon), alice.everything())
