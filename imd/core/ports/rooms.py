"""Rooms: being in them, and what is kept of those that belong to accounts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from imd.core.address import Address
from imd.core.message import Draft, Message, Receipt
from imd.core.refusal import Refusal
from imd.core.session import (
    Account,
    Person,
    Session,
)
from imd.core.talk import Registration, Role, Room, RoomChange, RoomFlag


class Rooms(Protocol):
    """Rooms. Events reach every session of every member, the actor's included, by `Client.room_event`."""

    def find(self, name: str) -> Room | None: ...

    def all(self) -> Iterable[Room]: ...

    def rooms_of(self, person: Person) -> Sequence[Room]: ...

    def may_know(self, session: Session, room: Room) -> bool:
        """Whether a room shows up in lists: not secret, or one is a member."""

    def catch_up(self, room: Room) -> None:
        """Tell the members now what has happened and waits for the end of the turn: somebody asks who is in."""

    def join(self, session: Session, name: str, key: str = "", *, service: bool = False) -> Room:
        """Make the session's person a member, making the room if there is none. Already in: no event, the room.
        `service` is the word of an operator of the service: whatever the room says of who may come in.
        Raises `CannotJoin`, `TooMany`, `InvalidName`."""

    def part(self, session: Session, name: str, text: str = "") -> None: ...

    def say(
        self,
        session: Session,
        name: str,
        draft: Draft,
        outcome: Callable[[Receipt], None] | None = None,
        least: Role | None = None,
    ) -> Message:
        """Say something; raises `CannotSpeak`, `NoSuchRoom`. `outcome` hears *accepted* when the line is committed to
        history, or with history off when handed to the members; or *unknown*. With `least` only members of at least
        that role get it, and no history keeps it."""

    def set_topic(self, session: Session, name: str, text: str) -> None: ...

    def change(
        self, session: Session, name: str, changes: Sequence[RoomChange], *, service: bool = False
    ) -> list[Refusal]:
        """Apply what may be applied, in order, as one event; the refusals of the rest. `service` is the word of an
        operator of the service, who needs to be no member, and may what a founder may."""

    def remove_member(self, session: Session, name: str, who: str, text: str = "") -> None:
        """IRC KICK."""

    def invite(self, session: Session, name: str, who: str) -> Address: ...

    def invitations(self, session: Session) -> Sequence[Room]:
        """The rooms into which the session's person is invited, and has not gone since."""

    @property
    def keeping(self) -> "RoomsKept":
        """What accounts have of rooms beyond being in them."""

    def rename(self, session: Session, name: str, new: str, text: str = "") -> None:
        """Give a room another name, for its operators, and for its founder alone if it has one. Members, settings and
        history stay. Raises `InvalidName`, `RoomExists`, `CannotRename`."""


class RoomsKept(Protocol):
    """Rooms of accounts: whose they are, who has which role for good, what is locked. `service` is the word of an
    operator of the service, for whom no rule of the room holds. All raise `NoSuchRoom` for what the session may not
    know, and `NotRegistered` for a room without a founder; those for founders `NotFounder`."""

    async def registration(self, session: Session, name: str, *, service: bool = False) -> Registration:
        """Raises `StoreUnavailable`."""

    def founded(self, session: Session) -> Sequence[Room]:
        """The rooms of the session's account."""

    def registered(self) -> Sequence[Room]:
        """All of them; for operators of the service."""

    def register(self, session: Session, name: str) -> Room:
        """Make a room without a founder one's own, being its operator. Raises `NotForGuests`, `NotOperator`,
        `NotAllowed` for a room that has a founder."""

    def drop(self, session: Session, name: str, *, service: bool = False) -> None:
        """Give a room up, with all that was granted and locked in it: for founders."""

    async def transfer(self, session: Session, name: str, to: str, *, service: bool = False) -> str:
        """Offer a room to another account (``"offered"``), or by naming oneself take that back (``"withdrawn"``): for
        founders. The service does not ask (``"done"``). Raises `NoSuchAccount`, `StoreUnavailable`."""

    def accept(self, session: Session, name: str) -> Room:
        """Become the founder of a room that was offered. Raises `NotRegistered`."""

    async def grant(
        self, session: Session, name: str, to: str, role: Role | None, *, service: bool = False
    ) -> Account | None:
        """Give an account a role for good, or with None take what it has; what it is at the moment follows. None when
        nothing changed. By the ranks, see `imd.core.roomranks`; raises `NotOperator`, `Malformed` for founders,
        `NoSuchAccount`, `TooMany`, `StoreUnavailable`."""

    def wear(
        self, session: Session, name: str, who: str, role: Role | None, on: bool, *, service: bool = False
    ) -> bool:
        """Give or take a role for the visit by one's rank in the book, "" being oneself and None the role one has
        there. Whether anything changed. Raises `NotAMember`, `NotOperator`."""

    def clear_access(self, session: Session, name: str, *, service: bool = False) -> int:
        """Take back all that was granted; how many accounts had something: for founders."""

    def clear_members(self, session: Session, name: str, text: str = "", *, service: bool = False) -> int:
        """Remove everybody else from the room; how many: for founders."""

    def lock_topic(self, session: Session, name: str, on: bool, *, service: bool = False) -> None:
        """Let founder and admins alone set the topic, or not: for founders."""

    def lock_modes(self, session: Session, name: str, locks: Mapping[RoomFlag, bool], *, service: bool = False) -> None:
        """Turn these switches so and keep them (`Locked`) until locked otherwise: for founders."""

    def close(self, session: Session, name: str, reason: str) -> int:
        """Shut a room for everybody, whether or not there is one; how many were removed. For operators of the service;
        raises `InvalidName`, `TooMany`."""

    def reopen(self, name: str) -> None:
        """Raises `NoSuchRoom` for what is not closed."""

    def closed(self) -> Sequence[Room]: ...
