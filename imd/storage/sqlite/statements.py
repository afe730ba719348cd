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
SIZES = (512, 128, 32, 8, 1)


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
    if not rows:
        return 0
    return insert_flat(connection, before, len(rows[0]), [value for row in rows for value in row], after)


def insert_flat(
    connection: sqlite3.Connection, before: str, width: int, values: Sequence[object], after: str = ""
) -> int:
    """As `insert`, of rows that stand one behind the other, each `width` values wide."""
    changed = start = 0
    unit = "(" + ", ".join("?" * width) + ")"
    for size in SIZES:
        while len(values) - start >= size * width:
            sql = f"{before} VALUES {_repeated(unit, size)} {after}"
            changed += connection.execute(sql, values[start : start + size * width]).rowcount
            start += size * width
    return changed


def select(
    connection: sqlite3.Connection, before: str, keys: Sequence[object], after: str = ""
) -> Iterator[tuple[object, ...]]:
    """Rows of ``before IN (keys) after``, for as many keys as there are."""
    for chunk in chunks(keys):
        sql = f"{before} IN ({_repeated('?', len(chunk))}) {after}"
        yield from connection.execute(sql, chunk).fetchall()
