"""A seeded random life of a daemon: people with several clients write to each other, and everything goes wrong.

life.py    what happens, by chance; `live` runs one life
regrets.py what is taken back, and who reads history
shown.py   what may be shown to whom, and what must have been
known.py   what is known of the life so far
cast.py    its messages and clients
daemons.py     what it all happens to: one store, and the daemons on it
desk_life.py   another one: of a desk, of those who ask and those who answer
desk_upheaval.py   the same, and settings, accounts and rosters change
"""
