"""From page to page of a site, in one tab: what was open stays open, what was begun is there, nobody is disturbed."""

from typing import Any

from tests.browser.case import BrowserTestCase, toml
from tests.browser.widget import Widget

_PHONE = {"width": 390, "height": 780}


class NextPage(BrowserTestCase):
    async def anna(self, **options: Any) -> Widget:
        """On the first of two pages, with the chat open."""
        await self.attended()
        self.page(
            "/prices", data={"agents": "sales"}, title="Prices", body='<h1>Prices</h1><input autofocus id="search">'
        )
        anna = await self.visitor(await self.tab(**options))
        await anna.open()
        await anna.ready()
        return anna

    async def test_stays_open(self) -> None:
        """Open it is open on the next page, where the keyboard stays where it was and nothing moves."""
        anna = await self.anna()
        tab = anna.tab
        await tab.follow("Prices", "/prices")
        await tab.type("Da")
        await anna.ready()
        await anna.tab.do(tab.page.wait_for_load_state("networkidle"))
        await tab.type("rj")
        self.assertEqual(
            await tab.evaluate("[document.activeElement.id, document.activeElement.value]"), ["search", "Darj"]
        )
        self.assertEqual(await tab.moved(), [])
        await anna.say("Hello")
        await anna.marked("Hello", "Delivered")

    async def test_stays_closed(self) -> None:
        """Closed it is closed on the next page, and in another tab nobody has opened it."""
        anna = await self.anna()
        other = await self.visitor(await self.tab(anna.tab.context))
        await anna.tab.press("Escape")
        await anna.unseen(anna.field)
        await anna.tab.follow("Prices", "/prices")
        for each in (anna, other):
            await each.tab.do(each.tab.page.wait_for_load_state("networkidle"))
            self.assertFalse(await each.tab.evaluate("imd.isOpen"))

    async def test_what_is_begun(self) -> None:
        """What is typed and not sent is there after a reload and on the next page, until it is sent."""
        anna = await self.anna()
        tab = anna.tab
        await tab.do(anna.field.fill("Do you sh"))
        await tab.reload()
        await anna.holds("Do you sh")
        await tab.follow("Prices", "/prices")
        await anna.holds("Do you sh")
        await tab.do(anna.field.press_sequentially("ip?"))
        await tab.press("Enter")
        await anna.marked("Do you ship?", "Delivered")
        await tab.reload()
        await anna.shows("Do you ship?")
        await anna.holds("")

    async def test_another_desk(self) -> None:
        """What one desk has said is not counted on a page whose tag names another: there nobody could read it."""
        desks = [{"name": name, "title": name.title(), "agents": ["alice"]} for name in ("sales", "support")]
        daemon = await self.shop("alice", site={"staff": ["sales", "support"]}, settings=[f"web.desks={toml(desks)}"])
        alice = await self.irssi(daemon, "alice")
        self.page("/help", data={"agents": "support"}, title="Help")
        anna = await self.visitor()
        await anna.open()
        await anna.say("Hello")
        nick = await self.nick(daemon)
        await alice.hears(nick, nick, "Hello")
        help = Widget(await self.tab(anna.tab.context))
        await help.tab.visit(f"{self.origin}/help")
        await help.tab.until("'imd' in window")
        await anna.tab.press("Escape")
        await alice.say(f"/msg {nick} Good morning")
        await anna.seen(anna.root.get_by_role("button", name="Open chat, 1 unread message"))
        await help.open()
        await help.seen(help.root.get_by_role("heading", name="Support"))
        self.assertEqual(await help.tab.evaluate("imd.unread"), 0)
        self.assertEqual(await anna.tab.evaluate("imd.unread"), 1)

    async def test_taken_back(self) -> None:
        """What the staff took back while she was on no page of the site is gone when she comes again."""
        daemon = await self.shop("alice")
        alice = await self.native(daemon, "alice")
        anna = await self.visitor()
        await anna.open()
        await anna.say("Hello")
        nick = await self.nick(daemon)
        await alice.send(nick, "one")
        outcome = await alice.send(nick, "two")
        await anna.shows("two")
        await anna.tab.visit("about:blank")
        await alice.must({"type": "redact", "with": nick, "id": outcome.id})
        await alice.send(nick, "three")
        await anna.tab.visit(f"{self.origin}/")
        await anna.at_hand()
        await anna.shows("three")
        self.assertEqual(await anna.texts(), ["Hello", "one", "three"])

    async def test_on_a_telephone(self) -> None:
        """Where it covers the page, the next page is shown, and the chat when it is asked for."""
        anna = await self.anna(viewport=_PHONE)
        # It covers the link.
        await anna.tab.visit(f"{self.origin}/prices")
        await anna.tab.do(anna.tab.page.wait_for_load_state("networkidle"))
        self.assertFalse(await anna.tab.evaluate("imd.isOpen"))
        await anna.open()
        await anna.ready()
