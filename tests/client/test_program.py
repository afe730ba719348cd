"""``imc --to`` and ``--receive`` as a program, against a real daemon."""

import json
import socket

from tests.client.imc import Imc, run
from tests.daemon import DaemonTestCase, RunningDaemon
from tests.peers.case import lasting_port


class ProgramTests(DaemonTestCase):
    async def house(self, *names: str, settings: tuple[str, ...] = ()) -> RunningDaemon:
        """A daemon with these accounts, whose password is the one of the environment."""
        daemon = self.daemon(*settings)
        await daemon.start()
        caller = await daemon.caller()
        for name in names:
            await caller.ask("user add", {"name": name, "password": "sesame"})
        caller.close()
        self.plain = f"127.0.0.1:{daemon.ports['native', 'tcp']}"
        self.tls = f"localhost:{daemon.ports['native', 'tls']}"
        return daemon

    async def test_there_and_back(self) -> None:
        """Lines of input are messages; received they are lines again, acknowledged, in order, once."""
        await self.house("alice", "bob")
        said = "one\n\ntwo\r\n  thrée 😀\nlast without an end"
        code, lines, complaints = await run("--to", "bob", "--json", f"alice@{self.plain}", stdin=said)
        self.assertEqual((code, complaints), (0, ""))
        outcomes = [json.loads(line) for line in lines]
        self.assertEqual([each["outcome"] for each in outcomes], ["kept"] * 4)
        code, lines, _ = await run("--receive", "--count", "4", "--json", f"bob@{self.plain}")
        self.assertEqual(code, 0)
        received = [json.loads(line) for line in lines]
        self.assertEqual([each["body"] for each in received], ["one", "two", "  thrée 😀", "last without an end"])
        self.assertEqual([each["id"] for each in received], [each["id"] for each in outcomes])
        self.assertEqual({each["sender"] for each in received}, {"alice@localhost"})
        code, lines, _ = await run("--receive", "--count", "1", "--timeout", "0.3", f"bob@{self.plain}")
        self.assertEqual((code, lines), (1, []))

    async def test_text(self) -> None:
        """Without --json: time, sender, body."""
        await self.house("alice", "bob")
        self.assertEqual(await run("--to", "bob", f"alice@{self.plain}", stdin="Hello\n"), (0, [], ""))
        code, lines, _ = await run("--receive", "--count", "1", f"bob@{self.plain}")
        self.assertEqual(code, 0)
        self.assertRegex(lines[0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ alice: Hello$")

    async def test_count_leaves_the_rest(self) -> None:
        """What is beyond --count stays in the inbox."""
        await self.house("alice", "bob")
        await run("--to", "bob", f"alice@{self.plain}", stdin="one\ntwo\nthree\n")
        for expected in ("one", "two", "three"):
            _, lines, _ = await run("--receive", "--count", "1", "--json", f"bob@{self.plain}")
            self.assertEqual([json.loads(line)["body"] for line in lines], [expected])

    async def test_refused(self) -> None:
        """Exit code 1, and the reason in words; what is accepted is sent all the same."""
        await self.house("alice")
        code, lines, complaints = await run("--to", "nobody", f"alice@{self.plain}", stdin="Hello\n")
        self.assertEqual((code, lines), (1, []))
        self.assertIn("There is nobody called nobody here.", complaints)

    async def test_register_and_sign_on_failed(self) -> None:
        """--register makes the account, once; a wrong password is exit code 4."""
        await self.house()
        arguments = "--receive", "--timeout", "0.1", f"carol@{self.plain}"
        self.assertEqual((await run("--register", *arguments))[0], 0)
        self.assertEqual((await run(*arguments))[0], 0)
        code, _, complaints = await run("--register", *arguments)
        self.assertEqual(code, 4)
        self.assertIn("leave out --register", complaints)
        code, _, complaints = await run(*arguments, IMC_PASSWORD="guess")
        self.assertEqual(code, 4)
        self.assertIn("Check name and password", complaints)

    async def test_certificates(self) -> None:
        """TLS is checked: a certificate nobody has signed is exit code 3, unless it is trusted, or --insecure."""
        daemon = await self.house("alice", settings=('listen.native=["tcp:0","tls:0:interface=0.0.0.0"]',))
        code, _, complaints = await run("--to", "alice", f"alice@{self.tls}", stdin="Hello\n")
        self.assertEqual(code, 3)
        self.assertIn("certificate", complaints)
        self.assertIn("--insecure", complaints)
        certificate = str(daemon.data / "certificate.pem")
        for host in (self.tls, self.tls.replace("localhost", "127.0.0.1")):
            result = await run("--to", "alice", f"alice@{host}", stdin="Hello\n", SSL_CERT_FILE=certificate)
            self.assertEqual(result, (0, [], ""))
        code, _, complaints = await run(
            "--to", "alice", f"alice@{self.tls.replace('localhost', '127.0.0.2')}", SSL_CERT_FILE=certificate
        )
        self.assertEqual(code, 3)
        self.assertIn("for another name", complaints)
        result = await run("--insecure", "--to", "alice", f"alice@{self.tls}", stdin="Hello\n")
        self.assertEqual(result, (0, [], ""))

    async def test_cannot_connect(self) -> None:
        """Exit code 3, and what to look at."""
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
            code, _, complaints = await run("--to", "bob", f"alice@127.0.0.1:{port}", stdin="Hello\n")
        self.assertEqual(code, 3)
        self.assertIn("Is the server running", complaints)

    async def test_usage(self) -> None:
        """Exit code 2 without a terminal, and for nonsense."""
        for arguments in (("alice@localhost",), ("--udp", "alice@localhost"), ("--to", "bob")):
            code, _, complaints = await run(*arguments)
            self.assertEqual(code, 2, arguments)
            self.assertIn("imc --help", complaints)

    async def test_no_terminal_to_ask(self) -> None:
        """Without a password in the environment and without a terminal it says where to put one."""
        program = Imc("--to", "bob", "alice@localhost", IMC_PASSWORD=None)
        self.assertEqual(await program.over, 2)
        self.assertIn("no terminal", program.complaints)
        self.assertIn("IMC_PASSWORD", program.complaints)

    async def test_room(self) -> None:
        """--to a room enters it first; who is in it receives."""
        await self.house("alice", "bob")
        listener = Imc("--to", "#tea", "--receive", "--count", "1", "--json", f"bob@{self.plain}", stdin=None)
        listener.process.write(b"Hello\n")
        # His line is settled: he is in.
        await listener.printed(1)
        code, _, _ = await run("--to", "#tea", f"alice@{self.plain}", stdin="Tea?\n")
        self.assertEqual(code, 0)
        listener.process.closeStdin()
        await listener.printed(2)
        self.assertEqual(await listener.over, 0)
        self.assertEqual(
            sorted((each.get("room"), each.get("body")) for each in map(json.loads, listener.lines) if "body" in each),
            [("#tea", "Tea?")],
        )

    async def test_daemon_killed_under_way(self) -> None:
        """The client comes back by itself and misses nothing: `kill -9` costs it a moment."""
        port = lasting_port()
        daemon = self.daemon(f'listen.native=["tcp:{port}:interface=127.0.0.1"]')
        await daemon.start()
        caller = await daemon.caller()
        for name in ("alice", "bob"):
            await caller.ask("user add", {"name": name, "password": "sesame"})
        caller.close()
        here = f"127.0.0.1:{port}"
        sender = Imc("--to", "bob", "--json", f"alice@{here}", stdin=None)
        sender.process.write(b"one\n")
        await sender.printed(1)
        await daemon.kill()
        sender.process.write(b"two\nthree\n")
        sender.process.closeStdin()
        await daemon.start()
        self.assertEqual(await sender.over, 0)
        self.assertIn("Trying again", sender.complaints)
        _, lines, _ = await run("--receive", "--count", "3", "--json", f"bob@{here}")
        self.assertEqual([json.loads(line)["body"] for line in lines], ["one", "two", "three"])

    async def test_interrupted(self) -> None:
        """Ctrl-C ends receiving in good order: 0 without a count, 130 when some are missing."""
        await self.house("alice", "bob")
        for arguments, code in (((), 0), (("--count", "9"), 130)):
            listener = Imc("--receive", *arguments, f"bob@{self.plain}")
            await run("--to", "bob", f"alice@{self.plain}", stdin="Hello\n")
            await listener.printed(1)
            listener.process.signalProcess("INT")
            self.assertEqual(await listener.over, code)
            self.assertEqual(listener.complaints, "")

    async def test_nobody_reads(self) -> None:
        """When whoever reads the output goes away, so does imc, without a word."""
        await self.house("alice", "bob")
        listener = Imc("--receive", f"bob@{self.plain}")
        await run("--to", "bob", f"alice@{self.plain}", stdin="Hello\n")
        await listener.printed(1)
        listener.process.closeStdout()
        self.assertEqual(await listener.over, 1)
        self.assertEqual(listener.complaints, "")
