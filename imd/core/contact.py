"""An entry of a buddy list, with the subscription states of RFC 6121 appendix A."""

import enum

import msgspec

from imd.core.address import Address


class Contact(msgspec.Struct, frozen=True, gc=False):
    """One contact in one account's roster. Flags are seen from the owner of the roster."""

    #: Account id of the contact: survives a change of name.
    account: str
    address: Address
    #: The owner's own name for the contact (RFC 6121 section 2.1.2.4), or "".
    label: str = ""
    groups: tuple[str, ...] = ()
    #: The owner is told the contact's presence (subscription "to" or "both").
    to: bool = False
    #: The contact is told the owner's presence (subscription "from" or "both").
    from_: bool = False
    #: The owner has asked and waits for the answer (RFC 6121 "Pending Out", `ask='subscribe'`).
    asking: bool = False
    #: The contact has asked and waits for the owner's answer (RFC 6121 "Pending In").
    asked: bool = False
    #: The owner has approved before being asked (RFC 6121 section 3.4).
    approved: bool = False
    #: The owner blocks the contact (XEP-0191 semantics: the contact sees somebody offline).
    blocked: bool = False

    @property
    def subscription(self) -> str:
        """RFC 6121 section 2.1.2.5: ``none``, ``to``, ``from`` or ``both``."""
        if self.to:
            return "both" if self.from_ else "to"
        return "from" if self.from_ else "none"

    @property
    def mutual(self) -> bool:
        return self.to and self.from_

    @property
    def listed(self) -> bool:
        """In the buddy list proper; a mere request or a block is not (RFC 6121 appendix A.1)."""
        return self.to or self.from_ or self.asking or self.approved or bool(self.label or self.groups)


class RosterAction(enum.Enum):
    """Why the owner is told of a contact."""

    #: Added or altered: label, groups, subscription, block.
    CHANGED = "changed"
    REMOVED = "removed"
    #: The contact asks to see the owner's presence (RFC 6121 section 3.1.3).
    ASKED = "asked"
    #: The contact said yes (section 3.1.6) or no (section 3.2).
    APPROVED = "approved"
    REFUSED = "refused"


class RosterChange(msgspec.Struct, frozen=True):
    """A roster push (RFC 6121 section 2.1.6): one contact, and what happened."""

    action: RosterAction
    contact: Contact
