"""The promises of imd, each in a file of its own, kept against real daemons, every door and both stores.

house.py            a daemon with people in it, on either store
test_no_loss.py     P1 and P2 and P3: ``kill -9`` in the middle of ten thousand messages; Redis killed under load
test_symmetry.py    P4: every ordered pair of doors, every transition; prints the matrix
test_privacy.py     P5: who may not know does not learn, by any command of any door
test_honesty.py     P8: bad input gets an answer, and nobody else notices
test_restart.py     P10: reload, wrong reload, renewed certificate
"""
