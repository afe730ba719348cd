"""The buddy list (RFC 6121 sections 2 and 3), kept by the server and the same on all devices."""

from typing import Annotated, ClassVar

from imd.messages.base import Answer, Event, Request, says
from imd.messages.values import Contact, Name, RosterAction


class RosterRequest(Request, kw_only=True, frozen=True):
    """About one contact."""

    name: Name


class ContactRequest(RosterRequest, kw_only=True, frozen=True):
    """About one contact, answered by how the list now has it."""

    answers: ClassVar[tuple[str, ...]] = ("contact",)


class RosterGet(Request, kw_only=True, frozen=True, tag="roster-get"):
    """Ask for the whole list.

    Example::

        {"type":"roster-get","ref":20}
    """

    answers: ClassVar[tuple[str, ...]] = ("roster",)


class RosterAsk(ContactRequest, kw_only=True, frozen=True, tag="roster-ask"):
    """Add somebody and ask to see their presence.

    Example::

        {"type":"roster-ask","ref":21,"name":"bob","label":"Bobby","groups":["friends"]}
    """

    label: Annotated[str, says("One's own name for the contact.")] = ""
    groups: tuple[str, ...] = ()


class RosterPut(ContactRequest, kw_only=True, frozen=True, tag="roster-put"):
    """Add somebody, or alter label and groups, without asking for anything.

    Example::

        {"type":"roster-put","ref":22,"name":"bob","label":"Robert","groups":["friends","work"]}
    """

    label: Annotated[str, says("One's own name for the contact.")] = ""
    groups: tuple[str, ...] = ()


class RosterApprove(ContactRequest, kw_only=True, frozen=True, tag="roster-approve"):
    """Let somebody see one's presence, whether or not they have asked yet.

    Example::

        {"type":"roster-approve","ref":23,"name":"bob"}
    """


class RosterRefuse(RosterRequest, kw_only=True, frozen=True, tag="roster-refuse"):
    """Refuse somebody's request, or stop them from seeing one's presence any longer.

    Example::

        {"type":"roster-refuse","ref":24,"name":"bob"}
    """


class RosterCancel(RosterRequest, kw_only=True, frozen=True, tag="roster-cancel"):
    """No longer see somebody's presence, or withdraw one's request.

    Example::

        {"type":"roster-cancel","ref":25,"name":"bob"}
    """


class RosterRemove(RosterRequest, kw_only=True, frozen=True, tag="roster-remove"):
    """Take somebody off the list; neither sees the other's presence as a contact any longer.

    Example::

        {"type":"roster-remove","ref":26,"name":"bob"}
    """


class RosterBlock(ContactRequest, kw_only=True, frozen=True, tag="roster-block"):
    """Block somebody: to them one looks offline, and what they send is never shown (they are not told).

    Example::

        {"type":"roster-block","ref":27,"name":"mallory"}
    """


class RosterUnblock(RosterRequest, kw_only=True, frozen=True, tag="roster-unblock"):
    """End a block.

    Example::

        {"type":"roster-unblock","ref":28,"name":"mallory"}
    """


class Roster(Answer, kw_only=True, frozen=True, tag="roster"):
    """The whole list.

    Example::

        {"type":"roster","ref":20,"contacts":[{"address":"bob@example.org","label":"Bobby","groups":["friends"],"subscription":"to"}]}
    """

    contacts: tuple[Contact, ...]


class ContactAnswer(Answer, kw_only=True, frozen=True, tag="contact"):
    """How the list has somebody now.

    Example::

        {"type":"contact","ref":21,"contact":{"address":"bob@example.org","label":"Bobby","asking":true}}
    """

    contact: Contact


class RosterChanged(Event, kw_only=True, frozen=True, tag="roster-changed"):
    """A contact has changed; told to every session of the account, the one that asked included.

    `action`: `changed` (label, groups, subscription, block), `removed`, `asked` (they ask to see one's presence:
    answer with `roster-approve` or `roster-refuse`), `approved` (they said yes), `refused` (they said no).

    Example::

        {"type":"roster-changed","action":"asked","contact":{"address":"bob@example.org","asked":true}}
    """

    action: RosterAction
    contact: Contact
