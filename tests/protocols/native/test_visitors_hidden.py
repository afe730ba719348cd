"""Nobody but those whom visitors write to can tell that they are there."""

from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.core.message import Draft, Outcome
from imd.core.refusal import NoSuchAccount
from imd.core.session import Peer, Presence, State
from tests.protocols.native.visiting import BANK, PAGE, SHOP, Shop, told


def at(origin: str, **more: object) -> Peer:
    return msgspec.structs.replace(PAGE, origin=origin, **more)


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
