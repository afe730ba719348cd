"""Which pages may have the chat, and what becomes of it where browsers withhold what needs https."""

from tests.browser.case import BrowserTestCase
from tests.browser.site import SITE


class Origins(BrowserTestCase):
    async def test_a_page_of_nobody(self) -> None:
        """On a page whose origin no site names, the widget says that there is no chat, and nobody is let in."""
        daemon = await self.attended()
        stranger = await self.visitor(name=SITE.name())
        stranger.tab.expect("WebSocket connection to .* failed", "403", "/embed/poll", "ERR_")
        await stranger.tab.do(stranger.launcher.click())
        await stranger.notes("The chat is not available here.")
        self.assertEqual([row["name"] for row in (await daemon.ask("who"))["rows"]], ["alice"])

    async def test_without_https(self) -> None:
        """A page without https has no locks to share a connection by: each tab has one of its own, and talks go on."""
        name = "plain.example"
        daemon = await self.attended(site={"origins": [SITE.origin(name)]})
        anna = await self.visitor(name=name)
        self.assertFalse(await anna.tab.evaluate("'locks' in navigator"))
        await anna.open()
        await anna.say("one")
        await anna.marked("one", "Delivered")
        other = await self.visitor(await self.tab(anna.tab.context), name=name)
        await other.at_hand()
        await other.shows("one")
        await other.say("two")
        await anna.shows("two")
        await anna.tab.reload()
        await anna.at_hand()
        await anna.shows("two")
        self.assertEqual(await anna.texts(), ["one", "two"])
        self.assertEqual({row["kind"] for row in (await daemon.ask("who"))["rows"]}, {"account", "visitor"})
