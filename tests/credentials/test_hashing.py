"""Hashing in threads: bounded, and over when it is stopped."""

from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from imd.core.refusal import ShuttingDown, TooFast
from imd.credentials.hashing import Hashing

reactor: Any = installed


class HashingTests(TestCase):
    timeout = 20

    async def test_bounded(self) -> None:
        """When too many hashes wait the next one is refused at once; the others are all answered."""
        hashing = Hashing(reactor, 1, waiting=2)
        under_way = [Deferred.fromCoroutine(hashing.salted(b"x", b"salt", 4096)) for _ in range(3)]
        try:
            await hashing.salted(b"x", b"salt", 4096)
            self.fail("not refused")
        except TooFast:
            pass
        hashing.start()
        self.addCleanup(hashing.stop)
        answers = await gatherResults(under_way)
        self.assertEqual(len(set(answers)), 1)
        self.assertEqual(hashing.depth, 0)

    async def test_stopped(self) -> None:
        """After the stop nothing is hashed."""
        hashing = Hashing(reactor, 1)
        hashing.start()
        hashing.stop()
        try:
            await hashing.salted(b"x", b"salt", 4096)
            self.fail("not refused")
        except ShuttingDown:
            pass
