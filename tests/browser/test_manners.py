"""The widget behaves on somebody else's page: it asks for little, moves nothing, leaves nothing behind."""

from typing import Any

from tests.browser.case import BrowserTestCase
from tests.browser.page import Tab
from tests.browser.site import strict_policy, tag
from tests.browser.widget import Widget

_NAMES = "Object.getOwnPropertyNames(window).sort()"
#: What the page is made of besides the widget, its attributes included, and where each thing stands.
_LAYOUT = """
[...document.querySelectorAll("*")].filter(each => each.localName !== "imd-chat").map(each => {
  const { x, y, width, height } = each.getBoundingClientRect();
  const attributes = [...each.attributes].map(({ name, value }) => `${name}=${value}`);
  return [each.localName, x, y, width, height, ...attributes].join(" ");
})
"""
#: Seconds of a thread that a page may spend on the script before anybody opens the chat.
_BUDGET = 0.05


class OnThePage(BrowserTestCase):
    async def settled(self, tab: Tab) -> None:
        """All that a page does by itself has been done."""
        await tab.until("'imd' in window")
        await tab.do(tab.page.wait_for_load_state("networkidle"))

    async def spent(self, tab: Tab) -> float:
        """Seconds of its thread that the page's scripts have taken."""
        session = await tab.do(tab.context.new_cdp_session(tab.page))
        await tab.do(session.send("Performance.enable", {"timeDomain": "threadTicks"}))
        await tab.do(tab.page.reload(wait_until="networkidle"))
        metrics: list[dict[str, Any]] = (await tab.do(session.send("Performance.getMetrics")))["metrics"]
        (taken,) = [each["value"] for each in metrics if each["name"] == "ScriptDuration"]
        return float(taken)

    async def test_one_request(self) -> None:
        """Until somebody opens the chat, one file is asked for, nothing is stored, and no cookie ever is set."""
        await self.attended()
        anna = await self.visitor()
        tab = anna.tab
        await self.settled(tab)
        chat = [each for each in tab.requests if self.chat.partition("//")[2] in each]
        self.assertEqual(chat, [f"GET {self.chat}/imd.js"])
        self.assertEqual(await tab.evaluate("localStorage.length + sessionStorage.length"), 0)
        self.assertEqual(await tab.evaluate("indexedDB.databases()"), [])
        await anna.open()
        await anna.say("Hello")
        await anna.shows("Hello")
        self.assertEqual(await tab.do(tab.context.cookies()), [])
        self.assertEqual(await tab.evaluate("document.cookie"), "")

    async def test_one_name(self) -> None:
        """`imd` is the only name that the page's window gets, also when the chat has been opened and used."""
        await self.attended()
        bare = await self.tab()
        await bare.visit(self.page("/bare", tags="<p></p>"))
        names = await bare.evaluate(_NAMES)
        anna = await self.visitor()
        await anna.open()
        await anna.say("Hello")
        await anna.shows("Hello")
        self.assertEqual(set(await anna.tab.evaluate(_NAMES)) ^ set(names), {"imd"})
        self.assertFalse(await anna.tab.evaluate("!!customElements.get('imd-chat')"))

    async def test_nothing_moves(self) -> None:
        """Nothing of the page shifts or changes when the chat comes, opens, and closes."""
        await self.attended()
        anna = await self.visitor()
        tab = anna.tab
        await self.settled(tab)
        layout = await tab.evaluate(_LAYOUT)
        await anna.open()
        await anna.say("Hello")
        await anna.shows("Hello")
        self.assertEqual(await tab.evaluate(_LAYOUT), layout)
        await anna.tab.press("Escape")
        await anna.unseen(anna.field)
        self.assertEqual(await tab.evaluate(_LAYOUT), layout)
        self.assertEqual(await tab.moved(), [])

    async def test_the_page_goes_on(self) -> None:
        """Before it is opened, the chat takes the page's thread for a moment only."""
        await self.attended()
        tab = await self.tab()
        await tab.visit(self.page("/bare", tags="<p></p>"))
        bare = await self.spent(tab)
        await tab.visit(self.page(data={"agents": "sales"}))
        await self.settled(tab)
        self.assertLess(await self.spent(tab) - bare, _BUDGET)


class Confined(BrowserTestCase):
    async def test_a_sandbox(self) -> None:
        """Where a page has no origin, and so nothing it may keep or lock, one can talk all the same."""
        await self.attended(site={"origins": ["*"]})
        anna = await self.visitor(policy=f"{strict_policy(self.chat)}; sandbox allow-scripts allow-forms")
        await anna.open()
        await anna.say("Hello")
        await anna.marked("Hello", "Delivered")


class SeveralOnAPage(BrowserTestCase):
    async def test_floating_and_inline(self) -> None:
        """A desk in the corner and a room in an element of the page, each with its own talk, over one connection."""
        daemon = await self.attended(site={"rooms": ["#tea"]})
        tags = tag(self.chat, agents="sales") + tag(self.chat, room="#tea", target="#here")
        body = '<h1>Tea</h1><div id="here" class="inline"></div>'
        desk = await self.visitor(tags=tags, body=body)
        room = Widget(desk.tab, 0)
        await room.ready()
        self.assertTrue(await desk.tab.evaluate("document.querySelector('#here > imd-chat') !== null"))
        await room.unseen(room.launcher)
        await room.still()
        fits = await desk.tab.evaluate("document.querySelector('#here').scrollHeight <= here.clientHeight")
        self.assertTrue(fits, "the chat is larger than the element it is in")
        await room.say("Hello, room")
        await room.shows("Hello, room")
        desk = Widget(desk.tab, 1)
        await desk.open()
        await desk.say("Hello, desk")
        await desk.shows("Hello, desk")
        self.assertEqual(await room.texts(), ["Hello, room"])
        self.assertEqual(await desk.texts(), ["Hello, desk"])
        self.assertEqual(len(await self.visitors(daemon)), 1)

    async def test_as_high_as_its_element(self) -> None:
        """Also when the page's styles come after the chat; an element without a height of its own has a common one."""
        await self.attended()
        inline = await self.visitor(tags=tag(self.chat, agents="sales", target="#here"), body='<div id="here"></div>')
        await inline.ready()
        for height, expected in (("", 500), ("430px", 430), ("640px", 640), ("", 500)):
            await inline.tab.evaluate(f"here.style.height = '{height}'")
            panel = "document.querySelector('#here > imd-chat').shadowRoot.querySelector('[part~=panel]')"
            self.assertEqual(await inline.tab.evaluate(f"{panel}.getBoundingClientRect().height"), expected)
            self.assertEqual(await inline.tab.evaluate("here.scrollHeight"), expected)

    async def test_the_api(self) -> None:
        """`imd.create` makes one more; each is opened and closed by itself, and `destroy` leaves nothing."""
        await self.attended()
        first = await self.visitor()
        await first.tab.until("'imd' in window")
        await first.tab.evaluate("() => { document.other = imd.create({ agents: 'sales', corner: 'top-left' }); }")
        other = Widget(first.tab, 1)
        await first.tab.evaluate("document.other.open()")
        await other.ready()
        self.assertEqual(await first.tab.evaluate("[imd.isOpen, document.other.isOpen]"), [False, True])
        await first.tab.evaluate("() => { document.other.destroy(); imd.destroy(); }")
        self.assertEqual(await first.tab.evaluate("document.querySelectorAll('imd-chat').length"), 0)
        self.assertFalse(await first.tab.evaluate("'imd' in window"))
