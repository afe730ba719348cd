"""What BuddyServ understands."""

from typing import TYPE_CHECKING

import msgspec

from imd.core.contact import Contact
from imd.core.session import State, Visibility
from imd.protocols.irc.buddyserv.service import BUDDYSERV
from imd.protocols.irc.buddyserv.texts import count, described, in_lines, location_text, state_text

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


@BUDDYSERV.verb("LIST", "your buddies and how they are")
async def _list(session: "IrcSession", words: list[str]) -> None:
    contacts = [contact for contact in await session.hub.rosters.contacts(session.me) if contact.listed]
    contacts.sort(key=lambda contact: (contact.groups, contact.address.name.lower()))
    for contact in contacts:
        view = session.hub.presence.view(session.me, contact.address.name) if contact.to else None
        BUDDYSERV.say(session, described(contact, view))
    BUDDYSERV.say(session, f"End of your list: {count(len(contacts), 'buddy', 'buddies')}.")


@BUDDYSERV.verb("ADD", "add to your list and ask to see when they are on", usage="name [group]", least=1)
async def _add(session: "IrcSession", words: list[str]) -> None:
    groups = [" ".join(words[1:])] if len(words) > 1 else []
    contact = await session.hub.rosters.ask(session.me, words[0], "", groups)
    name = contact.address.name
    if contact.to:
        BUDDYSERV.say(session, f"{name} is on your list.")
    else:
        BUDDYSERV.say(session, f"{name} is on your list and has been asked.")


@BUDDYSERV.verb("REMOVE", "off your list, for both sides", usage="name", least=1)
async def _remove(session: "IrcSession", words: list[str]) -> None:
    await session.hub.rosters.remove(session.me, words[0])
    BUDDYSERV.say(session, f"{words[0]} is off your list.")


@BUDDYSERV.verb("ALLOW", "let them see when you are on", usage="name", least=1)
async def _allow(session: "IrcSession", words: list[str]) -> None:
    contact = await session.hub.rosters.approve(session.me, words[0])
    BUDDYSERV.say(session, f"{contact.address.name} may see when you are on.")


@BUDDYSERV.verb("DENY", "no longer, or not at all", usage="name", least=1)
async def _deny(session: "IrcSession", words: list[str]) -> None:
    await session.hub.rosters.refuse(session.me, words[0])
    BUDDYSERV.say(session, f"{words[0]} is not told when you are on.")


@BUDDYSERV.verb("CANCEL", "no longer be told when they are on, or take back what you asked", usage="name", least=1)
async def _cancel(session: "IrcSession", words: list[str]) -> None:
    await session.hub.rosters.cancel(session.me, words[0])
    BUDDYSERV.say(session, f"You are not told any more when {words[0]} is on.")


@BUDDYSERV.verb("REQUESTS", "who asks to see when you are on")
async def _requests(session: "IrcSession", words: list[str]) -> None:
    asked = [contact.address.name for contact in await session.hub.rosters.contacts(session.me) if contact.asked]
    if not asked:
        BUDDYSERV.say(session, "Nobody waits for your answer.")
    for names in in_lines(asked):
        BUDDYSERV.say(session, f"Waiting for your ALLOW or DENY: {names}")


@BUDDYSERV.verb("BLOCK", "to them you are offline, and what they write is dropped", usage="name", least=1)
async def _block(session: "IrcSession", words: list[str]) -> None:
    contact = await session.hub.rosters.block(session.me, words[0])
    BUDDYSERV.say(session, f"{contact.address.name} is blocked.")


@BUDDYSERV.verb("UNBLOCK", "undo a block", usage="name", least=1)
async def _unblock(session: "IrcSession", words: list[str]) -> None:
    await session.hub.rosters.unblock(session.me, words[0])
    BUDDYSERV.say(session, f"{words[0]} is not blocked.")


@BUDDYSERV.verb("GROUP", "put into a group, or out of all", usage="name [group]", least=1)
async def _group(session: "IrcSession", words: list[str]) -> None:
    contact = await _contact(session, words[0])
    groups = [" ".join(words[1:])] if len(words) > 1 else []
    contact = await session.hub.rosters.put(session.me, words[0], contact.label, groups)
    where = f"in {contact.groups[0]}" if contact.groups else "in no group"
    BUDDYSERV.say(session, f"{contact.address.name} is {where}.")


