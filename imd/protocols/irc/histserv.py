"""HistServ: history for clients without CHATHISTORY, and what is one's own of it: to have, and to have forgotten."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from imd.core.message import Kind, Message
from imd.core.past import Part
from imd.protocols.irc.services import Service
from imd.protocols.irc.wire.splitting import pieces

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

HISTSERV = Service(
    "HistServ", "I know what was said before. What I understand:", commands=("HISTSERV",), needs="Your own history"
)

#: Messages that PLAY shows: by itself, and at most.
_PLAYED, _MOST = 20, 100
#: Bytes of a message in one notice: the line must fit, whatever stands before it.
_ROOM = 300
#: While so much waits for the client, an export waits, and looks again after so many seconds.
_BACKLOG, _PAUSE = 64 * 1024, 0.05


@HISTSERV.verb("PLAY", "what was said last in a room or with somebody", usage="target [count]", least=1, account=False)
async def _play(session: "IrcSession", words: list[str]) -> None:
    text = words[1] if len(words) > 1 else str(_PLAYED)
    if not (text.isascii() and text.isdigit()):
        HISTSERV.say(session, f"Use: {HISTSERV.verbs['PLAY'].usage}")
        return
    session.hub.history.want(session.me)
    past = await session.hub.history.read(session.me, words[0], Part(limit=min(int(text[:9]), _MOST)))
    _tell(session, past.messages, lambda message: f"<{message.sender.name}>")
    HISTSERV.say(session, "End of history playback")


@HISTSERV.verb("DELETE", "take back a message: your own, or in a room you keep in order", usage="target msgid", least=2)
async def _delete(session: "IrcSession", words: list[str]) -> None:
    await session.hub.history.redact(session.me, words[0], words[1], "")
    HISTSERV.say(session, "Successfully deleted message")


@HISTSERV.verb("EXPORT", "everything you have said that is kept, line by line")
async def _export(session: "IrcSession", words: list[str]) -> None:
    account = session.me.account
    cursor, count, more = "", 0, account is not None
    while more and account is not None and not session.closing:
        messages, cursor = await session.hub.history.own.page(account.id, cursor)
        _tell(session, messages, lambda message: f"{message.recipient.name}:")
        count += len(messages)
        more = bool(cursor)
        if more and session.slot is not None and session.slot.label:
            # A labelled answer waits for its end, and this one may be of any length.
            HISTSERV.say(session, "There is more: ask for it without a label.")
            break
        while session.link.backlog > _BACKLOG and not session.closing:
            pause: Deferred[None] = Deferred()
            session.hub.clock.call_later(_PAUSE, lambda pause=pause: pause.callback(None))  # type: ignore[misc]
            await pause
    HISTSERV.say(session, f"End of export: {count} messages")


@HISTSERV.verb("FORGET", "forget everything you have said, for everybody; yes, if you mean it", usage="[yes]")
async def _forget(session: "IrcSession", words: list[str]) -> None:
    account = session.me.account
    if account is None or not words or words[0].lower() != "yes":
        HISTSERV.say(session, "This cannot be undone. Say FORGET yes to have everything forgotten that you have said.")
        return
    HISTSERV.say(session, f"Forgotten: {await session.hub.history.own.erase(account.id)} messages")


def _tell(session: "IrcSession", messages: Iterable[Message], who: Callable[[Message], str]) -> None:
    for message in messages:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(message.time))
        before = f"[{when}] {who(message)} "
        if message.kind is Kind.ACTION:
            before += f"* {message.sender.name} "
        for piece in pieces(message.body.replace("\x01", ""), _ROOM):
            HISTSERV.say(session, before + piece)
