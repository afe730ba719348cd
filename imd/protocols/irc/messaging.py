"""PRIVMSG, NOTICE, TAGMSG (Modern IRC, "Sending Messages"; IRCv3 message-tags, echo-message).

The answer to a message, an echo or a refusal, comes when the core has settled it, and in command order. Without
echo-message and labels a sender hears only of refusals, and that a message is kept until its recipient signs on.
NOTICE is never answered with an error (RFC 2812 section 3.3.2).
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from imd.core.address import fold
from imd.core.message import Draft, Kind, Message, Outcome, Receipt
from imd.core.refusal import (
    AccountsOnly,
    InvalidName,
    NoSuchAccount,
    NotAllowed,
    NotForGuests,
    NotKept,
    Refusal,
    TooMany,
)
from imd.core.session import State
from imd.protocols.irc import asking, dcc, incoming, modes, numerics, refusals
from imd.protocols.irc.capabilities import line_tags
from imd.protocols.irc.commands import command
from imd.protocols.irc.incoming import CTCP_TAG
from imd.protocols.irc.room_events import away_text
from imd.protocols.irc.wire.line import Line, encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Nicks of services, folded: what is written to them is a command to the function.
SERVICES: dict[str, "Service"] = {}
#: Characters of ASCII that fit into one line, whatever the names of sender and recipient are.
_SHORT = 250
Service = Callable[["IrcSession", str], Coroutine[Any, Any, None] | None]


def service(nick: str) -> Callable[[Service], Service]:
    """Enter the decorated function as what answers messages to `nick`."""

    def enter(run: Service) -> Service:
        SERVICES[fold(nick)] = run
        return run

    return enter


# Looked up for each message, which an enumeration makes dear.
_TEXT, _SIGNAL = Kind.TEXT, Kind.SIGNAL
_KEPT, _REFUSED, _UNKNOWN = Outcome.KEPT, Outcome.REFUSED, Outcome.UNKNOWN


@command("PRIVMSG", overlaps=True, active=True)
def privmsg(session: "IrcSession", line: Line) -> Coroutine[Any, Any, None] | None:
    return _text(session, line)


@command("NOTICE", overlaps=True, active=True)
def notice(session: "IrcSession", line: Line) -> Coroutine[Any, Any, None] | None:
    if session in session.door.asked and asking.answered(session, line):
        return None
    return _text(session, line)


@command("TAGMSG", overlaps=True)
def tagmsg(session: "IrcSession", line: Line) -> None:
    """https://ircv3.net/specs/extensions/message-tags#the-tagmsg-tag-only-message"""
    if "message-tags" not in session.caps:
        session.numeric(numerics.ERR_UNKNOWNCOMMAND, line.command)
        return
    tags = client_tags(session, line)
    for target in _targets(session, line):
        if tags and fold(target) not in SERVICES:
            _send(session, line, Draft(target, "", Kind.SIGNAL, tags=tags))


def _text(session: "IrcSession", line: Line) -> Coroutine[Any, Any, None] | None:
    targets = _targets(session, line)
    text = line.param(1)
    # A CTCP message without a word in it says nothing either, nor does an ACTION without a deed.
    if not text or (text[0] == "\x01" and text.strip("\x01 ") in ("", "ACTION")):
        if targets and line.command != "NOTICE":
            session.numeric(numerics.ERR_NOTEXTTOSEND)
        return None
    return say(session, line, targets, client_tags(session, line) if line.tags else {})


def say(
    session: "IrcSession", line: Line, targets: list[str], tags: dict[str, str]
) -> Coroutine[Any, Any, None] | None:
    """Say the text of a PRIVMSG or NOTICE to each target; services answer."""
    waits = []
    text = line.params[1]
    for target in targets:
        run = SERVICES.get(fold(target.partition("@")[0] if "@" in target else target))
        if run is None:
            _send(session, line, _draft(line.command, target, text, tags))
        elif line.command == "PRIVMSG":
            # Each line is a command of its own.
            waits += [wait for each in text.split("\n") if each and (wait := run(session, each)) is not None]
    return _one_by_one(waits) if waits else None


async def _one_by_one(waits: list[Coroutine[Any, Any, None]]) -> None:
    for wait in waits:
        await wait


def client_tags(session: "IrcSession", line: Line) -> dict[str, str]:
    """The client-only tags of a line that are passed on, without their ``+``."""
    if not line.tags or "message-tags" not in session.caps:
        return {}
    denied = session.door.settings.deny_client_tags
    return {
        key[1:]: value
        for key, value in line.tags.items()
        if key.startswith("+") and not key.startswith(_OURS) and not (denied and _denied(denied, key[1:]))
    }


#: What we say of a message in its tags (`incoming.CTCP_TAG`) nobody else can.
_OURS = "+imd/"


def _denied(denied: tuple[str, ...], tag: str) -> bool:
    """Whether CLIENTTAGDENY is told of a tag (IRCv3 message-tags, "RPL_ISUPPORT Tokens")."""
    return tag in denied or (denied[0] == "*" and f"-{tag}" not in denied)


def _targets(session: "IrcSession", line: Line) -> list[str]:
    """Each target once, however often it is named; as many as TARGMAX says."""
    params = line.params
    if params and params[0] and "," not in params[0]:
        return params[:1]
    # Spelled alike is the same; "#a,#A" reaches the room twice, as the sender asked.
    targets = list(dict.fromkeys(filter(None, line.param(0).split(","))))
    quiet = line.command == "NOTICE"
    if not targets and not quiet:
        session.numeric(numerics.ERR_NORECIPIENT, f"No recipient given ({line.command})")
    most = session.door.settings.limits.targets
    if most and len(targets) > most:
        session.door.settings.limits.tally.count("targets")
        if not quiet:
            session.numeric(numerics.ERR_TOOMANYTARGETS, refusals.middle(targets[most]))
        del targets[most:]
    return targets


