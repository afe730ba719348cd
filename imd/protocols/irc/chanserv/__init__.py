"""ChanServ: rooms that belong to accounts, for any IRC client. ``/msg ChanServ HELP``, or ``/CS HELP``.

A room that an account makes is kept anyhow, so there is less to do than elsewhere: the verbs are those that people know
from other networks (Ergo, Anope, Atheme), and what is behind them is `imd.core.ports.RoomsKept`.

::

    service    the service itself, and what its verbs share
    founding   REGISTER, INFO, LIST, TRANSFER, DROP, CLEAR
    access     AMODE, ACCESS, FLAGS; OP, VOICE and their kin
    locks      TOPICLOCK, MLOCK, SET; HOWTOBAN
    closing    PURGE, for operators of the service
"""
