"""Real ``imdctl`` processes: at a real daemon, and on a store alone."""

import stat
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from imd.config.load import check
from imd.core.verifier import read
from imd.credentials.scram import matches
from imd.net.scram import salted_password
from tests.control.imdctl import Done, imdctl
from tests.daemon import QUICK, RunningDaemon
from tests.doors.native import NativeDriver
from tests.doors.stream import connected
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores
from tests.redis_server import RedisServer, free_port


class ImdctlTestCase(PromiseTestCase):
    """Runs imdctl and looks at how it ends."""

    async def succeed(self, *words: str, **more: Any) -> Done:
        done = await imdctl(*words, **more)
        self.assertEqual((done.code, done.err), (0, ""), f"{words}: {done}")
        return done

    async def fail_with(self, *words: str, saying: str, **more: Any) -> Done:
        """Exit code 1, nothing on standard output, and one or more sentences, of which one says it."""
        done = await imdctl(*words, **more)
        self.assertEqual((done.code, done.out), (1, ""), f"{words}: {done}")
        self.assertIn(saying, done.err)
        for line in done.err.splitlines():
            self.assertTrue(line.startswith("imdctl: "), done.err)
        return done


class AtDaemonTests(ImdctlTestCase):
    """Over the control socket; which store the daemon has makes no difference here."""

    async def test_accounts(self) -> None:
        """Accounts are made, seen, changed and removed while people are on; who is on hears of it."""
        daemon = await self.house().start()
        data = ("--data", str(daemon.data))
        await self.succeed(*data, "user", "add", "alice", "--password-stdin", given=b"correct horse\n")
        await self.succeed(*data, "user", "add", "bob", "--password-stdin", given=b"correct horse")
        await self.fail_with(*data, "user", "add", "Alice", "--password-stdin", given=b"x", saying="belongs to")
        # One line end is dropped, the second belongs to the password, which it cannot.
        await self.fail_with(*data, "user", "add", "eve", "--password-stdin", given=b"x\n\n", saying="U+000A")
        await self.fail_with(*data, "user", "add", "eve", "--password-stdin", given=b"\xff", saying="not in UTF-8")
        await self.fail_with(*data, "user", "add", "eve", saying="--password-stdin")
        rows = (await self.succeed(*data, "--json", "user", "list")).json["rows"]
        self.assertEqual([row["name"] for row in rows], ["alice", "bob"])

        alice = await self.on(daemon, "native", "alice")
        bob = await self.on(daemon, "irc", "bob")
        await self.friends(alice, bob)
        said = await self.succeed(*data, "user", "rename", "bob", "robert")
        self.assertEqual(said.out, "The account is called robert now.\n")
        await alice.until("the new name", lambda: any(seen.name == "robert" for seen in alice.seen))
        self.assertEqual((await alice.send("robert", "hello")).how, "accepted")

        await self.succeed(*data, "user", "password", "robert", "--password-stdin", given=b"battery staple\n")
        await self.succeed(*data, "ban", "add", "robert")
        await bob.lost
        self.assertIn("robert", (await self.succeed(*data, "ban", "list")).out)
        with self.assertRaises(AssertionError):
            await self.on(daemon, "irc", "robert")
        await self.succeed(*data, "ban", "remove", "robert")
        with self.assertRaises(AssertionError):
            await self.on(daemon, "irc", "robert")  # It has a new password.
        await daemon.ask("user password", name="robert", password=PASSWORD)
        robert = await self.on(daemon, "irc", "robert")
        await self.succeed(*data, "user", "remove", "robert")
        await robert.lost
        self.assertNotIn("Traceback", daemon.log)

    async def test_looking_on(self) -> None:
        """Who is on, what waits, which way a message went, who signed on; and an end to it."""
        daemon = await self.house().start()
        data = ("--data", str(daemon.data))
        await self.people(daemon, "alice", "bob")
        alice = await self.on(daemon, "native", "alice")
        status = (await self.succeed(*data, "--json", "status")).json
        self.assertEqual({(each["door"], each["kind"]): each["port"] for each in status["listeners"]}, daemon.ports)
        self.assertEqual((status["pid"], status["store"]["durability"]), (daemon.pid, "strong"))
        self.assertIn("durability: strong", (await self.succeed(*data, "status")).out)
        outcome = await alice.send("bob", "secret words")
        queue = await self.succeed(*data, "queue", "bob")
        self.assertIn(outcome.id, queue.out)
        trace = await self.succeed(*data, "trace", outcome.id)
        self.assertIn("not signed on", trace.out)
        self.assertIn("waits in the inbox", trace.out)
        self.assertNotIn("secret", queue.out + trace.out)
        await self.fail_with(*data, "trace", "nonsense", saying="Nothing is known")
        await self.fail_with(*data, "queue", "nobody", saying="nobody called nobody")
        who = await self.succeed(*data, "who")
        self.assertRegex(who.out, r"(?m)^alice +available +native +127\.0\.0\.1:\d+ .* test 1 ")
        await self.fail_with(*data, "kick", "bob", saying="bob is not on")
        # Whatever the operator's words, they are one sentence in the protocol.
        bob = await self.on(daemon, "irc", "bob")
        await self.succeed(*data, "kick", "bob", "out\r\n:x 001 bob :in")
        await bob.lost
        self.assertNotIn("S: :x 001", bob.stream.shown())
        self.assertEqual((await self.succeed(*data, "kick", "alice", "Good night.")).out, "1 session ended.\n")
        await alice.lost
        self.assertIn("Good night.", alice.stream.shown())
        rows = (await self.succeed(*data, "--json", "ledger")).json["rows"]
        seen = [(row["name"], row["door"], row["reason"]) for row in rows]
        self.assertEqual(seen, [("bob", "irc", "kicked"), ("alice", "native", "kicked")])
        self.assertIn("kicked", (await self.succeed(*data, "ledger", "alice")).out)
        self.assertEqual((await self.succeed(*data, "reload")).out, "No setting has changed.\n")
        self.assertIn("A daemon runs", (await self.succeed(*data, "check")).out)

    async def test_invitation(self) -> None:
        """An invitation lets one person register, once."""
        daemon = await self.house('accounts.registration="invite"').start()
        invitation = (await self.succeed("--data", str(daemon.data), "user", "invite")).out.strip()
        for name, wanted in (("carol", "authenticated"), ("dave", "error")):
            driver = await self.arrived(daemon, name)
            register = {"type": "register", "name": name, "password": PASSWORD, "invitation": invitation}
            self.assertEqual((await driver.ask(register))["type"], wanted)

    async def arrived(self, daemon: RunningDaemon, name: str) -> NativeDriver:
        """A native client that has not signed on."""
        driver = NativeDriver(await connected(daemon.ports["native", "tcp"]), name)
        self.addCleanup(driver.cut)
        driver.stream.say("")
        await driver.until("hello", lambda: driver.hello is not None)
        return driver

    async def test_a_thousand_accounts(self) -> None:
        """A long answer comes whole and in order."""
        daemon = await self.house().start()
        caller = await daemon.caller()
        names = [f"user{number:04}" for number in range(1000)]
        for begin in range(0, 1000, 100):
            asked = [caller.ask("user add", {"name": n, "password": "x"}) for n in names[begin : begin + 100]]
            await gatherResults([Deferred.fromCoroutine(each) for each in asked])
        caller.close()
        rows = (await self.succeed("--data", str(daemon.data), "--json", "user", "list")).json["rows"]
        self.assertEqual([row["name"] for row in rows], names)
        self.assertEqual((await self.succeed("--data", str(daemon.data), "user", "list")).out.count("\n"), 1001)
        # As with "| head": the reader has seen enough.
        unread = await imdctl("--data", str(daemon.data), "user", "list", listening=False)
        self.assertEqual((unread.code, unread.err), (0, ""))


