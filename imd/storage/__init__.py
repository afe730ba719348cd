"""Storage: the contract of `imd.core.stores`, implemented twice.

=========  ==========================================================================================
sqlite/    one file in the data folder, the default: no other service is needed
values.py  messages as bytes, alike in both
redis/     a Redis server through txredisapi, for those who have one, and later for several nodes
=========  ==========================================================================================

::

    core ──(imd.core.stores: AccountStore, InboxStore, …)──►  sqlite/  or  redis/

Both pass the same tests, ``tests/contracts/``. Nothing outside this package knows SQL or Redis commands, and only
`imd.assembly` and the command-line programs know which of the two is in use.
"""
