"""Bringing a database to the schema of this imd: numbered SQL files, each run once, in its own transaction.

The number of the last step done is SQLite's ``user_version``. A released file under ``schema/`` is never altered:
a change is a new file.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import msgspec

from imd.core.lookalike import skeleton
from imd.core.past import owner_of
from imd.core.stores import SchemaTooNew
from imd.storage.values import decode_message


class Step(msgspec.Struct, frozen=True):
    """One schema file: its number (from 1, without gaps) and its SQL."""

    number: int
    sql: str


def steps() -> list[Step]:
    """All steps this imd knows, in order."""
    found = sorted(
        (entry for entry in files(__package__).joinpath("schema").iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return [Step(int(entry.name.partition("-")[0]), entry.read_text("utf-8")) for entry in found]


def migrate(connection: sqlite3.Connection, path: Path, plan: Sequence[Step]) -> None:
    """Run the steps of `plan` that `connection`, open on `path`, has not seen.

    A database that holds something is first copied aside to ``NAME.schema-N``, N being the schema it has. Raises
    `SchemaTooNew`, with the file untouched, when it was written by a newer imd. A step that fails leaves the
    database as the step before left it.
    """
    has = connection.execute("PRAGMA user_version").fetchone()[0]
    newest = plan[-1].number
    # For steps that must look into values.
    connection.create_function("owner_of", 1, owner_of, deterministic=True)
    connection.create_function("author_of", 1, lambda value: decode_message(value).sender_account, deterministic=True)
    if has > newest:
        raise SchemaTooNew(f"{path} has schema {has}; this imd knows schemas up to {newest}")
    # For 0005-skeletons.
    connection.create_function("skeleton", 1, skeleton, deterministic=True)
    if 0 < has < newest:
        copy_aside(connection, path.with_name(f"{path.name}.schema-{has}"))
    for step in plan:
        if step.number > has:
            try:
                connection.executescript(f"BEGIN IMMEDIATE;\n{step.sql}\nPRAGMA user_version = {step.number};\nCOMMIT;")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def copy_aside(connection: sqlite3.Connection, target: Path) -> None:
    """Write a complete, closed copy of the database to `target`, which is there only once it is complete."""
    unfinished = target.with_name(target.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(unfinished)) as copy:
        connection.backup(copy)
    unfinished.replace(target)
