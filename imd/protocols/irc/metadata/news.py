"""What a client is told by itself."""

from typing import TYPE_CHECKING

from imd.core.session import Person
from imd.core.talk import MetadataChange, Room
from imd.protocols.irc import numerics
from imd.protocols.irc.capabilities import metadata_version
from imd.protocols.irc.metadata.keys import chosen, in_room
from imd.protocols.irc.metadata.lines import say_all
from imd.protocols.irc.metadata.verbs import sync
from imd.protocols.irc.wire.line import encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Seconds after which who was asked to come back shall.
_LATER = 2


def joined(session: "IrcSession", room: Room) -> None:
    """This client has come into a room: what that and those in it show, or when to ask for it."""
    version = metadata_version(session.caps)
    wanted = session.metadata
    keys = {} if wanted is None else wanted.keys
    if not version or (version == 2 and not keys):
        return
    values: list[tuple[str, str, str]] = []
    limits = session.door.settings.limits
    if keys:
        for value in chosen(in_room(session, room), keys):
            values.append(value)
            if 0 < limits.metadata_at_once < len(values):
                limits.tally.count("metadata_at_once")
                later = numerics.ERR_METADATASYNCLATER
                session.numeric(later if version > 2 else later._replace(text=None), room.name, str(_LATER))
                return
    say_all(session, version, room.name, values)


def watched(session: "IrcSession", person: Person) -> None:
    """730 was said of somebody: since version 3 her values follow."""
    version = metadata_version(session.caps)
    if version > 2:
        sync(session, version, person.address.name, [])


def changed(session: "IrcSession", change: MetadataChange) -> None:
    """The core's `Client.metadata_changed` of this door."""
    wanted, me = session.metadata, session.signed_on
    if wanted is None or change.key not in wanted.keys or me is None or change.session == me.id:
        return
    about = change.room.name if change.room is not None else ""
    if change.person is not None:
        about = change.person.address.name
    version = metadata_version(session.caps)
    if version > 2:
        numeric = numerics.RPL_KEYNOTSET if change.value is None else numerics.RPL_KEYVALUE
        rest = () if change.value is None else ("*", change.value)
        session.push(session.encode_numeric(numeric, about, change.key, *rest))
    elif version:
        key = ("irc", session.flavour)
        data = change.encoded.get(key)
        if data is None:
            source = f"{change.by.name}!{change.origin}"
            params = [about, change.key, "*", *([] if change.value is None else [change.value])]
            tags = session.tags(change.time)
            data = encode("METADATA", params, source=source, tags=tags, colon=change.value is not None)
            change.encoded[key] = data
        session.push(data)
