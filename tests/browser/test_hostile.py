"""What peers say and call themselves is text, wherever it comes up: nothing runs, nothing becomes an element."""

from typing import Any

from tests.browser.case import BrowserTestCase
from tests.browser.tokens import SigningSite
from tests.browser.widget import Widget
from tests.corpus import LINES, STRINGS
from tests.daemon import RunningDaemon
from tests.doors import IrcDriver, NativeDriver
from tests.peers.case import PASSWORD

#: Elements by name with how many attributes beyond what the widget itself gives, and where its links lead.
_INSIDE = """
host => {
  const all = [...host.shadowRoot.querySelectorAll("*")];
  return {
    elements: [...new Set(all.map(each => each.localName))].sort(),
    attributes: [...new Set(all.flatMap(each => each.getAttributeNames()))].sort(),
    links: all.filter(each => each.localName === "a").map(each => each.protocol),
    styles: [...new Set(all.flatMap(each => [...each.style]))],
  };
}
"""
#: What a widget is made of; SVG for icons.
_ELEMENTS = {
    *(
        "a",
        "bdi",
        "button",
        "div",
        "form",
        "h2",
        "header",
        "input",
        "label",
        "li",
        "ol",
        "p",
        "path",
        "section",
        "span",
    ),
    *("svg", "textarea", "time", "ul", "style", "nav", "img", "h3", "fieldset", "legend", "details", "summary", "b"),
    *("circle", "select", "option", "footer", "main", "strong", "small", "output"),
}
#: Attributes by which an element runs something, or fetches.
_RUNNING = {"src", "srcdoc", "action", "formaction", "background", "poster", "xlink:href", "data"}
#: What the widget sets of single elements.
_STYLES = {"height", "--_hue", "--_view-height", "--_view-top"}


