"""P1, P2, P3 with the connection cut after every single byte of a delivery of several messages.

The recipient's connection, or the sender's, runs through a proxy that cuts it: in either direction, by FIN and by RST
in turn, while messages are delivered live or handed over after sign-on. The client comes back each time. A native
sender repeats under its client ids what had no answer; an IRC sender does not know, and must not guess.

Set ``IMD_ALL_CUTS=1`` to try every offset; otherwise a seeded sample of them is tried.
"""

import itertools
import os
import random
import re
import sys
import time
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, fail, gatherResults, succeed
from twisted.python.failure import Failure

from tests.daemon import RunningDaemon
from tests.doors import DOORS, Driver, NativeDriver, Outcome, Received
from tests.doors.driver import reactor
from tests.doors.websocket import WebSocketStream
from tests.promises.cutting import DOWN, UP, Cut, CuttingProxy, frames, lines
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores

#: Every offset, or a sample of so many for each kind of cut.
ALL = os.environ.get("IMD_ALL_CUTS") == "1"
SAMPLE = 120
SEED = 20_260_000

#: Pairs of people at one time.
LANES = 8

#: The doors whose bytes are a stream, and how these are cut into what is said. ``websocket`` is as ``web``.
STREAMS = {"native": lines, "irc": lines, "web": frames, "irc-websocket": frames}
#: Those in which JSON is said.
NATIVE = {door for door in STREAMS if issubclass(DOORS[door], NativeDriver)}

#: Bodies of one delivery; the second is cut in the middle of characters, too.
BODIES = ("first", "zweite Nachricht, naïve ☕ 🙂", "third and last")

#: What begins the first line of a delivery after sign-on, and of its confirmation.
MESSAGE = {door: b'"type":"message"' if door in NATIVE else b" PRIVMSG " for door in STREAMS}
CONFIRMATION = {door: b'"type": "ack"' if door in NATIVE else b"PONG :" for door in STREAMS}

#: More than any conversation here has.
NEVER = 1 << 30


class Way(NamedTuple):
    """Which connection, or link, is cut, and while what happens."""

    #: ``live`` and ``queued``: the recipient's; ``sending``: the sender's.
    what: str
    door: str
    direction: str

    def __str__(self) -> str:
        side = "sender" if self.what == "sending" else f"recipient, {self.what}"
        return f"{self.door} {side}, {self.direction}"


WAYS = [Way(*way) for way in itertools.product(("live", "queued", "sending"), STREAMS, (DOWN, UP))]


class Lane:
    """Some people, of whom one at a time suffers; `partners` (by door) talk with that one and are never cut."""

    def __init__(self, test: PromiseTestCase, daemon: RunningDaemon, number: int) -> None:
        self.test = test
        self.daemon = daemon
        self.number = number
        self.name = f"victim{number}"
        self.partners: dict[str, Driver] = {}
        self.proxies = {door: CuttingProxy(DOORS[door].port(daemon), units) for door, units in STREAMS.items()}
        for proxy in self.proxies.values():
            test.addCleanup(proxy.close)
        self.victim: Driver | None = None
        self._numbers = itertools.count()

    def people(self) -> list[str]:
        return [self.name, *(self.partner(door) for door in STREAMS)]

    def partner(self, door: str) -> str:
        return f"{door}-partner{self.number}"

    async def start(self) -> "Lane":
        for door in STREAMS:
            self.partners[door] = await self.test.on(self.daemon, door, self.partner(door))
        return self

    def bodies(self) -> list[str]:
        """No body is ever said twice, so that whatever is left over is seen."""
        number = next(self._numbers)
        return [f"{number} {body}" for body in BODIES]

    async def sign_on(self, door: str, cut: Cut | None = None) -> Driver:
        """The victim comes (back) through the proxy; with `cut` it may be lost any time after the first message."""
        proxy = self.proxies[door]
        proxy.arm(cut)
        victim = self.victim = DOORS[door](await DOORS[door].dial(proxy.port), self.name)
        if isinstance(victim.stream, WebSocketStream):
            # So that what it says can be read.
            victim.stream.mask = bytes(4)
        self.test.addCleanup(victim.cut)
        entered = await ended(victim, victim.enter(PASSWORD))
        if not proxy.done:
            await entered
        return victim

    async def on(self, door: str) -> Driver:
        """The victim signed on at this door and undisturbed."""
        victim = self.victim
        if victim is not None and victim.stream.alive:
            if victim.door == door:
                victim.received.clear()
                return victim
            await leave(victim)
        return await self.sign_on(door)


