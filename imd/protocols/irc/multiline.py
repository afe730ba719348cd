"""BATCH from clients: messages of several lines (https://ircv3.net/specs/extensions/multiline, client-batch).

::

    BATCH +ref draft/multiline target ─► its lines, tagged with ref ─► BATCH -ref ─► one message
                 │ the label waits here                │ wrong, too much, too late: FAIL, the rest is ignored

"implementations MUST collect the message content from each line in the batch and wait until the full batch has been
received". What is collected is bounded, by ``limits.message_size``, ``limits.multiline_lines`` and
``limits.multiline_time``; one batch at a time. Other commands between the lines run as ever.
"""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from imd.core.address import fold
from imd.core.ports import Timer
from imd.protocols.irc import messaging, numerics, refusals
from imd.protocols.irc.capabilities import MULTILINE, SEAMS_TAG
from imd.protocols.irc.commands import COMMANDS, Command, command
from imd.protocols.irc.replies import with_tag
from imd.protocols.irc.wire.line import Line
from imd.protocols.irc.wire.multiline import Part, joined

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: With more seams than this the message forgets how its lines were cut: they would be more than the text.
_SEAMS = 200
_CONCAT = "draft/multiline-concat"


class Batch:
    """A batch its client has not ended."""

    __slots__ = ("command", "label", "parts", "reference", "size", "tags", "target", "timer")

    def __init__(self, reference: str, target: str, label: str, tags: dict[str, str]) -> None:
        self.reference = reference
        self.target = target
        #: What answers the batch answers the command that opened it.
        self.label = label
        self.tags = tags
        #: PRIVMSG or NOTICE, from the first line on.
        self.command = ""
        #: None once the batch has failed: what still comes of it is ignored.
        self.parts: list[Part] | None = []
        #: Bytes so far, line feeds included.
        self.size = 0
        self.timer: Timer | None = None


def row_for(session: "IrcSession", line: Line, row: Command | None) -> Command | None:
    """What runs a line that has a ``batch`` tag."""
    if not session.registered or MULTILINE not in session.flavour or line.command == "BATCH":
        return row
    return LINE if line.command in ("PRIVMSG", "NOTICE") else _STRAY


def drop(session: "IrcSession") -> None:
    """Forget the open batch, if there is one."""
    batch, session.multiline = session.multiline, None
    if batch is not None:
        _stop(batch)


def capabilities_changed(session: "IrcSession") -> None:
    """Who gives the capability back, or batch, has begun nothing."""
    if session.multiline is not None and MULTILINE not in session.flavour:
        drop(session)
        session.keep()


def _stop(batch: Batch) -> None:
    if batch.timer is not None:
        batch.timer.cancel()
        batch.timer = None


@command("BATCH", parameters=1, overlaps=True, active=True)
def batch_(session: "IrcSession", line: Line) -> Coroutine[Any, Any, None] | None:
    if MULTILINE not in session.flavour:
        session.numeric(numerics.ERR_UNKNOWNCOMMAND, line.command)
        return None
    sign, reference = line.params[0][:1], line.params[0][1:]
    if "batch" in line.tags:
        _fail(session, reference, "Batches of clients are not nested.")
    elif sign == "+":
        _open(session, line, reference)
    elif sign == "-":
        return _end(session, reference)
    else:
        _fail(session, "", "A batch begins with + or - and its reference.")
    return None


def _open(session: "IrcSession", line: Line, reference: str) -> None:
    target = line.param(2)
    if session.multiline is not None and session.multiline.parts is not None:
        _fail(session, reference, "There is an open batch already.")
        return
    drop(session)
    if line.param(1) != MULTILINE or not reference or not target or "," in target:
        _fail(session, reference, "That is no batch of one target for draft/multiline.")
        return
    slot = session.slot
    if slot is None:
        raise AssertionError("commands run in a slot")
    batch = session.multiline = Batch(reference, target, slot.label, messaging.client_tags(session, line))
    # It goes to what the batch comes to: "Servers MUST include the tag in exactly one logical message".
    slot.label = ""
    if seconds := session.door.settings.limits.multiline_time:
        batch.timer = session.hub.clock.call_later(seconds, lambda: _late(session, batch))


