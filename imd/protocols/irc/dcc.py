"""DCC (https://modern.ircdocs.horse/dcc): offers of direct talks and files, of which a session may have so many open.

What is offered goes through as it is; here it is only told from other CTCP, and from its answers.
"""

import re

from imd.core.message import Draft, Kind

#: What answers an offer; the words after it name what was offered.
_ANSWERS = frozenset({"REJECT", "RESUME"})
#: Part of an offer that has been answered.
_LATER = frozenset({"ACCEPT"})
#: Characters that tell offers apart.
_LONGEST = 100
#: A file's name with spaces stands between quotes.
_WORDS = re.compile(r'"[^"]*"|[^ ]+')
#: Nothing after this is looked at.
_READ = 300


def direct(draft: Draft) -> bool:
    """Whether a message is about a direct connection: an offer, or what follows one."""
    return bool(_words(draft))


def offered(draft: Draft) -> str:
    """The id of what a message offers, "" for nothing: its kind and its name, as ``SEND tea.pdf``."""
    words = _words(draft)
    if not words or words[0] in _ANSWERS or words[0] in _LATER:
        return ""
    return " ".join(words[:2])[:_LONGEST]


def answered(draft: Draft) -> str:
    """The id of the offer that a message takes or declines, "" for none."""
    words = _words(draft)
    if not words or words[0] not in _ANSWERS:
        return ""
    return " ".join(words[1:3] if words[0] == "REJECT" else ["SEND", *words[1:2]])[:_LONGEST]


def _words(draft: Draft) -> list[str]:
    if draft.kind is not Kind.SIGNAL or draft.body[:4].upper() != "DCC ":
        return []
    verb, *rest = _WORDS.findall(draft.body[4 : 4 + _READ]) or [""]
    return [verb.upper(), *rest]
