"""How to meet each limit, through each door, and what the door says then.

    deeds.py        the table: by the name of the setting
    meeting.py      one door of one daemon
    sizes.py, signing_on.py, counts.py, texts.py   the deeds

A deed is done by people of its own, on a daemon with the settings of `deeds.TIGHT`.
"""
