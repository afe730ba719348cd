"""People who use a keyboard, a screen reader, another language, or who cannot bear what moves."""

from typing import Any

from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.case import BrowserTestCase
from tests.browser.tokens import SigningSite
from tests.browser.widget import Widget

#: What has the focus, through shadow roots: role or element, and name.
_FOCUS = """
() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at === document.body ? "" : at.ariaLabel || at.labels?.[0]?.textContent || at.textContent;
}
"""
#: Notes all that is put into live regions of the first widget from now on.
_LISTEN = """
() => {
  const heard = document.heard = [];
  const root = document.querySelector("imd-chat").shadowRoot;
  const live = node => (node.nodeType === 1 ? node : node.parentElement)
    ?.closest("[aria-live=polite], [aria-live=assertive], [role=status], [role=alert]");
  new MutationObserver(all => {
    for (const { type, target, addedNodes } of all) {
      if (type === "characterData" && live(target)) heard.push(target.textContent.trim());
      for (const node of addedNodes) {
        const region = live(node);
        if (region && region.ariaLive !== "off" && node.textContent.trim()) heard.push(node.textContent.trim());
      }
    }
  }).observe(root, { subtree: true, childList: true, characterData: true });
}
"""
#: Animations and transitions of the first widget that would be seen to move.
_MOVING = """
() => document.querySelector("imd-chat").shadowRoot.getAnimations()
  .filter(each => each.effect.getComputedTiming().duration > 10)
  .map(each => each.animationName ?? each.transitionProperty)
"""


class Audit(BrowserTestCase):
    """axe-core finds nothing: WCAG 2.2 A and AA, and best practice."""

    async def audited(self, widget: Widget, state: str) -> None:
        self.assertEqual(await violations(widget.tab), [], state)

    async def open_page(self, data: dict[str, str] | None = None, **options: Any) -> Widget:
        page = {key: options.pop(key) for key in ("lang", "dir", "look") if key in options}
        tab = await self.tab(bypass_csp=True, **options)
        return await self.visitor(tab, data=data or {"agents": "sales"}, **page)

    async def test_talk(self) -> None:
        """Closed, open, in a talk with all kinds of messages, its menu and emoji."""
        await self.talk()

    async def test_dark(self) -> None:
        """The same in dark colours."""
        await self.talk(color_scheme="dark", look="dark")

    async def test_narrow(self) -> None:
        """The same on a telephone."""
        await self.talk(viewport={"width": 360, "height": 640}, is_mobile=True, has_touch=True)

    async def talk(self, **options: Any) -> None:
        daemon = await self.shop("alice")
        alice = await self.irssi(daemon, "alice")
        anna = await self.open_page(**options)
        await anna.seen(anna.launcher)
        await self.audited(anna, "closed")
        await anna.open()
        await self.audited(anna, "open")
        await anna.say("Hello")
        nick = await self.nick(daemon)
        await alice.say(f"/msg {nick} See https://example.org/ ☕")
        await alice.say(f"/msg {nick} 😀")
        await anna.shows("😀")
        await anna.marked("Hello", "Delivered")
        await self.audited(anna, "talking")
        await anna.click("More")
        await self.audited(anna, "menu")
        await anna.tab.press("Escape")
        await anna.click("Emoji")
        await self.audited(anna, "emoji")
        await anna.tab.press("Escape", "Escape")
        await alice.say(f"/msg {nick} Still there?")
        await anna.seen(anna.root.get_by_role("button", name="1 unread message"))
        await self.audited(anna, "unread")

    async def test_forms(self) -> None:
        """The form before a talk, its complaints, the form when nobody is there, and what comes after it."""
        await self.shop("alice")
        anna = await self.open_page({"agents": "sales", "form": "name:required email:optional"})
        await anna.open()
        await self.audited(anna, "who she is")
        await anna.click("Start chatting")
        await anna.notes("Please")
        await self.audited(anna, "complaints")
        await anna.fill("Your name", "Anna")
        await anna.click("Start chatting")
        await anna.notes("Nobody is here right now")
        await self.audited(anna, "nobody there")
        await anna.fill("Message", "Hello")
        await anna.click("Leave message")
        await anna.notes("Your message is kept.")
        await self.audited(anna, "kept")

    async def test_room(self) -> None:
        """A room with people, a topic, and what happens there; in the page instead of in a corner."""
        daemon = await self.shop("alice", site={"rooms": ["#tea"]})
        alice = await self.irssi(daemon, "alice")
        await alice.say("/join #tea")
        await alice.say("/topic Earl Grey, hot")
        await alice.sees("changed the topic")
        tab = await self.tab(bypass_csp=True)
        body = '<h1>Tea</h1><div id="here" class="inline"></div>'
        anna = await self.visitor(tab, data={"room": "#tea", "target": "#here"}, body=body)
        await anna.ready()
        await anna.notes("Earl Grey, hot")
        await alice.say("/msg #tea Hello")
        await anna.shows("Hello")
        await self.audited(anna, "room")

    async def test_member(self) -> None:
        """A member's lists of talks, people and rooms."""
        site = SigningSite()
        daemon = await self.shop("alice", site={"keys": site.keys, "rooms": ["#tea"]})
        alice = await self.irssi(daemon, "alice")
        dora = await self.open_page({"token": site.token("dora")})
        await dora.open()
        await self.audited(dora, "empty")
        await dora.add("alice")
        await alice.sees("dora asks to see when you are on.")
        await alice.say("/msg BuddyServ ALLOW dora")
        await dora.presence("alice", "Available")
        await self.audited(dora, "people")
        await dora.join("#tea")
        await self.audited(dora, "room")

    async def test_chinese_and_arabic(self) -> None:
        """The widget speaks the page's language, and is written its way."""
        await self.shop("alice")
        for lang, dir in ("zh-CN", "ltr"), ("ar", "rtl"):
            anna = await self.open_page(lang=lang, dir=dir)
            await anna.tab.do(anna.root.get_by_role("button").first.click())
            await anna.seen(anna.root.get_by_role("textbox").first)
            await self.audited(anna, lang)
            panel = anna.root.locator("[part~=panel]")
            shown = await anna.tab.do(panel.evaluate("each => getComputedStyle(each).direction"))
            self.assertEqual(shown, dir)

    async def test_names_in_arabic(self) -> None:
        """What is said of somebody with a Latin name is an Arabic sentence all the same: it begins at the right."""
        daemon = await self.shop("alice")
        alice = await self.irssi(daemon, "alice")
        anna = await self.visitor(lang="ar", dir="rtl")
        await anna.tab.do(anna.launcher.click())
        field = anna.root.locator("[part~=input]")
        await anna.seen(field)
        await anna.tab.do(field.fill("سلام"))
        await anna.tab.do(field.press("Enter"))
        await alice.say(f"/msg {await self.nick(daemon)} hello")
        taken = anna.root.locator("[part~=event]").filter(has_text="alice")
        await anna.seen(taken)
        self.assertEqual(await anna.tab.do(taken.evaluate("each => getComputedStyle(each).direction")), "rtl")


