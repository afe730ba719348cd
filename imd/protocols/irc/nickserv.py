"""NickServ: accounts, for clients that know nothing newer. This module has who one is; nickserv_settings.py the rest.

The forms are those of Ergo and Atheme, the answers much like theirs. An account has one nick, its name, which nobody
else can carry: there is nothing to group and nothing to enforce. Passwords are taken where they may be sent in the
clear (TLS, loopback), and go nowhere but to the user database.
"""

import secrets
from time import gmtime, strftime
from typing import TYPE_CHECKING

from imd.core.refusal import NameInUse, NoSuchAccount, NotAllowed, Refusal, SignOnFailed
from imd.core.session import Account
from imd.protocols.irc import accounts, devices, identity
from imd.protocols.irc.registration import pause
from imd.protocols.irc.services import Service

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

NICKSERV = Service(
    "NickServ", "I make accounts and keep what belongs to them. What I understand:", commands=("NICKSERV", "NS")
)
say = NICKSERV.say


def need_privacy(session: "IrcSession") -> None:
    """Raises `NotAllowed` where a password should not have been sent."""
    if not session.peer.confidential:
        raise NotAllowed("Passwords are accepted over TLS only.")


# ---------------------------------------------------------------- becoming somebody


@NICKSERV.verb(
    "REGISTER",
    "make an account with your nick as its name; with * it has your certificate instead of a password",
    usage="password|* [e-mail|invitation]",
    least=1,
    account=False,
)
async def _register(session: "IrcSession", words: list[str]) -> None:
    if session.me.account is not None:
        say(session, "You're already logged into an account")
        return
    if len(words) > 2 or (len(words) == 2 and "@" not in words[1] and not words[1].startswith(accounts.INVITATION)):
        # Or the account would have the first word of what was meant.
        say(session, "A password given here has no spaces.")
        return
    certificate = session.peer.certificate if words[0] == "*" else ""
    if words[0] == "*" and not certificate:
        say(session, "You must be connected with TLS and a client certificate to do this")
        return
    # Who has a certificate for a credential gets a password that nobody knows.
    secret = secrets.token_urlsafe(32) if certificate else words[0]
    # What else may stand there is an e-mail address, which is not kept.
    invitation = next((word for word in words[1:] if word.startswith(accounts.INVITATION)), "")
    account = await accounts.create(session, session.nick, secret, invitation)
    say(session, "Account created")
    if certificate:
        await _keep_certificate(session, account, certificate)
    await _logged_in(session, account)


async def _keep_certificate(session: "IrcSession", account: Account, certificate: str) -> None:
    """The account is there, whatever becomes of this."""
    try:
        await session.door.credentials.add_certificate(account, certificate)
    except Refusal as refusal:
        used = "it signs on to another account" if isinstance(refusal, NameInUse) else refusal.sentence
        say(session, f"Your certificate was not added: {used}")
        say(session, "Choose a password, or you cannot come back: /msg NickServ SET PASSWORD password")


@NICKSERV.verb(
    "IDENTIFY", "sign on; without a password by your certificate", usage="[account] [password]", account=False
)
async def _identify(session: "IrcSession", words: list[str]) -> None:
    if session.me.account is not None:
        say(session, "You're already logged into an account")
        return
    try:
        account, device = await _proved(session, words)
    except SignOnFailed as refusal:
        await pause(session, session.door.settings.limits.sign_on_delay)
        say(session, f"Authentication failed: {refusal.sentence}")
        return
    if session.signed_on is None or session.closing:
        return
    await identity.become(session, account, device)
    await _logged_in(session, account)


async def _proved(session: "IrcSession", words: list[str]) -> tuple[Account, str]:
    """The account somebody has proved to be, and the device that was named. Raises `SignOnFailed` and others."""
    credentials = session.door.credentials
    if len(words) > 1:
        name, device = devices.named(words[0], session.hub.people.domain)
        return await credentials.plain(name, " ".join(words[1:]), session.peer), device
    if session.peer.certificate:
        return await credentials.external(words[0] if words else "", session.peer), ""
    if not words:
        raise SignOnFailed("Say which account you are, and its password: IDENTIFY account password")
    return await credentials.plain(session.nick, words[0], session.peer), ""


