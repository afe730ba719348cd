"""The database file, its connection, and the thread they live on.

Calls of one reactor turn are handed to the thread together, at the end of the turn. The thread takes everything that
waits, runs it in the order of the calls in one transaction, and commits once (group commit); then all Deferreds fire
in one reactor call.

* A call sees everything called before it and nothing called after it. Reads are in the same order, on the same
  connection: a second one for reads would either break this order or wait for the writes all the same. Reads at the
  head of a batch do not wait for its commit.
* A call that fails takes nobody with it: the transaction is rolled back and repeated with a savepoint around each.
* When the commit itself fails (disk full), all calls of the batch fail with `StoreUnavailable`, nothing of them is
  in the database, and the next batch is tried as if nothing had been.
"""

import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.refusal import StoreUnavailable

A = TypeVar("A")
R = TypeVar("R")

Work = Callable[[sqlite3.Connection], R]
#: Several calls done in one go: their arguments in, their results out, in the same order. It may be run twice (see
#: the savepoints above), so it keeps no state that a rollback would make wrong.
Together = Callable[[sqlite3.Connection, Sequence[A]], Sequence[R]]

#: Calls that may wait before more are refused: a disk that hangs must not eat the memory.
MAX_WAITING = 200_000
#: Pages in the write-ahead log before they are copied into the database: 32 MiB.
CHECKPOINT_PAGES = 8_000
#: Rows that one step of a long deletion takes.
STEP_ROWS = 500
#: Seconds of one reactor turn in which Deferreds fire; the others fire in the next one. When everybody signs on at
#: once, a commit answers hundreds of them, and each has much to do then.
SHARE = 0.004
#: How long to wait for a foreign program (a shell, a backup) that holds the database, in seconds.
BUSY_SECONDS = 2.0


class _Call:
    __slots__ = ("argument", "changes", "fired", "together")

    def __init__(self, together: Together[Any, Any], argument: Any, *, changes: bool) -> None:
        self.together = together
        self.argument = argument
        #: Whether it writes.
        self.changes = changes
        self.fired: Deferred[Any] = Deferred()


#: A Deferred, and what it will fire with.
_Outcome = tuple[Deferred[Any], Any]


def _each(connection: sqlite3.Connection, works: Sequence[Work[R]]) -> list[R]:
    return [work(connection) for work in works]


