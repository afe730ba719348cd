"""Storms: everybody comes back at once after a restart, a thousand vanish at once. All are told what they must be told,
once, and nobody holds the reactor.

``make test`` tries it with a few hundred people; ``IMD_STORM=5000x100`` with five thousand of a hundred contacts each,
and then it is a thousand who vanish.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from imd.core.stores import Store
from imd.storage.redis.store import RedisStore
from imd.storage.sqlite.store import SQLiteStore
from tests.daemon import DaemonTestCase, RunningDaemon
from tests.promises.storming import PATIENCE, Returning, Ring, all_of, all_on, many_files, name, reactor

PEOPLE, CONTACTS = (int(each) for each in os.environ.get("IMD_STORM", "300x20").split("x"))
RING = Ring(PEOPLE, CONTACTS)

#: Seconds of processor time that one turn of the reactor may take. By the clock on the wall it may take no longer, but
#: that one counts what else the machine does, too.
HOLD = 0.05
#: Nothing that the machine does for others takes so long; a fault of ours would.
ANYHOW = 2.0


class Crowd(ProcessProtocol):
    """Clients in a process of their own, all of which vanish with it."""

    def __init__(self) -> None:
        self.on: Deferred[None] = Deferred()
        self.over: Deferred[None] = Deferred()
        self._said = b""

    def outReceived(self, data: bytes) -> None:
        self._said += data
        if b"on\n" in self._said and not self.on.called:
            self.on.callback(None)

    errReceived = outReceived

    def processEnded(self, reason: Failure) -> None:
        if not self.on.called:
            self.on.errback(AssertionError(self._said.decode(errors="replace")))
        self.over.callback(None)


class StormTests(DaemonTestCase):
    timeout = 1200
    url = "sqlite"

    async def started(self, ring: Ring) -> RunningDaemon:
        """A daemon on a store in which all these people are."""
        many_files()
        folder = Path(self.mktemp()).absolute()
        await ring.fill(self.store(folder))
        return await self.daemon(data=folder, store=self.url).start()

    def store(self, folder: Path) -> Store:
        """The store of a daemon in this folder."""
        return SQLiteStore(folder, reactor)

    def clients(self, ring: Ring, numbers: range) -> list[Returning]:
        """Of these people."""
        clients = [Returning(number, len(ring.of(number))) for number in numbers]
        for client in clients:
            self.addCleanup(client.go)
        return clients

    async def crowd(self, port: int, ring: Ring, numbers: range) -> tuple[Crowd, Any]:
        """These people, in a process of their own, all signed on."""
        crowd = Crowd()
        places = (port, numbers.start, numbers.stop, numbers.step, ring.people, ring.contacts)
        arguments = [sys.executable, "-m", "tests.promises.storming", *map(str, places)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        process = reactor.spawnProcess(crowd, sys.executable, arguments, environment)

        def end() -> Deferred[None]:
            if not crowd.over.called:
                process.signalProcess(signal.SIGKILL)
            return crowd.over

        self.addCleanup(end)
        crowd.on.addTimeout(PATIENCE, reactor)
        await crowd.on
        return crowd, process

    async def held(self, daemon: RunningDaemon) -> str:
        """No turn of the reactor was too long; how long the longest was, in words."""
        status = await daemon.ask("status")
        wall, cpu, process = (status[key] for key in ("longest_hold", "longest_hold_cpu", "longest_hold_process"))
        self.assertNotIn("Traceback", daemon.log)
        self.assertLess(wall, ANYHOW)
        words = f"the reactor was held for {wall * 1000:.0f} ms at most"
        if cpu is None:
            return words
        self.assertLessEqual(cpu, HOLD)
        return f"{words}, for {cpu * 1000:.0f} ms by processor time ({process * 1000:.0f} ms with other threads)"

    async def test_all_return(self) -> None:
        """All on, each contact seen exactly once, and no hold of the reactor that anybody would notice."""
        daemon = await self.started(RING)
        clients = self.clients(RING, range(PEOPLE))
        began = reactor.seconds()
        await all_on(clients, daemon.ports["native", "tcp"])
        on = reactor.seconds() - began
        await all_of(client.complete for client in clients)
        complete = reactor.seconds() - began
        await all_of(client.barrier() for client in clients)
        status = await daemon.ask("status")
        self.assertEqual(status["people"]["accounts"], PEOPLE)
        for client in clients:
            self.assertEqual(client.seen, {name(other): 1 for other in RING.of(client.number)}, name(client.number))
            self.assertEqual((client.lost, client.wrong), ({}, []))
        held = await self.held(daemon)
        print(
            f"\n{PEOPLE} people of {CONTACTS} contacts: all on after {on:.1f} s ({PEOPLE / on:.0f} a second), all "
            f"contacts seen after {complete:.1f} s; {held}",
            file=sys.stderr,
        )

    async def test_many_vanish(self) -> None:
        """Half of the people vanish at once, every second one on the ring: those who stay are told of each of theirs
        exactly once, and the ledger has the ends of all."""
        ring = Ring(min(PEOPLE, 2000), CONTACTS)
        daemon = await self.started(ring)
        port = daemon.ports["native", "tcp"]
        clients = self.clients(ring, range(1, ring.people, 2))
        await all_on(clients, port)
        crowd, process = await self.crowd(port, ring, range(0, ring.people, 2))
        await all_of(client.complete for client in clients)
        gone = {client: {name(other): 1 for other in ring.of(client.number) if other % 2 == 0} for client in clients}
        told = all_of([client.expect_lost(len(gone[client])) for client in clients])
        began = reactor.seconds()
        process.signalProcess(signal.SIGKILL)
        await crowd.over
        await told
        after = reactor.seconds() - began
        await all_of(client.barrier() for client in clients)
        for client in clients:
            self.assertEqual(client.lost, gone[client], name(client.number))
            self.assertEqual(client.wrong, [])
        status = await daemon.ask("status")
        self.assertEqual(status["people"]["accounts"], ring.people // 2)
        held = await self.held(daemon)
        print(
            f"\n{ring.people // 2} people of {ring.contacts} contacts vanish: all who stay have been told after "
            f"{after:.2f} s; {held}",
            file=sys.stderr,
        )
        ledger = await daemon.ask("ledger")
        ends = [entry["reason"] for entry in ledger["rows"]]
        self.assertEqual((ends.count("lost"), ends.count("")), (ring.people // 2, ring.people // 2))


class StormOnRedisTests(StormTests):
    """The same over the other store."""

    def store(self, folder: Path) -> Store:
        self.url = self.redis().url
        return RedisStore(self.url, reactor)