async def _logged_in(session: "IrcSession", account: Account) -> None:
    say(session, f"You're now logged in as {account.name}")
    identity.tell(session, account)
    await identity.greet(session)


NICKSERV.verb("LOGIN", "", usage="[account] [password]", account=False, listed=False)(_identify)
NICKSERV.verb("ID", "", usage="[account] [password]", account=False, listed=False)(_identify)


@NICKSERV.verb("LOGOUT", "leave the account", account=False, listed=False)
async def _logout(session: "IrcSession", words: list[str]) -> None:
    say(session, "Your nick is your account's: to leave it, disconnect (QUIT).")


@NICKSERV.verb(
    "GHOST",
    "end your other clients; with a password also before you have signed on",
    usage="account [password]",
    least=1,
    account=False,
)
async def _ghost(session: "IrcSession", words: list[str]) -> None:
    if session.me.account is None:
        await _regain(session, words)
        if session.me.account is None:
            return
    if not session.is_me(words[0]):
        say(session, "You don't own that nick")
        return
    count = session.hub.people.end_others(session.me)
    say(session, f"{count} other {'client' if count == 1 else 'clients'} of yours ended.")


@NICKSERV.verb(
    "REGAIN", "take your account's nick, signing on if need be", usage="account [password]", least=1, account=False
)
async def _regain(session: "IrcSession", words: list[str]) -> None:
    if session.me.account is not None:
        say(session, "You have your nick." if session.is_me(words[0]) else "You don't own that nick")
    elif len(words) < 2:
        say(session, "You don't own that nick")
    else:
        await _identify(session, words)


NICKSERV.verb("RECLAIM", "", usage="account [password]", least=1, account=False, listed=False)(_regain)
NICKSERV.verb("RECOVER", "", usage="account [password]", least=1, account=False, listed=False)(_regain)
NICKSERV.verb("RELEASE", "", usage="account [password]", least=1, account=False, listed=False)(_regain)


# ---------------------------------------------------------------- asking


@NICKSERV.verb("INFO", "what is known of an account", usage="[account]", account=False)
async def _info(session: "IrcSession", words: list[str]) -> None:
    if words:
        account = await session.hub.people.resolve(words[0])
    elif session.me.account is not None:
        account = session.me.account
    else:
        say(session, "You're not logged into an account")
        return
    say(session, f"Account: {account.name}")
    say(session, f"Registered at: {when(account.created)}")
    if session.me.account is not None and account.id == session.me.account.id:
        say(session, f"Visible to: {account.visible_to.value}")
        say(session, f"Certificates: {len(account.certificates)}")
        say(session, f"Devices: {', '.join(account.devices) or 'none so far'}")


@NICKSERV.verb("STATUS", "3 for who is on with an account, else 1 or 0", usage="nick{ nick}", least=1, account=False)
async def _status(session: "IrcSession", words: list[str]) -> None:
    """As Anope answers: ``STATUS nick code account``."""
    for word in words[:_ASKED]:
        code, account = await _standing(session, word)
        say(session, f"STATUS {word} {code} {account}".rstrip())


@NICKSERV.verb("ACC", "", usage="nick", least=1, account=False, listed=False)
async def _acc(session: "IrcSession", words: list[str]) -> None:
    """As Atheme answers: ``nick -> account ACC code``."""
    for word in words[:_ASKED]:
        if word != "*":
            code, _ = await _standing(session, word)
            say(session, f"{word} ACC {code}")


#: People asked for at once.
_ASKED = 10


async def _standing(session: "IrcSession", name: str) -> tuple[int, str]:
    """3 and the account: on, as far as one may see (P5); 1: such an account is off; 0: there is none."""
    person = session.hub.people.find(name)
    if person is not None and session.hub.people.may_see(session.me, person):
        return (3, person.account.name) if person.account is not None else (0, "")
    try:
        await session.hub.people.resolve(name)
    except NoSuchAccount:
        return 0, ""
    return 1, ""


def when(time: float) -> str:
    """``Sun, 22 Nov 2026 10:15:00 UTC``."""
    return strftime("%a, %d %b %Y %H:%M:%S UTC", gmtime(time))
