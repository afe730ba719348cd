"""The terminal client as people have it: a full screen of 80 by 24 in tmux, against a real daemon."""

import shutil

from tests.client.imc import ENVIRONMENT, PROGRAM, run
from tests.client.terminal import Terminal
from tests.daemon import DaemonTestCase
from tests.peers.case import lasting_port


class FullScreenTests(DaemonTestCase):
    async def test_a_sitting(self) -> None:
        """Sign on, talk, be told of a message, survive the daemon's restart and a new size, and quit cleanly."""
        self.assertIsNotNone(shutil.which("tmux"), "tmux is missing: the terminal client cannot be tested")
        port = lasting_port()
        daemon = self.daemon(f'listen.native=["tcp:{port}:interface=127.0.0.1"]')
        await daemon.start()
        caller = await daemon.caller()
        for name in ("alice", "bob"):
            await caller.ask("user add", {"name": name, "password": "sesame"})
        caller.close()
        here = f"127.0.0.1:{port}"
        terminal = Terminal(*PROGRAM, f"alice@{here}", **ENVIRONMENT)
        self.addCleanup(terminal.close)
        rows = await terminal.until(lambda rows: any("alice ● available" in row for row in rows))
        self.assertTrue(any("/msg bob Hello" in row for row in rows))
        self.assertTrue(all(len(row) <= 80 for row in rows))
        terminal.type("/msg bob Guten Tag")
        await terminal.until(lambda rows: any("alice: Guten Tag  ✓ waits" in row for row in rows))
        terminal.type("", "C-p")
        await terminal.until(lambda rows: rows[0].endswith("imc: /help says what you can do"))
        code, _, _ = await run("--to", "alice", f"bob@{here}", stdin="An answer\n")
        self.assertEqual(code, 0)
        rows = await terminal.until(lambda rows: any("bob (1)" in row for row in rows))
        terminal.type("", "M-a")
        await terminal.until(lambda rows: any("bob: An answer" in row for row in rows))
        await daemon.kill()
        await terminal.until(lambda rows: any("offline, trying again" in row for row in rows))
        terminal.type("While away")
        await terminal.until(lambda rows: any("alice: While away  …" in row for row in rows))
        await daemon.start()
        await terminal.until(lambda rows: any("alice: While away  ✓ waits" in row for row in rows))
        terminal.resize(60, 15)
        await terminal.until(lambda rows: len(rows) == 15 and any("While away" in row for row in rows))
        terminal.type("/quit")
        await terminal.until(lambda rows: any("ENDED 0" in row for row in rows))

    async def test_sign_on_fails(self) -> None:
        """What goes wrong before there is a screen is said on the ordinary terminal, with the exit code."""
        daemon = self.daemon()
        await daemon.start()
        here = f"127.0.0.1:{daemon.ports['native', 'tcp']}"
        terminal = Terminal(*PROGRAM, f"nobody@{here}", **ENVIRONMENT)
        self.addCleanup(terminal.close)
        rows = await terminal.until(lambda rows: any("ENDED 4" in row for row in rows))
        self.assertIn("--register", " ".join(rows))

    async def test_password_on_the_terminal(self) -> None:
        """The password is asked for, twice for a new account, and is not seen."""
        daemon = self.daemon()
        await daemon.start()
        here = f"127.0.0.1:{daemon.ports['native', 'tcp']}"
        terminal = Terminal(*PROGRAM, "--register", f"carol@{here}", PYTHONPATH=ENVIRONMENT["PYTHONPATH"])
        self.addCleanup(terminal.close)
        await terminal.until(lambda rows: any("New password for carol:" in row for row in rows))
        terminal.type("open sesame")
        rows = await terminal.until(lambda rows: any("once more:" in row for row in rows))
        self.assertNotIn("sesame", "".join(rows))
        terminal.type("open sesame")
        await terminal.until(lambda rows: any("carol ● available" in row for row in rows))
        terminal.type("", "C-d")
        await terminal.until(lambda rows: any("ENDED 0" in row for row in rows))
