"""What can go wrong for a client. Each has the exit code of ``imc`` for it."""

from typing import ClassVar


class ClientError(Exception):
    """Base of what a user of the client is told; the message is a sentence."""

    exit_code: ClassVar[int] = 1


class UsageError(ClientError):
    """The command line makes no sense."""

    exit_code = 2


class CannotConnect(ClientError):
    """No connection, or none that may be used."""

    exit_code = 3


class SignOnFailed(ClientError):
    """The server does not let us in. `code` as in the protocol; `temporary`: it may do so later."""

    exit_code = 4

    def __init__(self, text: str, code: str = "sign-on-failed", retry_after: float | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.retry_after = retry_after

    @property
    def temporary(self) -> bool:
        return self.retry_after is not None or self.code in _TEMPORARY


#: Codes after which the same sign-on can succeed later.
_TEMPORARY = frozenset({"store-unavailable", "shutting-down", "too-fast", "too-many", "internal", "timeout"})


class Refused(ClientError):
    """The server refused a request; it has had no effect. `code` is stable, for programs."""

    def __init__(self, code: str, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.retry_after = retry_after


class NotConnected(ClientError):
    """There is no connection, or it was lost before the answer: what became of the request is not known."""

    exit_code = 3
