"""P6: what clients make the daemon hold in memory is bounded, for each and for all together; who holds most goes first,
and is told why; the others are served all the while.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.daemon import RunningDaemon, moments
from tests.doors import DOORS, Driver, IrcDriver, NativeDriver
from tests.doors.stream import connected
from tests.promises.bounded import BoundedTestCase, happened, met, read_on, resident, stop_reading
from tests.promises.bounds.meeting import Meeting
from tests.promises.house import PASSWORD

#: Bytes of what is said to those that do not read.
LONG = 10_000


class HeldTests(BoundedTestCase):
    """The store has no part in it."""

    async def hall(self, daemon: RunningDaemon, *readers: Driver) -> Any:
        """Somebody who will talk in #hall, where `readers` stop reading."""
        speaker: Any = await Meeting(self, daemon, "native").person()
        await speaker.join("#hall")
        for reader in readers:
            await reader.join("#hall")
            await reader.barrier()
            stop_reading(reader)
        return speaker

    async def talk(self, speaker: Any, over: Callable[[], Any]) -> None:
        """Say long things, five at a time, until it is `over`."""
        for _ in range(400):
            for _ in range(5):
                speaker.send("#hall", "x" * LONG)
            await speaker.barrier()
            if await over():
                return
        self.fail("it is never over")

    async def test_slow_readers(self) -> None:
        """Who lets too much wait is cut off; the operator sees how many, and from the ledger who."""
        daemon = await self.daemon('history.keep="0"', 'limits.send_queue="64 KiB"').start()
        for number, door in enumerate(DOORS, 1):
            reader = await Meeting(self, daemon, door).person()
            speaker = await self.hall(daemon, reader)

            async def gone(number: int = number) -> bool:
                return await met(daemon, "limits.send_queue") == number

            await self.talk(speaker, gone)
            (row,) = (await daemon.ask("ledger", name=reader.name))["rows"]
            self.assertIn("slow", row["reason"])
            if door != "udp":
                # What waited for it is gone, so that this comes next.
                read_on(reader)
                words = '"code":"too-slow"' if isinstance(reader, NativeDriver) else "ERROR :Closing Link"
                await reader.until("the reason", lambda reader=reader: not reader.stream.alive)
                self.assertIn(words, reader.stream.transcript[-1])

    async def test_memory(self) -> None:
        """A crowd that does not read: what it holds stays within the bound, who holds most goes first and is told why,
        and the others are served all the while."""
        bound = 3 * 1024 * 1024
        daemon = await self.daemon('history.keep="0"', f"limits.memory={bound}", 'limits.send_queue="2 MiB"').start()
        doors = ["native", "irc", "websocket", "irc-websocket"] * 3
        crowd = [await Meeting(self, daemon, door).person() for door in doors]
        crowd += [await self.by_tls(daemon) for _ in range(2)]
        speaker = await self.hall(daemon, *crowd)
        talkers = [await Meeting(self, daemon, door).person() for door in ("native", "irc")]
        slowest, most = 0.0, 0
        before = resident(daemon)

        async def shed() -> bool:
            nonlocal slowest, most
            begin = time.monotonic()
            outcome = await talkers[0].send(talkers[1].name, "still there?")
            slowest = max(slowest, time.monotonic() - begin)
            self.assertEqual(outcome.how, "accepted")
            status = await daemon.ask("status")
            self.assertLess(status["memory"]["held"], bound + 2**20)
            if not status["limits"]["limits.memory"]["met"]:
                most = status["limits"]["limits.send_queue"]["now"]
            return int(status["limits"]["limits.memory"]["met"]) >= 4

        await self.talk(speaker, shed)
        grown = resident(daemon) - before
        status = await daemon.ask("status")
        gone = re.findall(r"(\S+) at \S+, ([\w-]+) held (\d+) bytes and is let go", daemon.log)
        print(
            f"\n{len(gone)} of {len(crowd)} slow readers let go, the first with {gone[0][2]} bytes; at most "
            f"{status['memory']['peak']} of {bound} bytes held; memory of the daemon grew by {grown} KiB; the slowest "
            f"message of others took {1000 * slowest:.0f} ms",
            file=sys.stderr,
        )
        self.assertGreaterEqual(int(gone[0][2]), most)
        self.assertLess(status["memory"]["peak"], bound + 2**20)
        self.assertLess(grown, 32 * 1024)
        self.assertLess(slowest, 1.0)
        self.assertIn("more than limits.memory", daemon.log)
        names = {name for name, _, _ in gone}
        for reader in crowd:
            if reader.name in names:
                await self.told(reader)
                (row,) = (await daemon.ask("ledger", name=reader.name))["rows"]
                self.assertEqual(row["reason"], "memory")
        left = {row["name"] for row in (await daemon.ask("who"))["rows"]}
        self.assertEqual(left & names, set())
        self.assertGreater(len(left), 5)
        self.assertNotIn("Traceback", daemon.log)

    async def by_tls(self, daemon: RunningDaemon) -> IrcDriver:
        """Somebody at the IRC door, over TLS."""
        name = await Meeting(self, daemon, "irc").account()
        driver = IrcDriver(await connected(daemon.ports["irc", "tls"], tls=True), name)
        self.addCleanup(lambda: driver.cut() if driver.stream.alive else None)
        await driver.enter(PASSWORD)
        return driver

    async def told(self, reader: Any) -> None:
        """Reading on, it finds out why it was cut off, in a line of its own."""
        transport: Any = reader.stream.transport
        transport.resumeProducing()
        await reader.until("the end", lambda: not reader.stream.alive)
        last = reader.stream.transcript[-1]
        words = (
            '"code":"short-of-memory"' if isinstance(reader, NativeDriver) else f"ERROR :Closing Link: {reader.name}"
        )
        self.assertIn(words, last)
        self.assertTrue(last.startswith("S: {" if isinstance(reader, NativeDriver) else "S: ERROR"), last[:200])

    async def test_memory_of_datagrams(self) -> None:
        """What is not acknowledged by UDP counts as well; the reason is in the packet that closes the connection."""
        daemon = await self.daemon('history.keep="0"', 'limits.memory="512 KiB"', 'limits.send_queue="2 MiB"').start()
        readers = [await Meeting(self, daemon, "udp").person() for _ in range(2)]
        reasons: list[str] = []
        for reader in readers:
            reader.stream.dialed.on_lost = reasons.append
        speaker = await self.hall(daemon, *readers)

        async def shed() -> bool:
            return await met(daemon, "limits.memory") > 0

        await self.talk(speaker, shed)
        for reader in readers:
            reader.stream.dialed.transport.startReading()
        await happened("the reason", lambda: bool(reasons))
        self.assertEqual(reasons, ["short-of-memory"])

    async def test_unfinished_lines(self) -> None:
        """Lines that never end are held as much as they may be long, and count: too many of them, and the longest
        go."""
        daemon = await self.daemon('limits.memory="256 KiB"').start()
        people = [await Meeting(self, daemon, "native").person() for _ in range(8)]
        for number, one in enumerate(people):
            one.stream.transport.write(b"x" * (4_000 * number + 1_000))
            await self.held(daemon, lambda size, n=number: size == sum(4_000 * i + 1_000 for i in range(n + 1)))  # type: ignore[misc]
        for one in people:
            one.stream.transport.write(b"x" * 25_000)
        await people[-1].until("the reason", lambda: people[-1].bye is not None)
        self.assertEqual(people[-1].bye["code"], "short-of-memory")
        self.assertIsNone(people[0].bye)
        await self.counted(daemon, "memory", 1)
        for one in people:
            one.cut()
        await self.held(daemon, lambda size: size == 0)

    async def held(self, daemon: RunningDaemon, true: Callable[[int], bool]) -> None:
        """Until connections hold so much, to the byte."""
        size = -1
        for _ in range(200):
            size = (await daemon.ask("status"))["memory"]["held"]
            if true(size):
                return
            await moments(0.02)
        self.fail(f"{size} bytes are held")

    async def test_answers_wait_for_their_reader(self) -> None:
        """With the rates switched off an IRC client may ask as fast as it likes; but it is asked nothing more while the
        answers wait for it, and so gets them all, though they are many times its send queue."""
        daemon = await self.daemon('limits.send_queue="256 KiB"').start()
        one, other = [await Meeting(self, daemon, "irc").person() for _ in range(2)]
        count = 5_000
        stop_reading(one)
        for number in range(count):
            one.stream.say("VERSION" if number % 10 else f"PING {number}")
        for _ in range(20):
            await other.barrier()
            self.assertLessEqual((await daemon.ask("status"))["memory"]["held"], 512 * 1024)
        seen = [0, 0]

        def line(data: bytes) -> None:
            seen[0] += b" 351 " in data
            seen[1] += b" PONG " in data

        one.stream.on_line = line
        one.stream.transport.resumeProducing()
        await one.until("all answers", lambda: seen == [count - count // 10, count // 10])

    async def test_requests_wait_for_their_reader(self) -> None:
        """The same for native clients, by TCP and UDP: every request is answered, in its order."""
        daemon = await self.daemon('limits.send_queue="256 KiB"').start()
        other = await Meeting(self, daemon, "native").person()
        for number in range(20):
            await other.must({"type": "join", "room": f"#room{number}"})
            await other.must({"type": "set-topic", "room": f"#room{number}", "text": "x" * 380})
        for door, count in (("native", 500), ("udp", 200)):
            one = await Meeting(self, daemon, door).person()
            stop_reading(one)
            answers: list[int] = []
            for ref in range(1, count + 1):
                one.tell({"type": "get-rooms", "ref": 1000 + ref})
            for _ in range(10):
                await other.barrier()
                self.assertLess((await daemon.ask("status"))["memory"]["held"], 512 * 1024)
            one.stream.on_line = lambda line, answers=answers: answers.append(json.loads(line)["ref"])
            if door == "udp":
                one.stream.dialed.transport.startReading()
            else:
                one.stream.transport.resumeProducing()
            await one.until("all answers", lambda answers=answers, count=count: len(answers) >= count)
            self.assertEqual(answers, [1000 + ref for ref in range(1, count + 1)])
        self.assertEqual(await met(daemon, "limits.send_queue"), 0)

    async def test_inbox_of_who_never_confirms(self) -> None:
        """With `irc.confirm = false` an inbox of many times the send queue is handed over as fast as it is read."""
        daemon = await self.daemon("irc.confirm=false", 'limits.send_queue="256 KiB"').start()
        here = Meeting(self, daemon, "irc")
        speaker, name = await Meeting(self, daemon, "native").person(), await here.account()
        bodies = [f"{number} " + "y" * 16_000 for number in range(200)]
        for body in bodies:
            self.assertEqual((await speaker.send(name, body)).how, "kept")
        reader = IrcDriver(await connected(daemon.ports["irc", "tcp"]), name)
        self.addCleanup(reader.cut)
        await reader.enter(PASSWORD)
        stop_reading(reader)
        for _ in range(20):
            await speaker.barrier()
            self.assertLess((await daemon.ask("status"))["memory"]["held"], 256 * 1024 + 64 * 1024)
            await moments(0.02)
        self.assertGreater(len((await daemon.ask("queue", name=name))["rows"]), 0)
        transport: Any = reader.stream.transport
        transport.resumeProducing()
        whole = "".join(bodies)
        await reader.until("everything", lambda: sum(len(each.body) for each in reader.received) >= len(whole))
        self.assertEqual("".join(each.body for each in reader.received), whole)
        self.assertEqual(await met(daemon, "limits.send_queue"), 0)
