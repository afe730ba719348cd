"""P1, P2, P3 by long polling, with a connection cut after every single byte of requests and of answers.

Whatever is cut, the client sends the same request again, and the session goes on: nothing is lost, nothing is doubled,
nothing is even marked as a repeat, because what the carrier lost the carrier brings. Set ``IMD_ALL_CUTS=1`` to try
every offset; otherwise a seeded sample of them is tried.
"""

import itertools
import os
import random
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, gatherResults

from tests.daemon import RunningDaemon
from tests.doors import Driver, NativeDriver, Outcome, WebPollDriver
from tests.doors.polling import PollStream
from tests.promises.cutting import DOWN, UP, Cut
from tests.promises.cutting_polls import PollCuttingProxy
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores
from tests.promises.test_cuts import BODIES, NEVER

ALL = os.environ.get("IMD_ALL_CUTS") == "1"
SAMPLE = 40
SEED = 20_260_000
LANES = 4


class Way(NamedTuple):
    """While what happens, and which way the bytes go."""

    #: ``receiving``, ``sending``, ``signing on``.
    what: str
    direction: str

    def __str__(self) -> str:
        return f"web-poll, {self.what}, {self.direction}"


WAYS = [Way(*way) for way in itertools.product(("receiving", "sending", "signing on"), (DOWN, UP))]


class Lane:
    """Somebody who polls through the proxy, and somebody she talks with, who does not."""

    victim: WebPollDriver
    partner: NativeDriver

    def __init__(self, test: PromiseTestCase, daemon: RunningDaemon, number: int) -> None:
        self.test = test
        self.daemon = daemon
        self.name, self.other = f"victim{number}", f"partner{number}"
        self.proxy = PollCuttingProxy(WebPollDriver.port(daemon))
        test.addCleanup(self.proxy.close)
        self._numbers = itertools.count()

    async def start(self) -> "Lane":
        partner = await self.test.on(self.daemon, "native", self.other)
        assert isinstance(partner, NativeDriver)
        self.partner = partner
        await self.sign_on()
        return self

    async def sign_on(self, cut: Cut | None = None) -> None:
        """The victim comes; with `cut` one of her connections is lost meanwhile."""
        self.proxy.arm(cut)
        self.victim = WebPollDriver(await WebPollDriver.dial(self.proxy.port), self.name)
        self.test.addCleanup(self.victim.cut)
        await self.victim.enter(PASSWORD)

    def bodies(self) -> list[str]:
        number = next(self._numbers)
        return [f"{number} {body}" for body in BODIES]

    async def talk(self, sender: Driver, recipient: Driver) -> None:
        """Some messages, all of which must arrive, once and in order, under the ids that were told."""
        bodies = self.bodies()
        recipient.received.clear()
        sending = [sender.send(recipient.name, body) for body in bodies]
        await sender.until("told of all", lambda: all(told.called for told in sending))
        outcomes: list[Outcome] = [await told for told in sending]
        await recipient.until("all", lambda: len(recipient.received) >= len(bodies))
        for each in (recipient, sender, recipient):
            await each.barrier()
        test = self.test
        test.assertEqual([outcome.how for outcome in outcomes], ["accepted"] * len(bodies))
        test.assertEqual([received.body for received in recipient.received], bodies)
        test.assertEqual([received.id for received in recipient.received], [outcome.id for outcome in outcomes])
        test.assertFalse(any(received.repeat for received in recipient.received), "marked as a repeat")


class PollCutPromise(PromiseTestCase):
    """Cut, ask again, and see."""

    __test__ = False
    timeout = 600

    async def test_cut_at_every_byte(self) -> None:
        """After every cut the session goes on as if nothing had been."""
        begin = time.monotonic()
        daemon = await self.house("offline.max_messages=0").start()
        lanes = [Lane(self, daemon, number) for number in range(LANES)]
        await self.people(daemon, *(name for lane in lanes for name in (lane.name, lane.other)))
        await gatherResults([Deferred.fromCoroutine(lane.start()) for lane in lanes])
        self.cuts = dict.fromkeys(WAYS, 0)
        #: Requests that had to be sent again.
        self.lost = 0
        lengths: dict[Way, int] = {}
        for way in WAYS:
            lengths[way] = await self.once(lanes[0], way, NEVER)
            offsets = list(range(1, lengths[way] + 1))
            if not ALL:
                kept = random.Random(f"{SEED} {self.store} {way}").sample(offsets, min(SAMPLE, len(offsets)))
                offsets = sorted({1, *kept})
            work = iter(offsets)
            running = [Deferred.fromCoroutine(self.work(lane, way, work)) for lane in lanes]
            await gatherResults(running, consumeErrors=True)
        for lane in lanes:
            await lane.victim.quit()
            for name in (lane.name, lane.other):
                self.assertEqual((await daemon.ask("queue", name=name))["rows"], [], f"left over for {name}")
        total, every = sum(self.cuts.values()), sum(lengths.values())
        print(
            f"\ncuts of polls on {self.store}: {total} of {every} offsets in {time.monotonic() - begin:.0f} s; "
            "0 lost, 0 doubled, 0 repeated",
            file=sys.stderr,
        )
        self.assertGreater(total, 4 * SAMPLE)
        # A connection may also die when its request was answered.
        self.assertGreater(self.lost, 2 * SAMPLE)
        for trouble in ("Traceback", "Unhandled", "[critical]"):
            self.assertNotIn(trouble, daemon.log)

    async def work(self, lane: Lane, way: Way, offsets: Iterator[int]) -> None:
        for offset in offsets:
            try:
                await self.once(lane, way, offset)
            except AssertionError as error:
                raise AssertionError(
                    f"{way}, cut after {offset} bytes: {error}\n{lane.victim.stream.shown()}"
                ) from error

    async def once(self, lane: Lane, way: Way, offset: int) -> int:
        """One deed, cut after so many bytes; the number of bytes that passed this way in all."""
        cut = Cut(way.direction, offset, reset=offset % 2 == 1)
        if way.what == "signing on":
            await lane.victim.quit()
            await lane.sign_on(cut)
        stream: Any = lane.victim.stream
        assert isinstance(stream, PollStream)
        session, repeated = stream.session, 0 if way.what == "signing on" else stream.repeated
        if way.what != "signing on":
            lane.proxy.arm(cut)
        if way.what == "sending":
            await lane.talk(lane.victim, lane.partner)
        else:
            await lane.talk(lane.partner, lane.victim)
        passed, done = len(lane.proxy.passed[way.direction]), lane.proxy.done
        lane.proxy.arm(None)
        self.assertEqual(stream.session, session, "a new session")
        self.lost += stream.repeated - repeated
        self.cuts[way] += done
        return passed


globals().update(on_both_stores(PollCutPromise))
del PollCutPromise
