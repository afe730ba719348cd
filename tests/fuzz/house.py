"""A real daemon with all limits in force, two people who talk all the time, and what a flood must leave as it was."""

import sys
from collections.abc import Sequence
from typing import Any

from tests.daemon import DaemonTestCase, RunningDaemon, moments
from tests.doors import Driver
from tests.doors.driver import Outcome
from tests.doors.stream import Stream, connected
from tests.fuzz.crowd import PASSWORD, TALKING, Talk, faults, resident

#: KiB by which the daemon may have grown after a flood: what the allocator keeps.
GROWTH = 8 * 1024

#: Where floods come from; the well-behaved are at 127.0.0.1.
ELSEWHERE = [f"127.0.0.{number}" for number in range(20, 28)]


class FloodTestCase(DaemonTestCase):
    """A real daemon with ``limits.enabled = true``."""

    #: Who talks, and through which doors.
    people = (("native", "alice"), ("irc", "bob"))

    async def house(self, *settings: str) -> RunningDaemon:
        """Alice and Bob talk through both doors, whatever happens."""
        # History off: the store's cache of it is bounded elsewhere, and fills only by and by.
        always = ("limits.enabled=true", "limits.messages_per_second=0", 'history.keep="0"')
        daemon = await self.daemon(*always, *settings).start()
        for name in ("alice", "bob", "carol", "dave"):
            await daemon.ask("user add", name=name, password=PASSWORD)
        people = [await self.on(daemon, door, name) for door, name in self.people]
        self.talks = [Talk(people[0], people[1]), Talk(people[1], people[0])]
        for talk in self.talks:
            self.addCleanup(talk.stop)
        return daemon

    async def on(self, daemon: RunningDaemon, door: str, name: str, source: str = "") -> Driver:
        driver = await TALKING[door].sign_on(daemon, name, PASSWORD, source=source)
        self.addCleanup(driver.cut)
        return driver

    async def all_shown(
        self, daemon: RunningDaemon, door: str, name: str, bodies: list[str], outcomes: Sequence[Outcome]
    ) -> None:
        """Whoever was cut off as a slow reader comes back, and is shown everything once, in order, as it was told."""
        rows = (await daemon.ask("ledger", name=name))["rows"]
        self.assertIn("slow", rows[0]["reason"])
        back = await self.on(daemon, door, name)
        await back.until("everything", lambda: len(back.received) >= len(bodies))
        await back.barrier()
        self.assertEqual([received.body for received in back.received], bodies)
        self.assertEqual([received.id for received in back.received], [outcome.id for outcome in outcomes])
        await back.quit()

    async def well(self, daemon: RunningDaemon, what: str, before: int) -> None:
        """Alice and Bob have lost nothing, memory is what it was, and the log is clean."""
        slowest = 0.0
        for talk in self.talks:
            await talk.end()
            slowest = max(slowest, talk.slowest)
        after = resident(daemon.pid)
        sent = sum(len(talk.sent) for talk in self.talks)
        print(
            f"\n{what}; {sent} messages of others meanwhile, the slowest {1000 * slowest:.0f} ms; "
            f"memory {before} -> {after} KiB",
            file=sys.stderr,
        )
        self.assertGreater(sent, 4)
        self.assertLess(slowest, 1.0)
        self.assertLess(after - before, GROWTH)
        self.assertEqual(faults(daemon), [])

    async def come(self, port: int, source: str, *, tls: bool = False) -> Stream:
        stream = await connected(port, source=source, tls=tls)
        # Aborting TLS twice is an error.
        self.addCleanup(lambda: stream.abort() if stream.alive else None)
        return stream

    async def greeted(self, daemon: RunningDaemon) -> None:
        """Somebody comes in over TLS."""
        stream = await self.come(daemon.ports["irc", "tls"], "127.0.0.1", tls=True)
        stream.say("CAP LS 302")
        await stream.until("an answer", lambda: any(" CAP " in line for line in stream.transcript))
        stream.say("QUIT")
        await self.ended(stream)

    @staticmethod
    async def ended(stream: Stream) -> None:
        await stream.until("the end", lambda: not stream.alive)

    async def status(self, daemon: RunningDaemon) -> Any:
        return (await daemon.ask("status"))["connections"]

    async def until_status(self, daemon: RunningDaemon, what: str, true: Any) -> Any:
        status: Any = None
        for _ in range(200):
            status = await self.status(daemon)
            if true(status):
                return status
            await moments(0.05)
        raise AssertionError(f"waited in vain for {what}: {status}")
