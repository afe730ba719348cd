"""Offers between client programs: how many may be open."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.offers import LIFETIME
from imd.core.refusal import TooMany
from tests.house import HouseTestCase, Recorder


class OfferTests(HouseTestCase):
    def setUp(self) -> None:
        self.policy = Policy(limits=Limits(offers=2))
        super().setUp()
        self.alice = self.house.on(self.house.person("alice"))
        self.bob = self.house.on(self.house.person("bob"))
        self.offers = self.house.hub.offers

    def make(self, who: Recorder, *offers: str) -> None:
        for offer in offers:
            self.offers.make(who.session, "bob", offer)

    def test_so_many(self) -> None:
        """Of each session; to repeat one is always possible."""
        self.make(self.alice, "one", "two", "one")
        self.assertRaises(TooMany, self.make, self.alice, "three")
        self.assertEqual(self.offers.most(), 2)
        self.assertEqual(self.house.policy.limits.tally.met, {"offers": 1})
        self.make(self.house.on(self.alice.session.account or ""), "three")

    def test_answered(self) -> None:
        """By whom it is for, under whatever spelling; what anybody else says of it means nothing."""
        self.make(self.alice, "one", "two")
        carol = self.house.on(self.house.person("carol"))
        for who, other, offer in ((carol, "alice", "one"), (self.bob, "alice", "none"), (self.bob, "nobody", "one")):
            self.offers.settle(who.session, other, offer)
        self.assertEqual(self.offers.most(), 2)
        self.offers.settle(self.bob.session, "Alice@localhost", "one")
        self.assertEqual(self.offers.most(), 1)

    def test_withdrawn(self) -> None:
        """By who made it."""
        self.make(self.alice, "one", "two")
        self.offers.settle(self.alice.session, "BOB", "two")
        self.make(self.alice, "three")

    def test_unanswered(self) -> None:
        """Forgotten after a while; made anew it waits as long again."""
        self.make(self.alice, "one", "two")
        self.house.turn(LIFETIME / 2)
        self.make(self.alice, "one")
        self.house.turn(LIFETIME / 2)
        self.assertEqual(self.offers.most(), 1)
        self.house.turn(LIFETIME / 2)
        self.assertEqual(self.offers.most(), 0)

    def test_ends_with_the_session(self) -> None:
        self.make(self.alice, "one", "two")
        self.house.off(self.alice)
        self.assertEqual(self.offers.most(), 0)
