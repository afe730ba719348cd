"""Conversations with desks."""

from typing import TYPE_CHECKING

from imd.core.conversation import ConversationNews
from imd.messages.desks import CloseConversation, ConversationOf
from imd.protocols.native.outgoing import word

if TYPE_CHECKING:
    from imd.protocols.native.session import NativeSession


def close(session: "NativeSession", request: CloseConversation) -> None:
    session.hub.desks.close(session.me, request.desk)
    session.ok(request.ref)


def conversation(news: ConversationNews) -> ConversationOf:
    return ConversationOf(
        desk=str(news.desk),
        person=str(news.person),
        state=word(news.stage.value),
        by="" if news.by is None else str(news.by),
        name=news.name,
        time=news.time,
    )
