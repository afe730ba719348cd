"""What people and rooms show of themselves."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from imd.core.session import (
    Person,
    Session,
)
from imd.core.talk import Room


class Metadata(Protocol):
    """What people and rooms show of themselves, by key (IRCv3 metadata). Changes reach `Client.metadata_changed`."""

    def of_person(self, session: Session, name: str) -> tuple[Person, Mapping[str, str]]:
        """Raises `NoSuchAccount` for who is off, or may not be seen (P5)."""

    def of_room(self, session: Session, name: str) -> tuple[Room, Mapping[str, str]]:
        """For whoever may know of the room. Raises `NoSuchRoom`."""

    def of_members(self, session: Session, room: Room) -> Iterator[tuple[Person, Mapping[str, str]]]:
        """Those members who show anything; nobody to who is not in the room."""

    async def set_own(self, session: Session, key: str, value: str | None) -> bool:
        """Set a key of the session's own person, or with None remove it; False: it was not set. For accounts it is
        durable. Raises `InvalidName` for a key, `TooLong`, `TooMany`, `StoreUnavailable`."""

    async def clear_own(self, session: Session) -> list[str]:
        """Remove all; the keys."""

    def set_room(self, session: Session, name: str, key: str, value: str | None) -> bool:
        """For operators of the room. Raises `NotOperator` and `NoSuchRoom` besides."""

    def clear_room(self, session: Session, name: str) -> list[str]: ...