@BUDDYSERV.verb("LABEL", "your own name for them, or none", usage="name [text]", least=1)
async def _label(session: "IrcSession", words: list[str]) -> None:
    contact = await _contact(session, words[0])
    contact = await session.hub.rosters.put(session.me, words[0], " ".join(words[1:]), contact.groups)
    BUDDYSERV.say(session, f"{contact.address.name} is labelled {contact.label or 'nothing'}.")


async def _contact(session: "IrcSession", name: str) -> Contact:
    """The entry of this name, or an empty one for somebody who exists."""
    account = await session.hub.people.resolve(name)
    for contact in await session.hub.rosters.contacts(session.me):
        if contact.account == account.id:
            return contact
    return Contact(account.id, session.me.address)


@BUDDYSERV.verb("PRIVACY", "who may see when you are on", usage="everyone|contacts|nobody", least=1)
async def _privacy(session: "IrcSession", words: list[str]) -> None:
    try:
        visibility = Visibility(words[0].lower())
    except ValueError:
        BUDDYSERV.say(session, f"Use: {BUDDYSERV.verbs['PRIVACY'].usage}")
        return
    account = await session.hub.people.set_privacy(session.me, visible_to=visibility)
    BUDDYSERV.say(session, f"Visible to {account.visible_to.value}.")


@BUDDYSERV.verb("SHARE", "tell buddies who do the same your address, ports and client", usage="on|off", least=1)
async def _share(session: "IrcSession", words: list[str]) -> None:
    on = _switch(words[0])
    if on is None:
        BUDDYSERV.say(session, f"Use: {BUDDYSERV.verbs['SHARE'].usage}")
        return
    account = await session.hub.people.set_privacy(session.me, share_location=on)
    BUDDYSERV.say(session, f"Sharing of address, ports and client is {'on' if account.share_location else 'off'}.")


@BUDDYSERV.verb("INVISIBLE", "look offline from this client", usage="on|off", least=1)
async def _invisible(session: "IrcSession", words: list[str]) -> None:
    on = _switch(words[0])
    if on is None:
        BUDDYSERV.say(session, f"Use: {BUDDYSERV.verbs['INVISIBLE'].usage}")
        return
    before = session.me.presence
    # AWAY keeps its text while one is invisible, so that it comes back with one.
    shown = State.AWAY if before.text else State.AVAILABLE
    if on is not (before.state is State.INVISIBLE):
        changed = msgspec.structs.replace(before, state=State.INVISIBLE if on else shown)
        session.hub.presence.update(session.me, changed)
    BUDDYSERV.say(session, "You look offline." if on else "You can be seen.")


def _switch(word: str) -> bool | None:
    return {"on": True, "off": False}.get(word.lower())


@BUDDYSERV.verb("INFO", "where buddies are who share it with you", usage="name", least=1)
async def _info(session: "IrcSession", words: list[str]) -> None:
    view = session.hub.presence.view(session.me, words[0])
    BUDDYSERV.say(session, f"{view.person.name}: {state_text(view)}")
    if view.online and not view.locations:
        BUDDYSERV.say(session, "Address, ports and client are shared between buddies who both SHARE on.")
    for location in view.locations:
        BUDDYSERV.say(session, location_text(location))


@BUDDYSERV.verb("QUEUE", "how many messages wait for you")
async def _queue(session: "IrcSession", words: list[str]) -> None:
    waiting = await session.hub.delivery.waiting(session.me)
    BUDDYSERV.say(session, f"{count(waiting, 'message waits', 'messages wait')} for you.")


@BUDDYSERV.verb("FETCH", "send me again what waits until asked for")
async def _fetch(session: "IrcSession", words: list[str]) -> None:
    waiting = await session.hub.delivery.fetch(session.me)
    BUDDYSERV.say(session, f"{count(waiting, 'message waits', 'messages wait')} for you; what may be sent follows.")
