"""An hour of many people through all doors, compressed: nothing lost, nothing doubled, nothing left behind.

::

    python -m tests.soak [--seed N] [--clients 1000] [--minutes 5] [--store sqlite|redis]

People sign on and off, talk, sit in rooms, change their presence and their buddy lists, read history; connections are
cut in every way; the daemon is stopped once and killed twice under load, and everybody comes back by herself. The same
seed makes the same people and the same decisions; how they interleave is the machine's. `make test` runs a short one.

::

    plan ─► soak ──waves, restarts──► town ─► person ──deeds──► device ─► clients ──► the daemon
                     │                                            │
                     └─ histories, presence, measuring ◄─ books ◄─┘ (what was told, what was shown)
                                        └──► report

plan       how long, how many, who has which clients
soak       the order of events
town       all the people together: coming home, leaving
person     what one does
device     one client program: coming, going, being cut, sending again
clients    the doors' drivers, made light
books      what senders were told and what was shown: P1, P2, P3
histories  what was accepted is in history, and rooms have no gaps
presence   P4 in the end: every view is true
measuring  descriptors and memory of the daemon
report     one table, and the same as JSON

`tests.soak.test_judging` holds the books and the audits to what they say.
"""