def _draft(command: str, target: str, text: str, tags: dict[str, str]) -> Draft:
    """CTCP (https://modern.ircdocs.horse/ctcp): ACTION is a kind of its own; all else is between programs, for those
    that are here now."""
    if text[:1] != "\x01":
        return Draft(target, text, Kind.NOTICE if command == "NOTICE" else _TEXT, tags=tags)
    body = text[1:].partition("\x01")[0]
    verb, _, rest = body.partition(" ")
    if verb.upper() == "ACTION" and command == "PRIVMSG":
        return Draft(target, rest, Kind.ACTION, tags=tags)
    return Draft(target, body, Kind.SIGNAL, tags={**tags, CTCP_TAG: "reply" if command == "NOTICE" else "request"})


def _send(session: "IrcSession", line: Line, draft: Draft) -> None:
    """Hand a message to the core; its slot stays open until the core has settled it."""
    slot = session.slot
    if slot is None:
        raise AssertionError("messages run in a slot")
    slot.hold()

    def outcome(receipt: Receipt) -> None:
        outer = session.slot
        session.slot = slot
        try:
            _settled(session, line, draft, receipt)
        finally:
            session.slot = outer
        slot.close()

    try:
        if draft.kind is _SIGNAL and draft.body:
            if not session.door.settings.dcc and dcc.direct(draft):
                raise NotAllowed("This server does not let clients connect to each other (DCC).")
            _note_offer(session, draft)
        first = draft.to[:1]
        if first == "#":
            session.hub.rooms.say(session.me, draft.to, draft, outcome)
        elif first in modes.STATUSMSG and (audience := modes.audience(draft.to))[1] is not None:
            session.hub.rooms.say(session.me, audience[0], draft, outcome, least=audience[1])
        else:
            session.hub.delivery.send(session.me, draft, outcome)
    except Refusal as refusal:
        _refused(session, line, draft, refusal)
        slot.close()
    except BaseException:
        slot.close()
        raise


def _note_offer(session: "IrcSession", draft: Draft) -> None:
    """Raises `TooMany`."""
    offer, over = dcc.offered(draft), dcc.answered(draft)
    if offer:
        session.hub.offers.make(session.me, draft.to, offer)
    if over:
        session.hub.offers.settle(session.me, draft.to, over)


def _settled(session: "IrcSession", line: Line, draft: Draft, receipt: Receipt) -> None:
    outcome = receipt.outcome
    if outcome is _REFUSED:
        _refused(session, line, draft, receipt.reason or Refusal("Refused."))
    elif outcome is _UNKNOWN:
        session.fail(
            line.command,
            "OUTCOME_UNKNOWN",
            [draft.to],
            "It is not known whether this message arrived; if you send it again it may be shown twice.",
        )
    else:
        if "echo-message" in session.caps:
            _echo(session, draft, receipt)
        elif outcome is _KEPT and line.command == "PRIVMSG" and "labeled-response" not in session.caps:
            session.notice(f"{draft.to} is not here; your message is kept until {draft.to} signs on.")
        if line.command == "PRIVMSG" and draft.to[0] != "#":
            tell_away(session, draft.to)


def _echo(session: "IrcSession", draft: Draft, receipt: Receipt) -> None:
    """https://ircv3.net/specs/extensions/echo-message: what was sent, just as others see it, with its id and time."""
    me, body = session.me, draft.body
    tags = me.signed(draft.tags)
    if not tags and draft.kind is Kind.TEXT and len(body) <= _SHORT and body.isascii() and body.isprintable():
        # By far the most common; what follows would come to the same.
        account = "" if me.account is None else me.account.name
        head = line_tags(session.flavour, receipt.time, account=account, msgid=receipt.id)
        session.answer(encode("PRIVMSG", (draft.to, body), source=session.source, tags=head, colon=True))
        return
    message = Message(
        receipt.id,
        0,
        receipt.time,
        me.address,
        "" if me.account is None else me.account.id,
        me.address,
        body,
        draft.kind,
        "",
        tags,
        session.source_user,
    )
    session.answer_lines(incoming.encode_message(message, draft.to, session.flavour))


def tell_away(session: "IrcSession", name: str) -> None:
    """Modern IRC, RPL_AWAY: "when a message is sent to a user who is away"."""
    person = session.hub.people.find(name)
    if person is None:
        return
    for other in person.sessions:
        if other.presence.state is not State.AVAILABLE:
            break
    else:
        if person.sessions:
            return
    if person.account is not None and session.hub.people.may_see(session.me, person):
        view = session.hub.presence.member(session.me, person)
    else:
        view = session.hub.presence.view(session.me, name)
    text = away_text(view.state, view.text)
    if text is not None:
        session.numeric(numerics.RPL_AWAY, view.person.name, text)


def _refused(session: "IrcSession", line: Line, draft: Draft, refusal: Refusal) -> None:
    offer = dcc.offered(draft)
    if offer and not isinstance(refusal, TooMany) and session.signed_on is not None:
        session.hub.offers.settle(session.signed_on, draft.to, offer)
    if line.command == "NOTICE" or (draft.kind is Kind.SIGNAL and isinstance(refusal, NotKept)):
        # Typing, CTCP and the like for somebody who is off: nothing to tell a person.
        return
    if isinstance(refusal, InvalidName):
        refusal = NoSuchAccount(draft.to)
    elif isinstance(refusal, NotForGuests):
        # A desk answers accounts only, as some people do.
        refusal = AccountsOnly(draft.to)
    refusals.answer(session, refusal, line, draft.to)
