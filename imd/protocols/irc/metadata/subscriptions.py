"""SUB, UNSUB, SUBS: which keys a client is told of."""

from typing import TYPE_CHECKING

from imd.net.bucket import Bucket
from imd.protocols.irc import numerics
from imd.protocols.irc.capabilities import metadata_version
from imd.protocols.irc.metadata.keys import chosen, valid, visible
from imd.protocols.irc.metadata.lines import VERSIONS, say_all, say_keys, tell
from imd.protocols.irc.refusals import middle

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


class Wanted:
    """What one client wants to hear of."""

    __slots__ = ("bucket", "keys")

    def __init__(self, bucket: Bucket) -> None:
        #: In the order in which they were asked for.
        self.keys: dict[str, None] = {}
        #: How often it may change what it shows.
        self.bucket = bucket


def wanted_by(session: "IrcSession") -> Wanted:
    wanted = session.metadata
    if wanted is None:
        rate = session.door.settings.limits.metadata_per_minute
        wanted = session.metadata = Wanted(Bucket(rate / 60, rate, session.hub.clock.time()))
    return wanted


def subscribe(session: "IrcSession", version: int, keys: list[str]) -> None:
    """ "The server MUST process each key in order"."""
    limits = session.door.settings.limits
    mine, words = wanted_by(session).keys, VERSIONS[version]
    new: dict[str, None] = {}
    done: dict[str, None] = {}
    wrong: list[str] = []
    over = ""
    for key in keys:
        if not valid(key):
            wrong.append(key)
        elif limits.metadata_subscriptions and key not in mine and len(mine) >= limits.metadata_subscriptions:
            limits.tally.count("metadata_subscriptions")
            over = key
            break
        else:
            if key not in mine:
                mine[key] = new[key] = None
            done[key] = None
    say_keys(session, numerics.RPL_METADATASUBOK, done)
    for key in wrong:
        tell(session, words.mild, words.key, [middle(key)], "Invalid key")
    if over:
        most = str(limits.metadata_subscriptions)
        code, context = ("LIMIT_REACHED", ["SUB", over, most]) if version > 2 else ("TOO_MANY_SUBS", [over])
        tell(session, "FAIL", code, context, f"No more than {most} subscriptions are allowed")
    if version > 2 and new and session.registered:
        # "the server MUST then … send a metadata batch with *ALL as its parameter".
        say_all(session, version, "*ALL", chosen(visible(session), new))


def unsubscribe(session: "IrcSession", version: int, keys: list[str]) -> None:
    mine, words = wanted_by(session).keys, VERSIONS[version]
    done: dict[str, None] = {}
    for key in keys:
        if valid(key):
            mine.pop(key, None)
            done[key] = None
    say_keys(session, numerics.RPL_METADATAUNSUBOK, done)
    for key in keys:
        if not valid(key):
            tell(session, words.mild, words.key, [middle(key)], "Invalid key")


def subscriptions(session: "IrcSession", version: int, keys: list[str]) -> None:
    wanted = session.metadata
    batch = session.open_batch("metadata-subs")
    say_keys(session, numerics.RPL_METADATASUBS, {} if wanted is None else wanted.keys, batch)
    session.close_batch(batch)


def capabilities_changed(session: "IrcSession") -> None:
    """ "If a client removes this capability or the batch capability …, servers MUST clear that client's subscription
    list"."""
    if session.metadata is not None and not metadata_version(session.caps):
        session.metadata.keys.clear()
