"""``twistd imd``: its options, how it starts, and how it refuses to start; real processes."""

import base64
import json
import socket
from pathlib import Path

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from imd.core.verifier import written
from imd.credentials.scram import new_verifier
from imd.net.scram import salted_password
from imd.tap import Options
from tests.daemon import DaemonTestCase, RunningDaemon
from tests.doors.native import NativeDriver
from tests.doors.stream import Stream, connected
from tests.redis_server import free_port

#: Off loopback, as a proxy on this machine says in its PROXY header (version 1).
FAR, NEAR = "192.0.2.7", "127.0.0.1"


class OptionsTests(SynchronousTestCase):
    def test_settings(self) -> None:
        """--data, --set and --config make the settings; later --set win."""
        options = Options()
        options.parseOptions(["--data", "there", "--set", "irc.confirm=true", "--set", "irc.confirm=false"])
        self.assertEqual(options.settings.data, Path.cwd() / "there")
        self.assertFalse(options.settings.irc.confirm)

    def test_wrong(self) -> None:
        """A wrong setting is a usage error that names it."""
        for words, named in (
            (["--set", "irc.confrim=true"], "irc.confirm"),
            (["--set", "irc.confirm"], "KEY=VALUE"),
            (["--config", "/no/such/file.toml"], "/no/such/file.toml"),
            (["--auth", "memory:a:b", "--auth", "memory:c:d"], "one --auth at a time"),
            (["--auth", "nonsense"], "nonsense"),
            (["--auth", "anonymous"], "IAnonymous"),
        ):
            with self.assertRaises(usage.UsageError) as refused:
                Options().parseOptions(words)
            self.assertIn(named, str(refused.exception))

    def test_help(self) -> None:
        """The help names every option of the contract."""
        said = str(Options())
        for option in ("--config", "--data", "--set", "--auth", "--help-auth"):
            self.assertIn(option, said)


