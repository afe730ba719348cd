"""The lease on a Redis store: one daemon at a time, with a fencing token.

The lease is a key with a time to live, renewed three times in that time. Each taking of it raises a counter; the value
is the fencing token that goes with every write. A daemon that could not renew in time stops using the store by its own
clock, earlier than Redis lets go; and should it have stood still so long that it did not notice, the scripts turn its
token away (`scripts/guard.lua`).
"""

import datetime
import os
from collections.abc import Callable
from typing import Any

import msgspec
import txredisapi
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown, SchemaTooNew, StoreLocked
from imd.storage.redis import keys, scripts
from imd.storage.redis.connection import Connection, encode
from imd.storage.redis.process import Process, alive, here

#: Version of what is kept under `imd.storage.redis.keys`.
SCHEMA = 1


class Holder(msgspec.Struct, frozen=True):
    """Who has the lease; the value of its key, as JSON."""

    name: str
    process: Process
    since: float
    #: Tells two stores of one process apart.
    nonce: str

    def __str__(self) -> str:
        since = datetime.datetime.fromtimestamp(self.since, datetime.UTC).isoformat(timespec="seconds")
        where = f"process {self.process.pid} on {self.process.host} since {since}"
        return f"{self.name} ({where})" if self.name else where


class LeaseTaken(Exception):
    """Another daemon has, or had, the lease meanwhile: what this one remembers may be out of date."""


class Lease:
    """`held` says whether writes may be sent now; `token` goes with them."""

    log = Logger()

    def __init__(self, clock: IReactorTime, name: str, ttl: float, secret: bytes) -> None:
        self.token = 0
        #: The store's secret: what Redis holds, or, in an empty one, what was given here.
        self.secret = secret
        self.taken = False
        self._clock = clock
        self._ttl = ttl
        self._until = 0.0
        #: Whether the lease was not held when the last answer came.
        self._was_out = True
        self._renewal: IDelayedCall | None = None
        holder = Holder(name, here(), clock.seconds(), os.urandom(8).hex())
        self._me = msgspec.json.encode(holder)

    def held(self) -> bool:
        return self._clock.seconds() < self._until

    # ------------------------------------------------------------ taking it

    async def take(self, connection: Connection) -> None:
        """Raises `StoreLocked`, `SchemaTooNew`.

        A holder whose process is gone is replaced at once; one that runs on this machine, or is seen to renew, has the
        lease for good. Whether a holder elsewhere is alive shows within its time to live, which is waited for.
        """
        replace, left, waited = b"", 0.0, False
        while True:
            answer, *more = await self._ask(connection, replace)
            if answer == b"held":
                return
            described, holder = self._read(more[0])
            runs = None if holder is None else alive(holder.process)
            if runs is False and more[0] != replace:
                self.log.info("The lease was left behind by {holder}, which is gone; taking it", holder=described)
                replace = more[0]
                continue
            now_left = more[1] / 1000
            if runs or now_left < 0 or (waited and now_left > left):
                raise StoreLocked(described)
            if not waited:
                self.log.warn(
                    "The store is leased to {holder}; waiting up to {seconds:.0f} s whether it is still alive",
                    holder=described,
                    seconds=now_left,
                )
            left, waited = now_left, True
            await deferLater(self._clock, min(0.25, now_left + 0.01))

    async def renew(self, connection: Connection) -> bool:
        """Whether this ended a time without the lease.

        Raises `LeaseTaken`, also if the store at the far end is not the one that was opened.
        """
        answer, *more = await self._ask(connection, b"")
        if answer == b"held":
            if more[1] == b"" and not self.taken:
                self.log.critical(
                    "Redis came back without imd's data: messages that waited there are lost. Set appendonly yes "
                    "and appendfsync always"
                )
            return self._was_out and self.held()
        if answer == b"other":
            self.lose("somebody else: the Redis that answers now holds the data of another imd")
        else:
            self.lose(self._read(more[0])[0])
        raise LeaseTaken

    async def _ask(self, connection: Connection, replace: bytes) -> list[Any]:
        sent = self._clock.seconds()
        # The whole text: it is sent rarely, and works for users who may not load scripts.
        command = encode(
            (
                b"EVAL",
                scripts.OPEN.body,
                4,
                *(keys.LEASE, keys.COUNTER, keys.SCHEMA, keys.SECRET),
                *(self._me, int(self._ttl * 1000), self.token, replace, SCHEMA, self.secret),
            )
        )
        reply: list[Any] = await connection.send(command)
        if reply[0] == b"newer":
            raise SchemaTooNew(f"Redis holds schema {reply[1].decode()}, this imd knows {SCHEMA}")
        if reply[0] == b"held" and not self.taken:
            # Counted from the sending, so that it ends here before it ends in Redis.
            self._was_out = not self.held()
            self._until = max(self._until, sent + self._ttl)
            if not self.token:
                self.secret = reply[2] or self.secret
            self.token = reply[1]
        return reply

    @staticmethod
    def _read(value: bytes) -> tuple[str, Holder | None]:
        if not value:
            return "a daemon that is gone again", None
        try:
            holder = msgspec.json.decode(value, type=Holder)
        except msgspec.MsgspecError:
            return "an unknown process", None
        return str(holder), holder

    # ------------------------------------------------------------ keeping it

    def keep(self, connected: Callable[[], Connection | None], regained: Callable[[], None]) -> None:
        """Renew from now on, over whatever connection `connected` gives; `regained` after a gap without the lease."""

        def turn() -> None:
            self._renewal = self._clock.callLater(self._ttl / 3, turn)
            connection = connected()
            if connection is not None:
                Deferred.fromCoroutine(again(connection)).addErrback(
                    lambda failure: self.log.failure("while renewing the lease", failure)
                )

        async def again(connection: Connection) -> None:
            try:
                ended = await self.renew(connection)
            except (StoreUnavailable, OutcomeUnknown):
                return  # The connection died; the next one renews before anything else.
            except txredisapi.ResponseError as error:
                self.log.warn("Redis refuses to renew the lease: {error}", error=error)
                return
            except LeaseTaken:
                connection.abort()
                return
            if ended:
                self.log.warn("The lease could not be renewed in time, and is held again")
                regained()

        self._renewal = self._clock.callLater(self._ttl / 3, turn)

    def lose(self, holder: str) -> None:
        """Somebody else took it. There is no way back: this daemon has to be started anew."""
        if not self.taken:
            self.taken = True
            self._until = 0.0
            self.log.critical(
                "The lease on the store was taken over by {holder}. This daemon no longer uses the store and must be "
                "restarted",
                holder=holder,
            )

    def stop(self) -> None:
        if self._renewal is not None and self._renewal.active():
            self._renewal.cancel()
        self._renewal = None

    async def release(self, connection: Connection) -> None:
        self.stop()
        if self.token and not self.taken:
            await connection.send(encode((b"EVAL", scripts.RELEASE.body, 1, keys.LEASE, self._me)))
        self._until = 0.0
