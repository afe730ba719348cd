"""Coming and going: NICK, USER, PASS, QUIT, SETNAME, PING, PONG (Modern IRC, "Connection Messages").

::

    PASS? CAP LS? NICK USER (CAP REQ, AUTHENTICATE)* CAP END?  ─►  sign_on  ─►  welcome  ─►  begin

Who someone is comes from SASL or PASS; without either the connection becomes a guest. A wrong PASS ends it.
"""

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from imd.core.address import check_nick
from imd.core.refusal import (
    Banned,
    GuestsRefused,
    InvalidName,
    NameInUse,
    NotAllowed,
    Refusal,
    SignOnFailed,
    StoreUnavailable,
    TooLong,
)
from imd.core.session import Account, ClientInfo, Presence, Vouched
from imd.protocols.irc import asking, buddyserv, devices, identifying, metadata, numerics, user_modes, welcome
from imd.protocols.irc.commands import command
from imd.protocols.irc.rooms import shortened
from imd.protocols.irc.wire.line import Line, cut

if TYPE_CHECKING:
    from imd.protocols.irc.sasl import Exchange
    from imd.protocols.irc.session import IrcSession

#: Longest `user` (Modern IRC, USERLEN), in bytes.
USER_LENGTH = 18


#: Nearly everybody's.
_NOTHING: Mapping[str, str] = {}


class Registration:
    """What is known of a connection before its welcome."""

    __slots__ = (
        "account",
        "attempts",
        "device",
        "exchange",
        "identified",
        "metadata",
        "negotiating",
        "nick",
        "password",
        "presence",
        "realname",
        "user",
        "vouched",
    )

    def __init__(self) -> None:
        self.nick = ""
        self.user = ""
        self.realname = ""
        self.password = ""
        #: What the client calls the device it runs on.
        self.device = ""
        #: Said before the welcome (draft/pre-away).
        self.presence = Presence()
        #: Between CAP LS or REQ and CAP END: registration waits.
        self.negotiating = False
        #: Host name and user have been asked for.
        self.identified = False
        #: Proven by SASL.
        self.account: Account | None = None
        #: By whose word, if that is a site's.
        self.vouched: Vouched | None = None
        #: The SASL exchange under way.
        self.exchange: Exchange | None = None
        #: Failed sign-ons so far.
        self.attempts = 0
        #: What it shows of itself (METADATA); replaced, never altered.
        self.metadata: Mapping[str, str] = _NOTHING


#: What stands in a registered session's `registration`: nothing is changed in it any more.
DONE = Registration()


def progress(session: "IrcSession") -> Coroutine[Any, Any, None] | None:
    """Finish registration if everything is there."""
    state = session.registration
    if session.registered or not state.nick or not state.user or state.negotiating or state.exchange is not None:
        return None
    return _complete(session)


async def pause(session: "IrcSession", seconds: float) -> None:
    """Wait on the injected clock."""
    if seconds > 0:
        session.door.settings.limits.tally.count("sign_on_delay")
        done: Deferred[None] = Deferred()
        session.hub.clock.call_later(seconds, lambda: done.callback(None))
        await done


async def _complete(session: "IrcSession") -> None:
    state = session.registration
    settings = session.door.settings
    try:
        account = await _account(session)
        signed_on = await session.hub.people.sign_on(
            account,
            state.nick,
            session.peer,
            ClientInfo(
                realname=state.realname,
                user=state.user,
                device=state.device or devices.unnamed(session.peer),
                vouched=state.vouched,
            ),
            session,
            presence=state.presence,
            confirms=settings.confirm,
        )
    except SignOnFailed as refusal:
        await pause(session, settings.limits.sign_on_delay)
        session.numeric(numerics.ERR_PASSWDMISMATCH)
        session.close(refusal.sentence)
    except NameInUse as refusal:
        state.nick = ""
        session.numeric(numerics.ERR_NICKNAMEINUSE, refusal.name)
    except InvalidName as refusal:
        state.nick = ""
        session.numeric(numerics.ERR_ERRONEUSNICKNAME, refusal.name or "*")
    except Refusal as refusal:
        if isinstance(refusal, GuestsRefused) and session.caps & {"draft/account-registration", "standard-replies"}:
            # https://ircv3.net/specs/extensions/account-registration, "FAIL * ACCOUNT_REQUIRED".
            session.fail("*", "ACCOUNT_REQUIRED", (), refusal.sentence, always=True)
        if isinstance(refusal, Banned):
            session.numeric(numerics.ERR_YOUREBANNEDCREEP.saying(refusal.sentence))
        session.close(refusal.sentence)
    else:
        session.signed_on = signed_on
        if "draft/read-marker" in session.caps:
            await load_marks(session)
        if state.metadata:
            await metadata.bring_along(session, state.metadata)
        if session.closing:
            session.sign_off("lost", "Connection closed")
            return
        session.began()
        user_modes.first(session)
        if session.slot is not None:
            session.slot.let_go()
        welcome.welcome(session)
        session.hub.people.begin(signed_on)
        asking.ask(session)
        await buddyserv.summary(session)


async def load_marks(session: "IrcSession") -> None:
    """So that each JOIN can tell how far one has read."""
    try:
        await session.hub.read_marks.load(session.me)
    except StoreUnavailable:
        # Then it follows the JOIN, or is asked for.
        return


async def _account(session: "IrcSession") -> Account | None:
    """Whose connection it is, by SASL or PASS; None: a guest's. What the settings ask the network comes first."""
    state, settings = session.registration, session.door.settings
    if settings.lookup_hostnames or settings.ident:
        await identifying.identify(session, USER_LENGTH)
    if state.account is None and state.password:
        return await _by_password(session)
    return state.account


