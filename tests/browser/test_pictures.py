"""Scenes for strangers: what the documents show. ``IMD_PICTURES=1`` writes ``docs/pictures`` anew."""

import os
import struct
import time
from pathlib import Path
from typing import Any

from tests.browser.case import BrowserTestCase
from tests.browser.page import Tab
from tests.browser.widget import Widget
from tests.peers.irssi import Irssi

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WRITING = bool(os.environ.get("IMD_PICTURES"))
#: Bytes: a picture of one colour is smaller, and one that big slows a page of documents down.
_SMALLEST, _LARGEST = 8_000, 700_000

_CHINESE = """\
<h1>当季好茶</h1>
<p>手工采摘，用心包装，每一款我们都亲自品尝过至少两次。</p>
<ul class="teas">
<li><b>大吉岭初摘</b><span>花香，略带青涩</span></li>
<li><b>白牡丹</b><span>来自福建，柔和如雨</span></li>
<li><b>正山小种</b><span>爱它或恨它</span></li>
</ul>
<p>每周二、周五发货。欢迎随时咨询。</p>
"""
_TALK = (
    ("visitor", "Hello! Has the first flush arrived yet?"),
    ("staff", "Good morning Anna! Since Tuesday, and it is a very flowery one this year 🌸"),
    ("visitor", "Lovely. Two hundred grams, please."),
    ("staff", "With pleasure: https://shop.example/darjeeling"),
    ("staff", "It leaves here on Friday."),
    ("visitor", "Thank you 🍵"),
)
_CHINESE_TALK = (
    ("visitor", "你好！今年的大吉岭初摘到了吗？"),
    ("staff", "您好！周二刚到，今年花香特别浓 🌸"),
    ("visitor", "太好了，请给我两百克。"),
    ("staff", "没问题，周五发货。"),
    ("visitor", "谢谢 🍵"),
)


def _morning() -> str:
    """A time zone in which it is nine o'clock in the morning, as the talks say. (`Etc/GMT-2` is two hours *ahead*.)"""
    ahead = (9 - time.gmtime().tm_hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"


class Scenes(BrowserTestCase):
    async def take(self, tab: Tab, name: str, *, full: bool = False) -> None:
        """A picture of the whole window, when all that moves has come to rest."""
        await tab.evaluate("() => document.fonts.ready.then(() => {})")
        picture = await tab.do(tab.page.screenshot(animations="disabled", caret="hide", full_page=full))
        width, height = struct.unpack(">II", picture[16:24])
        self.assertGreater(min(width, height), 600)
        self.assertTrue(_SMALLEST < len(picture) < _LARGEST, len(picture))
        if WRITING:
            PICTURES.mkdir(exist_ok=True)
            (PICTURES / f"{name}.png").write_bytes(picture)

    async def scene(self, talk: tuple[tuple[str, str], ...], page: dict[str, Any], **options: Any) -> Widget:
        """A talk on a page of the shop, from the first word to the last mark."""
        daemon = await self.shop("alice")
        alice = await self.irssi(daemon, "alice")
        tab = await self.tab(
            **{
                "viewport": {"width": 1120, "height": 720},
                "device_scale_factor": 1.5,
                "timezone_id": _morning(),
                **options,
            }
        )
        anna = await self.visitor(tab, **page)
        await anna.tab.until("'imd' in window")
        await anna.tab.evaluate("imd.open()")
        field = anna.root.locator("textarea[part~=input]")
        await anna.seen(field)
        nick = ""
        for who, text in talk:
            if who == "visitor":
                await tab.do(field.fill(text))
                await tab.do(field.press("Enter"))
                nick = nick or await self.nick(daemon)
                await alice.hears(nick, nick, text)
            else:
                await alice.say(f"/msg {nick} {text}")
                await anna.shows(text)
        return anna

    def data(self, **more: str) -> dict[str, str]:
        return {"agents": "sales", **more}

    async def test_light(self) -> None:
        """A talk in light colours."""
        anna = await self.scene(_TALK, {"data": self.data(title="Ask the tea shop")})
        await self.take(anna.tab, "widget-light")

    async def test_dark(self) -> None:
        """A talk in dark colours."""
        page = {"data": self.data(title="Ask the tea shop"), "look": "dark"}
        anna = await self.scene(_TALK, page, color_scheme="dark")
        await self.take(anna.tab, "widget-dark")

    async def test_mobile(self) -> None:
        """On a telephone the chat has all of the screen."""
        options = {
            "viewport": {"width": 390, "height": 780},
            "device_scale_factor": 2,
            "is_mobile": True,
            "has_touch": True,
        }
        anna = await self.scene(_TALK, {"data": self.data(title="Ask the tea shop")}, **options)
        await self.take(anna.tab, "widget-mobile")

    async def test_chinese(self) -> None:
        """On a page in Chinese."""
        page = {
            "data": self.data(title="茶店客服"),
            "lang": "zh-CN",
            "title": "茶店",
            "body": _CHINESE,
            "links": ("首页", "价格"),
        }
        anna = await self.scene(_CHINESE_TALK, page, locale="zh-CN")
        await self.take(anna.tab, "widget-chinese")

    async def test_room(self) -> None:
        """A community room in the middle of a page."""
        daemon = await self.shop("alice", "bob", "carol", site={"rooms": ["#tea"]})
        people: dict[str, Irssi] = {name: await self.irssi(daemon, name) for name in ("alice", "bob", "carol")}
        for each in people.values():
            await each.say("/join #tea")
            await each.sees("Join to #tea was synced")
        await people["alice"].say("/topic Oolong night, Thursday at eight · bring your own cup")
        await people["bob"].sees("Oolong night")
        tab = await self.tab(viewport={"width": 1120, "height": 760}, device_scale_factor=1.5, timezone_id=_morning())
        body = (
            '<h1>The tea table</h1><p>Everybody is welcome, no account needed.</p><div id="here" class="inline"></div>'
        )
        anna = await self.visitor(tab, data={"room": "#tea", "target": "#here"}, body=body)
        await anna.ready()
        for name, text in (
            ("bob", "Which water do you take for gyokuro?"),
            ("carol", "Soft, and never hotter than 60 °C"),
            ("alice", "We have a kettle that stops at sixty, by the way"),
        ):
            await people[name].say(f"/msg #tea {text}")
            await anna.shows(text)
        await anna.say("That explains a lot 🫖")
        await people["bob"].sees("That explains a lot")
        await self.take(tab, "widget-room")

    async def test_form(self) -> None:
        """Nobody is there."""
        await self.shop("alice")
        tab = await self.tab(viewport={"width": 1120, "height": 720}, device_scale_factor=1.5)
        anna = await self.visitor(tab, data=self.data(title="Ask the tea shop"))
        await anna.open()
        await anna.fill("Your name", "Anna")
        await anna.fill("Message", "Do you ship to Kerguelen?")
        await self.take(tab, "widget-form")

    async def test_tuner(self) -> None:
        """The page in which a site owner tunes the look and copies the tag."""
        await self.shop("alice")
        tab = await self.tab(viewport={"width": 1120, "height": 820}, device_scale_factor=1.5, timezone_id=_morning())
        await tab.visit(f"{self.chat}/embed/")
        await tab.do(tab.page.get_by_text("Perfect, thank you!").first.wait_for())
        await self.take(tab, "tuner")
