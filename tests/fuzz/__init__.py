"""Hostile clients against a running daemon (promises P6 and P8).

::

    python -m tests.fuzz [--lines 100000] [--datagrams 100000] [--frames 100000] [--polls 100000] [--seed N]
        [--store sqlite]

says hostile lines at both stream doors until there have been so many, while two people talk through both doors; then
hostile datagrams at the UDP port of another daemon, while two people talk by plain UDP and by DTLS; then
hostile requests and frames at the web listener of a third, while two people talk by WebSocket; then hostile requests
of long polling. It fails when they
lose a message, when the daemon logs a fault of its own or leaves a client without any answer, when it sends more than
three times the bytes to an address that has not proved itself, or when its memory has grown by more than `crowd.FLAT`
since the first half. `make test` says a few thousand of each.

seeds/*.txt    conversations as they should be, each with its invariant: what must hold however it is spoilt
conversations  reads them
mutations      spoils them, by the grammar of the door; the same for the same seed
streams        the hostile clients that say them
seeds/datagrams/*.txt  datagrams, good and bad ones
datagrams      reads them, and makes more by the grammar of packets and of DTLS records
frames         requests, frames and the hostile clients that say them
polls          requests of long polling, and the hostile clients that make them
own_keys       records that decrypt and say what OpenSSL never would
puppet         a client that can be led into any state of a connection by UDP
spoofers       the hostile clients that say them, also under the names of others
crowd          the two people, and what is measured
house          the daemon of the floods (test_floods, test_datagram_floods)

A crash found here becomes a line of a seed file, so that it is tried again for ever.
"""
