"""The terminal client as people have it: a full screen of 80 by 24 in tmux, against a real daemon."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.client.imc import ENVIRONMENT, PATIENCE, PROGRAM, run
from tests.daemon import DaemonTestCase, moments, reactor
from tests.peers.case import lasting_port


class Terminal:
    """A tmux server of our own with one window in which a program runs."""

    def __init__(self, *program: str, **environment: str) -> None:
        self._folder = tempfile.mkdtemp()
        self._socket = f"{self._folder}/tmux"
        said = " ".join(f"{name}='{value}'" for name, value in environment.items())
        command = f"env {said} {' '.join(map(_quoted, program))}; echo ENDED $?; exec cat"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments],
            check=True,
            capture_output=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "screen-256color"},
        )
        return done.stdout.decode()

    @property
    def rows(self) -> list[str]:
        return self._tmux("capture-pane", "-p").splitlines()

    def type(self, text: str, *keys: str) -> None:
        if text:
            self._tmux("send-keys", "-l", text)
        self._tmux("send-keys", *(keys or ("Enter",)))

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    async def until(self, what: Callable[[list[str]], object]) -> list[str]:
        """The screen, once it is so."""
        deadline = reactor.seconds() + PATIENCE
        while not what(rows := self.rows):
            if reactor.seconds() > deadline:
                raise AssertionError("the screen stays:\n" + "\n".join(rows))
            await moments(0.05)
        return rows

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True)
        shutil.rmtree(Path(self._folder), ignore_errors=True)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


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
