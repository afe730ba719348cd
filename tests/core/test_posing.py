"""Which names pass for others."""

from twisted.trial.unittest import SynchronousTestCase

from imd.core.posing import SERVICES, poses

STAFF = frozenset(["alice", "sales", "Customer care", "jim", "m\u00fcller"])


class Posing(SynchronousTestCase):
    def test_taken_for_them(self) -> None:
        """The name itself in any case, characters that look like its own, parts of a longer name, with anything between
        its letters."""
        for name in [
            "Alice",
            "ALICE",
            "a1ice",
            "aIice",
            "\u0410lice",
            "\uff21lice",
            "Al\u00edce",
            "\U0001d4d0\U0001d4f5\U0001d4f2\U0001d4ec\U0001d4ee",
            "A|ice",
            "A l i c e",
            "Alice\u2713",
            "Alice (Sales)",
            "Miss Alice from the shop",
            "CUSTOMER-CARE!",
            "Customer  Care Team",
            "Cust0mer Care",
            "jirn",
            "Muller",
        ]:
            with self.subTest(name):
                self.assertTrue(poses(name, STAFF))

    def test_not_taken_for_them(self) -> None:
        """Other names, however close, and such as say nothing at all."""
        for name in ["", "  ", "!", "Anna", "Alicia", "Malice", "Salesman", "\u5c0f\u660e", "a " * 75, "x" * 150]:
            with self.subTest(name):
                self.assertFalse(poses(name, STAFF))

    def test_services(self) -> None:
        """People give their passwords to the services."""
        for name in ["NickServ", "Chan Serv", "histserv"]:
            self.assertTrue(poses(name, SERVICES))

    def test_nobody_to_be_taken_for(self) -> None:
        """A title without a letter is nobody's."""
        self.assertFalse(poses("!", frozenset(["!", ""])))
