"""The embedded store: SQLite in the data folder, every write in an fsynced group commit.

==============  =====================================================================================
store.py        `SQLiteStore`: the parts joined; opening and closing
database.py     the two threads and connections; group commit; which read sees which write
statements.py   many rows in one statement
migrate.py      numbered schema files; the copy aside; refusing a newer schema
lease.py        one daemon per data folder
accounts.py     accounts, verifiers, certificates
tokens.py       resume tokens
rosters.py      contacts
ledger.py       sign-ons and sign-offs
rooms.py        rooms founded by accounts
inbox.py        the offline queue
history.py      what was said
schema/         ``0001-….sql`` and so on, each run once
==============  =====================================================================================

::

    reactor thread                        writer thread                       reader thread
    ──────────────                        ─────────────                       ─────────────
    write() ─┐ end of the turn            all that waits in one               own connection (WAL: neither
    write() ─┼──── one hand-over ────────► transaction, one COMMIT             waits for the writer nor stops it)
    read()  ─┘                                │        └── reads that must ──────►│
       ▲                                      │            see these writes       │
       └───────── callFromThread ─────────────┴───────────────────────────────────┘
"""