class OnStorePromise(ImdctlTestCase):
    __test__ = False

    def on_store(self, daemon: RunningDaemon, data: Path | None = None) -> list[str]:
        """Options for the store of a daemon that does not run."""
        words = ["--data", str(data or daemon.data)]
        for setting in (*QUICK, f'store.url="{self.server.url if self.server else "sqlite"}"'):
            words += ["--set", setting]
        return words

    async def test_accounts(self) -> None:
        """Without a daemon accounts are made and changed on the store itself; the next daemon knows them."""
        daemon = self.house()
        options = self.on_store(daemon)
        self.assertIn("settings are right", (await self.succeed(*options, "check")).out)
        for name in ("alice", "bob", "carol"):
            await self.succeed(*options, "user", "add", name, "--password-stdin", given=b"first\n")
        await self.succeed(*options, "user", "password", "alice", "--password-stdin", given=PASSWORD.encode())
        await self.succeed(*options, "user", "rename", "bob", "robert")
        await self.succeed(*options, "user", "remove", "carol")
        await self.succeed(*options, "user", "certificate", "alice", "ab" * 32)
        await self.fail_with(*options, "user", "remove", "carol", saying="nobody called carol")
        rows = (await self.succeed(*options, "--json", "user", "list")).json["rows"]
        self.assertEqual([(row["name"], row["certificates"]) for row in rows], [("alice", ["ab" * 32]), ("robert", [])])
        checked = (await self.succeed(*options, "--json", "check")).json
        self.assertEqual((checked["ok"], checked["running"], checked["durability"]), (True, False, "strong"))
        for words in (["status"], ["ban", "add", "alice"]):
            await self.fail_with(*options, *words, saying="start one with 'twistd imd'")
        await daemon.start()
        await self.on(daemon, "native", "alice")

    async def test_store_in_use(self) -> None:
        """A store that another daemon uses is left alone: exit code 1, and who holds it."""
        daemon = await self.house().start()
        elsewhere = self.on_store(daemon, Path(self.mktemp()))
        if self.store == "sqlite":
            # The same folder, where the socket has been lost.
            (daemon.data / "control.sock").unlink()
            elsewhere = self.on_store(daemon)
        for words in (["check"], ["user", "list"]):
            await self.fail_with(*elsewhere, *words, saying=f"process {daemon.pid} on ")
        # Not even a lost socket keeps the daemon from stopping in order.
        self.assertEqual(await daemon.stop(), 0, daemon.log)


