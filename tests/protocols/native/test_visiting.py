"""Visitors of sites: how they come, come back, and go."""

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.core.limits import Limits
from imd.core.message import Kind, Outcome
from imd.core.session import Peer, Visibility
from imd.core.sites import DeskRule
from tests.protocols.native.visiting import PAGE, Shop, told

DAY = 86_400.0


def at(origin: str, **more: object) -> Peer:
    return msgspec.structs.replace(PAGE, origin=origin, **more)


class Coming(SynchronousTestCase):
    def setUp(self) -> None:
        self.shop = Shop()
        self.alice = self.shop.on(self.shop.person("alice"))

    def test_new(self) -> None:
        """A visitor needs no account: she gets a name made of what she calls herself, and a secret."""
        page = self.shop.page()
        answer = page.ask("visit", name="Anna Ångström")
        self.assertEqual(answer["type"], "authenticated")
        self.assertRegex(answer["address"], r"\Aanna-angstrom-[a-z2-9]{4}@localhost\Z")
        self.assertTrue(answer["secret"])
        welcome = page.ask("session", client="imd-web", version="1")
        self.assertEqual((welcome["type"], welcome["address"]), ("welcome", answer["address"]))
        account = self.shop.wait(self.shop.accounts.resolve(answer["address"].partition("@")[0]))
        self.assertEqual((account.visitor, account.site, account.visible_to), (True, "shop", Visibility.NOBODY))
        self.assertEqual(page.session.me.info.realname, "Anna Ångström")

    def test_names(self) -> None:
        """Whatever she calls herself, the name is one that every door can show."""
        for name, stem in [
            ("", "visitor"),
            ("小明", "visitor"),
            ("  ", "visitor"),
            ("42", "visitor"),
            ("1st Anna", "st-anna"),
            ("ChanServ", "visitor"),
            ("x" * 150, "x" * 20),
            ("a:b!c@d", "a-b-c-d"),
            ("-Anna_", "anna"),
        ]:
            page = self.shop.page()
            page.visit(name=name)
            self.assertRegex(page.name, rf"\A{stem}-[a-z2-9]{{4,5}}\Z")

    def test_hostile_names(self) -> None:
        """What is not one line of text is refused, and so is what is no address."""
        for fields in [
            {"name": "a\r\nQUIT"},
            {"name": "a\0b"},
            {"email": "nobody"},
            {"email": "a@b@c"},
            {"email": "a b@example.org"},
            {"email": "<a@example.org>"},
            {"email": f"{'a' * 250}@example.org"},
            {"email": "a@example.org\r\nBcc: b"},
        ]:
            with self.subTest(str(fields)):
                self.assertEqual(self.shop.page().ask("visit", **fields)["code"], "malformed")
        self.assertEqual(self.shop.page().ask("visit", name="ä" * 100)["code"], "too-long")
        self.assertEqual(len(self.shop.hub.visitors.visits), 0)

    def test_back(self) -> None:
        """With her secret she is who she was, as often as she likes, also after a restart; answers wait for her."""
        first = self.shop.visitor()
        self.assertEqual(first.send("alice")["outcome"], "accepted")
        first.leave()
        self.assertEqual(told(self.shop, self.alice, first.name, "Yes?").outcome, Outcome.ACCEPTED)
        self.shop.restart()
        for _ in range(2):
            again = self.shop.page()
            welcome = again.visit(secret=first.secret)
            self.assertEqual(again.address, first.address)
            self.assertEqual(again.secret, first.secret)
            self.assertEqual(welcome.get("waiting", 0), 1)
            self.assertEqual(again.session.me.info.realname, "Anna")
            again.heard()
            self.assertEqual([m["body"] for m in again.unasked if m["type"] == "message"], ["Yes?"])

    def test_history(self) -> None:
        """What she has said and was told is there when she comes back, from the first word on."""
        first = self.shop.visitor()
        first.send("alice", "First")
        told(self.shop, self.alice, first.name, "Second")
        first.leave()
        again = self.shop.page()
        again.visit(secret=first.secret)
        history = again.ask("get-history", **{"with": "alice"})
        self.assertEqual([line["body"] for line in history["messages"]], ["First", "Second"])

    def test_wrong_secrets(self) -> None:
        """A secret that is not hers, forged or of another site, makes nobody anybody."""
        anna = self.shop.visitor()
        id, _, proof = anna.secret.partition(".")
        staff = self.shop.wait(self.shop.accounts.resolve("alice"))
        assert self.shop.credentials._visiting is not None
        for secret in [
            "nonsense",
            f"{id}.",
            f"{id}.{proof[:-1]}{'a' if proof[-1] != 'a' else 'b'}",
            f"{id}x.{proof}",
            f".{proof}",
            "😀.x",
            # One that the keyed function would make for somebody who is no visitor.
            self.shop.credentials._visiting.secret_of(staff.id),
        ]:
            with self.subTest(secret):
                answer = self.shop.page().ask("visit", secret=secret)
                self.assertEqual((answer["type"], answer["code"]), ("error", "no-such-visitor"))
        elsewhere = self.shop.page(at("https://bank.example")).ask("visit", secret=anna.secret)
        self.assertEqual(elsewhere["code"], "no-such-visitor")

    def test_anew_after_a_wrong_secret(self) -> None:
        """On the same connection she begins anew."""
        page = self.shop.page()
        page.ask("visit", secret="nonsense")
        self.assertEqual(page.visit()["type"], "welcome")

    def test_whose_page(self) -> None:
        """The page decides which site it is; a site that is not the page's is refused, and so is an unknown one."""
        cases = [
            ("https://shop.example", "", None),
            ("https://shop.example", "shop", None),
            ("https://shop.example", "bank", "not-allowed"),
            ("https://evil.example", "", "not-allowed"),
            ("https://evil.example", "shop", "not-allowed"),
            ("null", "shop", "not-allowed"),
            ("", "", "not-allowed"),
            ("https://shop.example", "unknown", "not-allowed"),
        ]
        for origin, site, code in cases:
            with self.subTest(f"{site} in {origin}"):
                answer = self.shop.page(at(origin)).ask("visit", site=site)
                self.assertEqual(answer.get("code"), code)

    def test_other_doors(self) -> None:
        """Visitors come by pages only, and off this machine over TLS only."""
        for peer in [
            msgspec.structs.replace(PAGE, door="native"),
            msgspec.structs.replace(PAGE, door="native-websocket"),
            msgspec.structs.replace(PAGE, secure=False),
        ]:
            self.assertEqual(self.shop.page(peer).ask("visit")["code"], "mechanism-refused")
        poll = msgspec.structs.replace(PAGE, door="web-poll")
        self.assertEqual(self.shop.page(poll).ask("visit")["type"], "authenticated")

    def test_suspended(self) -> None:
        """A visitor may be suspended as anybody may."""
        anna = self.shop.visitor()
        account = self.shop.wait(self.shop.accounts.resolve(anna.name))
        self.shop.wait(self.shop.accounts.suspend(account))
        self.assertEqual(self.shop.page().ask("visit", secret=anna.secret)["code"], "suspended")

    def test_too_many(self) -> None:
        """There may be so many visitors, and so many new ones of one address in an hour; old ones may come at any
        time."""
        shop = Shop(limits=Limits(visitors=3), per_hour=2)
        pages = [shop.visitor() for _ in range(2)]
        answer = shop.page().ask("visit")
        self.assertEqual(answer["code"], "too-fast")
        self.assertGreater(answer["retry_after"], 0)
        shop.visitor(peer=at("https://shop.example", address="198.51.100.1"))
        answer = shop.page(at("https://shop.example", address="198.51.100.2")).ask("visit")
        self.assertEqual(answer["code"], "too-fast")
        self.assertEqual(shop.tally.met, {"visitors_per_address": 1, "visitors": 1})
        self.assertEqual(shop.page().visit(secret=pages[0].secret)["type"], "welcome")

    def test_store_away(self) -> None:
        """While the store is away nobody comes, and nothing is left behind."""
        self.shop.store.available = False
        self.assertEqual(self.shop.page().ask("visit")["code"], "store-unavailable")
        self.shop.store.available = True
        self.assertEqual(len(self.shop.hub.visitors.visits), 0)


