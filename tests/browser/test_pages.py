"""The pages the daemon itself has: where it is said what to do, where one tunes the look, and a shop to try it in."""

from typing import Any

from tests.browser.axe import violations
from tests.browser.case import BrowserTestCase
from tests.browser.page import Tab


class PagesOfTheHouse(BrowserTestCase):
    async def at(self, path: str, **options: Any) -> Tab:
        tab = await self.tab(**options)
        await tab.visit(self.chat + path)
        return tab

    async def test_access(self) -> None:
        """axe-core finds nothing in any of them, in light and dark, wide and narrow."""
        await self.shop("alice", settings=("web.demo=true",))
        for path in "/", "/embed/", "/demo/":
            looks: tuple[dict[str, Any], ...] = (
                {"color_scheme": "light"},
                {"color_scheme": "dark", "viewport": {"width": 360, "height": 640}},
            )
            for options in looks:
                tab = await self.at(path, bypass_csp=True, **options)
                await tab.do(tab.page.wait_for_load_state("networkidle"))
                self.assertEqual(await violations(tab, "html"), [], (path, options))
                wide = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")
                self.assertLessEqual(wide, 0, (path, options))
                await tab.close()
