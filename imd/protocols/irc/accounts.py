"""REGISTER and VERIFY (https://ircv3.net/specs/extensions/account-registration, draft/account-registration).

An account is called as the nick of who registers it. It is there at once: nothing is sent by e-mail, so there is
nothing to verify. Where the operator asks for invitations, one stands in the place of the e-mail address.
"""

from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.refusal import InvalidName, LooksAlike, NameInUse, NotAllowed, Refusal, RegistrationRefused, WeakPassword
from imd.core.session import Account
from imd.protocols.irc import identity
from imd.protocols.irc.commands import command
from imd.protocols.irc.registration import shown
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: How an invitation begins (`imd.credentials.tokens`): no e-mail address looks like this.
INVITATION = "invite-"


@command("REGISTER", parameters=3, registered=False)
async def register(session: "IrcSession", line: Line) -> None:
    """``REGISTER {account|*} {email|*} password``"""
    wanted, email, password = line.params[:3]
    nick = session.nick if session.registered else session.registration.nick
    mine = identity.account_of(session)
    if mine is not None:
        _fail(session, line, "ALREADY_AUTHENTICATED", mine.name, "You have signed on with an account already")
    elif not nick:
        _fail(session, line, "NEED_NICK", "*", "Choose a nick first: the account is called like it")
    elif wanted != "*" and fold(wanted) != fold(nick):
        _fail(session, line, "ACCOUNT_NAME_MUST_BE_NICK", shown(wanted), "An account is called as your nick is")
    else:
        invitation = email if email.startswith(INVITATION) else ""
        try:
            account = await create(session, nick, password, invitation)
        except Refusal as refusal:
            _fail(session, line, code_of(refusal), nick, refusal.sentence)
        else:
            await _created(session, line, account)


async def create(session: "IrcSession", nick: str, password: str, invitation: str) -> Account:
    """Make the account `nick`, and sign the connection on to it. Raises `Refusal`; see `code_of`."""
    with session.hub.people.naming(nick, session.signed_on):
        account = await session.door.credentials.register(nick, password, session.peer, invitation)
        await identity.become(session, account)
    return account


async def _created(session: "IrcSession", line: Line, account: Account) -> None:
    session.reply("REGISTER", "SUCCESS", account.name, "Account successfully registered", colon=True)
    identity.tell(session, account)
    await identity.greet(session)


def code_of(refusal: Refusal) -> str:
    """The code of account-registration for a refusal of `Credentials.register`."""
    if isinstance(refusal, InvalidName | LooksAlike):
        return "BAD_ACCOUNT_NAME"
    if isinstance(refusal, NameInUse):
        return "ACCOUNT_EXISTS"
    if isinstance(refusal, RegistrationRefused):
        # Not one of the specification's: Ergo's for what its operator does not want.
        return "DISALLOWED"
    if isinstance(refusal, WeakPassword):
        return "WEAK_PASSWORD"
    if isinstance(refusal, NotAllowed):
        return "UNACCEPTABLE_PASSWORD"
    return "TEMPORARILY_UNAVAILABLE" if refusal.temporary else "UNKNOWN_ERROR"


@command("VERIFY", parameters=2, registered=False)
def verify(session: "IrcSession", line: Line) -> None:
    """``VERIFY account code``: no account here waits to be verified."""
    mine = identity.account_of(session)
    if mine is not None:
        _fail(session, line, "ALREADY_AUTHENTICATED", mine.name, "You have signed on with an account already")
    else:
        _fail(session, line, "INVALID_CODE", shown(line.params[0]), "No account of this name waits to be verified")


def _fail(session: "IrcSession", line: Line, code: str, account: str, sentence: str) -> None:
    # The specification answers with FAIL whoever asks: its dependency is standard-replies as a form.
    session.fail(line.command, code, [account], sentence, always=True)
