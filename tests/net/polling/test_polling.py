"""Long polling with a real daemon over real sockets."""

from typing import Any

from twisted.internet.defer import Deferred

from tests.daemon import DaemonTestCase, RunningDaemon
from tests.net.polling.client import PLAIN, Http, Response, body, http, request

ORIGIN = "Origin: https://shop.example"
SHOP = 'web.sites=[{name="shop", origins=["https://shop.example"], staff=["alice"]}]'


class Client:
    """A client by long polling: numbers, and two connections as browsers have them."""

    def __init__(self, case: DaemonTestCase, daemon: RunningDaemon, kind: str = "tcp") -> None:
        self._case = case
        self._kind = kind
        self._port = daemon.ports["web", kind]
        self.session = ""
        self.ack = self.said = 0
        self.heard: list[dict[str, Any]] = []
        self.connection: Http

    async def connect(self) -> Http:
        connection = await http(self._port, tls=self._kind == "tls")
        self._case.addCleanup(connection.cut)
        return connection

    async def open(self) -> "Client":
        self.connection = await self.connect()
        answer = await self.connection.ask("/embed/poll", b"{}")
        assert answer.status == 200, answer
        self.session = answer.object["session"]
        self.take(answer)
        return self

    @property
    def path(self) -> str:
        return f"/embed/poll/{self.session}"

    def take(self, answer: Response) -> Any:
        assert answer.status == 200, answer
        said = answer.object
        new = said["messages"][max(self.ack + 1 - said["first"], 0) :]
        self.heard += new
        self.ack += len(new)
        return said

    def poll(self, *messages: dict[str, Any], **more: Any) -> bytes:
        """The body of the next request."""
        first = self.said + 1
        self.said += len(messages)
        return body(ack=self.ack, first=first, messages=messages, **more)

    async def say(self, *messages: dict[str, Any], **more: Any) -> Any:
        return self.take(await self.connection.ask(self.path, self.poll(*messages, **more)))

    async def until(self, type: str, **fields: Any) -> dict[str, Any]:
        """Poll until this has come."""
        while True:
            for message in self.heard:
                if message["type"] == type and all(message.get(name) == value for name, value in fields.items()):
                    self.heard.remove(message)
                    return message
            await self.say()


