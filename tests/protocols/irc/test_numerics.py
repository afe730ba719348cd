"""Tests of `imd.protocols.irc.numerics`."""

from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.irc import numerics


class TableTests(SynchronousTestCase):
    def test_numbers_are_three_digits_and_used_once(self) -> None:
        """Each row has its own number of three digits."""
        numbers = [row.number for row in numerics.TABLE.values()]
        self.assertEqual(len(numbers), len(set(numbers)))
        self.assertEqual([n for n in numbers if not (n.isascii() and n.isdigit() and len(n) == 3)], [])

    def test_each_row_is_reachable_by_its_name(self) -> None:
        """The name in the table is the name in the module, so that the documentation lists what code uses."""
        for name, row in numerics.TABLE.items():
            self.assertEqual(name, row.name)
            self.assertIs(getattr(numerics, name), row)

    def test_saying_changes_only_the_text(self) -> None:
        """A more telling sentence keeps number and name."""
        row = numerics.ERR_CANNOTSENDTOCHAN.saying("You are banned here")
        self.assertEqual((row.number, row.name, row.text), ("404", "ERR_CANNOTSENDTOCHAN", "You are banned here"))
        self.assertNotEqual(numerics.ERR_CANNOTSENDTOCHAN.text, row.text)
