"""P6 for what comes by long polling: requests, bodies, sessions, and what is kept for who does not come back."""

from base64 import b64encode
from typing import Any

from tests.daemon import RunningDaemon
from tests.net.polling.client import Http, body, http, request
from tests.promises.bounded import BoundedTestCase, happened, resident

#: Nobody else comes from there.
SOURCE = "127.0.0.9"


class PollingTests(BoundedTestCase):
    async def connect(self, daemon: RunningDaemon, source: str = SOURCE) -> Http:
        connection = await http(daemon.ports["web", "tcp"], source)
        self.addCleanup(connection.cut)
        return connection

    async def opened(self, daemon: RunningDaemon, source: str = SOURCE) -> tuple[Http, str]:
        """A connection, and the path of a new session."""
        connection = await self.connect(daemon, source)
        answer = await connection.ask("/embed/poll", b"{}")
        self.assertEqual(answer.status, 200, repr(answer))
        return connection, f"/embed/poll/{answer.object['session']}"

    async def signed_on(self, daemon: RunningDaemon, name: str) -> tuple[Http, str, int]:
        """The same, signed on; and the number of the last message."""
        await daemon.ask("user add", name=name, password="open sesame")
        connection, path = await self.opened(daemon)
        plain = b64encode(f"\0{name}\0open sesame".encode()).decode()
        messages = [
            {"type": "authenticate", "ref": 1, "mechanism": "PLAIN", "data": plain},
            {"type": "session", "ref": 2, "client": "test"},
        ]
        while True:
            said = (await connection.ask(path, body(messages=messages))).object
            if any(each["type"] == "welcome" for each in said["messages"]):
                return connection, path, said["first"] + len(said["messages"]) - 1

    async def test_bodies(self) -> None:
        """One that is too long is not read."""
        daemon = await self.daemon('limits.request_body="1 KiB"').start()
        connection, path = await self.opened(daemon)
        refused = await connection.ask(path, b" " * 1025)
        self.assertEqual(refused.status, 413)
        await self.counted(daemon, "request_body", 1)
        self.assertEqual((await daemon.ask("status"))["memory"]["held"] < 1000, True)

    async def test_hasty_requests(self) -> None:
        """On connections that stay; others are served, and a polling visitor never meets it by default."""
        settings = ("limits.enabled=true", "listen.exempt=[]", "limits.requests_per_minute=30")
        daemon = await self.daemon(*settings).start()
        connection, path = await self.opened(daemon)
        for _ in range(30):
            self.assertEqual((await connection.ask(path, b'{"wait":0}')).status, 200)
        refused = await connection.ask(path, b'{"wait":0}')
        self.assertEqual(refused.status, 429)
        self.assertGreaterEqual(int(refused.headers["retry-after"]), 1)
        self.assertEqual(refused.headers["access-control-allow-origin"], "*")
        await connection.end()
        await self.counted(daemon, "requests_per_minute", 1)
        other, path = await self.opened(daemon, "127.0.0.10")
        self.assertEqual((await other.ask(path, b'{"wait":0}')).status, 200)

    async def test_polls(self) -> None:
        """Answers are not held back for ever, and who stays away is lost."""
        daemon = await self.daemon('limits.poll_wait="1 s"', 'limits.poll_idle="1 s"').start()
        connection, path = await self.opened(daemon)
        answer = await connection.ask(path, b'{"ack":1,"wait":1000}')
        self.assertEqual(answer.object["messages"], [])
        await self.counted(daemon, "poll_wait", 1)
        await self.counted(daemon, "poll_idle", 1)
        self.assertEqual((await connection.ask(path, b"{}")).status, 404)
        self.assertEqual((await daemon.ask("status"))["connections"]["open"], 1)

    async def test_sessions_are_connections(self) -> None:
        """They count for every limit of connections, however few connections carry them."""
        for limit, most in (
            ("connections", 5),
            ("connections_per_address", 5),
            ("connections_per_minute", 5),
            ("handshakes", 4),
        ):
            daemon = await self.daemon("limits.enabled=true", "listen.exempt=[]", f"limits.{limit}={most}").start()
            connection = await self.connect(daemon)
            for _ in range(4):
                self.assertEqual((await connection.ask("/embed/poll", b"{}")).status, 200, limit)
            refused = await connection.ask("/embed/poll", b"{}")
            self.assertEqual(refused.status, 503, limit)
            await self.counted(daemon, limit, 1)
            if limit == "connections_per_minute":
                self.assertGreaterEqual(int(refused.headers["retry-after"]), 1)
            await daemon.stop()

    async def test_thousands_of_sessions(self) -> None:
        """Opened and left alone: all are gone after a while, and nothing is left of them."""
        daemon = await self.daemon('limits.poll_idle="1 s"', 'limits.handshake_timeout="10 s"').start()
        connection = await self.connect(daemon)
        before = resident(daemon)
        for _ in range(20):
            connection.transport.write(request("/embed/poll", b"{}") * 100)
            for _ in range(100):
                self.assertEqual((await connection.answer()).status, 200)
        self.assertLess(resident(daemon) - before, 2000 * 30)

        await self.counted(daemon, "poll_idle", 2000)
        self.assertLessEqual((await daemon.ask("status"))["connections"]["open"], 1)
        self.assertEqual((await daemon.ask("status"))["memory"]["held"], 0)

    async def test_slow_readers(self) -> None:
        """What is said to a client that does not come for it is bounded, and counted meanwhile."""
        daemon = await self.daemon(
            'limits.send_queue="24 KiB"', 'limits.line_length="10 KiB"', 'limits.message_size="4 KiB"'
        ).start()
        alice, path, ack = await self.signed_on(daemon, "alice")
        _, bob_path, _ = await self.signed_on(daemon, "bob")
        first = 3
        for number in range(30):
            send = {
                "type": "send",
                "ref": 9,
                "to": "bob",
                "client_id": str(number),
                "kind": "notice",
                "body": "x" * 2000,
            }
            said = (await alice.ask(path, body(ack=ack, first=first, messages=[send], wait=0))).object
            first += 1
            ack = said["first"] + len(said["messages"]) - 1
        await self.counted(daemon, "send_queue", 1)
        late = await self.connect(daemon)
        answer = await late.ask(bob_path, b"{}")
        # The number of what it is told at last shows that something was let go.
        self.assertEqual([each["code"] for each in answer.object["messages"]], ["too-slow"])
        self.assertGreater(answer.object["first"], 5)
        self.assertTrue(answer.object["end"])

    async def test_who_asks_and_does_not_read(self) -> None:
        """Answers are not kept without bound for a client that only asks."""
        daemon = await self.daemon('limits.send_queue="64 KiB"', 'limits.request_size="2 MiB"').start()
        connection = await self.connect(daemon)
        connection.transport.pauseProducing()
        asked = request("/imd.js", None, (), "GET")
        for _ in range(400):
            connection.transport.write(asked * 50)
        transport: Any = connection.transport

        def cut() -> bool:
            transport.resumeProducing()
            return not connection.alive

        await self.counted(daemon, "send_queue", 1)
        await happened("the end", cut)
        self.assertEqual((await daemon.ask("status"))["memory"]["held"], 0)

    async def test_too_much_at_once(self) -> None:
        """What follows a request that waits is kept up to a bound."""
        daemon = await self.daemon().start()
        connection, path = await self.opened(daemon)
        connection.transport.write(request(path, b'{"ack":1}') + b"x" * 20_000)
        self.assertEqual((await connection.answer()).status, 431)
        await connection.end()
        await self.counted(daemon, "request_size", 1)
        self.assertEqual(connection.answers, [])
        again = await self.connect(daemon)
        self.assertEqual((await again.ask(path, b'{"wait":0}')).status, 200)
