"""NickServ: what belongs to one's account. Password, certificates, clients, and its end."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.refusal import NotAllowed, SignOnFailed
from imd.core.session import Account, Session
from imd.protocols.irc.nickserv import NICKSERV, need_privacy, say, when
from imd.protocols.irc.registration import pause

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def _account(session: "IrcSession") -> Account:
    account = session.me.account
    if account is None:
        raise NotAllowed("You're not logged into an account")
    return account


def _own(session: "IrcSession") -> Account:
    """The account, to change how one signs on to it, or to end it. A site says for a day who its member is: what she
    does must not be good for longer than that, nor bind whoever has a password."""
    if session.me.info.vouched is not None:
        raise NotAllowed("You are here by a site's token: sign on with the account's own password to do this")
    return _account(session)


def _use(verb: str) -> str:
    return f"Use: {NICKSERV.verbs[verb].usage}"


# ---------------------------------------------------------------- passwords


@NICKSERV.verb("PASSWD", "change your password", usage="old new new", least=2)
async def _passwd(session: "IrcSession", words: list[str]) -> None:
    if len(words) > 3 or (len(words) == 3 and words[1] != words[2]):
        say(session, "Passwords do not match; given here they have no spaces.")
        return
    need_privacy(session)
    account = _account(session)
    try:
        await session.door.credentials.plain(account.name, words[0], session.peer)
    except SignOnFailed:
        await pause(session, session.door.settings.limits.sign_on_delay)
        say(session, "Password incorrect")
        return
    await _change_password(session, words[1])


async def _change_password(session: "IrcSession", password: str) -> None:
    need_privacy(session)
    await session.door.credentials.change_password(_account(session), password)
    say(session, "Password changed")


NICKSERV.verb("PASSWORD", "", usage="old new new", least=2, listed=False)(_passwd)

Setting = Callable[["IrcSession", str], Awaitable[None]]

#: What SET can set.
SETTINGS: dict[str, Setting] = {}


def setting(name: str) -> Callable[[Setting], Setting]:
    """Enter the decorated function as what ``SET name value`` does."""

    def enter(run: Setting) -> Setting:
        SETTINGS[name] = run
        return run

    return enter


@NICKSERV.verb("SET", "change a setting of your account: PASSWORD, ALWAYS-ON", usage="setting value", least=2)
async def _set(session: "IrcSession", words: list[str]) -> None:
    run = SETTINGS.get(words[0].upper())
    if run is None:
        say(session, f"There is no such setting. There are: {', '.join(sorted(SETTINGS))}")
    else:
        await run(session, " ".join(words[1:]))


async def _set_password(session: "IrcSession", password: str) -> None:
    _own(session)
    await _change_password(session, password)


setting("PASSWORD")(_set_password)
setting("PASS")(_set_password)


@setting("ALWAYS-ON")
async def _always_on(session: "IrcSession", value: str) -> None:
    match value.lower():
        case "on" | "true" | "yes":
            await session.hub.people.set_always_on(session.me, True)
            say(session, "You stay in your rooms while none of your clients is connected.")
        case "off" | "false" | "no":
            await session.hub.people.set_always_on(session.me, False)
            say(session, "You leave your rooms with your last client.")
        case _:
            say(session, "Use: SET ALWAYS-ON on|off")


# ---------------------------------------------------------------- certificates


@NICKSERV.verb(
    "CERT", "client certificates that may sign on as you", usage="LIST | ADD [sha256] | DEL [sha256]", least=1
)
async def _cert(session: "IrcSession", words: list[str]) -> None:
    account = _account(session)
    # Atheme and Ergo let operators name an account; one's own name is understood.
    given = words[-1] if len(words) > 1 and not session.is_me(words[-1]) else session.peer.certificate
    match words[0].upper():
        case "LIST":
            count = len(account.certificates)
            say(session, f"There are {count} certificate fingerprint(s) authorized for account {account.name}.")
            for number, fingerprint in enumerate(account.certificates, 1):
                mine = " (this connection's)" if fingerprint == session.peer.certificate else ""
                say(session, f"{number}: {fingerprint}{mine}")
        case "ADD" | "DEL" if not given:
            say(session, "Give a fingerprint, or connect with TLS and a client certificate.")
        case "ADD":
            await session.door.credentials.add_certificate(_own(session), given)
            say(session, "Certificate fingerprint successfully added")
        case "DEL":
            await session.door.credentials.remove_certificate(_own(session), given)
            say(session, "Certificate fingerprint successfully removed")
        case _:
            say(session, _use("CERT"))


# ---------------------------------------------------------------- clients


@NICKSERV.verb("CLIENTS", "your clients: see them, end one or all others", usage="[LIST | LOGOUT number|all]")
async def _clients(session: "IrcSession", words: list[str]) -> None:
    match [word.upper() for word in words]:
        case [] | ["LIST"]:
            _list_clients(session)
        case ["LOGOUT", "ALL"]:
            count = session.hub.people.end_others(session.me)
            say(session, f"{count} other {'client' if count == 1 else 'clients'} of yours ended.")
        case ["LOGOUT", number]:
            _end_client(session, number)
        case _:
            say(session, _use("CLIENTS"))


NICKSERV.verb("SESSIONS", "", listed=False)(_clients)


def _list_clients(session: "IrcSession") -> None:
    sessions = session.me.person.sessions
    say(session, f"Nickname {session.nick} has {len(sessions)} attached client(s)")
    for number, each in enumerate(sessions, 1):
        this = " (this one)" if each is session.me else ""
        say(session, f"{number}: {_described(each)}{this}")


def _described(each: Session) -> str:
    """``irc from 192.0.2.7 port 40000 by TLS, phone, since Sun, 22 Nov 2026 10:15:00 UTC``."""
    peer, info = each.peer, each.info
    parts = [f"{peer.door} from {peer.address} port {peer.port}{' by TLS' if peer.secure else ''}"]
    parts += filter(None, [f"{info.name} {info.version}".strip(), info.device, f"since {when(each.since)}"])
    return ", ".join(parts)


def _end_client(session: "IrcSession", number: str) -> None:
    sessions = session.me.person.sessions
    chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    if not 0 < chosen <= len(sessions):
        say(session, "There is no such client; CLIENTS LIST has their numbers.")
    elif sessions[chosen - 1] is session.me:
        say(session, "That is this client: say QUIT.")
    else:
        session.hub.people.end_others(session.me, [sessions[chosen - 1].id])
        say(session, "Successfully logged out session")


# ---------------------------------------------------------------- the end


@NICKSERV.verb("UNREGISTER", "remove your account, with all that belongs to it", usage="account [code]", least=1)
async def _unregister(session: "IrcSession", words: list[str]) -> None:
    account = _own(session)
    if fold(words[0]) != fold(account.name):
        say(session, "You don't own that account")
        return
    code = _code(account)
    if len(words) < 2 or not hmac.compare_digest(words[1].encode(), code.encode()):
        say(session, "Warning: this removes your account, its buddy list, and the messages that wait for it.")
        say(session, f"To confirm, run this command: /NS UNREGISTER {account.name} {code}")
        return
    say(session, f"Successfully unregistered account {account.name}")
    await session.door.credentials.remove_account(account)


NICKSERV.verb("DROP", "", usage="account [code]", least=1, listed=False)(_unregister)


def _code(account: Account) -> str:
    """Against typing errors, not against anybody: one has signed on to the account already."""
    return hashlib.blake2b(f"{account.id} {account.created}".encode(), digest_size=4, person=b"imd-drop").hexdigest()
