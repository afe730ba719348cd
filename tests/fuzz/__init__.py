"""Hostile clients against a running daemon (promises P6 and P8).

::

    python -m tests.fuzz [--lines 100000] [--seed N] [--store sqlite]

says hostile lines at both stream doors until there have been so many, while two people talk through both doors. It
fails when they lose a message, when the daemon logs a fault of its own or leaves a client without any answer, or when
its memory has grown by more than `crowd.FLAT` since the first fifth. `make test` says a few thousand.

seeds/*.txt    conversations as they should be, each with its invariant: what must hold however it is spoilt
conversations  reads them
mutations      spoils them, by the grammar of the door; the same for the same seed
crowd          the hostile clients, the two people, and what is measured

A crash found here becomes a line of a seed file, so that it is tried again for ever.
"""
