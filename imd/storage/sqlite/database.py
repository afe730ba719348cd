"""The database file, its two connections, and the threads they live on.

**Writes.** Calls of one reactor turn are handed to the writer thread together, at the end of the turn. The writer
takes everything that waits, runs it in one transaction in the order of the calls, and commits once (group commit);
then all Deferreds fire in one reactor call. A call that fails takes nobody with it: the transaction is rolled back
and repeated with a savepoint around each call. When the commit itself fails (disk full), all fail with
`StoreUnavailable`, nothing of them is in the database, and the next batch is tried as if nothing had been.

**Reads** run on a connection of their own. A read sees every write that was called before it: when writes are
under way it waits for the commit of the batch it was called in. It may also see writes that were called after it.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail
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
#: Pages in the write-ahead log before they are copied into the database: 16 MiB.
CHECKPOINT_PAGES = 4_000
#: Rows that one step of a long deletion takes.
STEP_ROWS = 500
#: How long to wait for a foreign program (a shell, a backup) that holds the database, in seconds.
BUSY_SECONDS = 2.0


class _Write:
    __slots__ = ("argument", "fired", "together")

    def __init__(self, together: Together[Any, Any], argument: Any) -> None:
        self.together = together
        self.argument = argument
        self.fired: Deferred[Any] = Deferred()


class _Read:
    __slots__ = ("fired", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
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


class Database:
    """Writes and reads from the reactor's thread, done on two threads. Use on one reactor thread only."""

    log = Logger()

    def __init__(self, reactor: IReactorFromThreads) -> None:
        self._reactor = reactor
        self._open = False
        #: Calls of this reactor turn.
        self._turn: list[_Write | _Read] = []
        #: Writes whose Deferred has not fired.
        self._waiting = 0
        self._writes: queue.SimpleQueue[list[_Write | _Read] | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        #: Called on the writer thread after a rollback: whoever remembers something of the database forgets it.
        self.rolled_back: list[Callable[[], None]] = []
        self._trouble = ""

    # On the reactor thread

    @property
    def open(self) -> bool:
        return self._open

    def start(
        self, opening: Callable[[], tuple[sqlite3.Connection, sqlite3.Connection]], closing: Callable[[], None]
    ) -> Deferred[None]:
        """Run `opening` (it gives the writer's and the reader's connection) on the writer thread, then serve.

        `closing` runs on the same thread when all is done, and also when `opening` fails.
        """
        opened: Deferred[None] = Deferred()
        self._closed: Deferred[None] = Deferred()
        threading.Thread(
            target=self._write_thread, args=(opening, closing, opened), name="imd-sqlite-writer", daemon=True
        ).start()
        return opened

    def stop(self) -> Deferred[None]:
        """Finish everything called so far, then close. Calls made after this are refused."""
        self._open = False
        self._hand_over()
        self._writes.put(None)
        return self._closed

    def write(self, work: Work[R]) -> Deferred[R]:
        """Run `work` in the next group commit; fires with its result when that is on the disk."""
        return self.write_together(_each, work)

    def write_together(self, together: Together[A, R], argument: A) -> Deferred[R]:
        """As `write`, but calls with the same `together` that wait side by side are done by one call of it."""
        if not self._open or self._waiting >= MAX_WAITING:
            return fail(StoreUnavailable())
        call = _Write(together, argument)
        self._waiting += 1
        self._enqueue(call)
        return call.fired

    def read(self, work: Work[R]) -> Deferred[R]:
        """Run `work`, which changes nothing; it sees every write called before."""
        if not self._open:
            return fail(StoreUnavailable())
        call = _Read(work)
        if self._waiting:
            self._enqueue(call)
        else:
            self._reads.put(call)
        return call.fired

    def _enqueue(self, call: _Write | _Read) -> None:
        if not self._turn:
            # Not straight to the queue: the writer would wake up for the first call of a turn and commit it alone.
            self._reactor.callFromThread(self._hand_over)
        self._turn.append(call)

    def _hand_over(self) -> None:
        if self._turn:
            self._writes.put(self._turn)
            self._turn = []

    def _settle_writes(self, outcomes: list[_Outcome], trouble: BaseException | None) -> None:
        self._waiting -= len(outcomes)
        self._report(trouble)
        self._settle(outcomes)

    def _settle(self, outcomes: list[_Outcome]) -> None:
        for fired, result in outcomes:
            if isinstance(result, Failure):
                fired.errback(result)
            else:
                fired.callback(result)

    def _report(self, trouble: BaseException | None) -> None:
        """Say once that the store is in trouble, and once that it is over."""
        if trouble is None:
            if self._trouble:
                self.log.info("the store writes again")
                self._trouble = ""
        elif str(trouble) != self._trouble:
            self._trouble = str(trouble)
            self.log.failure(
                "the store could not write ({reason}); messages are refused until it can",
                failure=Failure(trouble),
                reason=self._trouble,
            )

    # On the writer thread

    def _write_thread(
        self,
        opening: Callable[[], tuple[sqlite3.Connection, sqlite3.Connection]],
        closing: Callable[[], None],
        opened: Deferred[None],
    ) -> None:
        try:
            writer, reader = opening()
        except BaseException as error:
            closing()
            self._reactor.callFromThread(opened.errback, Failure(_refusal(error)))
            return
        readers = threading.Thread(target=self._read_thread, args=(reader,), name="imd-sqlite-reader", daemon=True)
        readers.start()
        self._reactor.callFromThread(self._begin, opened)
        running = True
        while running:
            calls, running = self._take()
            writes = [call for call in calls if isinstance(call, _Write)]
            if writes:
                outcomes, trouble = self._commit(writer, writes)
                self._reactor.callFromThread(self._settle_writes, outcomes, trouble)
            for call in calls:
                if isinstance(call, _Read):
                    self._reads.put(call)
        self._reads.put(None)
        readers.join()
        try:
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            # Nothing is lost: what is in the write-ahead log is durable, and the next start reads it.
            self._reactor.callFromThread(self.log.failure, "while copying the write-ahead log", Failure())
        writer.close()
        closing()
        self._reactor.callFromThread(self._closed.callback, None)

    def _begin(self, opened: Deferred[None]) -> None:
        self._open = True
        opened.callback(None)

    def _take(self) -> tuple[list[_Write | _Read], bool]:
        """All calls that wait (at least one turn's worth), and whether more may come."""
        calls: list[_Write | _Read] = []
        waiting = self._writes.get()
        while waiting is not None:
            calls += waiting
            try:
                waiting = self._writes.get_nowait()
            except queue.Empty:
                return calls, True
        return calls, False

    def _commit(
        self, connection: sqlite3.Connection, writes: list[_Write]
    ) -> tuple[list[_Outcome], BaseException | None]:
        """Do all `writes` in one transaction; what each fires with, and what is wrong with the store, if it is."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                results: list[Any] = []
                for together, calls in groupby(writes, lambda call: call.together):
                    results += together(connection, [call.argument for call in calls])
            except Exception:
                self._roll_back(connection)
                connection.execute("BEGIN IMMEDIATE")
                results = [self._alone(connection, call) for call in writes]
            connection.execute("COMMIT")
        except Exception as error:
            self._roll_back(connection)
            return [(call.fired, Failure(_refusal(error))) for call in writes], error
        troubles = (r.value for r in results if isinstance(r, Failure) and isinstance(r.value, StoreUnavailable))
        trouble = next((refusal.__cause__ for refusal in troubles), None)
        return [(call.fired, result) for call, result in zip(writes, results, strict=True)], trouble

    def _alone(self, connection: sqlite3.Connection, call: _Write) -> Any:
        connection.execute("SAVEPOINT call")
        try:
            (result,) = call.together(connection, [call.argument])
        except Exception as error:
            if not connection.in_transaction:
                # A full disk makes SQLite give up the whole transaction, and with it the calls before this one.
                raise
            connection.execute("ROLLBACK TO call")
            connection.execute("RELEASE call")
            self._forget()
            return Failure(_refusal(error))
        connection.execute("RELEASE call")
        return result

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        self._forget()

    def _forget(self) -> None:
        for forget in self.rolled_back:
            forget()

    # On the reader thread

    def _read_thread(self, connection: sqlite3.Connection) -> None:
        outcomes: list[_Outcome] = []
        while (call := self._reads.get()) is not None:
            try:
                outcomes.append((call.fired, call.work(connection)))
            except Exception as error:
                outcomes.append((call.fired, Failure(_refusal(error))))
            if self._reads.empty() or len(outcomes) >= 32:
                self._reactor.callFromThread(self._settle, outcomes)
                outcomes = []
        if outcomes:
            self._reactor.callFromThread(self._settle, outcomes)
        connection.close()
