"""Visitors of sites: how they come, come back, and go; and that nobody else can tell that they are there."""

from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.core.limits import Limits
from imd.core.message import Draft, Outcome, Receipt
from imd.core.refusal import NoSuchAccount, NotAllowed
from imd.core.session import Peer, Presence, State, Visibility
from tests.house import Recorder
from tests.protocols.native.visiting import BANK, PAGE, SHOP, Shop

DAY = 86_400.0


def at(origin: str, **more: object) -> Peer:
    return msgspec.structs.replace(PAGE, origin=origin, **more)


def told(shop: Shop, sender: Recorder, to: str, body: str = "Hi") -> Receipt:
    """What becomes of a message."""
    outcomes: list[Receipt] = []
    shop.hub.delivery.send(sender.session, Draft(to, body), outcomes.append)
    # Whoever does not acknowledge has the store take it, after one to two times `ack_wait`.
    for _ in range(3):
        shop.turn(0.1)
    (outcome,) = outcomes
    return outcome


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
            ("ChanServ", "chanserv"),
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
        self.assertEqual(len(self.shop.hub.visitors), 0)

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
        self.assertEqual(len(self.shop.hub.visitors), 0)


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
        self.assertEqual(len(shop.hub.visitors), 0)
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
        self.assertEqual((len(shop.hub.visitors), shop.wait(shop.store.visits.everyone())), (0, {}))


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


