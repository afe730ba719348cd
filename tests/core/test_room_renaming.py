"""Rooms by another name: who may, what goes along, and what the store knows of it."""

from imd.core.message import Draft, Receipt
from imd.core.refusal import CannotRename, InvalidName, NotAMember, NotOperator, RoomExists
from imd.core.roomsettings import RENAMED_LATELY, RENAMED_MEMBERS
from imd.core.talk import ListChange, ListKind, Role, Room, RoomFlag, RoomLine, RoomRenamed
from tests.core.room_case import TEA, RoomTestCase
from tests.house import Recorder


class RenamingTests(RoomTestCase):
    def rename(self, client: Recorder, name: str, new: str, text: str = "") -> None:
        self.house.hub.rooms.rename(self.me(client), name, new, text)

    def bodies(self, client: Recorder, room: str) -> list[str]:
        lines = self.house.wait(self.house.hub.history.latest(self.me(client), room, 0, 10))
        return [line.body for line in lines]

    def test_all_goes_along(self) -> None:
        """Members, settings, lists, invitations and history; told to all once."""
        self.join(self.bob)
        self.say(self.alice, "hello")
        self.change(self.alice, ListChange(ListKind.BAN, "x!*@*", True))
        self.flag(RoomFlag.INVITE_ONLY)
        self.house.hub.rooms.invite(self.me(self.alice), TEA, "carol")
        self.join(self.alice, "#other")
        for client in (self.alice, self.bob, self.carol):
            self.heard(client)
        self.rename(self.alice, TEA, "#Coffee", "up to date")
        for client in (self.alice, self.bob):
            (event,) = self.heard(client)
            assert isinstance(event, RoomRenamed)
            self.assertEqual((event.room.name, event.before, event.text), ("#Coffee", TEA, "up to date"))
        self.assertEqual(self.heard(self.carol), [])
        rooms = self.house.hub.rooms
        self.assertIsNone(rooms.find(TEA))
        self.assertIs(rooms.find("#coffee"), self.room)
        self.assertEqual([room.name for room in rooms.rooms_of(self.me(self.alice).person)], ["#Coffee", "#other"])
        self.assertEqual([room.name for room in rooms.invitations(self.me(self.carol))], ["#Coffee"])
        self.join(self.carol, "#coffee")
        self.say(self.bob, "again", "#coffee")
        self.assertEqual(self.bodies(self.carol, "#coffee"), ["hello", "again"])
        rooms.part(self.me(self.bob), "#coffee")
        self.assertEqual(self.members(), ["alice", "carol"])

    def test_the_name_is_free(self) -> None:
        """Another room may be called so, and has a history of its own."""
        self.say(self.alice, "old")
        self.rename(self.alice, TEA, "#coffee")
        self.join(self.bob)
        self.say(self.bob, "new")
        self.assertEqual(self.bodies(self.bob, TEA), ["new"])
        self.assertEqual(self.bodies(self.alice, "#coffee"), ["old"])
        self.rename(self.bob, TEA, "#milk")
        self.assertEqual(self.bodies(self.bob, "#milk"), ["new"])

    def test_who_may(self) -> None:
        """Operators, and of a room that has a founder the founder alone."""
        self.assertRaises(NotAMember, self.rename, self.bob, TEA, "#coffee")
        self.join(self.bob)
        self.assertRaises(NotOperator, self.rename, self.bob, TEA, "#coffee")
        self.change(self.alice, self.role("bob", Role.FOUNDER))
        self.assertRaises(CannotRename, self.rename, self.bob, TEA, "#coffee")
        self.join(self.guest, "#visitors")
        self.rename(self.guest, "#visitors", "#guests")

    def test_names(self) -> None:
        """It must be a name, and nobody else's; another spelling of the same is one."""
        self.join(self.alice, "#coffee")
        self.assertRaises(RoomExists, self.rename, self.alice, TEA, "#COFFEE")
        self.assertRaises(InvalidName, self.rename, self.alice, TEA, "coffee")
        self.rename(self.alice, TEA, "#TEA")
        room = self.house.hub.rooms.find(TEA)
        assert room is not None
        self.assertEqual(room.name, "#TEA")
        self.heard(self.alice)
        self.rename(self.alice, TEA, "#TEA")
        self.assertEqual(self.heard(self.alice), [])

    def test_not_over_and_over(self) -> None:
        """A large room is not renamed again at once: for many clients it is leaving and entering."""
        self.rename(self.alice, TEA, "#a")
        self.rename(self.alice, "#a", "#b")
        for number in range(RENAMED_MEMBERS):
            self.join(self.house.on(f"visitor{number}"), "#b")
        self.assertRaises(CannotRename, self.rename, self.alice, "#b", "#c")
        self.house.turn(RENAMED_LATELY)
        self.rename(self.alice, "#b", "#c")