def _late(session: "IrcSession", batch: Batch) -> None:
    """client-batch: "all past and future messages in this batch will be ignored"."""
    batch.timer = None
    session.door.settings.limits.tally.count("multiline_time")
    params = ["BATCH", "TIMEOUT", refusals.middle(batch.reference), "The batch was left open for too long."]
    data = session.format("FAIL", params, colon=True)
    session.push(with_tag(data, "label", batch.label))
    batch.parts = None
    batch.label = ""
    batch.size = 0
    session.keep()


def _fail(
    session: "IrcSession", reference: str, sentence: str, code: str = "MULTILINE_INVALID", context: tuple[str, ...] = ()
) -> None:
    """Answer with FAIL, under the label of the open batch if there is one, and ignore what follows of `reference`."""
    batch, slot = session.multiline, session.slot
    if batch is not None and slot is not None and batch.label:
        slot.label = batch.label
    drop(session)
    if reference:
        failed = session.multiline = Batch(reference, "", "", {})
        failed.parts = None
    session.fail("BATCH", code, context, sentence, always=True)


def _line(session: "IrcSession", line: Line) -> None:
    """One line of a batch."""
    batch, reference = session.multiline, line.tags["batch"]
    if batch is None or batch.reference != reference:
        _fail(session, reference, "There is no such batch.")
        return
    if batch.parts is None:
        return
    text = line.param(1)
    part = Part(text, _CONCAT in line.tags)
    target = line.param(0)
    limits = session.door.settings.limits
    size = batch.size + len(text.encode()) + (1 if batch.parts and not part.joined else 0)
    if fold(target) != fold(batch.target):
        context = (refusals.middle(batch.target), refusals.middle(target))
        _fail(session, reference, "Invalid multiline target", "MULTILINE_INVALID_TARGET", context)
    elif len(line.params) < 2 or (batch.command and line.command != batch.command):
        _fail(session, reference, "A batch has lines of PRIVMSG, or of NOTICE.")
    elif part.joined and not text:
        _fail(session, reference, "Invalid multiline batch with concatenated blank line")
    elif size > (most := limits.multiline_bytes):
        limits.tally.count("message_size")
        _fail(session, reference, "Multiline batch max-bytes exceeded", "MULTILINE_MAX_BYTES", (str(most),))
    elif limits.multiline_lines and len(batch.parts) >= limits.multiline_lines:
        limits.tally.count("multiline_lines")
        sentence = "Multiline batch max-lines exceeded"
        _fail(session, reference, sentence, "MULTILINE_MAX_LINES", (str(limits.multiline_lines),))
    else:
        batch.command = line.command
        batch.size = size
        batch.parts.append(part)
        session.keep()


def _stray(session: "IrcSession", line: Line) -> None:
    """ "Multiline batches MUST only contain one or more PRIVMSG lines, or one or more NOTICE lines"."""
    batch = session.multiline
    if batch is None or batch.parts is not None or batch.reference != line.tags["batch"]:
        _fail(session, line.tags["batch"], "A batch has lines of PRIVMSG, or of NOTICE.")


def _end(session: "IrcSession", reference: str) -> Coroutine[Any, Any, None] | None:
    batch = session.multiline
    if batch is None or batch.reference != reference:
        _fail(session, "", "There is no such batch.")
        return None
    if batch.parts is None:
        drop(session)
        return None
    if not any(part.text for part in batch.parts):
        _fail(session, "", "Invalid multiline batch with blank lines only")
        return None
    drop(session)
    if batch.label and session.slot is not None:
        session.slot.label = batch.label
    text, seams = joined(batch.parts)
    tags = {**batch.tags, SEAMS_TAG: ",".join(map(str, seams))} if 0 < len(seams) <= _SEAMS else batch.tags
    return messaging.say(session, Line(batch.command, [batch.target, text]), [batch.target], tags)


#: A line of a batch; its rate is that of commands, as the batch is one message.
LINE = COMMANDS["BATCH"]._replace(name="PRIVMSG", run=_line)
_STRAY = LINE._replace(name="BATCH", run=_stray)