class PollingTests(DaemonTestCase):
    async def client(self, daemon: RunningDaemon, name: str = "") -> Client:
        client = await Client(self, daemon).open()
        if name:
            await client.say(
                {"type": "register", "ref": 1, "name": name, "password": "open sesame"},
                {"type": "session", "ref": 2, "client": "test"},
            )
            await client.until("welcome")
        return client

    async def test_talk(self) -> None:
        """Two talk; the ledger knows how they came."""
        daemon = await self.daemon().start()
        alice, bob = await self.client(daemon, "alice"), await self.client(daemon, "bob")
        await alice.say({"type": "send", "ref": 3, "to": "bob", "client_id": "1", "body": "Hello Bob ☺"})
        message = await bob.until("message")
        self.assertEqual((message["body"], message["from"]), ("Hello Bob ☺", "alice@localhost"))
        await bob.say({"type": "ack", "ids": [message["id"]]}, wait=0)
        self.assertEqual((await alice.until("sent"))["outcome"], "accepted")
        rows = (await daemon.ask("who"))["rows"]
        self.assertEqual({row["door"] for row in rows}, {"web-poll"})
        self.assertTrue(all(row["address"] == "127.0.0.1" and row["port"] for row in rows))

    async def test_tls(self) -> None:
        """By TLS as well: the session is as safe as the connection that opened it, and the ledger says so."""
        daemon = await self.daemon().start()
        client = Client(self, daemon, "tls")
        await client.open()
        await client.say(
            {"type": "register", "ref": 1, "name": "bob", "password": "open sesame"},
            {"type": "session", "ref": 2, "client": "test"},
        )
        await client.until("welcome")
        for _ in range(3):
            await client.say({"type": "ping", "ref": 1})
        (row,) = (await daemon.ask("who"))["rows"]
        self.assertTrue(row["tls"].startswith("TLSv1."), row)
        status = await daemon.ask("status")
        self.assertEqual(status["connections"]["accepted"], 2)

    async def test_waits(self) -> None:
        """An answer is held back until there is something to say, at most as long as was asked for."""
        daemon = await self.daemon('limits.poll_wait="1 s"').start()
        bob = await self.client(daemon, "bob")
        waiting = bob.connection
        while (await bob.say(wait=0))["messages"]:
            pass
        said = await bob.say()
        self.assertEqual((said["messages"], said["first"]), ([], bob.ack + 1))
        self.assertEqual((await daemon.ask("status"))["limits"]["limits.poll_wait"]["met"], 1)
        waiting.transport.write(request(bob.path, bob.poll()))
        alice = await self.client(daemon, "alice")
        await alice.say({"type": "send", "ref": 3, "to": "bob", "client_id": "1", "body": "now"}, wait=0)
        bob.take(await waiting.answer())
        self.assertEqual((await bob.until("message"))["body"], "now")

    async def test_one_waits(self) -> None:
        """Another request ends the one that waits, and what it says is heard at once."""
        daemon = await self.daemon().start()
        bob = await self.client(daemon, "bob")
        other = await bob.connect()
        bob.connection.transport.write(request(bob.path, bob.poll()))
        await self.waits(daemon, bob)
        other.transport.write(request(bob.path, bob.poll({"type": "ping", "ref": 7})))
        self.assertEqual(bob.take(await bob.connection.answer())["messages"], [])
        self.assertEqual(bob.take(await other.answer())["messages"], [{"type": "pong", "ref": 7}])

    async def waits(self, daemon: RunningDaemon, client: Client) -> None:
        """Until what was written before has been read: another connection has its answer."""
        await self.client(daemon)

    async def test_lost_answers(self) -> None:
        """An answer that is lost loses nothing, and a request that comes twice does no harm."""
        daemon = await self.daemon().start()
        alice, bob = await self.client(daemon, "alice"), await self.client(daemon, "bob")
        for number in range(5):
            again = alice.poll({"type": "send", "ref": 3, "to": "bob", "client_id": str(number), "body": str(number)})
            for _ in range(2):
                connection = await alice.connect()
                connection.transport.write(request(alice.path, again))
                await self.waits(daemon, alice)
                connection.cut()
        heard: list[str] = []
        while len(heard) < 5:
            # Each answer is asked for twice: it has the same in it.
            poll = bob.poll()
            first = await bob.connection.ask(bob.path, poll)
            second = await bob.connection.ask(bob.path, poll)
            self.assertEqual(second.object["first"], first.object["first"])
            self.assertEqual(second.object["messages"][: len(first.object["messages"])], first.object["messages"])
            bob.take(first)
            bob.take(second)
            heard += [message["body"] for message in bob.heard if message["type"] == "message"]
            bob.heard.clear()
        self.assertEqual(heard, list("01234"))
        for number in range(5):
            self.assertEqual((await alice.until("sent", client_id=str(number)))["outcome"], "accepted")

    async def test_connections_stay(self) -> None:
        """Any number of polls goes over one connection, and files between them; who says so is let go."""
        daemon = await self.daemon().start()
        client = await self.client(daemon)
        for _ in range(20):
            await client.say({"type": "ping", "ref": 1})
            self.assertEqual((await client.connection.ask("/imd.js", None, (), "GET")).status, 200)
        self.assertTrue(client.connection.alive)
        status = await daemon.ask("status")
        self.assertEqual(status["connections"]["accepted"], 2)
        answer = await client.connection.ask(
            client.path, client.poll({"type": "ping", "ref": 1}), (PLAIN, "Connection: close")
        )
        client.take(answer)
        self.assertEqual(answer.headers["connection"], "close")
        await client.connection.end()

    async def test_pipelined(self) -> None:
        """Requests that follow each other unasked are answered in their order (RFC 9112 section 9.3.2)."""
        daemon = await self.daemon().start()
        client = await self.client(daemon)
        polls = [client.poll({"type": "ping", "ref": number}) for number in range(1, 11)]
        client.connection.transport.write(b"".join(request(client.path, poll) for poll in polls))
        for number in range(1, 11):
            said = client.take(await client.connection.answer())
            self.assertEqual(said["ack"], number)
        pongs = [message["ref"] for message in client.heard if message["type"] == "pong"]
        self.assertEqual(pongs, list(range(1, 11)))

    async def test_many_at_once(self) -> None:
        """More than the daemon has under way at one time waits its turn, and all of it is done, in order."""
        daemon = await self.daemon().start()
        await daemon.ask("user add", name="away", password="open sesame")
        bob = await self.client(daemon, "bob")
        sends = [
            {"type": "send", "ref": number + 1, "to": "away", "client_id": str(number), "body": "x"}
            for number in range(900)
        ]
        bob.heard.clear()
        await bob.say(*sends)
        while len(bob.heard) < 900:
            await bob.say()
        self.assertEqual({each["outcome"] for each in bob.heard}, {"kept"})
        self.assertEqual({each["ref"] for each in bob.heard}, set(range(1, 901)))

    async def test_closing(self) -> None:
        """A page that goes says so, and what it says then is heard."""
        daemon = await self.daemon().start()
        bob, alice = await self.client(daemon, "bob"), await self.client(daemon, "alice")
        end = await bob.say({"type": "send", "ref": 3, "to": "alice", "client_id": "1", "body": "bye"}, close=True)
        self.assertTrue(end["end"])
        self.assertEqual((await alice.until("message"))["body"], "bye")
        self.assertEqual((await bob.connection.ask(bob.path, b"{}")).status, 404)
        self.assertEqual([row["name"] for row in (await daemon.ask("who"))["rows"]], ["alice"])
        # Who says goodbye natively gets the last word, twice if it is lost.
        bob = await self.client(daemon)
        bob.heard.clear()
        last = bob.poll({"type": "quit"})
        for _ in range(2):
            said = (await bob.connection.ask(bob.path, last)).object
            self.assertEqual((said["messages"][0]["type"], said["end"]), ("bye", True))

    async def test_staying_away(self) -> None:
        """Who does not come back is lost, as by a broken connection."""
        daemon = await self.daemon('limits.poll_idle="1 s"').start()
        await self.client(daemon, "bob")
        alice = await self.client(daemon, "alice")
        await alice.say({"type": "watch", "ref": 1, "name": "bob"})
        while not any(each["type"] == "presence" and each["state"] == "offline" for each in alice.heard):
            await alice.say()
        self.assertEqual((await daemon.ask("status"))["limits"]["limits.poll_idle"]["met"], 1)

    async def test_stopping(self) -> None:
        """Who waits is told that the daemon stops; that takes no longer for it."""
        daemon = await self.daemon().start()
        client = await self.client(daemon, "bob")
        while (await client.say(wait=0))["messages"]:
            pass
        client.connection.transport.write(request(client.path, client.poll()))
        await self.waits(daemon, client)
        stopping = Deferred.fromCoroutine(daemon.stop())
        said = client.take(await client.connection.answer())
        self.assertEqual([each["code"] for each in said["messages"]], ["shutting-down"])
        self.assertTrue(said["end"])
        self.assertEqual(await stopping, 0)

    async def test_stopping_between_polls(self) -> None:
        """Who is between two polls then, or in the middle of one, comes back over a connection that stands, and is told
        the same; nothing else is done for anybody any more, and who stays away is not waited for."""
        daemon = await self.daemon().start()
        between, within, away = [await self.client(daemon, name) for name in ("between", "within", "away")]
        other = await between.connect()
        self.assertEqual((await other.ask("/imd.js", None, (), "GET")).status, 200)
        opening = await between.connect()
        self.assertEqual((await opening.ask("/embed/poll", b"{}")).status, 200)
        beginning = request(within.path, within.poll())
        within.connection.transport.write(beginning[:-5])
        await self.waits(daemon, within)
        stopping = Deferred.fromCoroutine(daemon.stop())
        while (status := (await other.ask("/imd.js", None, (), "GET")).status) == 200:
            pass
        self.assertEqual(status, 503)
        within.connection.transport.write(beginning[-5:])
        for client, answer in (
            (between, await between.connection.ask(between.path, between.poll())),
            (within, await within.connection.answer()),
        ):
            said = client.take(answer)
            self.assertEqual((said["messages"][-1]["code"], said["end"]), ("shutting-down", True))
        self.assertEqual((await opening.ask("/embed/poll", b"{}")).status, 503)
        self.assertEqual(await stopping, 0, daemon.log)
        await away.connection.end()
        self.assertNotIn("Traceback", daemon.log)

    async def test_origins(self) -> None:
        """Pages of configured sites may poll, and hear so; others may not; nobody uses another one's session."""
        daemon = await self.daemon(SHOP).start()
        connection = await (Client(self, daemon)).connect()
        opened = await connection.ask("/embed/poll", b"{}", (PLAIN, ORIGIN))
        self.assertEqual(opened.headers["access-control-allow-origin"], "https://shop.example")
        self.assertEqual(opened.headers["vary"], "Origin")
        path = f"/embed/poll/{opened.object['session']}"
        self.assertEqual((await connection.ask(path, b'{"wait":0}', (PLAIN, ORIGIN))).status, 200)
        self.assertEqual((await connection.ask(path, b'{"wait":0}')).status, 404)
        for origin in ("https://elsewhere.example", "null", "http://shop.example"):
            for where in ("/embed/poll", path):
                connection = await Client(self, daemon).connect()
                refused = await connection.ask(where, b"{}", (PLAIN, f"Origin: {origin}"))
                self.assertEqual(refused.status, 403)
                # So much a page may read: that it is refused.
                self.assertEqual(refused.headers["access-control-allow-origin"], "*")

    async def test_wrong_requests(self) -> None:
        """Each is answered with what is wrong, and does no harm to the session (P8)."""
        daemon = await self.daemon('limits.request_body="1 KiB"').start()
        client = await self.client(daemon)
        long = b'{"ack":1}' + b" " * 2000
        chunked = (PLAIN, "Transfer-Encoding: chunked")
        for status, data in (
            (400, request(client.path, b"nonsense")),
            (400, request(client.path, b"\xff\xfe")),
            (400, request(client.path, b'{"ack":-1}')),
            (404, request("/embed/poll/unknown", b"{}")),
            (404, request("/embed/poll/" + "x" * 3000, b"{}")),
            (405, request(client.path + "/more", b"")),
            (405, request(client.path, None, (), "GET")),
            (405, request("/embed/poll", None, (), "HEAD")),
            (405, request("/embed/poll", None, (ORIGIN.replace("shop.example", "localhost"),), "OPTIONS")),
            (409, request(client.path, body(first=9, messages=[{"type": "ping"}]))),
            (411, request(client.path, None, chunked) + b"2\r\n{}\r\n0\r\n\r\n"),
            (413, request(client.path, long)),
            (413, request(client.path, None, (PLAIN, "Content-Length: 999999999999"))),
            (413, request(client.path, None, (PLAIN, "Content-Length: 5000", "Expect: 100-continue"))),
            (400, request(client.path, None, (PLAIN, "Content-Length: " + "9" * 5000))),
            (400, request(client.path, None, (PLAIN, "Content-Length: -1"))),
            (400, request(client.path, None, (PLAIN, "Content-Length: 2", "Content-Length: 3")) + b"{}x"),
            (415, request(client.path, b"a=b", ("Content-Type: application/x-www-form-urlencoded",))),
            (415, request(client.path, b"x", ("Content-Type: multipart/form-data; boundary=x",))),
            (413, request("/health", b"{}")),
            (413, request("/embed/polls", b"{}")),
        ):
            connection = await client.connect()
            connection.transport.write(data)
            if data.startswith(b"HEAD"):
                await connection.end()
                continue
            answer = await connection.answer()
            self.assertEqual(answer.status, status, repr(data[:200]))
            if status != 400 or answer.body:
                self.assertEqual(answer.headers["content-type"], "text/plain; charset=utf-8")
        await client.say({"type": "ping", "ref": 5})
        await client.until("pong", ref=5)
        self.assertNotIn("Traceback", daemon.log)

    async def test_slow_bodies(self) -> None:
        """A body that does not come is not waited for longer than a sign-on, on a new connection and on a used one."""
        daemon = await self.daemon("limits.enabled=true", 'limits.handshake_timeout="1 s"').start()
        client = await self.client(daemon, "bob")
        fresh = await client.connect()
        used = await client.connect()
        self.assertEqual((await used.ask("/imd.js", None, (), "GET")).status, 200)
        for connection in (fresh, used):
            connection.transport.write(request(client.path, b"{}")[:-1])
        for connection in (fresh, used):
            self.assertEqual((await connection.answer()).status, 408)
            await connection.end()
        idle = await client.connect()
        self.assertEqual((await idle.ask("/imd.js", None, (), "GET")).status, 200)
        await idle.end()
        self.assertEqual(idle.answers, [])
        client.connection = await client.connect()
        await client.say({"type": "ping", "ref": 5}, wait=0)

    async def test_sign_on_in_time(self) -> None:
        """A session that does not sign on in time is told so, however its requests come."""
        daemon = await self.daemon("limits.enabled=true", 'limits.handshake_timeout="2 s"').start()
        client = await self.client(daemon)
        self.assertEqual((await client.until("bye"))["code"], "timeout")
        # So is a WebSocket on a connection that has served requests.
        connection = await client.connect()
        await connection.ask("/imd.js", None, (), "GET")
        socket = (
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        )
        self.assertEqual((await connection.ask("/embed/socket", None, socket, "GET")).status, 101)
        await connection.end()
        self.assertEqual((await daemon.ask("status"))["connections"]["handshakes"], 0)

    async def test_behind_a_balancer(self) -> None:
        """Where a client comes from the PROXY header of its connection says."""
        daemon = await self.daemon('listen.proxies=["127.0.0.1"]', 'accounts.registration="open"').start()
        connection = await http(daemon.ports["web", "tcp"])
        self.addCleanup(connection.cut)
        connection.transport.write(b"PROXY TCP4 127.0.0.77 192.0.2.1 40007 8080\r\n")
        opened = await connection.ask("/embed/poll", b"{}")
        path = f"/embed/poll/{opened.object['session']}"
        messages = [
            {"type": "register", "ref": 1, "name": "bob", "password": "open sesame"},
            {"type": "session", "ref": 2, "client": "test"},
        ]
        while b"welcome" not in (await connection.ask(path, body(ack=0, messages=messages))).body:
            pass
        (row,) = (await daemon.ask("who"))["rows"]
        self.assertEqual((row["address"], row["port"], row["door"]), ("127.0.0.77", 40007, "web-poll"))