class DurableTests(RoomTestCase):
    """What is found after the daemon was killed and started."""

    def rename(self, name: str, new: str) -> None:
        self.house.hub.rooms.rename(self.me(self.alice), name, new)

    def found(self) -> dict[str, str]:
        """Names and where their histories are."""
        self.house.turn()
        records = self.house.wait(self.house.store.rooms.load())
        return {record.name: record.archive or record.name for record in records}

    def test_under_the_new_name(self) -> None:
        """The room is found under its new name alone, with its history."""
        self.say(self.alice, "hello")
        self.rename(TEA, "#coffee")
        self.assertEqual(self.found(), {"#coffee": TEA})
        self.house.restart()
        alice = self.house.on(self.accounts["alice"])
        self.join(alice, "#coffee")
        lines = self.house.wait(self.house.hub.history.latest(self.me(alice), "#coffee", 0, 10))
        self.assertEqual([line.body for line in lines], ["hello"])
        self.join(alice, TEA)
        self.assertEqual(self.found(), {"#coffee": TEA, TEA: "#tea,2"})

    def test_there_and_back(self) -> None:
        """Several names in one turn are one write; back to the first is none at all, as far as can be seen."""
        self.house.turn()
        for name, new in ((TEA, "#a"), ("#a", "#b"), ("#b", "#c")):
            self.rename(name, new)
        self.assertEqual(self.found(), {"#c": TEA})
        self.rename("#c", "#d")
        self.rename("#d", "#c")
        self.assertEqual(self.found(), {"#c": TEA})

    def test_while_the_store_is_away(self) -> None:
        """It waits, and a room that took the old name meanwhile is not harmed."""
        self.house.turn()
        self.house.store.available = False
        self.rename(TEA, "#coffee")
        self.join(self.alice, TEA)
        self.house.turn()
        self.house.store.available = True
        self.house.hub.store_back()
        self.assertEqual(self.found(), {"#coffee": TEA, TEA: "#tea,2"})

    def test_while_it_is_written(self) -> None:
        """Renamed again while the store takes the name before: the last one stands."""
        self.house.turn()
        self.house.store.deferring = True
        self.rename(TEA, "#a")
        self.house.turn()
        self.rename("#a", "#b")
        for _ in range(5):
            self.house.store.work()
            self.house.turn()
        self.house.store.deferring = False
        self.assertEqual(self.found(), {"#b": TEA})


class AudienceTests(RoomTestCase):
    """Lines for some members only (ISUPPORT STATUSMSG)."""

    def test_some_only(self) -> None:
        """Those of the role or a higher one, and the speaker (whose door answers it); no history has it."""

        told: list[Receipt] = []
        phone = self.house.on(self.accounts["carol"])
        for client in (self.bob, self.carol, self.guest):
            self.join(client)
        self.change(self.alice, self.role("bob", Role.HALFOP), self.role("visitor", Role.VOICE))
        clients = (self.alice, self.bob, self.carol, phone, self.guest)
        for client in clients:
            self.heard(client)
        me = self.me(self.carol)
        self.house.hub.rooms.say(me, TEA, Draft(TEA, "psst"), told.append, least=Role.HALFOP)
        self.house.turn()
        heard = [[event for event in self.heard(client) if isinstance(event, RoomLine)] for client in clients]
        self.assertEqual([len(lines) for lines in heard], [1, 1, 1, 1, 0])
        self.assertEqual({line.least for lines in heard for line in lines}, {Role.HALFOP})
        self.assertEqual(len(told), 1)
        lines = self.house.wait(self.house.hub.history.latest(self.me(self.alice), TEA, 0, 10))
        self.assertEqual(lines, [])


class InvitationTests(RoomTestCase):
    def test_those_that_stand(self) -> None:
        """Until one has come, or the room is gone."""
        rooms = self.house.hub.rooms
        found: list[Room] = []
        for name in (TEA, "#coffee"):
            found.append(self.join(self.alice, name))
            rooms.invite(self.me(self.alice), name, "bob")
        self.assertEqual(rooms.invitations(self.me(self.bob)), found)
        self.assertEqual(rooms.invitations(self.me(self.carol)), [])
        self.join(self.bob)
        self.assertEqual(rooms.invitations(self.me(self.bob)), found[1:])
        rooms.part(self.me(self.alice), "#coffee")
        self.assertEqual(rooms.invitations(self.me(self.bob)), [])
