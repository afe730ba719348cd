"""Words as few lines."""

from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.irc.wire.packing import grouped, packed


class Packing(SynchronousTestCase):
    def test_packed(self) -> None:
        """Words longer than the room there is stand alone; none is lost."""
        self.assertEqual(list(packed(["a", "bb", "ccc", "dddddd", "e"], 4)), ["a bb", "ccc", "dddddd", "e"])
        self.assertEqual(list(packed([], 4)), [])

    def test_grouped(self) -> None:
        """The same for parameters, of which there are only so many, each after a space; sizes are in bytes."""
        words = ["a", "bb", "ccc", "dddddd", "e", "f", "g"]
        self.assertEqual(list(grouped(words, 5, 2)), [["a", "bb"], ["ccc"], ["dddddd"], ["e", "f"], ["g"]])
        self.assertEqual(list(grouped(["ä", "ö"], 5, 9)), [["ä"], ["ö"]])
        self.assertEqual(list(grouped([], 5, 9)), [])