globals().update(on_both_stores(OnStorePromise))
del OnStorePromise


class SocketTests(ImdctlTestCase):
    """The control socket in the data folder."""

    async def test_long_path(self) -> None:
        """A path longer than a socket address can be; and only the daemon's user may open the socket."""
        daemon = await self.daemon(data=Path(self.mktemp()) / ("x" * 100)).start()
        path = daemon.data / "control.sock"
        self.assertGreater(len(str(path)), 108)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        await self.succeed("--data", str(daemon.data), "status")
        self.assertEqual(await daemon.stop(), 0, daemon.log)
        self.assertFalse(path.exists())

    async def test_stale(self) -> None:
        """The socket of a daemon that was killed answers nobody, and the next daemon replaces it."""
        daemon = await self.daemon().start()
        await daemon.kill()
        self.assertTrue((daemon.data / "control.sock").is_socket())
        await self.fail_with("--data", str(daemon.data), "status", saying="no daemon answers at")
        # With accounts it goes to the store, which is free.
        await self.succeed("--data", str(daemon.data), "user", "list")
        await daemon.start()
        await self.succeed("--data", str(daemon.data), "status")

    async def test_quiet(self) -> None:
        """Asking leaves no lines in the daemon's log."""
        # Of a site's staff that nobody is, it would warn once it has looked.
        daemon = await self.daemon("web.sites=[]").start()
        before = daemon.log
        await self.succeed("--data", str(daemon.data), "who")
        await daemon.ask("status")
        self.assertEqual(daemon.log, before)


