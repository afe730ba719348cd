"""The control socket. Whoever may open it (mode 0600) is the operator; nothing more is asked."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.protocols import amp

from imd.control.actions import Actions, Operated
from imd.control.wire import Act, Refused, decode, encode
from imd.core.refusal import Refusal

SOCKET = "control.sock"

_T = TypeVar("_T")

#: sun_path has 108 bytes on Linux and 104 on macOS, the final NUL included (unix(7)).
_LONGEST = 103


def beside(path: Path, call: Callable[[str], _T]) -> _T:
    """Call with a name for the socket `path` that fits into a socket address: relative to its folder if need be."""
    if len(os.fsencode(path)) <= _LONGEST:
        return call(str(path))
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        return call(path.name)
    finally:
        os.chdir(here)


class ControlProtocol(amp.AMP):
    """One ``imdctl`` at the socket."""

    log = Logger(namespace="imd.control")

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self._actions = actions

    @Act.responder
    def act(self, action: str, arguments: bytes) -> "Deferred[dict[str, bytes]]":
        return Deferred.fromCoroutine(self._act(action, arguments))

    async def _act(self, action: str, arguments: bytes) -> dict[str, bytes]:
        perform = self._actions.table.get(action)
        if perform is None:
            raise Refused(f"This daemon knows no action {action!r}; is imdctl of the same version?")
        try:
            return {"answer": encode(await perform(decode(arguments)))}
        except Refusal as refusal:
            raise Refused(refusal.sentence) from None


class ControlListener:
    """Binds the socket in the data folder; a stale one of a dead daemon is replaced (the store's lease is held)."""

    def __init__(self, daemon: Operated, reactor: Any, folder: Path) -> None:
        self._daemon = daemon
        self._reactor = reactor
        self.path = folder / SOCKET
        self._port: IListeningPort | None = None

    def start(self) -> None:
        """Raises `CannotListenError`."""
        actions = Actions(self._daemon)
        factory = Factory.forProtocol(lambda: ControlProtocol(actions))
        factory.noisy = False
        self.path.unlink(missing_ok=True)
        self._port = beside(self.path, lambda name: self._reactor.listenUNIX(name, factory, mode=0o600))

    async def stop(self) -> None:
        port, self._port = self._port, None
        if port is None:
            return
        # Twisted removes the socket by the name it was bound under, which may be relative to its folder. All other
        # paths of the daemon are absolute.
        here = Path.cwd()
        os.chdir(self.path.parent)
        try:
            stopping = port.stopListening()
            if stopping is not None:
                await stopping
        finally:
            os.chdir(here)
