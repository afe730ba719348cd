"""A terminal in which a program runs, as people have it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.client.imc import PATIENCE
from tests.daemon import moments, reactor


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