class Going(SynchronousTestCase):
    def names(self, shop: Shop) -> list[str]:
        return [account.name for account in shop.wait(shop.store.accounts.page("", 100)) if account.visitor]

    def test_without_a_word(self) -> None:
        """Who leaves without a word is forgotten, but not before she had time to turn to the next page."""
        shop = Shop()
        anna = shop.visitor()
        anna.leave()
        shop.wait(shop.hub.expire())
        self.assertEqual(self.names(shop), [anna.name])
        shop.turn(700)
        shop.wait(shop.hub.expire())
        self.assertEqual(self.names(shop), [])
        self.assertEqual(len(shop.hub.visitors.visits), 0)
        self.assertEqual(shop.wait(shop.store.visits.everyone()), {})
        self.assertEqual(shop.page().ask("visit", secret=anna.secret)["code"], "no-such-visitor")

    def test_with_a_word(self) -> None:
        """Who has said something is kept for the time that the settings say, from her last visit on."""
        shop = Shop(keep=30 * DAY)
        shop.on(shop.person("alice"))
        anna = shop.visitor()
        anna.send("alice")
        anna.leave()
        shop.turn(20 * DAY)
        again = shop.page()
        again.visit(secret=anna.secret)
        again.leave()
        shop.restart()
        shop.turn(29 * DAY)
        self.assertEqual(shop.wait(shop.hub.expire())["visitors"], 0)
        self.assertEqual(self.names(shop), [anna.name])
        shop.turn(2 * DAY)
        self.assertEqual(shop.wait(shop.hub.expire())["visitors"], 1)
        self.assertEqual(self.names(shop), [])

    def test_while_here(self) -> None:
        """Nobody is forgotten who is here, and with 0 nobody who has said something."""
        shop = Shop(keep=0)
        shop.on(shop.person("alice"))
        silent, anna = shop.visitor(), shop.visitor()
        anna.send("alice")
        anna.leave()
        shop.turn(1_000 * DAY)
        shop.wait(shop.hub.expire())
        self.assertEqual(sorted(self.names(shop)), sorted([silent.name, anna.name]))

    def test_while_something_waits(self) -> None:
        """Who was written to is kept for it, though she has said nothing."""
        shop = Shop()
        alice = shop.on(shop.person("alice"))
        anna = shop.visitor()
        anna.leave()
        self.assertEqual(told(shop, alice, anna.name, "Can I help?").outcome, Outcome.ACCEPTED)
        shop.turn(700)
        shop.wait(shop.hub.expire())
        again = shop.page()
        again.visit(secret=anna.secret)
        again.heard()
        self.assertEqual([m["body"] for m in again.unasked if m["type"] == "message"], ["Can I help?"])

    def test_crash_after_a_long_stay(self) -> None:
        """Who has a page open for weeks is not taken for absent when the daemon is killed."""
        shop = Shop(keep=30 * DAY)
        shop.on(shop.person("alice"))
        anna = shop.visitor()
        anna.send("alice")
        for _ in range(40):
            shop.turn(DAY)
            shop.wait(shop.hub.expire())
        shop.restart()
        shop.wait(shop.hub.expire())
        self.assertEqual(self.names(shop), [anna.name])

    def test_crowded(self) -> None:
        """Where nearly as many are known as may be, those away for longest go after a day, but for whom something
        waits: whoever sends many keeps others out for a day, not for a month."""
        shop = Shop(limits=Limits(visitors=10), per_hour=0)
        alice = shop.on(shop.person("alice"))
        pages = []
        for _ in range(10):
            pages.append(shop.visitor())
            pages[-1].send("alice")
            shop.turn(60)
        for page in pages[:6]:
            page.leave()
        told(shop, alice, pages[0].name, "Can I help?")
        self.assertEqual(shop.page().ask("visit")["code"], "too-fast")
        shop.wait(shop.hub.expire())
        self.assertEqual(len(self.names(shop)), 10)
        shop.turn(DAY)
        shop.wait(shop.hub.expire())
        shop.wait(shop.hub.expire())
        gone = {page.name for page in pages} - set(self.names(shop))
        self.assertEqual(gone, {pages[1].name})
        self.assertEqual(shop.page().ask("visit")["type"], "authenticated")

    def test_never_made(self) -> None:
        """What was noted of a visitor whose account was never made is forgotten, too."""
        shop = Shop()
        shop.wait(shop.hub.visitors.entered("Anobody", "", ""))
        shop.turn(700)
        shop.wait(shop.hub.expire())
        self.assertEqual((len(shop.hub.visitors.visits), shop.wait(shop.store.visits.everyone())), (0, {}))


