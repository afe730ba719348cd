"""weechat-headless, told through its FIFO plugin (https://weechat.org/doc/: "FIFO plugin")."""

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import Any, ClassVar

from tests.peers.peer import Foreign, Peer, Shown, lines_of, moment, reactor

#: Logs at once, and lost connections taken up again at once; WeeChat does not slow itself down.
_SETTINGS = (
    "/set logger.file.flush_delay 0",
    "/set irc.server_default.autoreconnect_delay 1",
    "/set irc.server_default.anti_flood_prio_high 0",
    "/set irc.server_default.anti_flood_prio_low 0",
)

#: ``2026-11-22 11:37:11<tab>@bob<tab>hello``
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\t([^\t]*)\t(.*)\Z")
#: Prefixes of WeeChat's own remarks, of what came and went, and of an action.
_REMARKS = ("", "--", "-->", "<--", "=!=")
_ACTION = " *"


class WeeChat(Peer):
    """One WeeChat. `set_up` are further commands it begins with. Its server is to be called ``imd``."""

    kind = "weechat"
    programs: ClassVar = {"weechat-headless": "weechat-headless"}

    def __init__(self, name: str, *set_up: str) -> None:
        super().__init__(name)
        self._set_up = (*_SETTINGS, f"/set fifo.file.path {self._fifo}", *set_up)
        self._process = Foreign()
        self._transport: Any = None

    @property
    def _fifo(self) -> Path:
        return self.home / "told"

    async def start(self) -> None:
        path = self.paths["weechat-headless"]
        arguments = [path, "-d", str(self.home)]
        for command in self._set_up:
            arguments += ["-r", command]
        self._transport = reactor.spawnProcess(self._process, path, arguments, self.environment())
        await self.until("its FIFO", lambda: self._fifo.exists())

    async def say(self, text: str, buffer: str = "irc.server.imd") -> None:
        """`buffer` is where it is typed: ``irc.imd.#tea`` for a room."""
        fifo = os.open(self._fifo, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(fifo, f"{buffer} *{text}\n".encode())
        finally:
            os.close(fifo)

    def pause(self, paused: bool) -> None:
        """The machine goes to sleep (SIGSTOP), or wakes up."""
        os.kill(self._transport.pid, signal.SIGSTOP if paused else signal.SIGCONT)

    def talk(self, name: str) -> list[Shown]:
        found = []
        for line in lines_of(self.home / "logs" / f"irc.imd.{name.lower()}.weechatlog"):
            match = _LINE.match(line)
            if match is None or match[2] in _REMARKS:
                continue
            nick, text = match[2].lstrip("@+~&% "), match[3]
            if match[2] == _ACTION:
                nick, _, text = text.partition(" ")
            found.append(Shown(moment(match[1]), nick, text))
        return found

    def everything(self) -> str:
        logs = sorted((self.home / "logs").glob("irc.*"))
        return "\n".join(line for log in logs for line in lines_of(log))

    async def view(self) -> str:
        core = lines_of(self.home / "logs" / "core.weechat.weechatlog")
        return "\n".join([await super().view(), "---- of itself:", *core[-10:], self._process.errors.decode()])

    async def close(self) -> None:
        self._kill()
        if self._transport is not None and not self._process.ended:
            await self._process.over
        await super().close()

    def bury(self) -> None:
        self._kill()
        super().bury()

    def _kill(self) -> None:
        if self._transport is not None and self._transport.pid and not self._process.ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._transport.pid, signal.SIGKILL)
