"""What tests of rooms share."""

from imd.core.address import Address
from imd.core.message import Draft, Kind, Receipt
from imd.core.refusal import (
    CannotJoin,
    Refusal,
)
from imd.core.session import Session
from imd.core.talk import (
    FlagChange,
    Role,
    RoleChange,
    Room,
    RoomChange,
    RoomEvent,
    RoomFlag,
    RoomLine,
)
from tests.house import HouseTestCase, Recorder

TEA = "#tea"


class RoomTestCase(HouseTestCase):
    """Alice founds #tea; the others are on, and outside."""

    def setUp(self) -> None:
        super().setUp()
        self.accounts = {name: self.house.person(name) for name in ("alice", "bob", "carol")}
        self.alice, self.bob, self.carol = (self.house.on(account) for account in self.accounts.values())
        self.guest = self.house.on("visitor")
        self.room = self.join(self.alice)

    def me(self, client: Recorder) -> Session:
        assert client.session is not None
        return client.session

    def join(self, client: Recorder, name: str = TEA, key: str = "") -> Room:
        return self.house.hub.rooms.join(self.me(client), name, key)

    def change(self, client: Recorder, *changes: RoomChange, room: str = TEA) -> list[Refusal]:
        return self.house.hub.rooms.change(self.me(client), room, changes)

    def flag(self, flag: RoomFlag, on: bool = True) -> None:
        self.assertEqual(self.change(self.alice, FlagChange(flag, on)), [])

    def role(self, who: str, role: Role, on: bool = True) -> RoleChange:
        return RoleChange(role, Address(who, "localhost"), on)

    def say(self, client: Recorder, body: str, room: str = TEA, *, client_id: str = "") -> list[Receipt]:
        told: list[Receipt] = []
        self.house.hub.rooms.say(self.me(client), room, Draft(room, body, Kind.TEXT, client_id), told.append)
        self.house.turn()
        return told

    def heard(self, client: Recorder) -> list[RoomEvent | RoomLine]:
        # Of comings and goings members hear at the end of the turn.
        self.house.turn()
        events, client.events = client.events, []
        return events

    def refused(self, why: str, client: Recorder, key: str = "") -> None:
        refusal = self.assertRaises(CannotJoin, self.join, client, TEA, key)
        self.assertEqual(refusal.why, why)

    def members(self) -> list[str]:
        return [member.person.address.name for member in self.room.members.values()]
