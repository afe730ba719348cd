"""Tabs of one browser are one visitor with one connection; reloads and other pages of the site change nothing."""

from tests.browser.case import BrowserTestCase
from tests.browser.widget import Widget


class Tabs(BrowserTestCase):
    async def second(self, first: Widget) -> Widget:
        """The same page in another tab of the same browser, opened."""
        other = await self.visitor(await self.tab(first.tab.context))
        await other.at_hand()
        return other

    async def test_two_tabs(self) -> None:
        """Both show the same talk over one connection, and when the tab that holds it is closed, the other goes on."""
        daemon = await self.shop("alice")
        alice, first, nick = await self.talking(daemon)
        second = await self.second(first)
        await second.shows("one")
        await alice.say(f"/msg {nick} two")
        await first.shows("two")
        await second.shows("two")
        await second.say("three")
        await first.shows("three")
        await alice.hears(nick, nick, "three")
        self.assertEqual(await self.visitors(daemon), [nick])
        await first.tab.close()
        await second.say("four")
        await alice.hears(nick, nick, "four")
        await alice.say(f"/msg {nick} five")
        await second.shows("five")
        self.assertEqual(await self.visitors(daemon), [nick])
        said = ["one", "two", "three", "four", "five"]
        self.assertEqual(await second.texts(), said)
        self.assertEqual([line.text for line in alice.talk(nick)], said)

    async def test_reload_and_another_page(self) -> None:
        """After a reload, and on the next page of the site, the talk is there, once, and goes on."""
        daemon = await self.shop("alice")
        self.page("/prices", data={"agents": "sales"}, title="Prices")
        alice, anna, nick = await self.talking(daemon)
        await alice.say(f"/msg {nick} two")
        await anna.shows("two")
        await anna.tab.reload()
        await anna.at_hand()
        await anna.shows("two")
        self.assertEqual(await anna.texts(), ["one", "two"])
        await anna.tab.follow("Prices", "/prices")
        await anna.at_hand()
        await anna.say("three")
        await alice.hears(nick, nick, "three")
        self.assertEqual(await anna.texts(), ["one", "two", "three"])
        self.assertEqual(await self.visitors(daemon), [nick])

    async def test_unread(self) -> None:
        """What is said while the chat is closed is counted on the launcher, until it is looked at."""
        daemon = await self.shop("alice")
        alice, anna, nick = await self.talking(daemon)
        await anna.tab.press("Escape")
        await alice.say(f"/msg {nick} two")
        await alice.say(f"/msg {nick} three")
        await anna.seen(anna.root.get_by_role("button", name="Open chat, 2 unread messages"))
        await anna.open()
        await anna.shows("three")
        await anna.tab.press("Escape")
        await anna.seen(anna.root.get_by_role("button", name="Open chat", exact=True))
