"""Messages from the core to the client: PRIVMSG, NOTICE and TAGMSG with the tags the client negotiated.

A body that has several lines or is too long for one becomes a batch for clients with draft/multiline, and for others
several messages of which the first carries the id. What a message says is encoded once for all sessions that see it
alike.

A client without server-time sees the time of an old message in its text. A message that may have been shown before
has the tag `REPEAT_TAG`, its id and its original time.
"""

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from imd.core.message import BOT_TAG, DESK_TAG, FOR_DESK_TAG, Envelope, Kind, Message
from imd.protocols.irc.capabilities import MULTILINE, REPEAT_TAG, SEAMS_TAG, Flavour, line_tags
from imd.protocols.irc.wire.line import MAX_BODY, encode
from imd.protocols.irc.wire.multiline import Part, fitted, parted
from imd.protocols.irc.wire.splitting import pieces

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Seconds after which a message needs to say when it was written.
OLD = 60.0
#: Tag of a `Kind.SIGNAL` with a body: a CTCP message other than ACTION, ``request`` or ``reply``.
CTCP_TAG = "imd/ctcp"
#: Tags that are between doors.
_OURS = frozenset({CTCP_TAG, SEAMS_TAG, BOT_TAG, DESK_TAG, FOR_DESK_TAG})
_ENDS = re.compile(r"\r\n|\r")


def deliver(session: "IrcSession", envelopes: Sequence[Envelope]) -> None:
    """Write private messages, and the PING that will confirm those that are kept."""
    me = session.me
    if me.person.address.name != session.nick:
        session.renamed()
    account = me.person.account
    unconfirmed = []
    for envelope in envelopes:
        message = envelope.message
        mine = account is not None and message.sender_account == account.id
        # A copy of what another session of this account has sent goes to the talk with its recipient. In all other
        # cases the target is this client, whatever its name was when the message was sent.
        session.link.write(encoded(session, envelope, message.recipient.name if mine else session.nick))
        if message.kind.kept:
            unconfirmed.append(message.id)
    if account is not None and unconfirmed and me.confirms:
        session.barrier.sent(session, unconfirmed)


def encoded(session: "IrcSession", envelope: Envelope, target: str) -> bytes:
    """The lines of a message to a person, for this session; encoded once for all that see it alike."""
    flavour = session.flavour
    dated = "server-time" not in flavour and session.hub.clock.time() - envelope.message.time > OLD
    key = ("irc", flavour, target, dated)
    data = envelope.encoded.get(key)
    if data is None:
        data = envelope.encoded[key] = encode_message(
            envelope.message, target, flavour, dated=dated, repeat=envelope.repeat
        )
    return data


def encode_message(
    message: Message, target: str, flavour: Flavour, *, dated: bool = False, repeat: bool = False, batch: str = ""
) -> bytes:
    """All lines of one message for clients of one flavour; b"" where it is nothing to them (TAGMSG without tags).

    `batch` is the reference of a batch that they are part of.
    """
    source = f"{message.sender.name}!{message.origin}"
    if not flavour and not dated and message.kind is Kind.TEXT and not (message.tags or batch):
        # By far the most common: a short text for a client of 1995. What follows would come to the same.
        line = f":{source} PRIVMSG {target} :{message.body}"
        if len(line) <= MAX_BODY - 2 and line.isascii() and line.isprintable():
            return line.encode() + b"\r\n"
    return _encode_any(message, target, flavour, source, dated=dated, repeat=repeat, outer=batch)


def _encode_any(
    message: Message, target: str, flavour: Flavour, source: str, *, dated: bool, repeat: bool, outer: str
) -> bytes:
    account = message.sender.name if message.sender_account else ""
    more = {f"+{key}": value for key, value in message.tags.items() if key not in _OURS} if message.tags else {}
    if repeat:
        more[REPEAT_TAG] = ""
    if BOT_TAG in message.tags:
        more["bot"] = ""
    inside = f"batch={outer}" if outer else ""
    first = line_tags(flavour, message.time, account=account, msgid=message.id, more=more)
    if inside:
        first = _and(inside, first)
    if message.kind is Kind.SIGNAL and not message.body:
        return encode("TAGMSG", [target], source=source, tags=first) if "message-tags" in flavour else b""
    command, before, after = _form(message)
    # Control A quotes CTCP: a body that holds one is not to become a request to the reader's client.
    body = message.body.replace("\x01", "")
    if dated:
        before += f"[{time.strftime('%Y-%m-%d %H:%M', time.gmtime(message.time))}] "
    head = len(f":{source} {command} {target} :".encode())
    room = max(MAX_BODY - 2 - head - len(before) - len(after), 4)
    seams = _seams(message, before) if SEAMS_TAG in message.tags else ()
    if not seams:
        found = pieces(body, room)
        several = len(found) > 1 or "\n" in body
    else:
        # "Servers SHOULD maintain the line composition sent by the client", and "MUST NOT send blank lines".
        text = [part.text for part in parted(body, [seam - len(before) for seam in seams]) if part.text]
        found = [piece for line in text for piece in pieces(line, room)]
        several = True
    if several and MULTILINE in flavour:
        text_of_all = _ENDS.sub("\n", f"{before}{body}{after}")
        parts = fitted(parted(text_of_all, seams), max(MAX_BODY - 2 - head, 4))
        return _batch(f"m{message.id}", command, target, source, parts, first, inside)
    others = _and(inside, line_tags(flavour, message.time, account=account)) if len(found) > 1 else ""
    return b"".join(
        encode(command, [target, f"{before}{piece}{after}"], source=source, tags=others if at else first, colon=True)
        for at, piece in enumerate(found)
    )


def _batch(
    reference: str, command: str, target: str, source: str, parts: Sequence[Part], tags: str, outer: str
) -> bytes:
    """https://ircv3.net/specs/extensions/multiline: what belongs to the message stands at its opening."""
    lines = [encode("BATCH", [f"+{reference}", MULTILINE, target], source=source, tags=tags)]
    for part in parts:
        inside = f"batch={reference};draft/multiline-concat" if part.joined else f"batch={reference}"
        lines.append(encode(command, [target, part.text], source=source, tags=inside, colon=True))
    lines.append(encode("BATCH", [f"-{reference}"], source=source, tags=outer))
    return b"".join(lines)


def _and(one: str, other: str) -> str:
    """Tags and further tags, which may be none."""
    return f"{one};{other}" if one and other else one or other


def _seams(message: Message, before: str) -> list[int]:
    """Where its sender cut the lines of a message, in characters of what IRC shows of it. Anybody may have written
    them: what is no number is none."""
    # The date that was put before the text moves them.
    moved = len(before) - len(_form(message)[1])
    words = message.tags[SEAMS_TAG].split(",")
    return [int(word) + moved for word in words if len(word) < 8 and word.isascii() and word.isdigit()]


def _form(message: Message) -> tuple[str, str, str]:
    """The command, and what stands before and after the text."""
    match message.kind:
        case Kind.ACTION:
            return "PRIVMSG", "\x01ACTION ", "\x01"
        case Kind.NOTICE:
            return "NOTICE", "", ""
        case Kind.SIGNAL:
            return "NOTICE" if message.tags.get(CTCP_TAG) == "reply" else "PRIVMSG", "\x01", "\x01"
        case _:
            return "PRIVMSG", "", ""