async def ended(driver: Driver, doing: Coroutine[Any, Any, Any]) -> "Deferred[Any]":
    """Wait until this is done, or the connection lost."""
    done = Deferred.fromCoroutine(doing)
    failures: list[Failure] = []
    done.addErrback(failures.append)
    done.addBoth(lambda none: reactor.callLater(0, driver.stream.look))
    await driver.until("done, or the end", lambda: done.called or not driver.stream.alive)
    return fail(failures[0]) if failures else succeed(None)


async def quiet(driver: Driver) -> None:
    """Until all is said, or the connection lost."""
    outcome = await ended(driver, driver.barrier())
    outcome.addErrback(lambda failure: None)


async def leave(driver: Driver) -> None:
    """Say goodbye, and see that the daemon heard it."""
    left = Deferred.fromCoroutine(driver.quit())
    await driver.until("the end", lambda: not driver.stream.alive)
    await left


def handed(door: str, said: bytes) -> dict[str, int]:
    """Ids of the messages that the daemon has said in whole lines, and where each ends."""
    found = {}
    for line, end in STREAMS[door](said):
        if MESSAGE[door] in line:
            pattern = rb'"id":"([^"]+)"' if door in NATIVE else rb"msgid=([^; ]+)"
            match = re.search(pattern, line)
            assert match is not None, line
            found[match[1].decode()] = end
    return found


def confirmed(door: str, proxy: CuttingProxy) -> set[str]:
    """Ids whose confirmation the daemon was sent in whole."""
    ids: set[str] = set()
    for line, _ in STREAMS[door](proxy.passed[UP]):
        if CONFIRMATION[door] not in line:
            continue
        if door in NATIVE:
            ids.update(re.findall(r'"([^"]+)"', line.decode().partition('"ids": ')[2]))
        else:
            before = proxy.said.find(b"PING :" + line.strip().partition(b":")[2])
            # A PING from before this delivery confirms nothing of it.
            ids.update(id for id, end in handed(door, proxy.said).items() if end <= before)
    return ids


def shown_once(
    test: PromiseTestCase, first: list[Received], second: list[Received], bodies: list[str], outcomes: list[Outcome]
) -> None:
    """What a client shows that knows ids, over two connections."""
    shown: dict[str, Received] = {}
    for connection in (first, second):
        ids = [received.id for received in connection]
        test.assertEqual(len(ids), len(set(ids)), "twice on one connection")
        for received in connection:
            before = shown.setdefault(received.id, received)
            test.assertEqual((received.body, received.time), (before.body, before.time), "another, under this id")
    test.assertEqual([received.body for received in shown.values()], bodies)
    test.assertEqual(list(shown), [outcome.id for outcome in outcomes], "other ids than the sender was told")


