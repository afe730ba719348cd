"""The widget as a person uses it: by what it is called and which role it has, not by how it is made."""

import re
from typing import Any, NamedTuple

from playwright.async_api import Locator, expect

from tests.browser.page import Tab

#: Milliseconds to wait for what others must do first: much, because the machine may be busy with other tests.
PATIENCE = 60_000

_LINES = """
host => [...host.shadowRoot.querySelectorAll("[part~=message]")].map(line => [
  line.querySelector("[part~=name]")?.textContent ?? "",
  line.querySelector("[part~=bubble]").textContent,
  line.querySelector("[part~=time] [role=img]")?.ariaLabel ?? "",
])
"""

#: Whether it was open on the page before, and so opens by itself once it is there; never where it would cover the page.
_LASTING = """
Object.keys(sessionStorage).some(name => name.startsWith("imd.open"))
  && !matchMedia("(max-width: 500px), (max-height: 460px)").matches
"""

_STILL = "host => Promise.all(host.shadowRoot.getAnimations().map(each => each.finished))"


class Line(NamedTuple):
    """One message. `who` and `status` are empty where the widget names none, as within what one says in one go."""

    who: str
    text: str
    status: str


class Widget:
    """The widget number `which` of a tab, from the top of the document; its words are English."""

    def __init__(self, tab: Tab, which: int = 0) -> None:
        self.tab = tab
        self.root = tab.page.locator("imd-chat").nth(which)
        self.launcher = self.root.locator("[part~=launcher]")
        self.log = self.root.get_by_role("log")
        self.field = self.root.get_by_role("textbox", name="Write a message")

    # ------------------------------------------------------------ waiting

    async def seen(self, what: Locator) -> None:
        await self.tab.do(expect(what).to_be_visible(timeout=PATIENCE))

    async def unseen(self, what: Locator) -> None:
        await self.tab.do(expect(what).to_be_hidden(timeout=PATIENCE))

    async def notes(self, text: str) -> None:
        """Wait until the widget says so, anywhere in it."""
        await self.seen(self.root.get_by_text(text).filter(visible=True).first)

    async def gone(self, text: str) -> None:
        """Wait until it says so no more."""
        await self.tab.do(expect(self.root.get_by_text(text).filter(visible=True)).to_have_count(0, timeout=PATIENCE))

    async def shows(self, text: str) -> None:
        """Wait until a message of just this text is there."""
        await self.seen(self._bubbles(text).last)

    async def marked(self, text: str, mark: str) -> None:
        """Wait until the last message of this text is marked so: ``Sent``, ``Delivered``, ``Read`` …"""
        line = (
            self.log.locator("[part~=message]")
            .filter(has=self.tab.page.locator("[part~=bubble]", has_text=self._whole(text)))
            .last
        )
        await self.seen(line.get_by_role("img", name=mark, exact=True))

    def _bubbles(self, text: str) -> Locator:
        return self.root.locator("[part~=bubble]").filter(has_text=self._whole(text))

    @staticmethod
    def _whole(text: str) -> re.Pattern[str]:
        return re.compile(f"^{re.escape(text)}$")

    async def lines(self) -> list[Line]:
        """All messages that are there."""
        return [Line(*each) for each in await self.tab.do(self.root.evaluate(_LINES))]

    async def texts(self) -> list[str]:
        """The same, without who and how."""
        return [line.text for line in await self.lines()]

    # ------------------------------------------------------------ what a person does

    async def open(self) -> None:
        """Click on the launcher, and wait until there is something to fill in."""
        await self.tab.do(self.launcher.click())
        await self.seen(self.root.locator("[part~=input], [role=tab]").first)

    async def still(self) -> None:
        """Wait until nothing of it moves any more: it grows while it opens."""
        await self.tab.do(self.root.evaluate(_STILL))

    async def at_hand(self) -> None:
        """Have it open, on a page that one has just come to, whether it opens by itself or not."""
        await self.tab.until("'imd' in window")
        if await self.tab.evaluate(_LASTING):
            await self.tab.until("imd.isOpen")
        elif not await self.tab.evaluate("imd.isOpen"):
            await self.tab.do(self.launcher.click())
        await self.ready()

    async def ready(self) -> None:
        """Wait until one can write."""
        await self.seen(self.field)

    async def holds(self, text: str) -> None:
        """Wait until this is in the field, and nothing else."""
        await self.tab.do(expect(self.field).to_have_value(text, timeout=PATIENCE))

    async def say(self, text: str) -> None:
        await self.tab.do(self.field.fill(text))
        await self.tab.do(self.field.press("Enter"))

    async def fill(self, label: str, text: str) -> None:
        """Fill in a field of a form."""
        await self.tab.do(self.root.get_by_label(label, exact=False).fill(text))

    async def click(self, name: str, role: Any = "button") -> None:
        await self.tab.do(self.root.get_by_role(role, name=name, exact=True).first.click())

    # ------------------------------------------------------------ what a member does besides

    async def back(self) -> None:
        """To the list of talks."""
        await self.click("Back")
        await self.seen(self.root.get_by_role("tab", name="Talks"))

    def _entry(self, name: str) -> Locator:
        """Of a list: a talk, a person, a room."""
        return self.root.locator("[part~=entry]").filter(has=self.tab.page.locator("strong", has_text=name))

    async def find(self, name: str) -> None:
        """Open a talk out of the list."""
        await self.tab.do(self._entry(name).click())
        await self.ready()

    async def add(self, name: str) -> None:
        """Put somebody on the buddy list."""
        await self.click("People", "tab")
        await self.fill("Add person", name)
        await self.click("Add")

    async def presence(self, name: str, state: str) -> None:
        """Wait until the buddy list shows somebody so."""
        await self.seen(self._entry(name).locator("small").filter(has_text=re.compile(f"^{re.escape(state)}")))

    async def join(self, room: str) -> None:
        """Enter a room."""
        await self.click("Rooms", "tab")
        await self.fill("Join room", room)
        await self.click("Join")
        await self.ready()
