"""The page in which a site owner tunes the look of the chat, and takes along what she needs for it."""

import re

from tests.browser.case import BrowserTestCase
from tests.browser.page import Tab
from tests.browser.site import strict_policy


class Tuner(BrowserTestCase):
    async def tuner(self) -> Tab:
        await self.shop("alice")
        tab = await self.tab()
        await tab.visit(f"{self.chat}/embed/")
        await self.preview(tab)
        return tab

    async def preview(self, tab: Tab) -> None:
        """Wait until there is something to look at."""
        await tab.do(tab.page.get_by_role("textbox", name="Write a message").wait_for())

    async def text(self, tab: Tab, id: str) -> str:
        return str(await tab.evaluate("id => document.getElementById(id).textContent", id))

    async def choose(self, tab: Tab, id: str, value: str) -> None:
        """As with mouse or keyboard, for any kind of field."""
        await tab.evaluate(
            """([id, value]) => {
                 const field = document.getElementById(id);
                 field.value = value;
                 field.dispatchEvent(new Event("input", { bubbles: true }));
                 field.dispatchEvent(new Event("change", { bubbles: true }));
               }""",
            [id, value],
        )

    async def test_nothing_is_sent(self) -> None:
        """Whatever is chosen, and written into the preview, only files of the house are asked for."""
        tab = await self.tuner()
        await self.choose(tab, "title", "Ask the cook")
        field = tab.page.get_by_role("textbox", name="Write a message")
        await tab.do(field.fill("Is it real?"))
        await tab.press("Enter")
        await tab.do(tab.page.get_by_text("This is a preview: nothing you write here is sent.").wait_for())
        # The policy would not let it do otherwise; pictures a site owner names are shown, wherever they are.
        answer = await tab.do(tab.page.request.get(f"{self.chat}/embed/"))
        self.assertIn("connect-src 'none'; ", answer.headers["content-security-policy"])
        # What the server has to do with it: the page, and files that never change.
        others = [each for each in tab.requests if not each.startswith(f"GET {self.chat}/embed/")]
        self.assertEqual(others, [])

    async def test_what_to_take_along(self) -> None:
        """The tag, the rules and the policy say what was chosen, and a page that has them has that chat."""
        tab = await self.tuner()
        self.assertEqual(
            await self.text(tab, "the-tag"), f'<script async src="{self.chat}/imd.js" data-agents="sales"></script>'
        )
        self.assertIs(await tab.evaluate("document.getElementById('style-part').hidden"), True)
        await self.choose(tab, "title", 'Tea & "more" <b>')
        await self.choose(tab, "corner", "top-left")
        await self.choose(tab, "accent", "#7a1f5c")
        tag, style = await self.text(tab, "the-tag"), await self.text(tab, "the-style")
        self.assertIn('data-title="Tea &amp; &quot;more&quot; &lt;b>"', tag)
        self.assertEqual(style, "imd-chat {\n  --imd-accent: #7a1f5c;\n}\n")
        policy = dict(part.split(" ", 1) for part in (await self.text(tab, "the-policy")).split("; "))
        site = await self.tab()
        whole = re.sub("script-src [^;]*", f"script-src {policy['script-src']}", strict_policy(self.chat))
        whole = re.sub("connect-src [^;]*", f"connect-src {policy['connect-src']}", whole)
        await site.visit(self.page(tags=tag, policy=whole))
        await site.do(site.page.get_by_role("button", name="Open chat").click())
        await site.do(site.page.get_by_role("dialog", name='Tea & "more" <b>').wait_for())
        self.assertEqual(await site.evaluate("document.querySelector('imd-chat').dataset.corner"), "top-left")

    async def test_contrast(self) -> None:
        """Colours that many could not read are warned of, and no more once they are others."""
        tab = await self.tuner()
        self.assertEqual(await self.text(tab, "warnings"), "")
        await self.choose(tab, "muted", "#c8c8c8")
        await tab.do(tab.page.get_by_text("faint text on the background: 1.6").wait_for())
        # What was chosen for light does not hold for dark.
        await tab.do(tab.page.get_by_role("radio", name="dark").check())
        await tab.until("document.getElementById('warnings').textContent === ''")
        await tab.do(tab.page.get_by_role("radio", name="light").check())
        await tab.do(tab.page.get_by_text("faint text").last.wait_for())
        await tab.do(tab.page.get_by_role("button", name="As it was").click())
        await tab.until("document.getElementById('warnings').textContent === ''")
        self.assertEqual(await tab.evaluate("document.activeElement.id"), "muted")

    async def test_languages(self) -> None:
        """Who reads Chinese has it in Chinese, and may have English; the chat has a language of its own."""
        tab = await self.tab(locale="zh-CN")
        await self.shop("alice")
        await tab.visit(f"{self.chat}/embed/")
        await tab.do(tab.page.get_by_role("heading", name="聊天窗口的外观").wait_for())
        self.assertEqual(await tab.evaluate("document.documentElement.lang"), "zh")
        left = await tab.evaluate(
            """[...document.querySelectorAll("[data-say]")].map(each => each.textContent).filter(
                 text => !/[\\u4e00-\\u9fff]/.test(text))"""
        )
        self.assertEqual(left, [])
        await self.choose(tab, "tongue", "en")
        await tab.do(tab.page.get_by_role("heading", name="The look of the chat").wait_for())
        await self.choose(tab, "lang", "zh")
        await tab.do(tab.page.get_by_role("textbox", name="输入消息").wait_for())
        self.assertIn('data-lang="zh"', await self.text(tab, "the-tag"))

    async def test_the_focus_stays(self) -> None:
        """A preview that is made anew takes the focus from nobody, and all fields are reached by the keyboard."""
        tab = await self.tuner()
        self.assertEqual(await tab.evaluate("document.activeElement.tagName"), "BODY")
        await tab.do(tab.page.get_by_label("The name").focus())
        await tab.do(tab.page.get_by_label("The name").select_option("required"))
        await tab.do(tab.page.get_by_label("It shows").select_option("visit"))
        await tab.do(tab.page.get_by_role("button", name="Start chatting").wait_for())
        self.assertEqual(await tab.evaluate("document.activeElement.id"), "form-name")
        reached = set()
        await tab.do(tab.page.locator(".brand").focus())
        for _ in range(80):
            await tab.press("Tab")
            reached.add(await tab.evaluate("document.activeElement.id || document.activeElement.dataset.copy || ''"))
        wanted = set(
            await tab.evaluate(
                """[...document.querySelectorAll("main input:not([type=radio]), main select, main [data-copy]")]
                     .filter(each => each.checkVisibility()).map(each => each.id || each.dataset.copy)"""
            )
        )
        self.assertEqual(wanted - reached, set())
        self.assertIn("the-tag", wanted)


