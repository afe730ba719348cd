"""What every store must do: one mixin for each part, run against every implementation.

============  ==========================================================================
contract.py   `StoreContract`: how a test gets its store; values to store
accounts.py   accounts, tokens
rosters.py    rosters
ledger.py     the sign-on ledger
rooms.py      rooms founded by accounts
bans.py       bans
inbox.py      the offline queue, one property at a time
inbox_model.py  the offline queue against a model, by random operations
history.py    history
shelves.py    small values of accounts
store.py      lease, secret, order within a turn, many calls at once
test_*.py     the mixins bound to one implementation
============  ==========================================================================

A new implementation adds one ``test_NAME.py`` that derives from each mixin and `twisted.trial.unittest.TestCase`
and says in `new_store` how to make a store.
"""
