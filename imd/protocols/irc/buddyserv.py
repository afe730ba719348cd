"""BuddyServ: the buddy list on the server, for any IRC client.

``/msg BuddyServ HELP``, or ``/BUDDY HELP`` where the client passes unknown commands on. Answers are notices; news of
buddies are too, for those whom the client does not watch with MONITOR (presence.py decides).
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from imd.core.address import fold
from imd.core.contact import Contact, RosterAction, RosterChange
from imd.core.refusal import NotForGuests, Refusal
from imd.core.session import Location, PresenceView, State, Visibility
from imd.protocols.irc import commands, messaging
from imd.protocols.irc.capabilities import line_tags
from imd.protocols.irc.wire.line import Line, encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

NICK = "BuddyServ"

#: Names in one notice: the line must fit, whatever their length.
_NAMES_A_LINE = 10


def source(session: "IrcSession") -> str:
    return f"{NICK}!service@{session.hub.people.domain}"


def _notice(session: "IrcSession", text: str, *, nick: str = "") -> bytes:
    tags = line_tags(session.flavour, session.hub.clock.time()) if session.flavour else ""
    return encode("NOTICE", [nick or session.nick, text], source=source(session), tags=tags, colon=True)


def _say(session: "IrcSession", text: str) -> None:
    """Answer the command that runs now."""
    session.answer(_notice(session, text))


def _tell(session: "IrcSession", text: str) -> None:
    """News, which answer nothing."""
    session.push(_notice(session, text))


# ---------------------------------------------------------------- commands


class _Verb(NamedTuple):
    run: Callable[["IrcSession", list[str]], Awaitable[None]]
    #: Fewest words after the verb.
    least: int
    usage: str
    help: str


_VERBS: dict[str, _Verb] = {}

_Run = Callable[["IrcSession", list[str]], Awaitable[None]]


def _verb(name: str, help: str, *, usage: str = "", least: int = 0) -> Callable[[_Run], _Run]:
    def enter(run: _Run) -> _Run:
        _VERBS[name] = _Verb(run, least, f"{name} {usage}".rstrip(), help)
        return run

    return enter


async def command(session: "IrcSession", text: str) -> None:
    """What a client has said to BuddyServ. Refusals are answered here."""
    words = text.split()
    if not words:
        words = ["HELP"]
    name = words[0].upper()
    verb = _VERBS.get(name)
    if verb is None:
        _say(session, f"I do not know {words[0][:30]}. Say HELP for what I know.")
    elif len(words) - 1 < verb.least:
        _say(session, f"Use: {verb.usage}")
    elif session.me.account is None and name != "HELP":
        _say(session, NotForGuests("A buddy list").sentence)
    else:
        try:
            await verb.run(session, words[1:])
        except Refusal as refusal:
            _say(session, refusal.sentence)


messaging.service(NICK)(command)


@commands.command("BUDDY")
async def buddy(session: "IrcSession", line: Line) -> None:
    """``BUDDY verb [words]`` is what BuddyServ is told."""
    await command(session, " ".join(line.params))


@_verb("HELP", "this text")
async def _help(session: "IrcSession", words: list[str]) -> None:
    width = max(len(verb.usage) for verb in _VERBS.values())
    _say(session, "I keep your buddy list, whatever client you use. What I understand:")
    for verb in _VERBS.values():
        _say(session, f"{verb.usage:{width}}  {verb.help}")


@_verb("LIST", "your buddies and how they are")
async def _list(session: "IrcSession", words: list[str]) -> None:
    contacts = [contact for contact in await session.hub.rosters.contacts(session.me) if contact.listed]
    contacts.sort(key=lambda contact: (contact.groups, contact.address.name.lower()))
    for contact in contacts:
        view = session.hub.presence.view(session.me, contact.address.name) if contact.to else None
        _say(session, _described(contact, view))
    _say(session, f"End of your list: {_count(len(contacts), 'buddy', 'buddies')}.")


def _described(contact: Contact, view: PresenceView | None) -> str:
    """``alice (Alice from work) [friends]: online``."""
    parts = [contact.address.name]
    if contact.label and contact.label != contact.address.name:
        parts.append(f"({contact.label})")
    if contact.groups:
        parts.append(f"[{', '.join(contact.groups)}]")
    states = []
    if contact.blocked:
        states.append("blocked")
    if view is not None:
        states.append(state_text(view))
    elif contact.asking:
        states.append("asked, no answer yet")
    if contact.from_:
        states.append("sees you")
    elif contact.approved:
        states.append("may see you")
    return f"{' '.join(parts)}: {', '.join(states) or 'noted'}"


@_verb("ADD", "add to your list and ask to see when they are on", usage="name [group]", least=1)
async def _add(session: "IrcSession", words: list[str]) -> None:
    groups = [" ".join(words[1:])] if len(words) > 1 else []
    contact = await session.hub.rosters.ask(session.me, words[0], "", groups)
    name = contact.address.name
    if contact.to:
        _say(session, f"{name} is on your list.")
    else:
        _say(session, f"{name} is on your list and has been asked.")


@_verb("REMOVE", "off your list, for both sides", usage="name", least=1)
async def _remove(session: "IrcSession", words: list[str]) -> None:
    await session.hub.rosters.remove(session.me, words[0])
    _say(session, f"{words[0]} is off your list.")


@_verb("ALLOW", "let them see when you are on", usage="name", least=1)
async def _allow(session: "IrcSession", words: list[str]) -> None:
    contact = await session.hub.rosters.approve(session.me, words[0])
    _say(session, f"{contact.address.name} may see when you are on.")


@_verb("DENY", "no longer, or not at all", usage="name", least=1)
async def _deny(session: "IrcSession", words: list[str]) -> None:
    await session.hub.rosters.refuse(session.me, words[0])
    _say(session, f"{words[0]} is not told when you are on.")


@_verb("CANCEL", "no longer be told when they are on, or take back what you asked", usage="name", least=1)
async def _cancel(session: "IrcSession", words: list[str]) -> None:
    await session.hub.rosters.cancel(session.me, words[0])
    _say(session, f"You are not told any more when {words[0]} is on.")


@_verb("REQUESTS", "who asks to see when you are on")
async def _requests(session: "IrcSession", words: list[str]) -> None:
    asked = [contact.address.name for contact in await session.hub.rosters.contacts(session.me) if contact.asked]
    if not asked:
        _say(session, "Nobody waits for your answer.")
    for names in _in_lines(asked):
        _say(session, f"Waiting for your ALLOW or DENY: {names}")


@_verb("BLOCK", "to them you are offline, and what they write is dropped", usage="name", least=1)
async def _block(session: "IrcSession", words: list[str]) -> None:
    contact = await session.hub.rosters.block(session.me, words[0])
    _say(session, f"{contact.address.name} is blocked.")


@_verb("UNBLOCK", "undo a block", usage="name", least=1)
async def _unblock(session: "IrcSession", words: list[str]) -> None:
    await session.hub.rosters.unblock(session.me, words[0])
    _say(session, f"{words[0]} is not blocked.")


@_verb("GROUP", "put into a group, or out of all", usage="name [group]", least=1)
async def _group(session: "IrcSession", words: list[str]) -> None:
    contact = await _contact(session, words[0])
    groups = [" ".join(words[1:])] if len(words) > 1 else []
    contact = await session.hub.rosters.put(session.me, words[0], contact.label, groups)
    where = f"in {contact.groups[0]}" if contact.groups else "in no group"
    _say(session, f"{contact.address.name} is {where}.")


@_verb("LABEL", "your own name for them, or none", usage="name [text]", least=1)
async def _label(session: "IrcSession", words: list[str]) -> None:
    contact = await _contact(session, words[0])
    contact = await session.hub.rosters.put(session.me, words[0], " ".join(words[1:]), contact.groups)
    _say(session, f"{contact.address.name} is labelled {contact.label or 'nothing'}.")


async def _contact(session: "IrcSession", name: str) -> Contact:
    """The entry of this name, or an empty one for somebody who exists."""
    account = await session.hub.people.resolve(name)
    for contact in await session.hub.rosters.contacts(session.me):
        if contact.account == account.id:
            return contact
    return Contact(account.id, session.me.address)


@_verb("PRIVACY", "who may see when you are on", usage="everyone|contacts|nobody", least=1)
async def _privacy(session: "IrcSession", words: list[str]) -> None:
    try:
        visibility = Visibility(words[0].lower())
    except ValueError:
        _say(session, f"Use: {_VERBS['PRIVACY'].usage}")
        return
    account = await session.hub.people.set_privacy(session.me, visible_to=visibility)
    _say(session, f"Visible to {account.visible_to.value}.")


@_verb("SHARE", "tell buddies who do the same your address, ports and client", usage="on|off", least=1)
async def _share(session: "IrcSession", words: list[str]) -> None:
    on = _switch(words[0])
    if on is None:
        _say(session, f"Use: {_VERBS['SHARE'].usage}")
        return
    account = await session.hub.people.set_privacy(session.me, share_location=on)
    _say(session, f"Sharing of address, ports and client is {'on' if account.share_location else 'off'}.")


@_verb("INVISIBLE", "look offline from this client", usage="on|off", least=1)
async def _invisible(session: "IrcSession", words: list[str]) -> None:
    on = _switch(words[0])
    if on is None:
        _say(session, f"Use: {_VERBS['INVISIBLE'].usage}")
        return
    before = session.me.presence
    # AWAY keeps its text while one is invisible, so that it comes back with one.
    shown = State.AWAY if before.text else State.AVAILABLE
    if on is not (before.state is State.INVISIBLE):
        changed = msgspec.structs.replace(before, state=State.INVISIBLE if on else shown)
        session.hub.presence.update(session.me, changed)
    _say(session, "You look offline." if on else "You can be seen.")


def manual() -> list[tuple[str, str]]:
    """Every command: how it is written, what it does."""
    return [(verb.usage, verb.help) for verb in _VERBS.values()]


def _switch(word: str) -> bool | None:
    return {"on": True, "off": False}.get(word.lower())


@_verb("INFO", "where buddies are who share it with you", usage="name", least=1)
async def _info(session: "IrcSession", words: list[str]) -> None:
    view = session.hub.presence.view(session.me, words[0])
    _say(session, f"{view.person.name}: {state_text(view)}")
    if view.online and not view.locations:
        _say(session, "Address, ports and client are shared between buddies who both SHARE on.")
    for location in view.locations:
        _say(session, location_text(location))


@_verb("QUEUE", "how many messages wait for you")
async def _queue(session: "IrcSession", words: list[str]) -> None:
    waiting = await session.hub.delivery.waiting(session.me)
    _say(session, f"{_count(waiting, 'message waits', 'messages wait')} for you.")


@_verb("FETCH", "send me again what waits until asked for")
async def _fetch(session: "IrcSession", words: list[str]) -> None:
    waiting = await session.hub.delivery.fetch(session.me)
    _say(session, f"{_count(waiting, 'message waits', 'messages wait')} for you; what may be sent follows.")


# ---------------------------------------------------------------- texts


_STATES = {
    State.AVAILABLE: "online",
    State.AWAY: "away",
    State.EXTENDED_AWAY: "away for a while",
    State.BUSY: "busy",
    State.INVISIBLE: "invisible",
    State.OFFLINE: "offline",
}


def state_text(view: PresenceView) -> str:
    """``away: lunch``."""
    return _STATES[view.state] + (f": {view.text}" if view.text and view.online else "")


def location_text(location: Location) -> str:
    """``203.0.113.7 port 51234 (native), listening on TCP 6000 and UDP 6001, imc 0.1``."""
    text = f"{location.address} port {location.port} ({location.door})"
    ports = [f"{kind} {port}" for kind, port in (("TCP", location.tcp_port), ("UDP", location.udp_port)) if port]
    if ports:
        text += f", listening on {' and '.join(ports)}"
    return f"{text}, {location.client} {location.version}".rstrip(", ")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _in_lines(names: list[str]) -> Iterable[str]:
    for at in range(0, len(names), _NAMES_A_LINE):
        yield ", ".join(names[at : at + _NAMES_A_LINE])


# ---------------------------------------------------------------- news


def tell_presence(session: "IrcSession", view: PresenceView) -> None:
    """A buddy's change, as a notice."""
    # The view is shared by all who may see the same: for each flavour only the nick differs.
    key = ("irc buddy", session.flavour)
    data = view.encoded.get(key)
    if data is None:
        text = presence_text(view)
        data = view.encoded[key] = _notice(session, text, nick=_ANYBODY) if text else b""
    if data:
        session.push(data.replace(_ANYBODY_BYTES, session.nick.encode(), 1))