def connect(path: Path) -> sqlite3.Connection:
    """A connection as every part of this package expects it: WAL, fsync at each commit, transactions by hand."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # On macOS an fsync alone leaves the data in the drive's cache; elsewhere this changes nothing.
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


def in_steps(database: "Database", step: Callable[[sqlite3.Connection, int], int]) -> Deferred[int]:
    """Repeat `step(connection, most)`, each time a write of its own, until it changes fewer than `most` rows.

    Fires with the sum. Long deletions go in steps so that messages do not wait behind them.
    """

    async def go() -> int:
        total = 0
        while True:
            changed = await database.write(lambda connection: step(connection, STEP_ROWS))
            total += changed
            if changed < STEP_ROWS:
                return total

    return Deferred.fromCoroutine(go())


def _refusal(error: BaseException) -> BaseException:
    """What a caller sees of `error`: trouble of the file or the disk is a `StoreUnavailable`, a fault stays one."""
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(
        error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError
    ):
        refusal = StoreUnavailable()
        refusal.__cause__ = error
        return refusal
    return error


def _trouble(results: Iterable[Any]) -> BaseException | None:
    """What is wrong with the store, if `results` tell."""
    for result in results:
        if isinstance(result, Failure) and isinstance(result.value, StoreUnavailable):
            return result.value.__cause__
    return None


class Database:
    """Calls from the reactor's thread, done on the database's. Use from the reactor's thread only."""

    log = Logger()

    def __init__(self, reactor: IReactorFromThreads) -> None:
        self._reactor = reactor
        self._open = False
        self._started = False
        #: Calls of this reactor turn.
        self._turn: list[_Call] = []
        #: Calls whose Deferred has not fired.
        self._waiting = 0
        #: Of these, what is done and shall fire, in order.
        self._done: deque[_Outcome] = deque()
        self._calls: queue.SimpleQueue[list[_Call] | None] = queue.SimpleQueue()
        #: Callers of `stop` who wait, or None before the first one.
        self._stopping: list[Deferred[None]] | None = None
        #: Called on the database's thread after a rollback: whoever remembers something of the database forgets it.
        self.rolled_back: list[Callable[[], None]] = []
        self._trouble = ""

    # On the reactor's thread

    @property
    def open(self) -> bool:
        return self._open

    def start(self, opening: Callable[[], sqlite3.Connection], closing: Callable[[], None]) -> Deferred[None]:
        """Run `opening` (it gives the connection) on a new thread, then serve there.

        `closing` runs on the same thread when all is done, and also when `opening` fails.
        """
        opened: Deferred[None] = Deferred()
        self._started = True
        threading.Thread(target=self._run, args=(opening, closing, opened), name="imd-sqlite", daemon=True).start()
        return opened

    def stop(self) -> Deferred[None]:
        """Finish everything called so far, then close. Calls made after this are refused. May be repeated."""
        if not self._started:
            return succeed(None)
        if self._stopping is None:
            self._stopping = []
            self._open = False
            self._hand_over()
            self._calls.put(None)
        stopped: Deferred[None] = Deferred()
        self._stopping.append(stopped)
        return stopped

    def write(self, work: Work[R]) -> Deferred[R]:
        """Run `work` in the next group commit; fires with its result when that is on the disk."""
        return self._call(_each, work, changes=True)

    def write_together(self, together: Together[A, R], argument: A) -> Deferred[R]:
        """As `write`, but calls with the same `together` that wait side by side are done by one call of it."""
        return self._call(together, argument, changes=True)

    def read(self, work: Work[R]) -> Deferred[R]:
        """Run `work`, which changes nothing."""
        return self._call(_each, work, changes=False)

    def _call(self, together: Together[A, R], argument: A, *, changes: bool) -> Deferred[R]:
        if not self._open or self._waiting >= MAX_WAITING:
            return fail(StoreUnavailable())
        call = _Call(together, argument, changes=changes)
        if not self._turn:
            # Not straight to the queue: the thread would wake up for the first call of a turn and commit it alone.
            self._reactor.callFromThread(self._hand_over)
        self._turn.append(call)
        self._waiting += 1
        return call.fired

    def _begin(self, opened: Deferred[None]) -> None:
        if self._stopping is None:
            self._open = True
            opened.callback(None)
        else:
            opened.errback(StoreUnavailable())

    def _stopped(self) -> None:
        if self._done:
            self._reactor.callFromThread(self._stopped)
            return
        self._started = False
        waiting, self._stopping = self._stopping or [], None
        for stopped in waiting:
            stopped.callback(None)

    def _hand_over(self) -> None:
        if self._turn:
            self._calls.put(self._turn)
            self._turn = []

    def _settle(self, outcomes: list[_Outcome]) -> None:
        idle = not self._done
        self._done.extend(outcomes)
        if idle:
            self._fire()

    def _fire(self) -> None:
        enough = time.monotonic() + SHARE
        while self._done:
            fired, result = self._done.popleft()
            self._waiting -= 1
            if isinstance(result, Failure):
                fired.errback(result)
            else:
                fired.callback(result)
            if time.monotonic() > enough:
                break
        if self._done:
            self._reactor.callFromThread(self._fire)

    def _settle_commit(self, outcomes: list[_Outcome], trouble: BaseException | None) -> None:
        self._report(trouble)
        self._settle(outcomes)

    def _report(self, trouble: BaseException | None) -> None:
        """Say once that the store is in trouble, and once that it is over."""
        if trouble is None:
            if self._trouble:
                self.log.info("the store writes again")
                self._trouble = ""
        elif str(trouble) != self._trouble:
            self._trouble = str(trouble)
            self.log.failure(
                "the store could not write ({reason}); what needs it is refused until it can",
                failure=Failure(trouble),
                reason=self._trouble,
            )

    # On the database's thread

    def _run(
        self, opening: Callable[[], sqlite3.Connection], closing: Callable[[], None], opened: Deferred[None]
    ) -> None:
        try:
            connection = opening()
        except BaseException as error:
            closing()
            self._reactor.callFromThread(opened.errback, Failure(_refusal(error)))
            self._reactor.callFromThread(self._stopped)
            return
        self._reactor.callFromThread(self._begin, opened)
        running = True
        while running:
            calls, running = self._take()
            first = next((place for place, call in enumerate(calls) if call.changes), len(calls))
            if first:
                outcomes = self._read_all(connection, calls[:first])
                if trouble := _trouble(result for _, result in outcomes):
                    self._reactor.callFromThread(self._report, trouble)
                self._reactor.callFromThread(self._settle, outcomes)
            if first < len(calls):
                self._reactor.callFromThread(self._settle_commit, *self._commit(connection, calls[first:]))
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            # Nothing is lost: what is in the write-ahead log is durable, and the next start reads it.
            self._reactor.callFromThread(self.log.failure, "while copying the write-ahead log", Failure())
        connection.close()
        closing()
        self._reactor.callFromThread(self._stopped)

    def _take(self) -> tuple[list[_Call], bool]:
        """All calls that wait (at least one turn's worth), and whether more may come."""
        calls: list[_Call] = []
        waiting = self._calls.get()
        while waiting is not None:
            calls += waiting
            try:
                waiting = self._calls.get_nowait()
            except queue.Empty:
                return calls, True
        return calls, False

    def _read_all(self, connection: sqlite3.Connection, calls: list[_Call]) -> list[_Outcome]:
        """Several in one transaction: each of its own would lock and unlock the files."""
        if len(calls) > 1:
            with suppress(sqlite3.Error):
                connection.execute("BEGIN")
        outcomes = [(call.fired, self._read(connection, call)) for call in calls]
        if connection.in_transaction:
            try:
                connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back(connection)
        return outcomes

    def _read(self, connection: sqlite3.Connection, call: _Call) -> Any:
        try:
            (result,) = call.together(connection, [call.argument])
        except Exception as error:
            return Failure(_refusal(error))
        return result

    def _commit(
        self, connection: sqlite3.Connection, calls: list[_Call]
    ) -> tuple[list[_Outcome], BaseException | None]:
        """Do all `calls` in one transaction; what each fires with, and what is wrong with the store, if it is."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                results: list[Any] = []
                for together, group in groupby(calls, lambda call: call.together):
                    results += together(connection, [call.argument for call in group])
            except Exception:
                self._roll_back(connection)
                connection.execute("BEGIN IMMEDIATE")
                results = [self._alone(connection, call) for call in calls]
            connection.execute("COMMIT")
        except Exception as error:
            self._roll_back(connection)
            return [(call.fired, Failure(_refusal(error))) for call in calls], error
        return [(call.fired, result) for call, result in zip(calls, results, strict=True)], _trouble(results)

    def _alone(self, connection: sqlite3.Connection, call: _Call) -> Any:
        connection.execute("SAVEPOINT call")
        try:
            (result,) = call.together(connection, [call.argument])
        except Exception as error:
            if not connection.in_transaction:
                # A full disk can make SQLite give up the whole transaction, and with it the calls before this one.
                raise
            connection.execute("ROLLBACK TO call")
            connection.execute("RELEASE call")
            self._forget()
            return Failure(_refusal(error))
        connection.execute("RELEASE call")
        return result

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        # Should even this fail, BEGIN fails too, and the calls are refused until it works again.
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        self._forget()

    def _forget(self) -> None:
        for forget in self.rolled_back:
            forget()
