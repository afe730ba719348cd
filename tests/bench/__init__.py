"""``make bench``: imd beside ``twistd words``, ngIRCd, InspIRCd and a bare epoll loop, in one run, as ratios.

::

    __main__.py    the command line: build, run the plan, print the table, write build/bench.json
    plan.py        what is run, in which order, and how long
    ways.py        who is measured: rivals, and the ways into imd
    rows.py        the rows of the table, and what is wanted of them (DESIGN section 8)
    report.py      measured, rival, ratio, budget, ok?
    load.py        builds the C programs, calls the generator, refuses a run in which a message went astray
    servers.py     starts imd, twistd words, ngIRCd and the floor on a core of their own
    accounts.py    fills a store with accounts (a program of its own, because it needs a reactor)
    contract.py    the store alone, without doors and clients (a program of its own, too)
    baseline.py    one transaction for each message, on the same disk and the same Redis
    clients.py     what clients in Python have in common: crowd and polls
    crowd.py       a thousand people in one room, half of whom vanish and return
    polls.py       visitors by long polling: idle, and in talks with desks
    floor.c        the bare epoll loop
    generator/     the load generator, see generator/load.h
    misbehaving.py a server that loses, doubles and misdelivers on demand, to check the generator's checker
"""
