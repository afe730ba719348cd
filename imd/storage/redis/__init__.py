"""The store in a Redis server, through txredisapi; for operators: ``docs/operations/redis.md``.

==============  =====================================================================================
store.py        `RedisStore`: the parts joined; opening, coming back, closing
url.py          ``redis://…``, ``rediss://…``, ``redis+sentinel://…``
endpoints.py    plain, TLS, or where the sentinels say
connection.py   txredisapi's protocol, a turn's commands in one write
link.py         reconnecting, and the gate: nothing is sent while Redis is away or the lease is not held
lease.py        one daemon per store, with a fencing token
process.py      whether a former holder's process is dead
durability.py   what this Redis survives
scripts.py      the Lua scripts in scripts/
keys.py         every key, and which hash tag it has
agenda.py       in which histories something expires, and when
started.py      coroutine methods that start when called
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

::

    accounts, inbox, …  ──commands, in call order──►  link ──end of the reactor turn──►  connection ──one write──► Redis
            ▲                                          │ away, or lease not held: StoreUnavailable at once
            └──── replies, in the same order ──────────┘ died with the command in flight: OutcomeUnknown

txredisapi imports the reactor, so this package is imported only where a reactor is installed already.
"""
