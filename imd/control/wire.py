"""What travels between ``imdctl`` and the daemon: one AMP command, JSON inside.

AMP carries at most 65,535 bytes in one value, so long answers are pages: an action returns ``rows`` and ``next``, and
the caller asks again with ``after`` set to it until ``next`` is empty.
"""

from typing import Any, ClassVar

import msgspec
from twisted.protocols import amp

#: Rows on one page; a row stays well below 500 bytes.
PAGE = 100

Answer = dict[str, Any]


class Refused(Exception):
    """The daemon said no; the sentence is for the operator."""


class Act(amp.Command):
    """Ask for one action; `arguments` and `answer` are JSON objects."""

    arguments: ClassVar[list[tuple[bytes, amp.Argument]]] = [(b"action", amp.Unicode()), (b"arguments", amp.String())]
    response: ClassVar[list[tuple[bytes, amp.Argument]]] = [(b"answer", amp.String())]
    errors: ClassVar[dict[type[Exception], bytes]] = {Refused: b"REFUSED"}


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(dict[str, Any]).decode