class Keyboard(BrowserTestCase):
    async def focus(self, widget: Widget) -> str:
        return str(await widget.tab.evaluate(_FOCUS))

    async def arrow_to(self, widget: Widget, name: str) -> None:
        """Press the arrow until this has the focus, in a menu."""
        passed = [await self.focus(widget)]
        while name not in passed[-1]:
            self.assertLess(len(passed), 12, f"the arrow does not lead to {name}: {passed}")
            await widget.tab.press("ArrowDown")
            passed.append(await self.focus(widget))

    async def tab_to(self, widget: Widget, name: str) -> None:
        """Press Tab until this has the focus; a page has only so many stops."""
        passed = []
        for _ in range(25):
            await widget.tab.press("Tab")
            passed.append(await self.focus(widget))
            if name in passed[-1]:
                return
        self.fail(f"Tab does not lead to {name}: {passed}")

    async def test_a_whole_talk(self) -> None:
        """Open, write, read on, pick an emoji, end the talk, close, and go on in the page: no mouse, no trap."""
        daemon = await self.shop("alice")
        alice = await self.irssi(daemon, "alice")
        anna = await self.visitor()
        tab = anna.tab
        await tab.until("'imd' in window")
        await self.tab_to(anna, "Open chat")
        await tab.press("Enter")
        await anna.seen(anna.field)
        await tab.do(anna.field.wait_for())
        self.assertEqual(await self.focus(anna), "Write a message")
        await tab.type("Hello")
        await tab.press("Shift+Enter")
        await tab.type("there")
        await tab.press("Enter")
        nick = await self.nick(daemon)
        await alice.hears(nick, nick, "Hello")
        await alice.say(f"/msg {nick} Good morning")
        await anna.shows("Good morning")
        await tab.type("I would like ")
        await self.tab_to_back(anna, "Emoji")
        await tab.press("Enter")
        await anna.seen(anna.root.get_by_role("group", name="Emoji"))
        await tab.until("document.querySelector('imd-chat').shadowRoot.activeElement.closest('[role=group]')")
        await tab.press("ArrowRight", "Enter")
        self.assertEqual(await self.focus(anna), "Write a message")
        await tab.press("Enter")
        await alice.sees("I would like ")
        await self.tab_to_back(anna, "Messages")
        await self.tab_to_back(anna, "More")
        await tab.press("Enter")
        await self.arrow_to(anna, "End conversation")
        await tab.press("Enter")
        await anna.notes("This conversation has ended")
        await tab.press("Escape")
        await anna.unseen(anna.field)
        self.assertIn("Open chat", await self.focus(anna))
        # Out of the widget, forwards and backwards: to the browser's own controls, and to the page.
        await tab.press("Tab")
        self.assertNotIn("chat", await self.focus(anna))
        await tab.press("Shift+Tab", "Shift+Tab")
        self.assertIn("Add to basket", await self.focus(anna))

    async def tab_to_back(self, widget: Widget, name: str) -> None:
        passed = []
        for _ in range(25):
            await widget.tab.press("Shift+Tab")
            passed.append(await self.focus(widget))
            if name in passed[-1]:
                return
        self.fail(f"Shift+Tab does not lead to {name}: {passed}")

    async def test_the_form(self) -> None:
        """Leave a message by keyboard alone; what is missing gets the focus."""
        daemon = await self.shop("alice")
        anna = await self.visitor(data={"agents": "sales", "form": "name:required"})
        tab = anna.tab
        await tab.until("'imd' in window")
        await self.tab_to(anna, "Open chat")
        await tab.press("Space")
        await anna.notes("Your name")
        self.assertIn("Your name", await self.focus(anna))
        await tab.press("Enter")
        await anna.notes("Please say your name.")
        self.assertIn("Your name", await self.focus(anna))
        await tab.type("Anna")
        await tab.press("Enter")
        await anna.notes("Nobody is here right now")
        await self.tab_to(anna, "Message")
        await tab.type("Do you ship?")
        await self.tab_to(anna, "Leave message")
        await tab.press("Enter")
        await anna.notes("Your message is kept.")
        self.assertEqual(len(await self.waiting(daemon, "alice")), 1)