class SettingsTests(ImdctlTestCase):
    """Which daemon is meant, and what is wrong with its settings."""

    def file(self, text: str) -> Path:
        folder = Path(self.mktemp()).absolute()
        folder.mkdir(parents=True)
        file = folder / "imd.toml"
        file.write_text(text)
        return file

    async def test_config(self) -> None:
        """The settings file names the data folder, which counts from the file's own folder."""
        file = self.file('data = "kept"\n')
        daemon = await self.daemon(data=file.parent / "kept", config=file).start()
        self.assertEqual((await self.succeed("--config", str(file), "--json", "status")).json["pid"], daemon.pid)
        file.write_text('data = "kept"\n[limits]\nroms = 3\n')
        await self.fail_with("--config", str(file), "check", saying=f"{file}, line 3: limits.roms:")
        await self.fail_with("--config", str(file), "reload", saying="line 3")
        # A daemon whose new settings are wrong can still be asked.
        await self.succeed("--config", str(file), "--data", str(daemon.data), "status")
        said = await self.fail_with("--data", str(daemon.data), "reload", saying="the old settings stay in force")
        self.assertIn("line 3", said.err)

    async def test_operator_password(self) -> None:
        """What it prints is a verifier of the password, and fit for the settings; it needs neither daemon nor store."""
        done = await self.succeed("operator-password", "--password-stdin", given=b"sesame\n")
        verifier = read(done.out.strip())
        self.assertTrue(matches(verifier, salted_password(b"sesame", verifier.salt, verifier.iterations)))
        login = f'operators.logins=[{{name="root", password="{done.out.strip()}"}}]'
        self.assertEqual(check(None, [login]), [])

    async def test_check_tells_all(self) -> None:
        """Everything that is wrong is told at once, for people and for programs."""
        file = self.file('domain = "No Host"\n[irc]\nnetwork = ""\n')
        said = await self.fail_with("--config", str(file), "check", saying="line 1: domain")
        self.assertIn("line 3: irc.network", said.err)
        done = await imdctl("--config", str(file), "--json", "check")
        self.assertEqual((done.code, done.json["ok"], len(done.json["errors"])), (1, False, 2))
        await self.fail_with("--config", str(file.parent / "none.toml"), "check", saying="none.toml")

    async def test_nothing_is_made_by_looking(self) -> None:
        """check leaves no store behind where there was none."""
        folder = Path(self.mktemp())
        self.assertIn("at the first start", (await self.succeed("--data", str(folder), "check")).out)
        self.assertFalse(folder.exists())

    async def test_store_away(self) -> None:
        """A Redis that is not there: exit code 1 and why, no stack, and no password."""
        url = f'store.url="redis://:swordfish@127.0.0.1:{free_port()}/0"'
        said = await self.fail_with("--data", self.mktemp(), "--set", url, "check", saying="store cannot be opened")
        self.assertNotIn("swordfish", said.err)

    async def test_weak_redis(self) -> None:
        """A Redis that forgets: 'durability: weak', with a daemon and without."""
        server = RedisServer(durable=False)
        self.addCleanup(server.remove)
        url = server.start().url
        daemon = self.daemon(store=url)
        options = ["--data", str(daemon.data), "--set", f'store.url="{url}"']
        checked = await imdctl(*options, "check")
        self.assertEqual(checked.code, 0)
        self.assertIn("durability: weak", checked.out)
        self.assertIn("Set appendonly yes", checked.err)
        await daemon.start()
        self.assertIn("durability: weak", (await self.succeed(*options, "status")).out)
        self.assertEqual((await self.succeed(*options, "--json", "status")).json["store"]["durability"], "weak")

    async def test_usage(self) -> None:
        """A wrong command line: exit code 2."""
        self.assertEqual((await imdctl("user", "add")).code, 2)
