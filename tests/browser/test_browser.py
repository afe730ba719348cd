"""The browser sees what it should, and keeps silent about nothing."""

from playwright.async_api import TimeoutError as TookTooLong

from tests.browser.case import BrowserTestCase
from tests.browser.site import SITE


class Seeing(BrowserTestCase):
    async def test_a_page(self) -> None:
        """A page of the host site is shown, in its own style, and nothing but it was asked for."""
        tab = await self.tab()
        url = self.page(tags="<p>Good day</p>", policy="default-src 'none'; style-src 'self'")
        await tab.visit(url)
        self.assertEqual(await tab.do(tab.page.inner_text("h1")), "Teas of the season")
        self.assertEqual(await tab.evaluate("getComputedStyle(document.body).marginTop"), "0px")
        self.assertEqual(tab.requests, [f"GET {url}", f"GET {self.origin}/style.css"])
        self.assertIs(await tab.evaluate("isSecureContext"), True)

    async def test_the_plain_web(self) -> None:
        """A site without https is one in which browsers withhold what needs it."""
        tab = await self.tab()
        await tab.visit(self.page(name="plain.example", tags="<p></p>", policy="default-src 'none'; style-src 'self'"))
        self.assertIs(await tab.evaluate("isSecureContext"), False)

    async def test_the_error_of_a_wait(self) -> None:
        """What a page does not do in time fails the test that waits for it."""
        tab = await self.tab()
        with self.assertRaises(TookTooLong):
            await tab.do(tab.page.wait_for_selector("#never", timeout=50))


class Complaints(BrowserTestCase):
    async def complains(self, tags: str, *complaints: str) -> None:
        """A page with these tags is complained of, and the test would fail for it."""
        tab = await self.tab()
        await tab.visit(self.page(tags=tags, policy="default-src 'none'; style-src 'self'; script-src 'nonce-1'"))
        await tab.until("document.readyState === 'complete'")
        for complaint in complaints:
            self.assertIn(complaint, "\n".join(tab.unexpected))
        with self.assertRaises(self.failureException):
            self._quiet()
        tab.expect("")

    async def test_of_the_console(self) -> None:
        """Anything said on the console."""
        await self.complains("<script nonce=1>console.log('hello')</script>", "console log: hello")

    async def test_of_a_script(self) -> None:
        """An error nobody caught."""
        await self.complains("<script nonce=1>null.x</script>", "error: Cannot read properties of null")

    async def test_of_a_dialog(self) -> None:
        """What a string that got through would do."""
        await self.complains("<script nonce=1>alert(1)</script>", "dialog alert: 1")

    async def test_of_a_violation(self) -> None:
        """What the policy of the page forbids: the page says it, and the site is told."""
        await self.complains('<style>body { color: red }</style><p style="color: red">x', "violated: style-src-elem")
        await self.until("the report", self._reported)
        self.assertIn("style-src-elem", "".join(SITE.reports))
        SITE.reports.clear()

    async def _reported(self) -> bool:
        return bool(SITE.reports)

    async def test_of_what_is_not_there(self) -> None:
        """A request that fails, and one that is answered with an error."""
        await self.complains(
            '<script nonce=1 src="http://127.0.0.1:1/x.js"></script><script nonce=1 src="/none.js"></script>',
            "failed: GET http://127.0.0.1:1/x.js",
            "404 (Not Found)",
        )
