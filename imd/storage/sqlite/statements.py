"""Many rows in one statement.

Python's sqlite3 lets go of the interpreter lock in every step and must win it back from a busy reactor afterwards,
which can take milliseconds. So what counts is the number of steps, not of rows.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeVar

T = TypeVar("T")

#: How many rows one statement carries. Few sizes, so that all prepared statements stay in the connection's cache.
SIZES = (128, 32, 8, 1)


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut `rows` into pieces whose lengths are among `SIZES`."""
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


@cache
def _repeated(unit: str, times: int) -> str:
    return ", ".join([unit] * times)


def insert(connection: sqlite3.Connection, before: str, rows: Sequence[tuple[object, ...]], after: str = "") -> int:
    """Run ``before VALUES rows after``; how many rows changed."""
    changed = 0
    for chunk in chunks(rows):
        unit = "(" + ", ".join("?" * len(chunk[0])) + ")"
        sql = f"{before} VALUES {_repeated(unit, len(chunk))} {after}"
        changed += connection.execute(sql, [value for row in chunk for value in row]).rowcount
    return changed


def select(
    connection: sqlite3.Connection, before: str, keys: Sequence[object], after: str = ""
) -> Iterator[tuple[object, ...]]:
    """Rows of ``before IN (keys) after``, for as many keys as there are."""
    for chunk in chunks(keys):
        sql = f"{before} IN ({_repeated('?', len(chunk))}) {after}"
        yield from connection.execute(sql, chunk).fetchall()
