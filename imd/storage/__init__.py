"""Storage: the contract of `imd.core.stores`, implemented for keeps twice, and once for tests.

=========  ==========================================================================================
values.py  messages as bytes, alike in the durable two
sqlite/    one file in the data folder, the default: no other service is needed
redis/     a Redis server through txredisapi, for those who have one, and later for several nodes
memory/    dictionaries: for tests of the parts above
=========  ==========================================================================================

::

    core ──(imd.core.stores: AccountStore, InboxStore, …)──►  sqlite/  or  redis/

All pass the same tests, ``tests/contracts/``. Nothing outside this package knows SQL or Redis commands, and only
`imd.assembly` and the command-line programs know which of them is in use.
"""
