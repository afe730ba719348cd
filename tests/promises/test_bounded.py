"""P6: no client can make the daemon grow without bound. Every limit is met through every door that has it: it is
answered in the door's own words, and counted for the operator. What is held in memory: `test_bounded_memory`.
"""

import time
from pathlib import Path
from typing import Any

from imd.config.limits import Limits
from imd.control.limits import SWITCHES
from tests.daemon import RunningDaemon
from tests.doors import DOORS, IrcDriver, NativeDriver, NativeWebDriver, websocket
from tests.doors.stream import connected
from tests.doors.udp import Datagrams
from tests.net.websocket.client import PING, TEXT, frame
from tests.promises import test_bounded_memory, test_bounded_polling
from tests.promises.bounded import BoundedTestCase, happened, met, stop_reading
from tests.promises.bounds.deeds import DEEDS, TIGHT
from tests.promises.bounds.meeting import Meeting
from tests.promises.house import on_both_stores

#: Met on daemons with settings of their own, by these tests.
ELSEWHERE = {
    "connections": "test_too_many_connections",
    "connections_per_address": "test_too_many_connections",
    "connections_per_minute": "test_too_many_in_a_minute",
    "handshakes": "test_too_many_connections",
    "handshake_timeout": "test_slow_sign_on",
    "request_size": "test_requests",
    "request_body": "test_bodies",
    "requests_per_minute": "test_hasty_requests",
    "poll_wait": "test_polls",
    "poll_idle": "test_polls",
    "websocket_message": "test_frames",
    "frames_per_second": "test_frames",
    "visitors": "test_visitors",
    "visitors_per_address": "test_visitors",
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


class BoundedPromise(BoundedTestCase):
    __test__ = False

    def test_every_limit(self) -> None:
        """None of the settings is left out: each is met by a deed, or by a test of its own."""
        limits = {f"limits.{name}" for name in Limits.__struct_fields__ if name not in SWITCHES}
        elsewhere = {f"limits.{name}" for name in ELSEWHERE}
        self.assertEqual(set(DEEDS) & elsewhere, set())
        others = {"offline.max_messages", "guests.offline_messages", "history.max_messages"}
        self.assertEqual(set(DEEDS) | elsewhere, limits | others)
        for test in ELSEWHERE.values():
            self.assertTrue(
                any(
                    hasattr(where, test)
                    for where in (self, CrowdTests, test_bounded_memory.HeldTests, test_bounded_polling.PollingTests)
                ),
                test,
            )

    async def test_limits(self) -> None:
        """Those of single clients and accounts."""
        daemon = await self.house(*TIGHT).start()
        for name, deeds in DEEDS.items():
            for door in DOORS:
                deed = deeds[issubclass(DOORS[door], IrcDriver)]
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
        stream = await DOORS[door].dial(DOORS[door].port(daemon), source="127.0.0.9")
        await stream.until("the end", lambda: not stream.alive)
        said = {"native": f'"type":"bye","code":"{code}"', "irc": f"ERROR :Closing Link: * ({words}"}
        self.assertIn(said.get(door, "HTTP/1.1 503 Service Unavailable"), stream.shown())
        self.assertIn(words if door != "native" else code, stream.shown())

    async def test_too_many_connections(self) -> None:
        """In all, from one address, and not signed on yet."""
        for limit in ("connections", "connections_per_address", "handshakes"):
            daemon = await self.daemon("limits.enabled=true", "listen.exempt=[]", f"limits.{limit}=2").start()
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

    async def test_too_many_in_a_minute(self) -> None:
        """From one address; others come in."""
        settings = ("limits.enabled=true", "listen.exempt=[]", "limits.connections_per_minute=2")
        daemon = await self.daemon(*settings).start()
        for _ in range(2):
            stream = await connected(daemon.ports["irc", "tcp"], source="127.0.0.9")
            self.addCleanup(stream.abort)
        for number, door in enumerate(DOORS, 1):
            await self.turned_away(daemon, door, "too-fast", "Too many connections from one address")
            await self.counted(daemon, "connections_per_minute", number)
        await Meeting(self, daemon, "native").person()

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
        for number, (door, words) in enumerate((("irc-websocket", "ERROR :"), ("websocket", '"code":"timeout"'))):
            one = await Meeting(self, daemon, door).person()
            one.stream.on_line = lambda line: None
            one.stream.ponging = False
            await one.until("the end", lambda one=one, words=words: words in one.stream.shown())
            self.assertIn((PING, b""), one.stream.controls)
            await self.counted(daemon, f"{'native' if number else 'irc'}_ping_timeout", 2)
        # Who answers the ping of its carrier is there.
        alive = await Meeting(self, daemon, "websocket").person()
        alive.stream.on_line = lambda line: None
        await alive.until("three pings", lambda: alive.stream.controls.count((PING, b"")) >= 3)
        self.assertTrue(alive.stream.alive)
        alive.cut()
        deaf = await Meeting(self, daemon, "udp").person()
        stop_reading(deaf)
        await self.counted(daemon, "native_ping_timeout", 3)

    async def test_requests(self) -> None:
        """A head that is too long, or never ends, is answered as HTTP has it, and nothing of it is kept."""
        settings = ("limits.enabled=true", 'limits.handshake_timeout="1 s"', 'limits.request_size="1 KiB"')
        daemon = await self.daemon(*settings).start()
        port = daemon.ports["web", "tcp"]
        long = await websocket.connected(port, headers=("X: " + "x" * 2000,))
        await long.until("the end", lambda: not long.alive)
        self.assertIn("HTTP/1.1 431 Request Header Fields Too Large", long.shown())
        await self.counted(daemon, "request_size", 1)
        for said, answer in ((b"GET /health HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 408 "), (b"", "HTTP/1.1 408 ")):
            slow = await connected(port)
            self.addCleanup(slow.abort)
            assert slow.transport is not None
            slow.transport.write(said)
            await slow.until("the answer", lambda slow=slow, answer=answer: answer in slow.shown())  # type: ignore[misc]
        await self.counted(daemon, "handshake_timeout", 2)

    async def test_frames(self) -> None:
        """A message that is not to be borne, and frames that are no messages, end a WebSocket with the reason."""
        settings = ("limits.enabled=true", 'limits.websocket_message="100 KiB"', "limits.frames_per_second=10")
        daemon = await self.daemon(*settings).start()
        for number, door in enumerate(("websocket", "irc-websocket"), 1):
            for limit, data, code in (
                ("websocket_message", frame(TEXT, b"x" * 102_401), 1009),
                ("websocket_message", frame(TEXT, b"x" * 90_000, final=False) + frame(0, b"x" * 20_000), 1009),
                ("frames_per_second", frame(PING) * 200, 1008),
            ):
                one = await Meeting(self, daemon, door).person()
                one.stream.put(data)
                await one.until("the end", lambda one=one: not one.stream.alive)
                self.assertEqual(one.stream.closed[0], code)
                await self.counted(daemon, limit, number)
        status = await daemon.ask("status")
        self.assertEqual(status["memory"]["held"], 0)

    async def test_visitors(self) -> None:
        """Visitors of sites are bounded, all of them and new ones of each address; who is known comes back."""
        site = 'web.sites=[{name="shop", origins=["https://shop.example"], staff=["alice"]}]'
        limits = ("limits.enabled=true", "limits.visitors=3", "limits.visitors_per_address=2")
        daemon = await self.house(site, *limits).start()
        here = Meeting(self, daemon, "websocket")

        async def visit(source: str, secret: str = "") -> dict[str, Any]:
            origin = ("Origin: https://shop.example",)
            port = NativeWebDriver.port(daemon)
            stream = await websocket.connected(port, "/embed/socket", "imd.native", source=source, headers=origin)
            page = NativeWebDriver(stream, "page")
            self.addCleanup(page.cut)
            return await page.ask({"type": "visit", "secret": secret})

        crowded, other = here.address(), here.address()
        first, second = await visit(crowded), await visit(crowded)
        self.assertNotEqual(first["address"], second["address"])
        for source, limit in ((crowded, "visitors_per_address"), (other, ""), (other, "visitors")):
            answer = await visit(source)
            if limit:
                self.assertEqual(answer["code"], "too-fast")
                self.assertGreater(answer["retry_after"], 0)
                await self.counted(daemon, limit, 1)
        self.assertEqual((await visit(crowded, first["secret"]))["address"], first["address"])
        await daemon.kill()
        await daemon.start()
        self.assertEqual((await visit(crowded, second["secret"]))["address"], second["address"])
        self.assertEqual((await visit(here.address()))["code"], "too-fast")


globals().update(on_both_stores(BoundedPromise))
del BoundedPromise
