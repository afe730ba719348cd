"""The promises of imd, each in a file of its own, kept against real daemons, every door and both stores.

house.py                a daemon with people in it, on either store
audit.py                what was told and what was shown: the books for P1, P2 and P3
test_no_loss.py         P1: ``kill -9`` in the middle of ten thousand messages; Redis killed under load
test_no_duplicates.py   P2: killed while delivering, cut before confirming, sent again after a crash
test_order.py           P3: live and queued together, over doors and restarts
test_cuts.py            P1, P2, P3: the connection cut after every byte (cutting.py is the knife)
test_cuts_datagrams.py  P1, P2, P3: the link cut after every datagram (cutting_datagrams.py)
test_cuts_polling.py    P1, P2, P3: by long polling, every connection of it cut after every byte (cutting_polls.py)
test_devices.py         P1, P2, P3: a person with several clients, and a daemon killed among them
test_symmetry.py        P4: every ordered pair of doors, every transition; prints the matrix
test_privacy.py         P5: who may not know does not learn, by any command of any door (probes.py asks)
test_history.py         P1, P2, P3 for history: what was accepted can be read again, once, in order
test_bans.py            bans hold behind every door
test_bounded.py         P6: each limit is met, through each door (bounds/ has how); test_bounded_memory.py, bounded.py
test_latency.py         P7: p50, p99 and p99.9 at half of saturation
test_honesty.py         P8: bad input gets an answer, and nobody else notices (hostile.py makes it)
test_restart.py         P10: reload, wrong reload, renewed certificate
test_talks_with_desks.py  P1, P2, P3 between visitors and agents, whatever dies (talking.py keeps their books)
test_ringing.py         P1, P2, P3 while several agents of a desk are rung, one takes it, and all die
test_visitors_presence.py  P4, P5 for visitors and desks
test_storm.py           everybody comes back at once (storming.py)
"""
