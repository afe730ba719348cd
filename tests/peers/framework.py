"""irc-framework (https://github.com/kiwiirc/irc-framework), of which The Lounge and many bots are made, under node.

``npm ci`` puts it into ``build/peers`` (``tools/test-programs``); a small program beside it drives it.
"""

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any, ClassVar

from tests.peers.peer import Foreign, Peer, ProgramMissing, Shown, reactor

_HERE = Path(__file__).parent / "irc_framework"
#: Where tools/test-programs puts the packages.
MODULES = Path(__file__).parents[2] / "build" / "peers" / "node_modules"


class Framework(Peer):
    """One client. `options` are those of ``Client.connect``; `trusted` is a certificate it trusts."""

    kind = "irc-framework"
    programs: ClassVar = {"node": "nodejs"}

    def __init__(self, name: str, *, trusted: Path | None = None, **options: Any) -> None:
        if not (MODULES / "irc-framework").is_dir():
            raise ProgramMissing("irc-framework is missing, and these tests need the real one: run tools/test-programs")
        super().__init__(name)
        self._options = {"nick": name, "username": name, "gecos": name, "auto_reconnect": False, **options}
        self._trusted = trusted
        self._foreign = Foreign()
        self._transport: Any = None

    async def start(self) -> None:
        environment = {**self.environment(), "NODE_PATH": str(MODULES)}
        if self._trusted is not None:
            environment["NODE_EXTRA_CA_CERTS"] = str(self._trusted)
        program = [self.paths["node"], str(_HERE / "client.js")]
        self._transport = reactor.spawnProcess(self._foreign, program[0], program, environment)
        await self.until("its first line", lambda: bool(self.events("ready")))
        self.connect()

    def connect(self) -> None:
        """Connect, or connect once more."""
        self._tell({"connect": self._options})

    def call(self, method: str, *arguments: Any) -> None:
        """Call a method of irc-framework's Client."""
        self._tell({"call": method, "with": arguments})

    def _tell(self, order: dict[str, Any]) -> None:
        self._transport.write(json.dumps(order).encode() + b"\n")

    async def say(self, text: str) -> None:
        """A raw line, as a person would give it by /quote."""
        self.call("raw", text)

    def happened(self) -> list[tuple[str, Any]]:
        """Every event so far, in order."""
        output = self._foreign.output
        lines = output[: output.rfind(b"\n") + 1].splitlines()
        return [(order["event"], order["with"]) for order in map(json.loads, lines)]

    def events(self, name: str) -> list[Any]:
        """What came with each event of this name."""
        return [value for event, value in self.happened() if event == name]

    def batches(self, kind: str) -> list[Any]:
        """Every whole batch of this type (https://ircv3.net/specs/extensions/batch)."""
        return self.events(f"batch end {kind}")

    def talk(self, name: str) -> list[Shown]:
        return [
            Shown((event["time"] or 0) / 1000, event["nick"], event["message"])
            for event in self.events("message")
            if event["type"] in ("privmsg", "action")
            and name.lower() in (event["target"].lower(), event["nick"].lower())
        ]

    def everything(self) -> str:
        return self._foreign.output.decode(errors="replace") + self._foreign.errors.decode(errors="replace")

    async def signed_on(self, times: int = 1) -> None:
        await self.until("its welcome", lambda: len(self.events("registered")) >= times)

    async def close(self) -> None:
        if self._transport is not None and not self._foreign.ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._transport.pid, signal.SIGKILL)
            await self._foreign.over
        await super().close()

    def bury(self) -> None:
        if self._transport is not None and not self._foreign.ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._transport.pid, signal.SIGKILL)
        super().bury()
