"""Joins all parts into one daemon; the only package that knows them all.

::

    settings ─► store ─► hub ─► credentials ─► gateways ─► listeners
                          └────────── control socket ──────┘

    daemon.py       `Daemon`: starting, reloading, stopping
    environment.py  what the core needs of the reactor
    store.py        the store that the settings name
    listeners.py    every listener, and the certificate they show
"""

from imd.assembly.daemon import Daemon
from imd.assembly.store import make_store

__all__ = ["Daemon", "make_store"]
