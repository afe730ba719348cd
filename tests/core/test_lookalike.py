"""Names that look alike, and who may have them."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.core.address import fold
from imd.core.confusables import PROTOTYPES
from imd.core.hub import Policy
from imd.core.lookalike import skeleton
from imd.core.refusal import LooksAlike, NameInUse
from tests.house import HouseTestCase


class SkeletonTests(SynchronousTestCase):
    def test_alike(self) -> None:
        """Names in which another alphabet, width, or sign stands for a Latin letter."""
        for one, other in (
            ("alice", "\u0430lice"),  # Cyrillic
            ("evan", "\u0435v\u0430n"),
            ("alice", "a1ice"),
            ("alice", "aIice"),
            ("Ian", "lan"),
            ("bob", "b0b"),
            ("smt", "\uff53\uff4d\uff54"),  # fullwidth
            ("Maria", "\u039c\u0430ria"),  # Greek capital mu
        ):
            self.assertEqual(skeleton(one), skeleton(other), (one, other))

    def test_apart(self) -> None:
        """Names that anybody can tell apart."""
        for one, other in (("alice", "alicia"), ("ian", "lan"), ("waming", "warning"), ("bob", "rob"), ("u1", "u2")):
            self.assertNotEqual(skeleton(one), skeleton(other), (one, other))

    @given(st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,29}", fullmatch=True))
    def test_case(self, name: str) -> None:
        """Looked at in one case, names that are folded alike look alike."""
        self.assertEqual(skeleton(name.lower()), skeleton(fold(name)))

    @given(st.text(max_size=30))
    def test_stable(self, name: str) -> None:
        """A skeleton holds nothing that another character stands for, but by its being folded."""
        plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name)).translate(PROTOTYPES)
        self.assertEqual(plain.translate(PROTOTYPES), plain)


class NamesTests(HouseTestCase):
    policy = Policy(international=True)

    def test_accounts(self) -> None:
        """Nobody registers a name that looks like an account's, nor renames one to it."""
        self.house.person("alice")
        bob = self.house.person("bob")
        self.assertRaises(LooksAlike, self.house.person, "a1ice")
        self.assertRaises(NameInUse, self.house.person, "ALICE")
        self.assertRaises(LooksAlike, self.house.wait, self.house.accounts.rename(bob, "a1ice"))
        self.house.wait(self.house.accounts.rename(bob, "b0b"))

    def test_services(self) -> None:
        """What looks like a service is nobody's name."""
        for name in ("NickServ", "Nick\u0405erv", "BuddyS\u0435rv"):
            self.assertRaises(NameInUse, self.house.on, name)
        self.assertRaises(NameInUse, self.house.person, "NickServ")

    def test_guests(self) -> None:
        """Nor does a guest carry it; once the account is gone or called otherwise it is free."""
        alice = self.house.person("alice")
        for nick in ("a1ice", "\u0430lice", "a|ice"):
            self.assertRaises(LooksAlike, self.house.on, nick)
        guest = self.house.on("somebody")
        self.assertRaises(LooksAlike, self.house.wait, self.house.hub.people.rename_guest(guest.session, "A1ice"))
        self.house.wait(self.house.accounts.rename(alice, "carol"))
        self.house.on("a1ice")
        self.assertRaises(LooksAlike, self.house.on, "caro1")
        self.house.wait(self.house.accounts.remove(alice))
        self.house.on("caro1")
