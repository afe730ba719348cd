"""From an endpoint string to a bound port. The strings are Twisted's, and our own ``tls:PORT[:interface=…]``."""

from collections.abc import Callable
from typing import Any

from twisted.internet.address import UNIXAddress
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IListeningPort, IProtocolFactory

from imd.core.refusal import Refusal
from imd.net.admitting import AdmittingFactory, Security, no_answer
from imd.net.after_handshake import Securing
from imd.net.connections import Connections
from imd.net.peer import host_and_port

#: A short backlog is what limits sign-on storms; the kernel takes the lower of this and its own limit.
BACKLOG = 4096
#: Connections taken in one turn, 100 µs each; Twisted takes twenty more in each turn as long as there are more.
ACCEPTS = 50


async def listen(
    reactor: Any,
    kind: str,
    description: str,
    factory: IProtocolFactory,
    connections: Connections,
    *,
    securing: Securing | None = None,
    detect: bool = False,
    answer: Callable[[Refusal], bytes] = no_answer,
) -> IListeningPort:
    """Bind one listener of a door; its real port is ``port_number(result)``.

    `kind` is ``tcp``, ``tls`` or ``other``; `description` an endpoint string (for ``tls`` the form of ``tcp:``).
    With `detect` a ``tcp`` listener also takes TLS, told by the first byte. What ``haproxy:`` names is treated so
    too, because only then is the client's own address known. Raises `CannotListenError`, and ValueError for a string
    Twisted cannot read.
    """
    prefix, _, rest = description.partition(":")
    security = Security.PLAIN
    if kind == "tls":
        security = Security.TLS
    elif (detect and securing is not None) or prefix == "haproxy":
        security = Security.DETECT
    if prefix in ("tcp", "tls"):
        description = f"tcp:{rest}" if "backlog=" in rest else f"tcp:{rest}:backlog={BACKLOG}"
    admitting = AdmittingFactory(factory, connections, security, securing, answer)
    port: IListeningPort = await serverFromString(reactor, description).listen(admitting)
    _bound(port)
    return port


def _bound(port: Any) -> None:
    """Take no more than `ACCEPTS` in one turn. Where Twisted counts in another way it goes on as it will."""
    read = getattr(port, "doRead", None)
    if read is None or not hasattr(port, "numberAccepts"):
        return

    def do_read() -> None:
        port.numberAccepts = min(port.numberAccepts, ACCEPTS)
        read()

    port.doRead = do_read


def port_number(port: IListeningPort) -> int:
    """The port the system chose, or 0 for a socket without one (Unix)."""
    return host_and_port(port.getHost())[1]


def shown(port: IListeningPort) -> str:
    """Where it listens, for people: ``127.0.0.1:4000``, ``[::1]:4000``, or the path of a Unix socket."""
    address = port.getHost()
    if isinstance(address, UNIXAddress):
        name = address.name
        return name.decode(errors="replace") if isinstance(name, bytes) else str(name)
    host, number = host_and_port(address)
    return f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
