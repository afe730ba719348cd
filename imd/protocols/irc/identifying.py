"""Before the welcome, where the settings ask for it: the host name (DNS), and the user by RFC 1413.

Both wait no longer than ``irc.lookup_timeout``, and what they find is shown to nobody but operators: in the ``user`` of
a prefix there is the answer of ident, or ``~`` before what the client says itself.
"""

from typing import TYPE_CHECKING

import msgspec

from imd.protocols.irc.wire.line import cut

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


async def identify(session: "IrcSession", longest_user: int) -> None:
    """Once for each connection, before it signs on."""
    state, settings = session.registration, session.door.settings
    if state.identified:
        return
    state.identified = True
    if settings.lookup_hostnames and not session.peer.hostname:
        await _name(session)
    if settings.ident and not session.closing:
        found = await _user(session)
        state.user = cut((found or f"~{state.user.lstrip('~')}").encode(), longest_user).decode()


async def _name(session: "IrcSession") -> None:
    session.notice("*** Looking up your hostname...")
    hostname = await session.hub.people.hostname(session.peer.address)
    if session.closing:
        return
    if hostname:
        session.peer = msgspec.structs.replace(session.peer, hostname=hostname)
        session.notice("*** Found your hostname")
    else:
        session.notice("*** Couldn't look up your hostname")


async def _user(session: "IrcSession") -> str:
    identification, here = session.door.identification, session.link.local
    if identification is None or here is None or session.gateway:
        # The machine at the far end knows nothing of who is behind a balancer or a gateway.
        return ""
    session.notice("*** Checking Ident")
    user = await identification.user(session.peer.address, session.peer.port, *here)
    if not session.closing:
        session.notice("*** Got Ident response" if user else "*** No Ident response")
    return user