class Bounds(SynchronousTestCase):
    def test_inbox(self) -> None:
        """To somebody offline all visitors of one address together send as many messages as guests."""
        shop = Shop()
        shop.person("alice")
        pages = [shop.visitor() for _ in range(2)]
        answers = [pages[number % 2].send("alice", str(number)) for number in range(21)]
        self.assertEqual([answer["outcome"] for answer in answers], ["kept"] * 20 + ["refused"])
        self.assertEqual(answers[-1]["code"], "queue-full")
        elsewhere = shop.visitor(peer=at("https://shop.example", address="198.51.100.1"))
        self.assertEqual(elsewhere.send("alice")["outcome"], "kept")

    def test_inbox_by_many_addresses(self) -> None:
        """Whoever has a whole network by IPv6, as each household has, is at one address; to a person and to a desk."""
        for to, name in (("alice", "alice"), ("sales", "carol")):
            shop = Shop()
            shop.person(name)
            secret, answers = "", []
            for number in range(21):
                page = shop.page(at("https://shop.example", address=f"2001:db8:1:2::{number:x}"))
                page.visit(secret=secret) if secret else page.visit()
                secret = page.secret
                answers.append(page.ask("send", to=to, body="Hello?", client_id=f"c{number}"))
                page.leave()
            self.assertEqual([each["outcome"] for each in answers], ["kept"] * 20 + ["refused"], to)
            self.assertEqual(answers[-1]["code"], "queue-full")
            elsewhere = shop.visitor(peer=at("https://shop.example", address="2001:db8:1:3::1"))
            self.assertEqual(elsewhere.send(to)["outcome"], "kept")

    def test_inboxes_of_agents(self) -> None:
        """What visitors have said to an agent who was on does not fill the inboxes of the others once she goes: they
        have as much of it as one address may leave, and the rest when they are there, in order."""
        shop = Shop()
        carol, bob = shop.person("carol"), shop.person("bob")
        desk = DeskRule(name="sales", agents=("carol", "bob"))
        shop.hub.change_policy(msgspec.structs.replace(shop.policy, desks=(desk,)))
        shop.turn(0.1)
        here = shop.on(carol)
        pages = [shop.visitor() for _ in range(3)]
        said = [[f"{page}.{number}" for number in range(30)] for page in range(3)]
        for page, texts in zip(pages, said, strict=True):
            self.assertEqual({page.send("sales", text)["outcome"] for text in texts}, {"accepted"})
        shop.hub.people.sign_off(here.session, "quit")
        shop.turn(0.1)
        for page, texts in zip(pages, said, strict=True):
            texts.append("and")
            self.assertEqual(page.send("sales", "and")["outcome"], "kept")
        self.assertEqual(shop.wait(shop.store.inbox.count(bob.id)), 20)
        there = shop.on(bob)
        shop.turn(0.1)
        for page, texts in zip(pages, said, strict=True):
            texts.append("more")
            self.assertEqual(page.send("sales", "more")["outcome"], "accepted")
            heard = [each for each in there.messages if each.kind is Kind.TEXT]
            self.assertEqual([each.body for each in heard if each.sender.name == page.name], texts)