#: Stands for the nick in a notice that is encoded for all: no name holds it, and the tags before it neither.
_ANYBODY = "\x1f"
_ANYBODY_BYTES = b"\x1f"


def presence_text(view: PresenceView) -> str:
    """What a person wants to know of a change; "" for what she would not see (idle, addresses)."""
    name = view.person.name
    if view.renamed_from is not None and view.renamed_from != view.person:
        return f"{view.renamed_from.name} is now called {name} ({state_text(view)})."
    if not view.online:
        return f"{name} is now offline." if view.before is not State.OFFLINE else ""
    if view.before is State.OFFLINE:
        more = "" if view.state is State.AVAILABLE and not view.text else f" ({state_text(view)})"
        return f"{name} is now online{more}."
    if (view.state, view.text) == (view.before, view.before_text):
        return ""
    back = view.state is State.AVAILABLE and view.before is not State.AVAILABLE
    return f"{name} is {'back' if back else 'now'} {state_text(view)}."


def tell_locations(session: "IrcSession", view: PresenceView) -> None:
    """Where a buddy is who has just come: for those who may know, or the view would not hold it (P5)."""
    for location in view.locations:
        _tell(session, f"{view.person.name} is at {location_text(location)}.")


def roster_changed(session: "IrcSession", change: RosterChange) -> None:
    """The core's `Client.roster_changed` of this door: what a person has to know or answer."""
    name = change.contact.address.name
    if change.action is RosterAction.ASKED:
        _tell(session, f"{name} asks to see when you are on. Answer: /msg {NICK} ALLOW {name}, or DENY {name}")
    elif change.action is RosterAction.APPROVED:
        # How they are follows, if they are on.
        _tell(session, f"{name} lets you see when they are on.")
    elif change.action is RosterAction.REFUSED:
        _tell(session, f"{name} does not let you see when they are on.")


async def summary(session: "IrcSession") -> None:
    """At sign-on: who is on, who waits for an answer."""
    if session.me.account is None:
        return
    online = [view for view in session.hub.presence.roster_views(session.me) if view.online]
    online.sort(key=lambda view: fold(view.person.name))
    names = [
        view.person.name if view.state is State.AVAILABLE else f"{view.person.name} ({_STATES[view.state]})"
        for view in online
    ]
    for text in _in_lines(names):
        _tell(session, f"Online: {text}")
    try:
        contacts = await session.hub.rosters.contacts(session.me)
    except Refusal:
        # The store is away: REQUESTS will tell later.
        return
    for text in _in_lines([contact.address.name for contact in contacts if contact.asked]):
        _tell(session, f"Waiting for your ALLOW or DENY: {text}")
