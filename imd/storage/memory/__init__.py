"""Every store in dictionaries: for tests of the parts above, and for trying things out. Nothing survives.

==============  =====================================================================================
store.py        `MemoryStore`: the parts joined; being away, dying, calls that wait
part.py         what the parts have in common
accounts.py     accounts, verifiers, certificates
tokens.py       resume tokens
rosters.py      contacts
ledger.py       sign-ons and sign-offs
rooms.py        rooms founded by accounts
bans.py         who may not sign on
inbox.py        the offline queue
history.py      what was said
shelves.py      small values of accounts: read marks, cursors, memberships, metadata, visits, conversations
==============  =====================================================================================

It keeps the same contract tests as the durable stores (`tests/contracts`), so a test that passes on it is not fooled.
Awaitables fire at once, or, when `deferring`, as the test says: then calls wait in their order, and the store can die,
or its daemon, with any number of them done and not answered.
"""
