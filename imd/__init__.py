"""imd: one instant messaging daemon, many doors.

A person signs on through any door and is the same person behind all of them: one account, one buddy
list, one presence, one inbox. docs/architecture.md draws the house.

    tap          what ``twistd imd`` accepts
    assembly     joins all parts; the only package that knows them all
    policies     from the settings to the plain values each part goes by
    config       settings: load, check, reload
    core         what an instant messaging service is; no sockets, no Twisted
    credentials  who may sign on: twisted.cred portal and realm, SCRAM
    messages     the messages of the native protocol
    net          what doors share: listening, TLS, the write path
    storage      SQLite and Redis, one contract
    protocols    the doors, a folder each
    control      the operator's door: imdctl and the socket it talks to
    client       client library and the terminal client imc
"""

__version__ = "0.1.0"
