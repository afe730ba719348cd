"""irssi, in a tmux server of its own, told by keys as a person would tell it."""

import contextlib
import os
import re
import signal
from collections.abc import Sequence
from typing import ClassVar

from twisted.internet.utils import getProcessOutputAndValue

from tests.peers.peer import Peer, Shown, lines_of, moment, reactor

#: ``~/.irssi/config``: everything is logged in one file, and talks one a file.
_CONFIG = """\
logs = { "%(home)s/all.log" = { auto_open = "yes"; level = "ALL"; }; };
settings = {
  core = {
    real_name = "%(name)s"; user_name = "%(name)s"; nick = "%(name)s"; log_timestamp = "%%Y-%%m-%%d %%H:%%M:%%S ";
  };
  "fe-common/core" = { autolog = "yes"; autolog_path = "%(home)s/talks/$0.log"; };
};
"""

#: ``~/.irssi/startup``: commands before the first key. Times are the server's, lost connections are taken up again at
#: once, irssi does not slow itself down, and keys that come fast are typing, not pasting.
_STARTUP = """\
/set show_server_time on
/set server_reconnect_time 1s
/set cmd_queue_speed 10msec
/set cmds_max_at_once 1000
/set notify_check_time 1s
/set notify_whois_time 1s
/set paste_verify_line_count 0
/set paste_join_multiline off
"""

#: ``2026-11-22 11:37:11 <@bob> hello``
_SAID = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) <[ @+~&%]?([^>]+)> (.*)\Z")
#: ``2026-11-22 11:37:11  * bob waves``
_DID = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)  \* (\S+) (.*)\Z")


class Irssi(Peer):
    """One irssi. `set_up` are further commands it begins with, `arguments` are of its command line."""

    kind = "irssi"
    programs: ClassVar = {"irssi": "irssi", "tmux": "tmux"}

    def __init__(self, name: str, *set_up: str, arguments: Sequence[str] = ()) -> None:
        super().__init__(name)
        self._arguments = arguments
        #: Of its tmux, and of irssi.
        self._pids: list[int] = []
        self._paused = False
        given = {"home": self.home, "name": name}
        (self.home / "config").write_text(_CONFIG % given)
        (self.home / "startup").write_text(_STARTUP + "".join(f"{line}\n" for line in set_up))

    async def start(self) -> None:
        irssi = (self.paths["irssi"], f"--home={self.home}", *self._arguments)
        await self._ask_tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50", *irssi)
        pids = await self._ask_tmux("display-message", "-p", "#{pid} #{pane_pid}")
        self._pids = [int(pid) for pid in pids.split()]
        await self.until("its first line", lambda: bool(lines_of(self.home / "all.log")))

    async def _ask_tmux(self, *arguments: str) -> str:
        # A socket in the home folder, which no other tmux knows of.
        answer = getProcessOutputAndValue(
            self.paths["tmux"], ["-S", str(self.home / "tmux"), *arguments], self.environment(), reactor=reactor
        )
        output, errors, code = await answer
        if code:
            raise AssertionError(f"tmux {arguments[0]}: {errors.decode()}\n{self.everything()[-2000:]}")
        return str(output.decode())

    async def say(self, text: str) -> None:
        # tmux takes a ";" at the end of a word for its own.
        literal = f"{text[:-1]}\\;" if text.endswith(";") else text
        await self._ask_tmux("send-keys", "-l", "--", literal, ";", "send-keys", "Enter")

    def pause(self, paused: bool) -> None:
        """The machine goes to sleep (SIGSTOP), or wakes up. tmux too, which would wake irssi at once."""
        self._paused = paused
        for pid in self._pids if paused else reversed(self._pids):
            os.kill(pid, signal.SIGSTOP if paused else signal.SIGCONT)

    def talk(self, name: str) -> list[Shown]:
        found = []
        for line in lines_of(self.home / "talks" / f"{name.lower()}.log"):
            match = _SAID.match(line) or _DID.match(line)
            if match is not None:
                found.append(Shown(moment(match[1]), match[2], match[3]))
        return found

    def everything(self) -> str:
        return "\n".join(lines_of(self.home / "all.log"))

    async def view(self) -> str:
        screen = "(asleep)" if self._paused else await self._ask_tmux("capture-pane", "-p")
        return f"{await super().view()}\n---- on its screen:\n{screen.rstrip()}"

    async def close(self) -> None:
        if self._pids:
            # irssi first, so that it writes nothing while its folder goes.
            self._kill(self._pids[1], signal.SIGKILL)
            self._kill(self._pids[0], signal.SIGCONT)
        with contextlib.suppress(AssertionError):
            # With its last window gone, tmux may have ended by itself.
            await self._ask_tmux("kill-server")
        self._pids = []
        await super().close()

    def bury(self) -> None:
        for pid in reversed(self._pids):
            self._kill(pid, signal.SIGKILL)
        super().bury()

    @staticmethod
    def _kill(pid: int, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
