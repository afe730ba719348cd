"""P1, P2, P3 with the link dead after every single datagram of a delivery of several messages.

The recipient, or the sender, speaks UDP, plain or DTLS, through a relay that lets so many datagrams of one direction
pass and loses all later ones, of this direction or both, without a word to anybody. Messages are delivered live, or
handed over after sign-on; there the handshakes and the sign-on are cut, too. The client comes back each time over a new
connection, by its token or by its password, while its old session still seems to be on. What had no answer it repeats
under its client ids.

Set ``IMD_ALL_CUTS=1`` to try each datagram in every way; otherwise one way, chosen by the seed, is tried for each.
"""

import itertools
import os
import random
import re
import sys
import time
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure

from tests.daemon import RunningDaemon, moments
from tests.doors import Driver, DtlsDriver, NativeDriver, Outcome, Received, UdpDriver
from tests.doors.driver import reactor
from tests.doors.udp import Datagrams
from tests.promises.cutting import DOWN, UP
from tests.promises.cutting_datagrams import CuttingRelay, DatagramCut
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores
from tests.promises.test_cuts import NEVER, Way, shown_once

ALL = os.environ.get("IMD_ALL_CUTS") == "1"
SEED = 20_261_122

#: Pairs of people at one time.
LANES = 8

DRIVERS: dict[str, type[UdpDriver]] = {"udp": UdpDriver, "dtls": DtlsDriver}
PARTNERS: tuple[type[Driver], ...] = (NativeDriver, DtlsDriver)

#: Bodies of one delivery: some share a datagram, some take several.
BODIES = ("first", "zweite Nachricht, naïve ☕ 🙂", "long " + "x" * 6000, "fourth", "longer " + "y" * 9000, "last")

#: Seconds in which the other direction may still speak after a cut: acknowledgements wait up to 25 ms for company.
LAST_WORDS = 0.04


class How(NamedTuple):
    """One cut, and how the client comes back."""

    offset: int
    both: bool
    #: By its token; else by its password.
    resumed: bool


WAYS = [Way(*way) for way in itertools.product(("live", "queued", "sending"), DRIVERS, (DOWN, UP))]


class Lane:
    """Some people, of whom one at a time suffers; the partners talk with that one and are never cut."""

    def __init__(self, test: PromiseTestCase, daemon: RunningDaemon, number: int) -> None:
        self.test = test
        self.daemon = daemon
        self.number = number
        self.name = f"victim{number}"
        self.partners: list[Driver] = []
        self.relay = CuttingRelay(daemon.ports["native", "udp"])
        self.relay.on_cut = self._look
        test.addCleanup(self.relay.close)
        self.victim: UdpDriver | None = None
        self._numbers = itertools.count()

    def people(self) -> list[str]:
        return [self.name, *(self.partner(number) for number in range(len(PARTNERS)))]

    def partner(self, number: int) -> str:
        return f"partner{number}-{self.number}"

    async def start(self) -> None:
        for number, kind in enumerate(PARTNERS):
            self.partners.append(await self.test.entered(self.daemon, kind, self.partner(number)))

    def bodies(self) -> list[str]:
        """No body is ever said twice, so that whatever is left over is seen."""
        number = next(self._numbers)
        return [f"{number} {body}" for body in BODIES]

    def _look(self) -> None:
        if self.victim is not None:
            self.victim.stream.look()

    async def sign_on(self, door: str, cut: DatagramCut | None = None) -> UdpDriver:
        """The victim comes through the relay; with `cut` the link may die at any time from the first datagram on."""
        self.relay.arm(cut)
        kind = DRIVERS[door]
        victim = self.victim = kind(Datagrams(self.daemon, dtls=kind.dtls, port=self.relay.port), self.name)
        self.test.addCleanup(victim.cut)
        await self.unless_cut(victim, victim.enter(PASSWORD))
        return victim

    async def back(self, door: str, victim: UdpDriver, *, resumed: bool) -> UdpDriver:
        """The victim has noticed, and comes back over a new connection."""
        victim.cut()
        self.relay.bury()
        if not resumed or not victim.welcome.get("token"):
            return await self.sign_on(door)
        self.relay.arm(None)
        self.victim = await victim.resume(self.daemon, self.relay.port)
        self.test.addCleanup(self.victim.cut)
        return self.victim

    async def on(self, door: str) -> UdpDriver:
        """The victim signed on and undisturbed."""
        if self.victim is not None and type(self.victim) is DRIVERS[door] and self.victim.stream.alive:
            self.victim.received.clear()
            return self.victim
        await self.off()
        return await self.sign_on(door)

    async def off(self) -> None:
        """The victim signed off."""
        self.relay.arm(None)
        if self.victim is not None and self.victim.stream.alive:
            await self.victim.quit()

    async def unless_cut(self, driver: Driver, doing: Coroutine[Any, Any, Any]) -> None:
        """Wait until this is done, or the link dead."""
        done = Deferred.fromCoroutine(doing)
        failures: list[Failure] = []
        done.addErrback(failures.append)
        done.addBoth(lambda none: reactor.callLater(0, driver.stream.look))
        await driver.until("done, or cut off", lambda: done.called or self.relay.done)
        if failures and not self.relay.done:
            failures[0].raiseException()


