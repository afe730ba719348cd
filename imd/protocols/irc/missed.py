"""What a device has missed, shown when it comes back to a client that has no CHATHISTORY.

Each room and talk is a batch of type ``chathistory`` for clients that know batches
(https://ircv3.net/specs/extensions/batch/chathistory); others get the lines, with the time in their tags, or in
the text of those that are old.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imd.core.message import Envelope
from imd.protocols.irc import incoming
from imd.protocols.irc.wire.line import encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def missed(session: "IrcSession", name: str, envelopes: Sequence[Envelope]) -> None:
    """The core's `Client.missed` of this door."""
    reference = session.replies.reference() if "batch" in session.caps else ""
    if reference:
        session.push(encode("BATCH", [f"+{reference}", "chathistory", name], source=session.door.server))
    tagged = "message-tags" in session.caps
    now = session.hub.clock.time()
    account = session.me.account
    for envelope in envelopes:
        message = envelope.message
        mine = account is not None and message.sender_account == account.id
        if mine and envelope.repeat and not tagged:
            # It has shown it itself, and could not tell that this is no new one.
            continue
        target = name if mine or name.startswith("#") else session.nick
        dated = "server-time" not in session.flavour and now - message.time > incoming.OLD
        session.push(
            incoming.encode_message(
                message, target, session.flavour, dated=dated, repeat=envelope.repeat, batch=reference
            )
        )
    if reference:
        session.push(encode("BATCH", [f"-{reference}"], source=session.door.server))
