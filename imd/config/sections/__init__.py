"""The sections of the settings, each a frozen struct: each setting with its default and its explanation.

    listening.py   listen, tls: where each door listens
    web.py         web: sites, desks, visitors
    people.py      accounts, guests: who may sign on
    operators.py   operators
    messages.py    delivery, offline, history, rooms, carriers: what becomes of messages
    keeping.py     store, ledger, log: what is written down, and where
    irc.py         irc

The section `limits` has a package of its own, `imd.config.limits`; `imd.config.model` joins them all.
"""
