"""Who a connection is: what SASL, REGISTER and NickServ share when somebody has proved to be an account.

Before the welcome the account is noted, and registration goes on with it. After it the guest becomes the account
(`imd.core.ports.People.promote`): its nick becomes the account's name, and it stays in its rooms.
"""

from typing import TYPE_CHECKING

from imd.core.session import Account
from imd.protocols.irc import buddyserv, numerics
from imd.protocols.irc.registration import DONE, load_marks

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def account_of(session: "IrcSession") -> Account | None:
    """The account this connection has signed on to, before or after the welcome."""
    return session.me.account if session.registered else session.registration.account


async def become(session: "IrcSession", account: Account, device: str = "") -> None:
    """The connection is the account's from here on. Raises what `People.promote` raises."""
    if session.registered:
        device = device or session.registration.device
        await session.hub.people.promote(session.me, account, device)
        if "draft/chathistory" in session.caps:
            session.hub.history.want(session.me)
        session.registration = DONE
        if "draft/read-marker" in session.caps:
            await load_marks(session)
    else:
        session.registration.account = account


def tell(session: "IrcSession", account: Account) -> None:
    """RPL_LOGGEDIN: "sent when the user's account name is set (whether by SASL or otherwise)" (sasl-3.1)."""
    state = session.registration
    mask = session.source if session.registered else f"{state.nick or '*'}!{state.user or '*'}@user/{account.name}"
    session.numeric(numerics.RPL_LOGGEDIN, mask, account.name, f"You are now logged in as {account.name}")


async def greet(session: "IrcSession") -> None:
    """What an account hears at sign-on, for one who was a guest until now."""
    if session.registered and not session.closing:
        await buddyserv.summary(session)
