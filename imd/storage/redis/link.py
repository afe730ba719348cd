"""The link to Redis: one connection at a time, made anew when it dies, and what the parts of the store send over it.

A pool would mix up the order of commands, so there is one connection. It is offered to the parts only after `prepare`
(sign-on, database, lease, durability) has succeeded on it. While there is none, every call fails at once: nothing ever
waits inside txredisapi for Redis to come back.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

import txredisapi
from twisted.internet.defer import CancelledError, Deferred, DeferredList, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown
from imd.storage.redis import scripts
from imd.storage.redis.connection import Connection, Lazy, Part, encode
from imd.storage.redis.lease import Lease, LeaseTaken
from imd.storage.redis.scripts import Script

#: Seconds before connecting again; each failure in a row makes it half as long again, up to the second.
FIRST_DELAY, LAST_DELAY = 0.05, 2.0

#: Seconds between two lines of the log about commands that Redis refuses.
QUIET = 10.0

#: First words of error replies which say that the command was not executed and may succeed later.
_NOT_NOW = frozenset(
    ["LOADING", "READONLY", "MISCONF", "OOM", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "NOAUTH"]
)

T = TypeVar("T")


def first_word(error: Exception) -> str:
    return str(error).partition(" ")[0]


async def together(calls: Sequence[Deferred[T]]) -> list[T]:
    """All results, in order. If some calls failed and others did not, the outcome of the whole is unknown."""
    if len(calls) < 2:
        return [await call for call in calls]
    settled: list[tuple[bool, Any]] = await DeferredList(list(calls), consumeErrors=True)
    failures: list[Failure] = [result for succeeded, result in settled if not succeeded]
    for failure in failures:
        if not failure.check(StoreUnavailable, OutcomeUnknown):
            failure.raiseException()
    if not failures:
        return [result for _, result in settled]
    if len(failures) == len(settled) and all(failure.check(StoreUnavailable) for failure in failures):
        raise StoreUnavailable
    raise OutcomeUnknown("Redis answered only some of the commands")


class Link:
    """Commands go out in call order; replies fire the Deferreds. `query` is for what changes nothing."""

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        endpoint: IStreamClientEndpoint,
        lease: Lease,
        prepare: Callable[[Connection], Awaitable[None]],
        reply_timeout: float,
    ) -> None:
        self.connection: Connection | None = None
        #: Called each time a new connection is ready for use.
        self.on_ready: list[Callable[[], None]] = []
        self._clock = clock
        self._endpoint = endpoint
        self._lease = lease
        self._prepare = prepare
        self._reply_timeout = reply_timeout
        self._failures = 0
        self._attempt: Deferred[None] | None = None
        self._later: IDelayedCall | None = None
        self._stopped = False
        self._quiet_until = 0.0

    @property
    def token(self) -> int:
        """The fencing token that goes with writes."""
        return self._lease.token

    @property
    def usable(self) -> bool:
        return self.connection is not None and self._lease.held()

    # ------------------------------------------------------------ the connection

    async def connect(self) -> None:
        """Make a connection and prepare it. Raises what went wrong; does not try again by itself."""
        factory = Factory.forProtocol(lambda: Connection(self._clock, self._reply_timeout))
        factory.noisy = False
        connecting = self._endpoint.connect(factory)
        connecting.addTimeout(self._reply_timeout, self._clock)
        connection = cast(Connection, await connecting)
        try:
            await self._prepare(connection)
            if connection.reason is not None:
                connection.reason.raiseException()
        except Exception as error:
            reason = connection.reason
            connection.abort()
            if reason is None:
                await connection.ended
            elif isinstance(error, StoreUnavailable | OutcomeUnknown):
                # For the log: why it died, for example a certificate that is not trusted.
                reason.raiseException()
            raise
        connection.lost = self._lost
        self.connection = connection
        self._failures = 0
        for call in self.on_ready:
            call()

    def _lost(self, reason: Failure) -> None:
        self.connection = None
        if self._stopped:
            return
        self.log.warn("The connection to Redis is lost: {reason}", reason=reason.getErrorMessage())
        self._try_later()

    def _try_later(self) -> None:
        if self._stopped or self._lease.taken:
            return
        delay = min(LAST_DELAY, FIRST_DELAY * 1.5 ** min(self._failures, 50))
        # Not a secret: daemons that lost one Redis together shall not come back together.
        delay *= random.uniform(0.8, 1.2)  # noqa: S311
        self._later = self._clock.callLater(delay, self._try)

    def _try(self) -> None:
        self._later = None
        attempt = self._attempt = Deferred.fromCoroutine(self._try_once())
        attempt.addErrback(lambda failure: failure.trap(CancelledError) and None)
        attempt.addErrback(lambda failure: self.log.failure("while connecting to Redis", failure))

    async def _try_once(self) -> None:
        try:
            await self.connect()
        except CancelledError:
            raise
        except LeaseTaken:
            return
        except Exception as error:
            self._failures += 1
            # Once at the start, then about every half minute.
            if self._failures == 5 or self._failures % 15 == 0:
                self.log.warn("Redis is still away: {error}", error=error)
            self._try_later()
        else:
            self.log.info("Connected to Redis again")

    async def stop(self) -> None:
        """Close the connection and make no other."""
        self._stopped = True
        if self._later is not None and self._later.active():
            self._later.cancel()
        if self._attempt is not None:
            self._attempt.cancel()
            await self._attempt
        connection, self.connection = self.connection, None
        if connection is not None:
            # All that was asked has been answered; a polite end could wait for ever on a Redis that hangs.
            connection.abort()
            await connection.ended

    # ------------------------------------------------------------ commands

    def send(self, command: bytes | Lazy) -> Deferred[Any]:
        """One encoded command. Raises (through the Deferred) `StoreUnavailable`, `OutcomeUnknown`."""
        if self.connection is None or not self._lease.held():
            return fail(StoreUnavailable())
        return self.connection.send(command).addErrback(self._failed)

    def query(self, *parts: Part) -> Deferred[Any]:
        """A command that changes nothing, so that its outcome is never in doubt."""
        return self.send(encode(parts)).addErrback(_nothing_happened)

    def query_script(self, script: Script, names: Sequence[bytes], arguments: Sequence[Part]) -> Deferred[Any]:
        return self._run(script, names, arguments).addErrback(_nothing_happened)

    def write(
        self, script: Script, fence: bytes, names: Sequence[bytes], arguments: Sequence[Part] = ()
    ) -> Deferred[Any]:
        """A guarded script: `fence` and the fencing token are put in front of its keys and arguments."""
        return self._run(script, (fence, *names), (self._lease.token, *arguments))

    def apply(self, fence: bytes, names: Sequence[bytes], commands: Sequence[Sequence[Part]]) -> Deferred[list[Any]]:
        """Several commands on keys (`names`) of one tag, all or nothing."""
        arguments: list[Part] = []
        for command in commands:
            arguments.append(len(command))
            arguments.extend(command)
        return self.write(scripts.APPLY, fence, names, arguments)

    def _run(self, script: Script, names: Sequence[bytes], arguments: Sequence[Part]) -> Deferred[Any]:
        tail = (len(names), *names, *arguments)
        sent = self.send(encode((b"EVALSHA", script.digest, *tail)))
        return sent.addErrback(self.without_script, lambda: encode((b"EVAL", script.body, *tail)))

    def without_script(self, failure: Failure, again: Callable[[], bytes]) -> Deferred[Any] | Failure:
        """Somebody emptied Redis's script cache (SCRIPT FLUSH): send the text, which also loads it."""
        if isinstance(failure.value, txredisapi.ResponseError) and first_word(failure.value) == "NOSCRIPT":
            return self.send(again())
        return failure

    def _failed(self, failure: Failure) -> Failure:
        error = failure.value
        if not isinstance(error, txredisapi.ResponseError):
            return failure
        word = first_word(error)
        if word == "STALE":
            self._lease.lose("another daemon, which has written since")
            return Failure(StoreUnavailable())
        if word in _NOT_NOW:
            now = self._clock.seconds()
            if now >= self._quiet_until:
                # Every command fails alike while its memory or disk is full.
                self._quiet_until = now + QUIET
                self.log.warn("Redis refuses: {error}", error=str(error))
            if word in ("READONLY", "NOAUTH") and self.connection is not None:
                # A replica now, or restarted without telling: connect anew, to the master and with the password.
                self.connection.abort()
            return Failure(StoreUnavailable())
        return failure


def _nothing_happened(failure: Failure) -> Failure:
    return Failure(StoreUnavailable()) if failure.check(OutcomeUnknown) else failure
