"""``imdctl desks``."""

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.control.show import text
from imd.core.session import Presence, State
from imd.core.sites import DeskRule
from tests.control.operated import Standing


class DesksTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Standing()
        self.house = self.daemon.house
        self.people = {name: self.house.person(name) for name in ("alice", "bob", "anna", "orders")}
        rules = (
            DeskRule(name="sales", title="Sales", agents=("alice", "bob")),
            DeskRule(name="support", agents=("bob",)),
            DeskRule(name="orders", agents=("bob",)),
        )
        self.house.hub.change_policy(msgspec.structs.replace(self.house.hub.policy, desks=rules))
        self.house.turn()

    def test_none(self) -> None:
        """Without desks it says so."""
        self.assertEqual(text("desks", Standing().ask("desks")), "There are no desks.")

    def test_shown(self) -> None:
        """Who is at which desk, whom nobody has answered yet, and a desk that an account is in the way of."""
        alice = self.house.on(self.people["alice"], presence=Presence(State.AWAY))
        anna = self.house.on(self.people["anna"])
        self.house.send(anna, "sales", "hello")
        self.house.send(anna, "support", "hello")
        self.house.turn(0.1)
        self.house.send(alice, "anna", "hi")
        self.house.turn(0.1)
        shown = text("desks", self.daemon.ask("desks")).splitlines()
        self.assertEqual(shown[:3], ["sales: alice (away)", "support: nobody", "orders: an account is called so"])
        heads, one, two = (line.split() for line in shown[4:])
        self.assertEqual(heads, ["WHO", "DESK", "STATE", "SINCE", "UNHEARD"])
        self.assertEqual((one[:3], one[-1]), (["anna", "support", "ringing"], "1"))
        self.assertEqual((two[:5], two[-1]), (["anna", "sales", "taken", "by", "alice"], "0"))
        self.assertNotIn("hello", "".join(shown))

    def test_trace(self) -> None:
        """The way of a message to a desk has all its copies."""
        self.house.on(self.people["alice"])
        self.house.on(self.people["bob"])
        (told,) = self.house.send(self.house.on(self.people["anna"]), "sales", "hello")
        shown = text("trace", self.daemon.ask("trace", id=told.id))
        for wanted in ("sales@localhost", "alice: native", "bob: native", "accepted"):
            self.assertIn(wanted, shown)
