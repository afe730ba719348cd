"""``imdctl``'s end of the control socket."""

import socket
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.error import ConnectionClosed
from twisted.internet.protocol import Factory
from twisted.protocols import amp

from imd.control.place import SOCKET, beside
from imd.control.wire import Act, Answer, Quiet, Refused, decode, encode

#: Seconds in which one page of an answer must have come.
PATIENCE = 60.0


class NoDaemon(Exception):
    """No daemon answers at this socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"no daemon answers at {path}; start one with 'twistd imd', or give its --config or --data")


class NotPermitted(Exception):
    """A daemon may be there, but this user may not talk to it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"you may not open {path}; run imdctl as the user the daemon runs as")


class Caller:
    """Asks a daemon."""

    def __init__(self, connection: amp.AMP, reactor: Any) -> None:
        self._connection = connection
        self._reactor = reactor

    async def ask(self, action: str, arguments: Answer) -> Answer:
        """One answer. Raises `Refused`."""
        asked = self._connection.callRemote(Act, action=action, arguments=encode(arguments))
        try:
            answer = await asked.addTimeout(PATIENCE, self._reactor)
        except ConnectionClosed:
            raise Refused("The daemon went away before it answered; see its log, and 'imdctl status'.") from None
        except TimeoutError:
            raise Refused(f"The daemon did not answer within {PATIENCE:.0f} s; see its log.") from None
        return decode(answer["answer"])

    async def every_page(self, action: str, arguments: Answer) -> Answer:
        """An answer whole: if it comes in pages, all rows of all of them."""
        answer = await self.ask(action, arguments)
        if "rows" not in answer:
            return answer
        rows, after = answer["rows"], answer["next"]
        while after:
            page = await self.ask(action, {**arguments, "after": after})
            rows += page["rows"]
            after = page["next"]
        return {"rows": rows}

    def close(self) -> None:
        if self._connection.transport is not None:
            self._connection.transport.loseConnection()


def _open(path: Path) -> socket.socket:
    """Connect at once: a name that is relative to the folder holds only for the moment."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        beside(path, opened.connect)
        opened.setblocking(False)
    except BaseException:
        opened.close()
        raise
    return opened


async def connect(reactor: Any, folder: Path) -> Caller:
    """To the daemon whose data folder this is. Raises `NoDaemon`, `NotPermitted`."""
    path = folder / SOCKET
    connected: Deferred[amp.AMP] = Deferred()

    class Connected(Quiet):
        def connectionMade(self) -> None:
            super().connectionMade()
            connected.callback(self)

    factory = Factory.forProtocol(Connected)
    factory.noisy = False
    try:
        with _open(path) as opened:
            # The reactor works on a copy of the descriptor.
            reactor.adoptStreamConnection(opened.fileno(), socket.AF_UNIX, factory)
    except PermissionError:
        raise NotPermitted(path) from None
    except OSError:
        raise NoDaemon(path) from None
    return Caller(await connected, reactor)