class Hostile(BrowserTestCase):
    async def staff(self, daemon: RunningDaemon, name: str) -> IrcDriver:
        """Somebody of the staff, by a client that says what no decent client would."""
        driver = await IrcDriver.sign_on(daemon, name, PASSWORD)
        assert isinstance(driver, IrcDriver)
        self.addCleanup(driver.cut)
        return driver

    async def harmless(self, widget: Widget, url: str) -> None:
        """All of the widget is what it is made of, its links lead to the web, and the page is where it was.

        That no script ran and nothing was fetched or refused is seen by the tab's complaints (`Tab`).
        """
        inside: dict[str, Any] = await widget.tab.do(widget.root.evaluate(_INSIDE))
        self.assertEqual(set(inside["elements"]) - _ELEMENTS, set())
        attributes = set(inside["attributes"])
        self.assertEqual(attributes & _RUNNING, set())
        self.assertEqual([each for each in attributes if each.startswith("on")], [])
        self.assertEqual(set(inside["styles"]) - _STYLES, set())
        self.assertEqual(set(inside["links"]) - {"http:", "https:", "mailto:"}, set())
        self.assertEqual(widget.tab.page.url, url)
        self.assertEqual(len(widget.tab.context.pages), 1)
        asked = [each for each in widget.tab.requests if self.chat[5:] not in each and self.origin not in each]
        self.assertEqual(asked, [])

    async def test_messages(self) -> None:
        """Every string of the corpus, said by the staff and by the visitor herself, is shown to the letter."""
        daemon = await self.shop("alice")
        alice = await self.staff(daemon, "alice")
        anna = await self.visitor()
        url = anna.tab.page.url
        await anna.open()
        await anna.say("Hello")
        nick = await self.nick(daemon)
        for text in LINES:
            outcome = await alice.send(nick, text)
            self.assertEqual(outcome.how, "accepted", text)
        await alice.send(nick, "the end")
        await anna.shows("the end")
        self.assertEqual((await anna.texts())[1:-1], list(LINES))
        for text in STRINGS[:20]:
            await anna.say(text)
            await anna.shows(text.strip())
        await self.harmless(anna, url)
        await anna.tab.reload()
        await anna.at_hand()
        await anna.shows("the end")
        await self.harmless(anna, url)

    async def test_room(self) -> None:
        """Topics, farewells and actions, and nicks as hostile as nicks may be."""
        daemon = await self.shop("alice", site={"rooms": ["#tea"]})
        alice = await self.staff(daemon, "alice")
        await alice.join("#tea")
        anna = await self.visitor(data={"room": "#tea"})
        url = anna.tab.page.url
        await anna.open()
        await anna.ready()
        for text in LINES:
            await alice.command(f"TOPIC #tea :{text}")
            await alice.command(f"PRIVMSG #tea :\x01ACTION {text}\x01")
        guest = await IrcDriver.sign_on(daemon, "`|{}[]^_-\\", "")
        self.addCleanup(guest.cut)
        await guest.join("#tea")
        await guest.send("#tea", "<b>the end</b>")
        await anna.shows("<b>the end</b>")
        await self.harmless(anna, url)

    async def test_what_they_call_themselves(self) -> None:
        """Real names, away texts, and names of rooms, in a member's buddy list and list of rooms."""
        site = SigningSite()
        daemon = await self.shop("alice", site={"keys": site.keys})
        alice = await self.staff(daemon, "alice")
        dora = await self.visitor(data={"token": site.token("dora", name="<img src=x onerror=alert(1)>")})
        url = dora.tab.page.url
        await dora.open()
        await dora.add("alice")
        await alice.buddy("ALLOW dora")
        rooms = ["#<img/src=x/onerror=alert(1)>", '#"onmouseover="alert(1)', "#<svg/onload=alert(1)>"]
        for room in rooms:
            await alice.join(room)
            await alice.command(f"INVITE dora {room}")
            await dora.join(room)
            await dora.say("Hello")
            await dora.shows("Hello")
            await dora.back()
        for text in LINES[:40]:
            await alice.command(f"AWAY :{text}")
            await alice.command(f"SETNAME :{text}")
        await dora.click("People", "tab")
        await dora.presence("alice", "Away")
        await self.harmless(dora, url)

    async def test_file_names(self) -> None:
        """Names of files that are offered: by DCC to a visitor and in a room, by the native protocol to a member."""
        site = SigningSite()
        more = {"keys": site.keys, "rooms": ["#tea"]}
        daemon = await self.shop("alice", "carol", site=more, settings=("limits.offers=0",))
        alice = await self.staff(daemon, "alice")
        await alice.join("#tea")
        anna, eva = await self.visitor(), await self.visitor(data={"room": "#tea"})
        dora = await self.visitor(data={"token": site.token("dora")})
        where = {each: each.tab.page.url for each in (anna, eva, dora)}
        await anna.open()
        await anna.say("Hello")
        nick = await self.nick(daemon)
        await eva.open()
        await eva.ready()
        await dora.open()
        carol = await NativeDriver.sign_on(daemon, "carol", PASSWORD)
        assert isinstance(carol, NativeDriver)
        self.addCleanup(carol.cut)
        for number, name in enumerate(LINES):
            for target in (nick, "#tea"):
                await alice.command(f"PRIVMSG {target} :\x01DCC SEND {name} 2130706433 5000 {number}\x01")
            offer = {"type": "file-offer", "to": "dora", "offer": f"f{number}", "name": name[:255] or "-", "size": 1}
            self.assertEqual((await carol.ask(offer)).get("code", ""), "", offer)
        for widget, sender, target in ((anna, alice, nick), (eva, alice, "#tea"), (dora, carol, "dora")):
            self.assertEqual((await sender.send(target, "the end")).how, "accepted")
            if widget is dora:
                await dora.click("Talks", "tab")
                await dora.find("carol")
            await widget.shows("the end")
            self.assertEqual((await widget.texts())[-1], "the end")
            await self.harmless(widget, where[widget])