class ScreenReader(BrowserTestCase):
    async def test_only_news_is_announced(self) -> None:
        """History is not read out when it is fetched, a new line is, once; one's own lines are not."""
        daemon = await self.shop("alice")
        alice, anna, nick = await self.talking(daemon)
        await alice.say(f"/msg {nick} two")
        await anna.shows("two")
        await anna.tab.reload()
        await anna.tab.until("'imd' in window")
        await anna.tab.evaluate(_LISTEN)
        await anna.at_hand()
        await anna.shows("two")
        await anna.say("three")
        await alice.hears(nick, nick, "three")
        await alice.say(f"/msg {nick} four")
        await anna.shows("four")
        await anna.tab.until("document.heard.some(each => each.includes('four'))")
        heard: list[str] = await anna.tab.evaluate("document.heard")
        self.assertEqual([each for each in heard if "four" in each], ["alice: four"])
        self.assertEqual([each for each in heard if any(word in each for word in ("one", "two", "three"))], [])
        self.assertEqual(await anna.tab.do(anna.log.get_attribute("aria-label")), "Messages")


class StillAndLarge(BrowserTestCase):
    async def test_reduced_motion(self) -> None:
        """Who asks for it sees nothing move."""
        daemon = await self.shop("alice")
        alice = await self.irssi(daemon, "alice")
        anna = await self.visitor(await self.tab(reduced_motion="reduce"))
        await anna.tab.until("'imd' in window")
        await anna.tab.do(anna.launcher.click())
        self.assertEqual(await anna.tab.evaluate(_MOVING), [])
        await anna.ready()
        await anna.say("Hello")
        nick = await self.nick(daemon)
        await alice.say(f"/msg {nick} Hello")
        await anna.shows("Hello")
        self.assertEqual(await anna.tab.evaluate(_MOVING), [])

    async def test_forced_colours(self) -> None:
        """In Windows' contrast themes the launcher and the panel still have an edge, and one sees where one writes."""
        await self.attended()
        anna = await self.visitor(await self.tab(forced_colors="active"))
        await anna.open()
        for part in "launcher", "panel":
            edge = await anna.tab.do(
                anna.root.locator(f"[part~={part}]").evaluate("each => getComputedStyle(each).borderStyle")
            )
            self.assertEqual(edge, "solid", part)
        box = anna.root.locator(".box")
        ring = "each => getComputedStyle(each).outlineStyle"
        self.assertEqual(await anna.tab.do(box.evaluate(ring)), "solid")
        await anna.tab.do(anna.field.evaluate("each => each.blur()"))
        self.assertEqual(await anna.tab.do(box.evaluate(ring)), "none")

    async def test_text_twice_as_large(self) -> None:
        """At 200 % nothing of the panel is cut off at the side (WCAG 1.4.4, 1.4.10)."""
        await self.shop("alice")
        anna = await self.visitor(await self.tab(viewport={"width": 500, "height": 360}, device_scale_factor=2))
        await anna.open()
        await anna.still()
        box = await anna.tab.do(anna.root.locator("[part~=panel]").bounding_box())
        assert box is not None
        self.assertGreaterEqual(box["x"], 0)
        self.assertGreaterEqual(box["y"], 0)
        self.assertLessEqual(box["x"] + box["width"], 500)
        self.assertLessEqual(box["y"] + box["height"], 360)

    async def test_narrow(self) -> None:
        """At 320 pixels, which is 1,280 at 400 %, no word of the head is cut off (WCAG 1.4.10)."""
        await self.shop("alice")
        anna = await self.visitor(await self.tab(viewport={"width": 320, "height": 568}))
        await anna.open()
        status = anna.root.locator("[part~=status]")
        await anna.tab.do(expect(status).to_have_text("Nobody is here right now"))
        cut = await anna.tab.do(status.evaluate("each => each.scrollWidth > each.clientWidth"))
        self.assertFalse(cut)
