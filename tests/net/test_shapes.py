"""Names of attributes, kept once for all objects of a class."""

import sys
import tracemalloc
from unittest import skipUnless

from twisted.trial.unittest import SynchronousTestCase

from imd.net.shapes import share


class Late:
    """Gets most of its attributes when there are many of its kind."""

    def __init__(self) -> None:
        self.early = True

    def go_on(self) -> None:
        self.one = self.two = self.three = None


class Told(Late):
    """The same, with the names told beforehand."""


def size(kind: type[Late], count: int = 300) -> float:
    """Bytes of one object."""
    tracemalloc.start()
    try:
        made = [kind() for _ in range(count)]
        for one in made:
            one.go_on()
        return tracemalloc.get_traced_memory()[0] / count
    finally:
        tracemalloc.stop()


class ShareTests(SynchronousTestCase):
    @skipUnless(sys.implementation.name == "cpython", "an interpreter of another kind")
    def test_smaller(self) -> None:
        """Objects whose class was told need no dictionary each."""
        share(Told, "early", "one", "two", "three")
        self.assertLess(size(Told), size(Late))

    def test_still_missing(self) -> None:
        """An object has an attribute only once it is set."""
        share(Told, "one")
        self.assertFalse(hasattr(Told(), "one"))
