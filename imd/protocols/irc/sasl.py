"""AUTHENTICATE (https://ircv3.net/specs/extensions/sasl-3.2): PLAIN, SCRAM-SHA-256, EXTERNAL,
OAUTHBEARER.

Who succeeds is the account from then on; its nick is the account's name. Guests may sign on so after their welcome
too. A failure leaves the connection as it was, and after `sign_on_attempts` failures it is closed. Registration does
not end while an exchange is under way; CAP END gives it up.
"""

import base64
import binascii
from functools import partial
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.ports import ScramExchange
from imd.core.refusal import Refusal, SignOnFailed, StoreUnavailable, Suspended, TokenExpired, TooFast
from imd.core.session import Account, Vouched
from imd.net.oauthbearer import FAILURE
from imd.protocols.irc import devices, identity, numerics
from imd.protocols.irc.commands import command
from imd.protocols.irc.registration import DONE, Registration, pause, progress
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: "400 bytes of base64"; a chunk of exactly that length is followed by another, perhaps empty, one.
CHUNK = 400
#: Most base64 of one message: many times what any mechanism here needs.
MAX_MESSAGE = 8_192


class Exchange:
    """One exchange under way: its mechanism, and the chunks of the message that is arriving."""

    __slots__ = ("account", "chunks", "mechanism", "refused", "scram", "vouched")

    def __init__(self, mechanism: str) -> None:
        self.mechanism = mechanism
        self.chunks = ""
        self.scram: ScramExchange | None = None
        #: Proven, while the client has yet to acknowledge the server's own proof (SCRAM).
        self.account: Account | None = None
        #: Why it has failed, while the client has yet to acknowledge that (OAUTHBEARER).
        self.refused: Refusal | None = None
        #: By whose word, if that is a site's (OAUTHBEARER).
        self.vouched: Vouched | None = None


@command("AUTHENTICATE", parameters=1, registered=False)
async def authenticate(session: "IrcSession", line: Line) -> None:
    text = line.params[0]
    if identity.account_of(session) is not None:
        # sasl-3.2: "appropriate if changing accounts is not supported".
        session.numeric(numerics.ERR_SASLALREADY)
        return
    if session.registration is DONE:
        # A guest who signs on late ("Servers SHOULD allow a client … to reauthenticate").
        session.registration = Registration()
    state = session.registration
    if text == "*":
        await aborted(session)
    elif state.exchange is None:
        await _begin(session, text.upper())
    elif len(text) > CHUNK or len(state.exchange.chunks) + len(text) > MAX_MESSAGE:
        state.exchange = None
        session.numeric(numerics.ERR_SASLTOOLONG)
        await _go_on(session)
    else:
        await _chunk(session, state.exchange, text)


async def aborted(session: "IrcSession") -> None:
    """The client wants no more of it."""
    session.registration.exchange = None
    session.numeric(numerics.ERR_SASLABORTED)
    await _go_on(session)


async def _go_on(session: "IrcSession") -> None:
    """Registration waits for the end of an exchange, however it ends."""
    if not session.closing and (waits := progress(session)) is not None:
        await waits


async def _begin(session: "IrcSession", mechanism: str) -> None:
    offered = session.door.credentials.mechanisms(session.peer)
    if mechanism not in offered:
        session.numeric(numerics.RPL_SASLMECHS, ",".join(offered) or "*")
        session.numeric(numerics.ERR_SASLFAIL)
        await _go_on(session)
        return
    session.registration.exchange = Exchange(mechanism)
    session.answer(b"AUTHENTICATE +\r\n")


async def _chunk(session: "IrcSession", exchange: Exchange, text: str) -> None:
    if text != "+":
        exchange.chunks += text
    if len(text) == CHUNK:
        return
    encoded, exchange.chunks = exchange.chunks, ""
    try:
        account = await _step(session, exchange, base64.b64decode(encoded.encode(), validate=True))
        if account is not None:
            await _succeeded(session, exchange, account)
    except (binascii.Error, UnicodeDecodeError):
        await _failed(session, SignOnFailed("That is not valid base64 of UTF-8."))
    except Refusal as refusal:
        await _failed(session, refusal)
    if session.registration.exchange is None:
        await _go_on(session)