async def _by_password(session: "IrcSession") -> Account:
    """``PASS secret`` is for the account named by NICK, ``PASS account:secret`` names it (DESIGN section 6), with its
    device if it has several: ``PASS account@device:secret``."""
    state = session.registration
    before, colon, after = state.password.partition(":")
    name, secret = (before, after) if colon else (state.nick, state.password)
    state.password = ""
    name, device = devices.named(name, session.hub.people.domain)
    state.device = device or state.device
    return await session.door.credentials.plain(name, secret, session.peer)


@command("PASS", parameters=1, registered=False)
def pass_(session: "IrcSession", line: Line) -> None:
    if session.registered:
        session.numeric(numerics.ERR_ALREADYREGISTERED)
    elif not session.peer.confidential:
        # It has been sent already; that it does not work keeps it from being sent a second time.
        session.numeric(numerics.ERR_PASSWDMISMATCH.saying("Passwords are accepted over TLS only"))
        session.close("Passwords are accepted over TLS only.")
    else:
        # irssi writes no colon before a password that has spaces.
        session.registration.password = " ".join(line.params)


@command("NICK", registered=False)
def nick(session: "IrcSession", line: Line) -> Coroutine[Any, Any, None] | None:
    wanted = line.param(0)
    if not wanted:
        session.numeric(numerics.ERR_NONICKNAMEGIVEN)
        return None
    if session.registered:
        return _rename(session, wanted) if wanted != session.nick else None
    try:
        _check_nick(session, wanted)
    except InvalidName:
        session.numeric(numerics.ERR_ERRONEUSNICKNAME, shown(wanted))
        return None
    session.registration.nick = wanted
    return progress(session)


def _check_nick(session: "IrcSession", wanted: str) -> None:
    """Raises `InvalidName`. International names are the core's to allow; what is wrong in ASCII is wrong everywhere."""
    limits = session.door.settings.limits
    if len(wanted.encode()) > limits.nick_length:
        limits.tally.count("nick_length")
    check_nick(wanted, limit=limits.nick_length, international=True)


async def _rename(session: "IrcSession", wanted: str) -> None:
    try:
        _check_nick(session, wanted)
        await session.hub.people.rename_guest(session.me, wanted)
    except NameInUse:
        session.numeric(numerics.ERR_NICKNAMEINUSE, wanted)
    except InvalidName:
        session.numeric(numerics.ERR_ERRONEUSNICKNAME, shown(wanted))
    except Banned as refusal:
        # As InspIRCd and others have it of nicks that are not to be taken.
        session.numeric(numerics.ERR_ERRONEUSNICKNAME.saying(refusal.sentence), wanted)
    except NotAllowed:
        # As Ergo has it: clients take 433 for a reason to try another nick.
        session.numeric(numerics.ERR_UNKNOWNERROR.saying("The nick of an account is its name"), "NICK")
    else:
        session.renamed()


def shown(name: str) -> str:
    """A name that may be anything, as a middle parameter."""
    return name if name and " " not in name and not name.startswith(":") else "*"


@command("USER", parameters=4, registered=False)
def user(session: "IrcSession", line: Line) -> Coroutine[Any, Any, None] | None:
    state = session.registration
    if session.registered or state.user:
        session.numeric(numerics.ERR_ALREADYREGISTERED)
        return None
    if not line.params[3]:
        session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
        return None
    name, at, device = line.params[0].partition("@")
    if at and name:
        state.device = state.device or devices.named(f"{name}/{device}", "")[1]
    state.user = _plain_user(name if at and name else line.params[0])
    state.realname = shortened(session, line.params[3], "real_name_length")
    return progress(session)


def _plain_user(text: str) -> str:
    """The `user` part of a prefix holds no "!", "@", spaces or controls (RFC 2812 section 2.3.1 "user")."""
    plain = "".join(sign for sign in text if sign.isalnum() or sign in "-_.~+")
    return cut(plain.encode(), USER_LENGTH).decode() or "user"


@command("QUIT", registered=False)
def quit_(session: "IrcSession", line: Line) -> None:
    session.sign_off("quit", line.param(0))
    session.close(f"Quit: {line.param(0)}")


@command("SETNAME", parameters=1)
def setname(session: "IrcSession", line: Line) -> None:
    """https://ircv3.net/specs/extensions/setname"""
    realname = line.params[0]
    limit = session.door.settings.limits.real_name_length
    try:
        if not realname or (limit and len(realname.encode()) > limit):
            if realname:
                session.door.settings.limits.tally.count("real_name_length")
            raise TooLong("The real name", limit)
        session.hub.people.set_realname(session.me, realname)
    except Refusal:
        session.fail("SETNAME", "INVALID_REALNAME", (), "That real name is empty or too long.", always=True)
        return
    if "setname" in session.caps:
        session.reply("SETNAME", session.me.info.realname, source=session.source, colon=True)


@command("PING", registered=False)
def ping(session: "IrcSession", line: Line) -> None:
    if not line.params:
        session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
    elif not line.params[0]:
        session.numeric(numerics.ERR_NOORIGIN)
    else:
        session.reply("PONG", session.door.server, line.params[0], colon=True)


@command("PONG", registered=False, immediate=True)
def pong(session: "IrcSession", line: Line) -> None:
    """Answers to our own PINGs. Some clients put a server name first; the token is always the last parameter."""
    if line.params:
        session.barrier.confirmed(session, line.params[-1])


@command("ERROR", registered=False)
def error(session: "IrcSession", line: Line) -> None:
    """Modern IRC: servers ignore ERROR from clients."""
