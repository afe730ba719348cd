"""Resume tokens, as digests only."""

import sqlite3
from collections.abc import Sequence

from twisted.internet.defer import Deferred

from imd.storage.sqlite.database import Database
from imd.storage.sqlite.statements import insert, select

#: Most tokens one account can have; a client that never resumes would otherwise leave one behind at each sign-on.
MOST_PER_ACCOUNT = 64
#: How many expired tokens of anybody one `take` clears away.
SWEEP = 100


#: As the columns are named in `_add`.
_Token = tuple[bytes, str, str, float]


def _add(connection: sqlite3.Connection, tokens: Sequence[_Token]) -> list[None]:
    insert(connection, "INSERT OR IGNORE INTO tokens (digest, account, device, expires)", tokens)
    crowded = select(
        connection,
        "SELECT account FROM tokens WHERE account",
        list({account for _, account, _, _ in tokens}),
        f"GROUP BY account HAVING count(*) > {MOST_PER_ACCOUNT}",
    )
    for (account,) in list(crowded):
        connection.execute(
            "DELETE FROM tokens WHERE digest IN"
            " (SELECT digest FROM tokens WHERE account = ? ORDER BY expires DESC LIMIT -1 OFFSET ?)",
            (account, MOST_PER_ACCOUNT),
        )
    return [None] * len(tokens)


class Tokens:
    """`imd.core.stores.TokenStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: bytes, account: str, device: str, expires: float) -> Deferred[None]:
        return self._database.write_together(_add, (digest, account, device, expires))

    def take(self, digest: bytes, now: float) -> Deferred[tuple[str, str] | None]:
        def work(connection: sqlite3.Connection) -> tuple[str, str] | None:
            taken = connection.execute(
                "DELETE FROM tokens WHERE digest = ? RETURNING account, device, expires", (digest,)
            ).fetchall()
            connection.execute(
                "DELETE FROM tokens WHERE digest IN (SELECT digest FROM tokens WHERE expires <= ? LIMIT ?)",
                (now, SWEEP),
            )
            for account, device, expires in taken:
                if expires > now:
                    return account, device
            return None

        return self._database.write(work)

    def revoke(self, account: str) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM tokens WHERE account = ?", (account,))

        return self._database.write(work)
