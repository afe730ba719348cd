"""Presence: what one says of oneself, and of whom one is told."""

from typing import Annotated, ClassVar

from imd.messages.base import Answer, Request, says
from imd.messages.values import AddressText, Location, Name, OwnState, State


class SetPresence(Request, kw_only=True, frozen=True, tag="set-presence"):
    """What this session says of itself from now on.

    An account's presence is merged from all its sessions.

    Example::

        {"type":"set-presence","ref":10,"state":"away","text":"lunch"}
        {"type":"set-presence","state":"available","idle_since":1790000000.0}
    """

    state: OwnState = "available"
    text: Annotated[str, says("Free text, shown to watchers.")] = ""
    idle_since: Annotated[
        float | None, says("Since when the person has done nothing (a time), or null while active.")
    ] = None


class GetPresence(Request, kw_only=True, frozen=True, tag="get-presence"):
    """Ask once for what one may see of somebody now. Who is unknown or hidden looks offline.

    Example::

        {"type":"get-presence","ref":11,"name":"bob"}
    """

    answers: ClassVar[tuple[str, ...]] = ("presence",)

    name: Name


class Watch(Request, kw_only=True, frozen=True, tag="watch"):
    """Be told of somebody's presence until `unwatch` or the end of the session. The buddy list needs no watching.

    Answered by the presence of the moment. A watch ends with the session; watch again after each `welcome`.

    Example::

        {"type":"watch","ref":11,"name":"bob"}
    """

    answers: ClassVar[tuple[str, ...]] = ("presence",)

    name: Name


class Unwatch(Request, kw_only=True, frozen=True, tag="unwatch"):
    """Stop a `watch`.

    Example::

        {"type":"unwatch","ref":12,"name":"bob"}
    """

    name: Name


class PresenceOf(Answer, kw_only=True, frozen=True, tag="presence"):
    """What one may see of somebody now: unasked when it changes, or with `ref` in answer to a request.

    It replaces everything told before of the same person.

    Example::

        {"type":"presence","address":"bob@example.org","state":"away","text":"lunch"}
        {"type":"presence","address":"robert@example.org","state":"available","renamed_from":"bob@example.org"}
        {"type":"presence","address":"bob@example.org","state":"available","locations":[{"door":"native","address":"192.0.2.7","port":50122,"tcp_port":6000,"client":"imc","version":"0.1","since":1790000000.0}]}
        {"type":"presence","address":"sales@example.org","state":"offline","realname":"Sales and advice"}
    """

    address: AddressText
    state: State
    text: str = ""
    idle_since: Annotated[float | None, says("Since when the person has done nothing, if so.")] = None
    locations: Annotated[tuple[Location, ...], says("The person's sessions; empty unless one may know them.")] = ()
    renamed_from: Annotated[str, says("The address until now, when the account has a new name.")] = ""
    realname: Annotated[str, says("Of a desk, on or off: its title. Of people it is told in rooms.")] = ""