class DatagramCutPromise(PromiseTestCase):
    """Cut, come back, and see."""

    __test__ = False
    timeout = 1800

    async def test_cut_at_every_datagram(self) -> None:
        """After every cut the client comes back: nothing accepted is lost, nothing is shown twice, order is kept."""
        begin = time.monotonic()
        # The old sessions of those who came back are soon found out.
        daemon = await self.house(
            "offline.max_messages=0",
            "limits.sessions_per_account=1000",
            'limits.native_ping_interval="5 s"',
            'limits.native_ping_timeout="5 s"',
        ).start()
        lanes = [Lane(self, daemon, number) for number in range(LANES)]
        await self.people(daemon, *(name for lane in lanes for name in lane.people()))
        await gatherResults([Deferred.fromCoroutine(lane.start()) for lane in lanes])
        self.cuts = dict.fromkeys(WAYS, 0)
        self.lengths: dict[Way, int] = {}
        #: How many datagrams passed until the client came back.
        self.passed: dict[Lane, int] = {}
        tried = 0
        for way in WAYS:
            length = await self.once(lanes[0], way, How(NEVER, True, False))
            self.lengths[way] = length
            chance = random.Random(f"{SEED} {self.store} {way}")
            hows: list[How] = []
            for offset in range(length + 1):
                each = [How(offset, *bits) for bits in itertools.product((False, True), repeat=2)]
                hows += each if ALL else [chance.choice(each)]
            tried += len(hows)
            work = iter(hows)
            await gatherResults(
                [Deferred.fromCoroutine(self.work(lane, way, work)) for lane in lanes], consumeErrors=True
            )
        for lane in lanes:
            await lane.off()
            for name in lane.people():
                self.assertEqual((await daemon.ask("queue", name=name))["rows"], [], f"left over for {name}")
        total, seconds = sum(self.cuts.values()), time.monotonic() - begin
        every = 4 * sum(length + 1 for length in self.lengths.values())
        said = f"{total} of {every} in {seconds:.0f} s; 0 lost, 0 doubled"
        print(f"\ndatagram cuts on {self.store}: {said}", file=sys.stderr)
        for way, count in self.cuts.items():
            print(f"  {way}: {count} cuts in {self.lengths[way]} datagrams", file=sys.stderr)
        # How many datagrams a conversation takes differs by a few from one to the next.
        self.assertGreater(total, 0.75 * tried)
        for trouble in ("Traceback", "Unhandled", "[critical]"):
            self.assertNotIn(trouble, daemon.log)

    async def work(self, lane: Lane, way: Way, hows: Iterator[How]) -> None:
        for how in hows:
            try:
                await self.once(lane, way, how)
            except AssertionError as error:
                shown = "" if lane.victim is None else lane.victim.stream.shown()
                raise AssertionError(re.sub(r"(.)\1{99,}", r"\1…", f"{way}, {how}: {error}\n{shown}")) from error

    async def once(self, lane: Lane, way: Way, how: How) -> int:
        """One delivery, cut after so many datagrams; the number of datagrams that passed this way."""
        partner = lane.partners[how.offset // 2 % 2]
        partner.received.clear()
        if way.what == "sending":
            await self.cut_while_sending(lane, way, how, partner, lane.bodies())
        else:
            await self.cut_while_receiving(lane, way, how, partner, lane.bodies())
        return self.passed[lane]

    async def settled(self, lane: Lane, way: Way, victim: UdpDriver) -> bool:
        """Once all is said, or the link dead and the last words of the other direction spoken: whether it is dead."""
        if not lane.relay.done:
            await lane.unless_cut(victim, victim.barrier())
        await moments(LAST_WORDS)
        self.passed[lane] = lane.relay.passed[way.direction]
        self.cuts[way] += lane.relay.done
        return lane.relay.done

    async def cut_while_receiving(self, lane: Lane, way: Way, how: How, partner: Driver, bodies: list[str]) -> None:
        """The recipient's link dies."""
        relay = lane.relay
        cut = DatagramCut(way.direction, how.offset, how.both)
        if way.what == "live":
            victim = await lane.on(way.door)
            relay.arm(cut)
            sending = [partner.send(lane.name, body) for body in bodies]
        else:
            await lane.off()
            sending = [partner.send(lane.name, body) for body in bodies]
            await partner.until("told that it is kept", lambda: all(told.called for told in sending))
            victim = await lane.sign_on(way.door, cut)
        await victim.until("all, or cut off", lambda: len(victim.received) >= len(bodies) or relay.done)
        await partner.until("told of all", lambda: all(told.called for told in sending))
        outcomes = [await told for told in sending]
        self.assertLessEqual({outcome.how for outcome in outcomes}, {"accepted", "kept"})
        dead = await self.settled(lane, way, victim)
        first = list(victim.received)
        second: list[Received] = []
        if dead:
            connection = victim.stream.dialed.connection
            confirmed = connection is not None and not connection.pending
            again = await lane.back(way.door, victim, resumed=how.resumed)
            second = again.received
            # By P3 it comes after all that comes again.
            last = f"{bodies[0]}: the end"
            partner.send(lane.name, last)
            await again.until("the last", lambda: last in [received.body for received in second])
            self.assertEqual(second.pop().body, last, "order")
            shown = {received.id for received in first}
            repeated = [received for received in second if received.id in shown]
            self.assertTrue(all(received.repeat for received in repeated), f"not marked as repeats: {repeated}")
            if confirmed:
                self.assertEqual(repeated, [], "shown again after it was confirmed")
            await again.barrier()
            await again.barrier()
        relay.arm(None)
        if way.what == "live":
            # What was queued may have been under way to a session that only seemed to be on.
            self.assertEqual([received.repeat for received in first], [False] * len(first))
        shown_once(self, first, second, bodies, outcomes)

    async def cut_while_sending(self, lane: Lane, way: Way, how: How, partner: Driver, bodies: list[str]) -> None:
        """The sender's link dies."""
        victim = await lane.on(way.door)
        relay = lane.relay
        relay.arm(DatagramCut(way.direction, how.offset, how.both))
        ids = {body: f"{lane.number}-{body.partition(' ')[0]}-{number}" for number, body in enumerate(bodies)}
        told: dict[str, Outcome] = {}

        def send(driver: UdpDriver, body: str) -> None:
            driver.send(partner.name, body, ids[body]).addCallback(lambda outcome: told.__setitem__(body, outcome))

        for body in bodies:
            send(victim, body)
        await victim.until("told, or cut off", lambda: len(told) == len(bodies) or relay.done)
        if await self.settled(lane, way, victim):
            again = await lane.back(way.door, victim, resumed=how.resumed)
            for body in bodies:
                if body not in told:
                    send(again, body)
            await again.until("told of all", lambda: len(told) == len(bodies))
        relay.arm(None)
        await partner.until("all", lambda: len(partner.received) >= len(bodies))
        await partner.barrier()
        self.assertLessEqual({outcome.how for outcome in told.values()}, {"accepted", "kept"})
        self.assertEqual([received.body for received in partner.received], bodies)
        self.assertEqual([received.repeat for received in partner.received], [False] * len(bodies))
        self.assertEqual([received.id for received in partner.received], [told[body].id for body in bodies])


globals().update(on_both_stores(DatagramCutPromise))
del DatagramCutPromise
