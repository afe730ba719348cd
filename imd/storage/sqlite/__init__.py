"""The embedded store: SQLite in the data folder, every write in an fsynced group commit.

==============  =====================================================================================
store.py        `SQLiteStore`: the parts joined; opening and closing
database.py     the thread and its connection; group commit; order
statements.py   many rows in one statement
migrate.py      numbered schema files; the copy aside; refusing a newer schema
lease.py        one daemon per data folder
accounts.py     accounts, verifiers, certificates
tokens.py       resume tokens
rosters.py      contacts
ledger.py       sign-ons and sign-offs
rooms.py        rooms founded by accounts
bans.py         who may not sign on
inbox.py        the offline queue
history.py      what was said
shelves.py      small values of accounts: read marks, cursors, memberships, metadata, visits, conversations
schema/         ``0001-….sql`` and so on, each run once
==============  =====================================================================================

::

    reactor's thread                                database's thread
    ────────────────                                ─────────────────
    read() ──┐  end of the turn                     takes all that waits:
    write() ─┼──── one hand-over ─────────────────►  reads at the head of it   ──┐
    read() ──┘                                       BEGIN, calls in order, COMMIT (fsync)
       ▲                                                                        ──┤
       └─────────────────────── callFromThread: all Deferreds at once ────────────┘
"""
