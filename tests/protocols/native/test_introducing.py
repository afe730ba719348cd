"""What a visitor says of herself and of her page."""

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.core.refusal import NotAllowed
from tests.protocols.native.visiting import SHOP, Shop


class Introducing(SynchronousTestCase):
    def setUp(self) -> None:
        self.shop = Shop()
        self.alice = self.shop.on(self.shop.person("alice"))
        self.anna = self.shop.visitor(name="")

    def said(self) -> tuple[str, str, str, str]:
        said = self.shop.hub.visitors.introduction(self.anna.session.me.person)
        return said.name, said.email, said.page, said.title

    def test_bit_by_bit(self) -> None:
        """She says who she is when she likes; what she leaves out stays as it was, and her name stays."""
        name = self.anna.name
        self.assertEqual(self.said(), ("", "", "", ""))
        self.anna.ask("introduce", page="https://shop.example/prices", title="Prices")
        self.assertEqual(self.said(), ("", "", "https://shop.example/prices", "Prices"))
        self.anna.ask("introduce", name="Anna", email="anna@example.org")
        self.assertEqual(self.said(), ("Anna", "anna@example.org", "https://shop.example/prices", "Prices"))
        self.anna.ask("introduce", page="https://shop.example/")
        self.assertEqual(self.said(), ("Anna", "anna@example.org", "https://shop.example/", ""))
        self.assertEqual(self.anna.session.me.info.realname, "Anna")
        self.assertEqual(self.anna.session.me.address.name, name)

    def test_kept(self) -> None:
        """Name and address are known when she comes back, also after a restart; the page is that of the moment."""
        self.anna.ask("introduce", name="Anna", email="anna@example.org", page="https://shop.example/")
        self.anna.send("alice")
        secret = self.anna.secret
        self.anna.leave()
        self.shop.restart()
        self.anna = self.shop.page()
        self.anna.visit(secret=secret)
        self.assertEqual(self.said(), ("Anna", "anna@example.org", "", ""))
        account = self.anna.session.me.account
        assert account is not None
        self.assertEqual(self.shop.wait(self.shop.hub.visitors.email(account)), "anna@example.org")

    def test_hostile(self) -> None:
        """What cannot be shown in a line, or is no page, is refused as a whole."""
        for fields in [
            {"name": "a\nb"},
            {"title": "a\x00b", "name": "Eve"},
            {"page": "https://x.example/\r\n"},
            {"email": "x", "page": "https://shop.example/"},
        ]:
            with self.subTest(str(fields)):
                self.assertEqual(self.anna.ask("introduce", **fields)["code"], "malformed")
        self.assertEqual(self.anna.ask("introduce", name="x" * 200)["code"], "too-long")
        self.assertEqual(self.said(), ("", "", "", ""))

    def test_pages_of_others(self) -> None:
        """Agents hear of pages of the site from their desk, and of nobody else's, however it is written; the rest of
        what she says is taken."""
        for page in [
            "https://evil.example/login",
            "https://shop.example.evil.example/",
            "https://shop.example@evil.example/",
            "https://shop.example:password@evil.example/",
            "https://shop.example\\@evil.example/",
            "https://evil.example\\.shop.example/",
            "https://shop.example:8443/",
            "http://shop.example/",
            "https://bank.example/",
            "https:///shop.example/",
            "https:shop.example",
            "//shop.example/",
            "https://[shop.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "about:srcdoc",
        ]:
            with self.subTest(page):
                answer = self.anna.ask("introduce", name="Anna", page=page, title="Sign on again")
                self.assertEqual((answer["type"], self.said()), ("ok", ("Anna", "", "", "")))
        self.anna.ask("introduce", page="https://shop.example/prices", title="Prices")
        self.anna.ask("introduce", page="https://evil.example/", title="Sign on again")
        self.assertEqual(self.said()[2:], ("https://shop.example/prices", "Prices"))

    def test_titles_as_they_are(self) -> None:
        """Spaces of any kind, joined emoji, marks and soft hyphens, as titles and names have them, are no reason to
        refuse what she says; none of them is shown."""
        title = "Prices\u00a0\u2013 \u5546\u54c1\u3000\u202egnp\u202c cof\u00adfee"
        answer = self.anna.ask("introduce", name="An\u200cna", page="https://shop.example/", title=title)
        self.assertEqual(answer["type"], "ok")
        name, _, _, shown = self.said()
        self.assertEqual((name, shown), ("Anna", "Prices \u2013 \u5546\u54c1 gnp coffee"))

    def test_not_for_staff(self) -> None:
        """Who calls herself like somebody who answers is seen by her nick by all who are with her in a room, however
        she says it; whom she writes to is told what she calls herself, beside her nick."""
        carol = self.shop.on(self.shop.person("carol"))
        eve = self.shop.visitor(name="Sa\u200bles")
        nick = eve.name
        self.assertRegex(nick, r"\Avisitor-")
        for ask in (
            {"type": "set-realname", "realname": "ALICE"},
            {"type": "introduce", "name": "\u0410lice"},
            {"type": "set-realname", "realname": "Alice\n"},
            {"type": "introduce", "name": "Carol of Sales"},
        ):
            self.anna.ask("join", room="#help")
            self.assertEqual(eve.ask(**ask)["type"], "ok")
            eve.ask("join", room="#help")
            people = self.anna.ask("get-room", room="#help")["people"]
            with self.subTest(str(ask)):
                self.assertEqual([each["realname"] for each in people if each["address"] == eve.address], [nick])
                seen = [each for each in self.anna.unasked if eve.address in (each.get("who"), each.get("from"))]
                self.assertEqual({each["realname"] for each in seen if "realname" in each}, {nick})
        eve.send("sales", "Your password, please?")
        notices = [each for each in carol.bodies if "asks for" in each]
        self.assertEqual(len(notices), 1)
        self.assertTrue(notices[0].startswith(f'{nick} (calls herself "Carol of Sales"'), notices)
        self.assertEqual({news.name for news in carol.conversations}, {""})

    def test_staff_of_a_reload(self) -> None:
        """A name that is staff's by new settings is nobody else's from then on."""
        eve = self.shop.visitor(name="Dora")
        self.assertEqual(eve.session.me.info.realname, "Dora")
        shop = msgspec.structs.replace(SHOP, staff=("dora",), staff_folded=frozenset({"dora"}))
        self.shop.hub.change_policy(msgspec.structs.replace(self.shop.policy, sites=(shop,)))
        self.assertEqual(eve.session.me.info.realname, eve.name)

    def test_back_as_staff(self) -> None:
        """Nor does she pass for staff who says so while she signs on."""
        page = self.shop.page()
        page.ask("visit")
        page.ask("session", client="imd-web", version="1", realname="\u202eAlice\x03\x02")
        me = page.session.me
        self.assertEqual(me.info.realname, me.address.name)

    def test_private(self) -> None:
        """Her address stands in no message to anybody: it is for her site's staff to be told of."""
        self.anna.ask("introduce", name="Anna", email="anna@example.org")
        self.anna.send("alice", "Hi")
        self.assertNotIn("anna@example.org", repr([msgspec.structs.asdict(each) for each in self.alice.messages]))
        self.assertNotIn("anna@example.org", repr(self.anna.ask("whoami")))

    def test_store_away(self) -> None:
        """While the store is away she has not said it."""
        self.shop.store.available = False
        self.assertEqual(self.anna.ask("introduce", email="anna@example.org")["code"], "store-unavailable")
        self.shop.store.available = True
        self.assertEqual(self.said()[1], "")

    def test_not_in_a_page(self) -> None:
        """Who is in no page has nothing to introduce herself to."""
        with self.assertRaises(NotAllowed):
            self.shop.wait(self.shop.hub.visitors.introduce(self.alice.session, name="Alice"))

    def test_gone(self) -> None:
        """Nothing of a page is left when its session is over."""
        self.anna.ask("introduce", page="https://shop.example/")
        self.anna.leave()
        self.assertEqual(self.shop.hub.visitors._pages, {})