class StartTests(DaemonTestCase):
    """A daemon that cannot start says why in a sentence and ends with exit code 1."""

    async def refused(self, daemon: RunningDaemon, *words: str) -> None:
        """It does not start, and says so."""
        process = daemon.spawn()
        process.ready.addErrback(lambda failure: None)
        code = await process.over
        self.assertEqual(code, 1, process.log)
        for word in words:
            self.assertIn(word, process.log)
        self.assertNotIn("Traceback", process.log)
        self.assertNotIn("Unhandled", process.log)

    async def test_second(self) -> None:
        """A second daemon on the same store names the first; the first goes on."""
        first = await self.daemon().start()
        holder = f"process {first.pid} on {socket.gethostname()}"
        await self.refused(self.daemon(data=first.data), "imd cannot start", holder)
        await first.ask("status")
        server = self.redis()
        one = await self.daemon(store=server.url).start()
        other = self.daemon(store=server.url)
        await self.refused(other, "imd cannot start", f"process {one.pid} on {socket.gethostname()}", str(one.data))
        await one.ask("status")
        # When the first has ended, the second may.
        await one.stop()
        await other.start()

    async def test_wrong_settings(self) -> None:
        """File, line and key."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir(parents=True)
        file = folder / "imd.toml"
        file.write_text('domain = "example.org"\n\n[limits]\nrooms = -1\n')
        await self.refused(self.daemon(config=file), f"{file}, line 4: limits.rooms:")
        await self.refused(self.daemon("irc.confirm=maybe"), "--set: irc.confirm:")

    async def test_port_in_use(self) -> None:
        """Which port, and nothing is left behind."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            daemon = self.daemon(f'listen.irc=["tcp:{port}"]')
            await self.refused(daemon, "imd cannot start", str(port))
        self.assertFalse((daemon.data / "control.sock").exists())
        await self.daemon(data=daemon.data).start()

    async def test_store_away(self) -> None:
        """A Redis that is not there: a sentence with its address, without its password."""
        port = free_port()
        daemon = self.daemon(store=f"redis://:swordfish@127.0.0.1:{port}/0")
        await self.refused(daemon, "imd cannot start", f"127.0.0.1:{port}")
        self.assertNotIn("swordfish", daemon.log)

    async def test_certificate(self) -> None:
        """A certificate that cannot be used: which file, and why."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir(parents=True)
        (folder / "cert.pem").write_text("no certificate")
        (folder / "key.pem").write_text("no key")
        settings = (f'tls.certificate="{folder}/cert.pem"', f'tls.key="{folder}/key.pem"')
        await self.refused(self.daemon(*settings), "imd cannot start", f"{folder}/cert.pem")

    async def test_data_is_a_file(self) -> None:
        """A data folder that cannot be one."""
        folder = Path(self.mktemp())
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_text("")
        await self.refused(self.daemon(data=folder), "imd cannot start", str(folder))


class Talking(DaemonTestCase):
    """Conversations line by line, before sign-on."""

    async def native(self, port: int, first: str = "") -> NativeDriver:
        driver = NativeDriver(await connected(port), "carol")
        self.addCleanup(driver.cut)
        driver.stream.say(first)
        await driver.until("hello", lambda: driver.hello is not None)
        return driver

    async def irc(self, port: int, *lines: str) -> Stream:
        stream = await connected(port)
        self.addCleanup(stream.abort)
        for line in lines:
            stream.say(line)
        return stream

    @staticmethod
    def said(stream: Stream, *parts: str) -> bool:
        return any(line.startswith("S: ") and all(part in line for part in parts) for line in stream.transcript)

    @staticmethod
    def plain(name: str, password: str) -> dict[str, str]:
        data = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        return {"type": "authenticate", "mechanism": "PLAIN", "data": data}


class AuthTests(Talking):
    """``--auth`` with a checker of Twisted's: another user database."""

    async def test_file(self) -> None:
        """Only PLAIN is offered, registration is closed, accounts are made at the first sign-on, by either door."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir(parents=True)
        (folder / "passwords").write_text("alice:wonderland\nbob:builder\n")
        settings = 'accounts.registration="open"'
        daemon = await self.daemon(settings, arguments=["--auth", f"file:{folder}/passwords"]).start()
        native = await self.native(daemon.ports["native", "tcp"])
        assert native.hello is not None
        self.assertEqual([each for each in native.hello["mechanisms"] if each != "TOKEN"], ["PLAIN"])
        self.assertEqual(native.hello["registration"], "closed")
        refused = await native.ask({"type": "register", "name": "carol", "password": "x"})
        self.assertEqual(refused["type"], "error")
        self.assertEqual((await native.ask(self.plain("alice", "queen")))["type"], "error")
        self.assertEqual((await native.ask(self.plain("mallory", "wonderland")))["type"], "error")
        self.assertEqual((await daemon.ask("user list"))["rows"], [])
        self.assertEqual((await native.ask(self.plain("alice", "wonderland")))["type"], "authenticated")
        self.assertEqual([row["name"] for row in (await daemon.ask("user list"))["rows"]], ["alice"])

        stream = await self.irc(daemon.ports["irc", "tcp"], "CAP LS 302", "CAP REQ :sasl")
        await stream.until("ACK", lambda: self.said(stream, " ACK "))
        self.assertTrue(self.said(stream, "sasl=PLAIN "), stream.shown())
        data = base64.b64encode(b"\0bob\0builder").decode()
        for line in ("AUTHENTICATE PLAIN", f"AUTHENTICATE {data}", "NICK bob", "USER b 0 * :b", "CAP END"):
            stream.say(line)
        await stream.until("welcome", lambda: self.said(stream, " 001 bob "))
        self.assertEqual([row["name"] for row in (await daemon.ask("user list"))["rows"]], ["alice", "bob"])
        wrong = await self.irc(daemon.ports["irc", "tcp"], "PASS bob:wrong", "NICK bob", "USER b 0 * :b")
        await wrong.until("464", lambda: self.said(wrong, " 464 "))
        self.assertNotIn("Traceback", daemon.log)


class FarTests(Talking):
    """Off loopback no password travels in the clear; behind a PROXY header the address it gives decides."""

    listen: tuple[str, ...] = (
        'listen.native=["haproxy:tcp:0:interface=127.0.0.1"]',
        'listen.irc=["haproxy:tcp:0:interface=127.0.0.1"]',
    )
    kind = "other"

    async def behind_proxy(self) -> RunningDaemon:
        daemon = await self.daemon(*self.listen, 'accounts.registration="open"', "accounts.guests=true").start()
        await daemon.ask("user add", name="alice", password="wonderland")
        return daemon

    @staticmethod
    def proxied(source: str) -> str:
        return f"PROXY TCP4 {source} 127.0.0.1 40000 4000\r"

    async def test_native(self) -> None:
        """Native: PLAIN is neither offered nor taken, registration neither; SCRAM is. Nearby all are."""
        daemon = await self.behind_proxy()
        port = daemon.ports["native", self.kind]
        far = await self.native(port, self.proxied(FAR) + "\n")
        assert far.hello is not None
        self.assertIn("SCRAM-SHA-256", far.hello["mechanisms"])
        self.assertNotIn("PLAIN", far.hello["mechanisms"])
        refused = await far.ask(self.plain("alice", "wonderland"))
        self.assertEqual((refused["type"], refused["code"]), ("error", "mechanism-refused"))
        refused = await far.ask({"type": "register", "name": "carol", "password": "x"})
        self.assertEqual(refused["type"], "error")
        self.assertEqual([row["name"] for row in (await daemon.ask("user list"))["rows"]], ["alice"])
        near = await self.native(port, self.proxied(NEAR) + "\n")
        assert near.hello is not None
        self.assertIn("PLAIN", near.hello["mechanisms"])
        self.assertEqual((await near.ask(self.plain("alice", "wonderland")))["type"], "authenticated")

    async def test_irc(self) -> None:
        """IRC: PASS and SASL PLAIN are refused; guests come in. Nearby PASS works."""
        daemon = await self.behind_proxy()
        port = daemon.ports["irc", self.kind]
        far = await self.irc(port, self.proxied(FAR), "CAP LS 302", "CAP REQ :sasl", "AUTHENTICATE PLAIN")
        await far.until("a refusal", lambda: self.said(far, " 908 ") or self.said(far, " 904 "))
        self.assertTrue(self.said(far, "sasl=SCRAM-SHA-256"), far.shown())
        self.assertFalse(self.said(far, "AUTHENTICATE +"))
        far = await self.irc(port, self.proxied(FAR), "PASS alice:wonderland", "NICK alice", "USER a 0 * :a")
        await far.until("a refusal", lambda: not far.alive)
        self.assertFalse(self.said(far, " 001 "), far.shown())
        self.assertTrue(self.said(far, " 464 "), far.shown())
        guest = await self.irc(port, self.proxied(FAR), "NICK visitor", "USER a 0 * :a")
        await guest.until("welcome", lambda: self.said(guest, " 001 visitor "))
        near = await self.irc(port, self.proxied(NEAR), "PASS alice:wonderland", "NICK alice", "USER a 0 * :a")
        await near.until("welcome", lambda: self.said(near, " 001 alice "))
        rows = {row["name"]: row["address"] for row in (await daemon.ask("ledger"))["rows"]}
        self.assertEqual(rows, {"visitor": FAR, "alice": NEAR})
        self.assertNotIn("wonderland", daemon.log + json.dumps(rows))


class TrustedFarTests(FarTests):
    """The same with a balancer that the settings name, and any listener."""

    listen = ('listen.proxies=["127.0.0.0/8"]',)
    kind = "tcp"

    async def test_balancer_only(self) -> None:
        """Without a header nobody is served from there; the ledger has the address of the header; a ban of it holds."""
        daemon = await self.behind_proxy()
        port = daemon.ports["irc", "tcp"]
        bare = await self.irc(port, "NICK bare", "USER a 0 * :a")
        await bare.until("the end", lambda: not bare.alive)
        self.assertEqual([line for line in bare.transcript if line.startswith("S:")], [])
        guest = await self.irc(port, self.proxied(FAR), "NICK visitor", "USER a 0 * :a")
        await guest.until("welcome", lambda: self.said(guest, " 001 visitor "))
        (row,) = (await daemon.ask("who"))["rows"]
        self.assertEqual((row["address"], row["port"]), (FAR, 40000))
        await daemon.ask("ban add", name=FAR, reason="enough")
        await guest.until("the end", lambda: not guest.alive)
        again = await self.irc(port, self.proxied(FAR), "NICK visitor")
        await again.until("the end", lambda: not again.alive)
        self.assertTrue(self.said(again, " 465 "), again.shown())

    async def test_web(self) -> None:
        """The web listener takes the same headers: of a banned address, too."""
        daemon = await self.behind_proxy()
        port = daemon.ports["web", "tcp"]
        request = ("GET /health HTTP/1.1\r", "Host: localhost\r", "Connection: close\r", "\r")
        well = await self.irc(port, self.proxied(FAR), *request)
        await well.until("the end", lambda: not well.alive)
        self.assertIn("HTTP/1.1 200 OK", well.shown())
        await daemon.ask("ban add", name=FAR)
        banned = await self.irc(port, self.proxied(FAR), *request)
        await banned.until("the end", lambda: not banned.alive)
        self.assertNotIn("200 OK", banned.shown())
        bare = await self.irc(port, *request)
        await bare.until("the end", lambda: not bare.alive)
        self.assertEqual([line for line in bare.transcript if line.startswith("S:")], [])


class OperatorTests(Talking):
    """An operator of the service at a real daemon."""

    async def test_rehash(self) -> None:
        """OPER by a verifier of the settings; REHASH reads the file again, and says what is wrong with it."""
        verifier = written(new_verifier(salted_password(b"sesame", b"salt", 4096), b"salt", 4096))
        file = Path(self.mktemp())
        text = f'[irc]\nmotd = "Hello"\n[[operators.logins]]\nname = "root"\npassword = "{verifier}"\n'
        file.write_text(text)
        daemon = await self.daemon("accounts.guests=true", config=file).start()
        root = await self.irc(
            daemon.ports["irc", "tcp"], "NICK alice", "USER a 0 * :a", "OPER root open", "OPER root sesame"
        )
        await root.until("381", lambda: self.said(root, " 381 "))
        self.assertTrue(self.said(root, " 464 "), root.shown())
        file.write_text(text.replace("Hello", "Good morning"))
        root.say("REHASH")
        await root.until("the change", lambda: self.said(root, "NOTICE", "irc.motd"))
        root.say("MOTD")
        await root.until("the new text", lambda: self.said(root, " 372 ", "Good morning"))
        file.write_text(text.replace("motd", "mott"))
        root.say("REHASH")
        await root.until("the fault", lambda: self.said(root, "NOTICE", "did you mean irc.motd?"))
        file.write_text("[irc]\n")
        root.say("REHASH")
        await root.until("the end of it", lambda: self.said(root, "MODE alice -os"))
        root.say("WALLOPS :x")
        await root.until("481", lambda: self.said(root, " 481 "))
        self.assertNotIn("Traceback", daemon.log)
        self.assertNotIn(verifier, daemon.log)
