"""Tests of `imd.core.accepting`, and of what comes of it on the way of a message."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Outcome
from imd.core.refusal import AccountsOnly, Malformed, NoSuchAccount, TooMany
from imd.core.session import Mark, Presence, State
from tests.house import House, HouseTestCase


class AcceptingTests(HouseTestCase):
    def setUp(self) -> None:
        self.house = House(Policy(limits=Limits(watches=1)))
        self.people = self.house.hub.people
        self.alice = self.house.on(self.house.person("alice"))
        self.guest = self.house.on("gus")
        self.people.mark(self.alice.session, Mark.ACCOUNTS_ONLY, True)

    def test_guests_are_refused_openly(self) -> None:
        """By who may see that she is here; accounts are not."""
        [told] = self.house.send(self.guest, "alice", "hello")
        self.assertIsInstance(told.reason, AccountsOnly)
        bob = self.house.on(self.house.person("bob"))
        self.assert_settled(self.house.send(bob, "alice", "hello"), Outcome.ACCEPTED)
        self.assertEqual(self.alice.bodies, ["hello"])

    def test_a_hidden_one_is_like_one_who_is_off(self) -> None:
        """P5: the guest hears that it is kept, as of somebody who is off, and it is not shown."""
        self.house.hub.presence.update(self.alice.session, Presence(State.INVISIBLE))
        self.house.turn()
        told = self.house.send(self.guest, "alice", "hello")
        self.house.turn(1)
        self.assertEqual([receipt.outcome for receipt in told], [Outcome.KEPT])
        self.assertEqual(self.alice.bodies, [])

    def test_accepted(self) -> None:
        """Until either has gone, or it is taken back; whoever writes accepts the answer."""
        self.assertTrue(self.people.accept(self.alice.session, "gus", True))
        self.assertFalse(self.people.accept(self.alice.session, "gus", True))
        self.assert_settled(self.house.send(self.guest, "alice", "one"), Outcome.ACCEPTED)
        self.assertTrue(self.people.accept(self.alice.session, "gus", False))
        self.assert_settled(self.house.send(self.guest, "alice", "two"), Outcome.REFUSED)
        self.house.send(self.alice, "gus", "do tell")
        self.assert_settled(self.house.send(self.guest, "alice", "three"), Outcome.ACCEPTED)
        self.house.off(self.guest)
        again = self.house.on("gus")
        self.assert_settled(self.house.send(again, "alice", "four"), Outcome.REFUSED)
        self.assertEqual(self.alice.bodies, ["one", "three"])
        self.people.accept(self.alice.session, "gus", True)
        self.house.off(self.alice)
        alice = self.house.on(self.house.wait(self.house.accounts.by_name("alice")))
        self.assertEqual(list(self.people.accepted(alice.session)), [])

    def test_who_hides_is_like_one_who_has_gone(self) -> None:
        """P5: who cannot be seen any more is accepted no more, also when she shows herself again."""
        bob = self.house.on(self.house.person("bob"))
        for state in (State.INVISIBLE, State.OFFLINE):
            self.people.accept(self.alice.session, "bob", True)
            if state is State.INVISIBLE:
                self.house.hub.presence.update(bob.session, Presence(state))
            else:
                self.house.off(bob)
            self.house.turn()
            self.assertEqual(list(self.people.accepted(self.alice.session)), [], state)
            if state is State.INVISIBLE:
                self.house.hub.presence.update(bob.session, Presence())
                self.house.turn()
                self.assertEqual(list(self.people.accepted(self.alice.session)), [])

    def test_bounded(self) -> None:
        """No more than one may watch; nobody accepts herself, or somebody who is not here."""
        self.people.accept(self.alice.session, "gus", True)
        self.house.on("other")
        self.assertRaises(TooMany, self.people.accept, self.alice.session, "other", True)
        self.assertRaises(Malformed, self.people.accept, self.alice.session, "alice", True)
        self.assertRaises(NoSuchAccount, self.people.accept, self.alice.session, "nobody", True)