class Privacy(SynchronousTestCase):
    """P5: a visitor and her site's staff know of each other, and nobody else of her; nor can she find anybody out."""

    def setUp(self) -> None:
        self.shop = Shop()
        self.alice = self.shop.on(self.shop.person("alice"))
        self.bob = self.shop.on(self.shop.person("bob"))
        self.carol = self.shop.on(self.shop.person("carol"))
        self.guest = self.shop.on("gus", door="irc")
        self.anna = self.shop.visitor()

    def test_who_may_write_to_her(self) -> None:
        """Staff may: the accounts of her site and the agents of its desks."""
        for staff in (self.alice, self.carol):
            self.assertIs(told(self.shop, staff, self.anna.name).outcome, Outcome.ACCEPTED)

    def test_unknown_to_others(self) -> None:
        """To everybody else she is a name that nobody has, here or gone, in the same words."""
        for strange in (self.bob, self.guest, self.shop.on(self.shop.person("dora"))):
            for name in (self.anna.name, self.anna.name.upper(), self.anna.address):
                refused = told(self.shop, strange, name)
                self.assertEqual(refused.outcome, Outcome.REFUSED)
                assert refused.reason is not None
                self.assertEqual(refused.reason.sentence, NoSuchAccount(name).sentence)
        self.anna.leave()
        refused = told(self.shop, self.bob, self.anna.name)
        assert refused.reason is not None
        self.assertEqual(refused.reason.sentence, NoSuchAccount(self.anna.name).sentence)

    def test_unknown_to_lists(self) -> None:
        """Nobody can have her in a buddy list, see her presence, or ask for what was said with her."""
        rosters, hub = self.shop.hub.rosters, self.shop.hub
        for ask in (
            lambda: rosters.ask(self.bob.session, self.anna.name),
            lambda: rosters.block(self.bob.session, self.anna.name),
            lambda: rosters.ask(self.alice.session, self.anna.name),
            lambda: hub.people.resolve(self.anna.name),
            lambda: hub.history.latest(self.bob.session, self.anna.name, 0, 10),
        ):
            with self.assertRaises(NoSuchAccount):
                self.shop.wait(ask())
        self.assertFalse(hub.people.may_see(self.bob.session, self.anna.session.me.person))
        self.assertFalse(hub.presence.watch(self.bob.session, self.anna.name).online)

    def test_blocked(self) -> None:
        """Staff can block a visitor, to whom it looks as if nobody were there."""
        self.shop.wait(self.shop.hub.rosters.block(self.alice.session, self.anna.name))
        self.assertEqual(self.anna.send("alice")["outcome"], "kept")
        self.assertEqual(self.alice.bodies, [])

    def test_no_probing(self) -> None:
        """She gets the same answer for an account that is on, one that is off, a guest, and nobody."""
        self.shop.person("eve")
        for ask in ("watch", "get-presence", "send", "typing", "get-history", "redact", "read"):
            answers = set()
            for name in ("bob", "eve", "gus", "nobody", "bob@localhost", "gus@guest.localhost", "x@elsewhere"):
                every: dict[str, dict[str, Any]] = {
                    "watch": {"name": name},
                    "get-presence": {"name": name},
                    "send": {"to": name, "body": "Hi", "client_id": name},
                    "typing": {"to": name, "state": "active"},
                    "get-history": {"with": name},
                    "redact": {"with": name, "id": "x"},
                    "read": {"with": name, "time": 1.0},
                }
                answer = self.anna.ask(ask, **every[ask])
                answers.add((answer["type"], answer.get("code"), answer.get("text")))
            with self.subTest(ask):
                self.assertEqual(len(answers), 1, answers)
                self.assertEqual(next(iter(answers))[1], "not-allowed")

    def test_staff_gone_from_the_settings(self) -> None:
        """Once the settings know her site no more she can write to nobody, and nobody to her."""
        self.shop.hub.change_policy(msgspec.structs.replace(self.shop.policy, sites=()))
        self.assertEqual(self.anna.send("alice")["code"], "not-allowed")
        self.assertIs(told(self.shop, self.alice, self.anna.name).outcome, Outcome.REFUSED)
        self.assertEqual(self.shop.page().ask("visit", secret=self.anna.secret)["code"], "not-allowed")

    def test_confined(self) -> None:
        """What her site loses she loses at once, also what she has: rooms, and the presence of staff."""
        room = self.shop.hub.rooms.join(self.alice.session, "#help")
        self.assertEqual(self.anna.ask("join", room="#help")["type"], "room")
        self.assertEqual(self.anna.ask("watch", name="alice")["state"], "available")
        site = msgspec.structs.replace(SHOP, staff=("sales",), staff_folded=frozenset({"sales"}), rooms=frozenset())
        self.shop.hub.change_policy(msgspec.structs.replace(self.shop.policy, sites=(site, BANK)))
        self.shop.turn()
        self.assertNotIn(self.anna.session.me.person.key, room.members)
        self.anna.heard()
        self.assertEqual([each["state"] for each in self.anna.unasked if each["type"] == "presence"], ["offline"])
        self.anna.unasked.clear()
        self.shop.hub.presence.update(self.alice.session, Presence(State.AWAY, "lunch"))
        self.shop.hub.rooms.say(self.alice.session, "#help", Draft("#help", "among ourselves"))
        self.shop.turn()
        self.anna.heard()
        self.assertEqual(self.anna.unasked, [])

    def test_room_of_another_name(self) -> None:
        """A room that is called as none of her site's is not hers."""
        room = self.shop.hub.rooms.join(self.alice.session, "#help")
        self.anna.ask("join", room="#help")
        self.shop.hub.rooms.rename(self.alice.session, "#help", "#staff")
        self.shop.turn()
        self.assertNotIn(self.anna.session.me.person.key, room.members)


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
            {"page": "javascript:alert(1)"},
            {"page": "https://x.example/\r\n"},
            {"page": "data:text/html,x"},
            {"email": "x", "page": "https://shop.example/"},
        ]:
            with self.subTest(str(fields)):
                self.assertEqual(self.anna.ask("introduce", **fields)["code"], "malformed")
        self.assertEqual(self.anna.ask("introduce", name="x" * 200)["code"], "too-long")
        self.assertEqual(self.said(), ("", "", "", ""))

    def test_titles_as_they_are(self) -> None:
        """Spaces of any kind, joined emoji, marks and soft hyphens, as titles and names have them, are no reason to
        refuse what she says; none of them is shown."""
        title = "Prices\u00a0\u2013 \u5546\u54c1\u3000\u202egnp\u202c cof\u00adfee"
        answer = self.anna.ask("introduce", name="An\u200cna", page="https://shop.example/", title=title)
        self.assertEqual(answer["type"], "ok")
        name, _, _, shown = self.said()
        self.assertEqual((name, shown), ("Anna", "Prices \u2013 \u5546\u54c1 gnp coffee"))

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