class CutPromise(PromiseTestCase):
    """Cut, come back, and see."""

    __test__ = False
    timeout = 900

    async def test_cut_at_every_byte(self) -> None:
        """After every cut the client comes back: nothing accepted is lost, nothing is shown twice, order is kept."""
        begin = time.monotonic()
        daemon = await self.house("offline.max_messages=0").start()
        lanes = [Lane(self, daemon, number) for number in range(LANES)]
        await self.people(daemon, *(name for lane in lanes for name in lane.people()))
        await gatherResults([Deferred.fromCoroutine(lane.start()) for lane in lanes])
        self.cuts = dict.fromkeys(WAYS, 0)
        self.lengths: dict[Way, int] = {}
        tried = 0
        for way in WAYS:
            length = await self.once(lanes[0], way, NEVER)
            self.lengths[way] = length
            offsets = list(range(length + 1))
            if not ALL:
                sample = SAMPLE if STREAMS[way.door] is lines else SAMPLE // 2
                kept = random.Random(f"{SEED} {self.store} {way}").sample(offsets, min(sample, len(offsets)))
                offsets = sorted({0, length, *kept})
            tried += len(offsets)
            work = iter(offsets)
            # Not all lanes end with the same offset: what is left of them is done by whoever is free.
            await gatherResults(
                [Deferred.fromCoroutine(self.work(lane, way, work)) for lane in lanes], consumeErrors=True
            )
        for lane in lanes:
            assert lane.victim is not None
            await leave(lane.victim)
            for name in lane.people():
                self.assertEqual((await daemon.ask("queue", name=name))["rows"], [], f"left over for {name}")
        total, every = sum(self.cuts.values()), sum(self.lengths.values()) + len(WAYS)
        seconds = time.monotonic() - begin
        print(
            f"\ncuts on {self.store}: {total} of {every} offsets in {seconds:.0f} s; 0 lost, 0 doubled", file=sys.stderr
        )
        for way, count in self.cuts.items():
            print(f"  {way}: {count} cuts in {self.lengths[way]} bytes", file=sys.stderr)
        # The length of a conversation differs by a few bytes from one to the next.
        self.assertGreater(total, 0.9 * tried)
        for trouble in ("Traceback", "Unhandled", "[critical]"):
            self.assertNotIn(trouble, daemon.log)

    async def work(self, lane: Lane, way: Way, offsets: Iterator[int]) -> None:
        for offset in offsets:
            try:
                await self.once(lane, way, offset)
            except AssertionError as error:
                victim = lane.victim
                shown = "" if victim is None else victim.stream.shown()
                raise AssertionError(f"{way}, cut after {offset} bytes: {error}\n{shown}") from error

    async def once(self, lane: Lane, way: Way, offset: int) -> int:
        """One delivery, cut after so many bytes; the number of bytes that passed this way."""
        cut = Cut(way.direction, offset, reset=offset % 2 == 1)
        partner = lane.partners[tuple(STREAMS)[offset // 2 % len(STREAMS)]]
        partner.received.clear()
        proxy = lane.proxies[way.door]
        bodies = lane.bodies()
        if way.what == "sending":
            passed = await self.cut_while_sending(lane, way, proxy, cut, partner, bodies)
        else:
            passed = await self.cut_while_receiving(lane, way, proxy, cut, partner, bodies)
        self.cuts[way] += offset <= passed
        return passed

    async def cut_while_receiving(
        self, lane: Lane, way: Way, proxy: CuttingProxy, cut: Cut, partner: Driver, bodies: list[str]
    ) -> int:
        """The recipient's connection is cut. The number of bytes that passed before."""
        victim = await lane.on(way.door)
        if way.what == "live":
            proxy.arm(cut)
            sending = [partner.send(lane.name, body) for body in bodies]
        else:
            await leave(victim)
            sending = [partner.send(lane.name, body) for body in bodies]
            await partner.until("told that it is kept", lambda: all(told.called for told in sending))
            marker = MESSAGE[way.door] if way.direction == DOWN else CONFIRMATION[way.door]
            victim = await lane.sign_on(way.door, cut._replace(marker=marker))
        await victim.until("all, or the end", lambda: len(victim.received) >= 3 or not victim.stream.alive)
        await quiet(victim)
        await partner.until("told of all", lambda: all(told.called for told in sending))
        outcomes = [await told for told in sending]
        self.assertLessEqual({outcome.how for outcome in outcomes}, {"accepted", "kept"})
        first = list(victim.received)
        second: list[Received] = []
        again = victim
        passed = len(proxy.passed[cut.direction])
        if proxy.done:
            await victim.until("lost", lambda: not victim.stream.alive)
            said, acknowledged = handed(way.door, proxy.said), confirmed(way.door, proxy)
            again = await lane.sign_on(way.door)
            second = again.received
            # By P3 it comes after all that comes again.
            last = f"{bodies[0]}: the end"
            partner.send(lane.name, last)
            await again.until("the last", lambda: last in [received.body for received in second])
            self.assertEqual(second.pop().body, last, "order")
            for received in second:
                if received.id in said:
                    self.assertTrue(received.repeat, f"not marked as a possible repeat: {received}")
            if not cut.reset:
                # With a RST the daemon need not have read what was on its way.
                repeated = {received.id for received in second}
                self.assertEqual(repeated & acknowledged, set(), "shown again after it was confirmed")
        else:
            proxy.arm(None)
        # The second time, so that what the first answer was preceded by is confirmed, too.
        await quiet(again)
        await quiet(again)
        self.assertEqual([received.repeat for received in first], [False] * len(first))
        shown_once(self, first, second, bodies, outcomes)
        return passed

    async def cut_while_sending(
        self, lane: Lane, way: Way, proxy: CuttingProxy, cut: Cut, partner: Driver, bodies: list[str]
    ) -> int:
        """The sender's connection is cut. The number of bytes that passed before."""
        victim = await lane.on(way.door)
        proxy.arm(cut)
        ids = {body: f"{lane.number}-{body}" for body in bodies}
        told: dict[str, Outcome] = {}

        def send(driver: Driver, body: str) -> "Deferred[Any]":
            if isinstance(driver, NativeDriver):
                waiting = driver.send(partner.name, body, ids[body])
            else:
                waiting = driver.send(partner.name, body)
            return waiting.addCallback(lambda outcome: told.__setitem__(body, outcome))

        for body in bodies:
            send(victim, body)
        await victim.until("told, or the end", lambda: len(told) == len(bodies) or not victim.stream.alive)
        await quiet(victim)
        promised = dict(told)
        expected = bodies
        passed = len(proxy.passed[cut.direction])
        if proxy.done:
            await victim.until("lost", lambda: not victim.stream.alive)
            whole = sum(b" PRIVMSG " in line for line, _ in STREAMS[way.door](proxy.passed[UP]))
            again = await lane.sign_on(way.door)
            if isinstance(again, NativeDriver):
                for body in bodies:
                    if body not in told:
                        send(again, body)
                await again.until("told of all", lambda: len(told) == len(bodies))
            else:
                last = f"{bodies[0]}: the end"
                again.send(partner.name, last)
                await partner.until("the last", lambda: last in [received.body for received in partner.received])
                self.assertEqual(partner.received.pop().body, last, "order")
                # With a RST the daemon need not have read what was on its way.
                expected = bodies[: len(partner.received) if cut.reset else whole]
                self.assertLessEqual(len(expected), whole, "half a line was taken for a whole one")
                self.assertGreaterEqual(len(expected), len(promised))
        else:
            proxy.arm(None)
        await partner.until("all", lambda: len(partner.received) >= len(expected))
        await quiet(partner)
        self.assertLessEqual({outcome.how for outcome in told.values()}, {"accepted", "kept"})
        self.assertEqual([received.body for received in partner.received], expected)
        received_ids = [received.id for received in partner.received]
        self.assertEqual(len(set(received_ids)), len(expected))
        self.assertEqual([received.repeat for received in partner.received], [False] * len(expected))
        shown = {received.body: received.id for received in partner.received}
        for body, outcome in told.items():
            self.assertEqual(shown.get(body), outcome.id, f"accepted, and not shown under its id: {body}")
        return passed


globals().update(on_both_stores(CutPromise))
del CutPromise