async def _step(session: "IrcSession", exchange: Exchange, message: bytes) -> Account | None:
    """One message of the client; the account when that was the last."""
    credentials = session.door.credentials
    match exchange.mechanism:
        case "PLAIN":
            # RFC 4616 section 2: [authzid] NUL authcid NUL passwd. Nobody may act as somebody else.
            parts = message.decode().split("\0")
            if len(parts) != 3:
                raise SignOnFailed
            authzid, authcid = _account(session, parts[0]), _account(session, parts[1])
            if authzid and fold(authzid) != fold(authcid):
                raise SignOnFailed
            return await credentials.plain(authcid, parts[2], session.peer)
        case "EXTERNAL":
            return await credentials.external(_account(session, message.decode()), session.peer)
        case "OAUTHBEARER":
            return await _bearer(session, exchange, message)
        case _:
            return await _scram(session, exchange, message)


def _account(session: "IrcSession", name: str) -> str:
    """The account's name alone; which device it is, is noted."""
    account, device = devices.named(name, session.hub.people.domain)
    session.registration.device = device or session.registration.device
    return account


async def _bearer(session: "IrcSession", exchange: Exchange, message: bytes) -> Account | None:
    """RFC 7628 section 3.2.3: a failure is told first, and ends the exchange once the client has answered."""
    if exchange.refused is not None:
        raise exchange.refused
    try:
        account, exchange.vouched = await session.door.credentials.bearer(message, session.peer)
        return account
    except (SignOnFailed, TokenExpired) as refusal:
        exchange.refused = refusal
        _send(session, FAILURE)
        return None


async def _scram(session: "IrcSession", exchange: Exchange, message: bytes) -> Account | None:
    """RFC 5802 section 5; the server's proof is acknowledged by an empty message."""
    if exchange.account is not None:
        return exchange.account
    if exchange.scram is None:
        exchange.scram = session.door.credentials.scram(session.peer, partial(_account, session))
        _send(session, await exchange.scram.first(message))
    else:
        final = exchange.scram.final(message)
        if exchange.scram.account is None:
            raise SignOnFailed
        exchange.account = exchange.scram.account
        _send(session, final)
    return None


def _send(session: "IrcSession", message: bytes) -> None:
    text = base64.b64encode(message)
    chunks = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]
    if not chunks or len(chunks[-1]) == CHUNK:
        chunks.append(b"+")
    for chunk in chunks:
        session.answer(b"AUTHENTICATE %b\r\n" % chunk)


async def _succeeded(session: "IrcSession", exchange: Exchange, account: Account) -> None:
    session.registration.exchange = None
    if account.suspended:
        raise Suspended(account.name)
    await identity.become(session, account)
    if not session.registered:
        session.registration.vouched = exchange.vouched
    elif exchange.vouched is not None:
        session.hub.people.vouched(session.me, exchange.vouched)
    identity.tell(session, account)
    session.numeric(numerics.RPL_SASLSUCCESS)
    await identity.greet(session)


async def _failed(session: "IrcSession", refusal: Refusal) -> None:
    state = session.registration
    limits = session.door.settings.limits
    state.exchange = None
    state.attempts += 1
    await pause(session, limits.sign_on_delay)
    if isinstance(refusal, Suspended):
        session.numeric(numerics.ERR_NICKLOCKED.saying(refusal.sentence))
    elif isinstance(refusal, SignOnFailed):
        session.numeric(numerics.ERR_SASLFAIL)
    else:
        # Not the client's secret but something else: that is worth saying.
        session.numeric(numerics.ERR_SASLFAIL.saying(refusal.sentence))
    lasting = not isinstance(refusal, StoreUnavailable | TooFast)
    if lasting and limits.sign_on_attempts and state.attempts >= limits.sign_on_attempts:
        limits.tally.count("sign_on_attempts")
        session.close("Too many failed sign-ons.")