class Demonstration(BrowserTestCase):
    async def test_from_page_to_page(self) -> None:
        """The shop is of another origin than its chat; a talk goes on from page to page, and the staff have it by the
        native protocol."""
        daemon = await self.house("alice", settings=("web.demo=true",))
        alice = await self.native(daemon, "alice")
        port = daemon.ports["web", "tcp"]
        tab = await self.tab()
        await tab.visit(f"http://localhost:{port}/demo/")
        self.assertIn(f"GET http://127.0.0.1:{port}/imd.js", tab.requests)
        await tab.do(tab.page.get_by_role("button", name="Open chat").click())
        field = tab.page.get_by_role("textbox", name="Write a message")
        await tab.do(field.fill("Do you ship to Norway?"))
        await tab.press("Enter")
        await alice.until("the question", lambda: "Do you ship to Norway?" in [each.body for each in alice.received])
        visitor = next(each.sender for each in alice.received if each.body == "Do you ship to Norway?")
        await alice.send(visitor, "We do.")
        await tab.do(tab.page.get_by_text("We do.").first.wait_for())
        await tab.do(tab.page.get_by_role("link", name="Shipping and help").click())
        await tab.do(tab.page.get_by_role("region", name="Write to us").get_by_text("We do.").first.wait_for())
        await tab.do(tab.page.get_by_role("link", name="The long table").click())
        await tab.do(tab.page.get_by_text("person here").wait_for())
        members = await daemon.ask("who")
        self.assertIn(visitor, str(members))
