"""P6: no client can make the daemon grow without bound. Every limit is met through every door that has it: it is
answered in the door's own words, and counted for the operator.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imd.config.limits import Limits
from imd.control.limits import SWITCHES
from tests.daemon import RunningDaemon, moments
from tests.doors import DOORS, Driver, IrcDriver, NativeDriver, UdpDriver
from tests.doors.stream import Stream, connected
from tests.doors.udp import Datagrams
from tests.promises.bounds import DEEDS, TIGHT, Meeting
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores

#: Met on daemons with settings of their own, by these tests.
ELSEWHERE = {
    "connections": "test_too_many_connections",
    "connections_per_address": "test_too_many_connections",
    "handshakes": "test_too_many_connections",
    "handshake_timeout": "test_slow_sign_on",
    "messages_per_second": "test_rates",
    "message_burst": "test_rates",
    "commands_per_second": "test_rates",
    "command_burst": "test_rates",
    "irc_ping_interval": "test_signs_of_life",
    "irc_ping_timeout": "test_signs_of_life",
    "native_ping_interval": "test_signs_of_life",
    "native_ping_timeout": "test_signs_of_life",
    "rooms": "test_rooms",
    "send_queue": "test_slow_readers",
    "memory": "test_memory",
    "process_memory": "test_memory_of_the_process",
}

#: Bytes of what is said to those that do not read.
LONG = 10_000


async def met(daemon: RunningDaemon, name: str) -> int:
    """How often a limit was met."""
    number: int = (await daemon.ask("status"))["limits"][name]["met"]
    return number


class BoundedTestCase(PromiseTestCase):
    """Asks how often limits were met."""

    async def counted(self, daemon: RunningDaemon, name: str, least: int) -> None:
        """A limit has been met so often, sooner or later."""
        for _ in range(200):
            if await met(daemon, f"limits.{name}") >= least:
                return
            await moments(0.05)
        self.fail(f"{name} was met {await met(daemon, f'limits.{name}')} times, not {least}")


class BoundedPromise(BoundedTestCase):
    __test__ = False

    def test_every_limit(self) -> None:
        """None of the settings is left out: each is met by a deed, or by a test of its own."""
        limits = {f"limits.{name}" for name in Limits.__struct_fields__ if name not in SWITCHES}
        elsewhere = {f"limits.{name}" for name in ELSEWHERE}
        self.assertEqual(set(DEEDS) & elsewhere, set())
        self.assertEqual(set(DEEDS) | elsewhere, limits | {"offline.max_messages", "guests.offline_messages"})
        for test in ELSEWHERE.values():
            self.assertTrue(hasattr(self, test) or hasattr(CrowdTests, test), test)

    async def test_limits(self) -> None:
        """Those of single clients and accounts."""
        daemon = await self.house(*TIGHT).start()
        for name, deeds in DEEDS.items():
            for door in DOORS:
                deed = deeds[door == "irc"]
                if deed is not None:
                    before = await met(daemon, name)
                    await deed(Meeting(self, daemon, door))
                    self.assertGreater(await met(daemon, name), before, f"{name} by {door}")

    async def test_rooms(self) -> None:
        """All of the service."""
        daemon = await self.house("limits.rooms=1").start()
        first = Meeting(self, daemon, "native")
        await (await first.person()).join("#one")
        for number, door in enumerate(DOORS, 1):
            here = Meeting(self, daemon, door)
            one = await here.person()
            if isinstance(one, NativeDriver):
                await here.refused(one, "too-many", "join", room="#two")
            else:
                await here.answered(one, "JOIN #two", " 405 ", "#two")
            self.assertEqual(await met(daemon, "limits.rooms"), number)


class CrowdTests(BoundedTestCase):
    """What many do, or one does for a while; the store has no part in it."""

    async def turned_away(self, daemon: RunningDaemon, door: str, code: str, words: str) -> None:
        """One more connection is refused in the door's own words."""
        if door == "udp":
            udp = Datagrams(daemon, dtls=False, source="127.0.0.9")
            reasons: list[str] = []
            udp.dialed.on_lost = reasons.append
            udp.say("{}")
            await happened("the end", lambda: bool(reasons))
            self.assertEqual(reasons, [code])
            return
        stream = await connected(daemon.ports[door, "tcp"], source="127.0.0.9")
        await stream.until("the end", lambda: not stream.alive)
        said = f'"type":"bye","code":"{code}"' if door == "native" else f"ERROR :Closing Link: * ({words}"
        self.assertIn(said, stream.shown())

    async def test_too_many_connections(self) -> None:
        """In all, from one address, and not signed on yet."""
        for limit in ("connections", "connections_per_address", "handshakes"):
            daemon = await self.daemon("limits.enabled=true", f"limits.{limit}=2").start()
            for _ in range(2):
                stream = await connected(daemon.ports["irc", "tcp"], source="127.0.0.9")
                self.addCleanup(stream.abort)
                stream.say("CAP LS 302")
                await stream.until("an answer", lambda stream=stream: any(" CAP " in s for s in stream.transcript))  # type: ignore[misc]
            for number, door in enumerate(DOORS, 1):
                await self.turned_away(daemon, door, "too-many", "No more than 2")
                await self.counted(daemon, limit, number)
            status = (await daemon.ask("status"))["limits"][f"limits.{limit}"]
            self.assertEqual((status["bound"], status["now"]), (2, 2))

    async def test_memory_of_the_process(self) -> None:
        """While the process is too large nobody else is let in; who is on stays, and a reload may help."""
        settings = Path(self.mktemp())
        settings.write_text('limits.process_memory = "16 MiB"\n')
        daemon = await self.daemon(config=settings).start()
        for number, door in enumerate(DOORS, 1):
            await self.turned_away(daemon, door, "short-of-memory", "The server is short of memory")
            await self.counted(daemon, "process_memory", number)
        row = (await daemon.ask("status"))["limits"]["limits.process_memory"]
        self.assertGreater(row["now"], row["bound"])
        settings.write_text('limits.process_memory = "1 GiB"\n')
        await daemon.ask("reload")
        one = await Meeting(self, daemon, "native").person()
        settings.write_text('limits.process_memory = "16 MiB"\n')
        await daemon.ask("reload")
        await self.turned_away(daemon, "irc", "short-of-memory", "The server is short of memory")
        await one.barrier()

    async def test_slow_sign_on(self) -> None:
        """Who does not sign on in time is told so."""
        daemon = await self.daemon("limits.enabled=true", 'limits.handshake_timeout="1 s"').start()
        for number, door in enumerate(DOORS, 1):
            one = await Meeting(self, daemon, door).stranger()
            words = '"code":"timeout"' if isinstance(one, NativeDriver) else "ERROR :"
            await one.until("the end", lambda one=one, words=words: words in one.stream.shown())
            await self.counted(daemon, "handshake_timeout", number)

    async def test_rates(self) -> None:
        """A native client is refused, and told when to try again; IRC is only slowed down."""
        rates = ("messages_per_second=5", "message_burst=3", "commands_per_second=20", "command_burst=20")
        daemon = await self.daemon("limits.enabled=true", *(f"limits.{rate}" for rate in rates)).start()
        for number, door in enumerate(DOORS, 1):
            here = Meeting(self, daemon, door)
            one, other = await here.person(), await here.account()
            begin = time.monotonic()
            told = [one.send(other, f"hello {number}") for number in range(6)]
            outcomes = [await each for each in told]
            answers = [one.ask({"type": "ping"}) for _ in range(40)] if isinstance(one, NativeDriver) else []
            if answers:
                self.assertIn("too-fast", {outcome.reason for outcome in outcomes})
                refused = [answer for answer in [await each for each in answers] if answer["type"] == "error"]
                self.assertEqual({answer["code"] for answer in refused}, {"too-fast"})
                self.assertGreater(refused[0]["retry_after"], 0)
            else:
                self.assertEqual({outcome.how for outcome in outcomes}, {"accepted"})
                self.assertGreater(time.monotonic() - begin, 0.3)
                for _ in range(40):
                    one.say("PING x")
                await one.barrier()
            for limit in ("messages_per_second", "message_burst", "commands_per_second", "command_burst"):
                await self.counted(daemon, limit, number)

    async def test_signs_of_life(self) -> None:
        """Who says nothing is asked, and who does not answer is told that it is over."""
        times = [f'limits.{door}_ping_{what}="1 s"' for door in ("irc", "native") for what in ("interval", "timeout")]
        daemon = await self.daemon("limits.enabled=true", *times).start()
        for door, words in (("irc", "ERROR :"), ("native", '"code":"timeout"')):
            one = await Meeting(self, daemon, door).person()
            one.stream.on_line = lambda line: None
            await one.until("the end", lambda one=one, words=words: words in one.stream.shown())
            await self.counted(daemon, f"{door}_ping_interval", 1)
            await self.counted(daemon, f"{door}_ping_timeout", 1)
        deaf = await Meeting(self, daemon, "udp").person()
        stop_reading(deaf)
        await self.counted(daemon, "native_ping_timeout", 2)

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

    async def test_memory(self) -> None:
        """A crowd that does not read: what it holds stays within the bound, who holds most goes first and is told why,
        and the others are served all the while."""
        bound = 3 * 1024 * 1024
        daemon = await self.daemon('history.keep="0"', f"limits.memory={bound}", 'limits.send_queue="2 MiB"').start()
        doors = ["native", "irc"] * 5
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
        gone = re.findall(r"(\S+) at \S+, (\w+) held (\d+) bytes and is let go", daemon.log)
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


async def happened(what: str, true: Callable[[], bool]) -> None:
    """Until it is true, with no line to wait for."""
    for _ in range(400):
        if true():
            return
        await moments(0.02)
    raise AssertionError(f"waited in vain for {what}")


def stop_reading(driver: Any) -> None:
    """As a client that hangs."""
    if isinstance(driver, UdpDriver):
        driver.stream.dialed.transport.stopReading()
        return
    stream: Stream = driver.stream
    transport: Any = stream.transport
    transport.pauseProducing()


def resident(daemon: RunningDaemon) -> int:
    """Memory of the daemon, in KiB."""
    with open(f"/proc/{daemon.pid}/status") as status:  # noqa: PTH123
        found = re.search(r"VmRSS:\s+(\d+)", status.read())
    assert found is not None
    return int(found[1])


globals().update(on_both_stores(BoundedPromise))
