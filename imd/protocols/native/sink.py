"""What a session needs of whatever carries its payloads."""

from typing import Protocol


class Sink(Protocol):
    """What a session needs of whatever carries its payloads."""

    def send(self, payload: bytes) -> None:
        """Buffer; leaves at the end of the reactor's turn."""

    def close(self) -> None:
        """Close once everything sent has left."""

    def pause(self) -> None:
        """Read no more for now; the session keeps something (`NativeSession.kept`). Harmless when repeated, as is
        `resume`."""

    def resume(self) -> None: ...

    @property
    def full(self) -> bool:
        """Whether so much waits for the client that it is asked nothing more; `go_on` follows when it has read."""

    def backlog(self) -> int:
        """Bytes that were sent and have not left."""

    def signed_on(self) -> None:
        """The client has been welcomed: the limits for strangers end."""


class Nowhere:
    """The sink of a session whose connection is lost: they hold each other no longer (`imd.net.garbage`)."""

    full = False

    def send(self, payload: bytes) -> None: ...
    def close(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def signed_on(self) -> None: ...

    def backlog(self) -> int:
        return 0


NOWHERE = Nowhere()
