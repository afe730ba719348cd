"""The control socket. Whoever may open it (mode 0600) is the operator; nothing more is asked."""

import contextlib
import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from imd.control.actions import Actions, Operated
from imd.control.place import SOCKET, beside, inside
from imd.control.wire import Act, Quiet, Refused, decode, encode
from imd.core.refusal import Refusal
from imd.core.stores import OutcomeUnknown


class ControlProtocol(Quiet):
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
        except OutcomeUnknown:
            raise Refused("The store died at this moment, so this may have happened or not; do it again.") from None
        except CancelledError:
            raise
        except Exception:
            self.log.failure("imdctl {action} failed", action=action)
            raise Refused("The daemon failed at this; its log says where.") from None


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
        # Twisted sets the mode after binding; until then the mask keeps others out.
        mask = os.umask(0o177)
        try:
            self._port = beside(self.path, lambda name: self._reactor.listenUNIX(name, factory, mode=0o600))
        finally:
            os.umask(mask)

    async def stop(self) -> None:
        port, self._port = self._port, None
        if port is None:
            return
        # Twisted removes the socket by the name it was bound under, which may be relative to its folder (all other
        # paths of the daemon are absolute), and never gets to an end when somebody has removed it already.
        with contextlib.suppress(OSError), inside(self.path.parent):
            self.path.touch()
            stopping = port.stopListening()
            if stopping is not None:
                await stopping
