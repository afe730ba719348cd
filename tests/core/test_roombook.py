"""Durable rooms: what outlives the last member and the daemon."""

from collections.abc import Awaitable

from imd.core.stores import RoomRecord
from imd.core.talk import (
    FlagChange,
    KeyChange,
    LimitChange,
    ListChange,
    ListKind,
    Role,
    Room,
    RoomFlag,
)
from tests.core.room_case import TEA, RoomTestCase


class DurableTests(RoomTestCase):
    """What an account founded is kept."""

    def again(self) -> Room:
        """The room, as it is after the daemon was killed and started."""
        self.house.turn()
        self.house.restart()
        room = self.house.hub.rooms.find(TEA)
        assert room is not None
        return room

    def test_all_of_it(self) -> None:
        """Name, founder, operators, topic, flags, key, limit, lists; not who was in."""
        self.join(self.bob)
        self.house.hub.rooms.set_topic(self.me(self.alice), TEA, "Assam?")
        self.change(
            self.alice,
            FlagChange(RoomFlag.INVITE_ONLY, True),
            FlagChange(RoomFlag.TOPIC_PROTECTED, False),
            KeyChange("milk"),
            LimitChange(7),
            ListChange(ListKind.BAN, "mallory!*@*", True),
            ListChange(ListKind.INVITE_EXCEPTION, "carol!*@*", True),
            self.role("bob", Role.OPERATOR),
        )
        before, room = self.room, self.again()
        for name in ("name", "created", "founder", "access", "topic", "flags", "key", "limit", "lists"):
            self.assertEqual(getattr(room, name), getattr(before, name), name)
        self.assertEqual(room.members, {})
        alice, bob = self.house.on(self.accounts["alice"]), self.house.on(self.accounts["bob"])
        self.join(alice)
        self.join(bob)
        self.assertEqual([member.roles for member in room.members.values()], [{Role.FOUNDER}, {Role.OPERATOR}])

    def test_rows_of_before(self) -> None:
        """What was written when a room knew operators only is read: they have the role for good."""
        bob = self.accounts["bob"].id
        old = RoomRecord(name="#old", created=1.0, founder=self.accounts["alice"].id, operators=frozenset({bob}))
        self.house.wait(self.house.store.rooms.put("#old", old))
        self.again()
        bob_again = self.house.on(self.accounts["bob"])
        room = self.join(bob_again, "#old")
        self.assertEqual((room.access, room.members[bob].roles), ({bob: Role.OPERATOR}, {Role.OPERATOR}))

    def test_guests_rooms_are_not_kept(self) -> None:
        self.join(self.guest, "#visitors")
        self.again()
        self.assertIsNone(self.house.hub.rooms.find("#visitors"))

    def test_founder_removed(self) -> None:
        """The room goes on while somebody is in, and then ends; rights of a removed operator end in the store too."""
        self.join(self.bob)
        self.change(self.alice, self.role("bob", Role.OPERATOR))
        self.house.wait(self.house.accounts.remove(self.accounts["bob"]))
        self.assertEqual(self.again().access, {})
        alice, carol = self.house.on(self.accounts["alice"]), self.house.on(self.accounts["carol"])
        self.join(alice)
        self.join(carol)
        self.house.wait(self.house.accounts.remove(self.accounts["alice"]))
        self.house.turn()
        self.assertIsNotNone(self.house.hub.rooms.find(TEA))
        self.house.off(carol)
        self.assertIsNone(self.house.hub.rooms.find(TEA))
        self.house.restart()
        self.assertIsNone(self.house.hub.rooms.find(TEA))

    def test_changed_while_it_is_written(self) -> None:
        """What changes while the store takes the state before is written too."""
        self.house.turn()
        self.house.store.deferring = True
        self.house.hub.rooms.set_topic(self.me(self.alice), TEA, "first")
        self.house.turn()
        self.house.hub.rooms.set_topic(self.me(self.alice), TEA, "second")
        for _ in range(5):
            self.house.store.work()
            self.house.turn()
        self.house.store.deferring = False
        room = self.again()
        assert room.topic is not None
        self.assertEqual(room.topic.text, "second")

    def test_store_away(self) -> None:
        """Changes wait for the store, and go with the next one, or when it is back."""
        self.house.turn()
        rooms = self.house.hub.rooms
        self.house.store.available = False
        rooms.set_topic(self.me(self.alice), TEA, "first")
        self.join(self.alice, "#coffee")
        self.house.turn()
        self.assertFalse(self.house.hub.idle)
        self.house.store.available = True
        rooms.set_topic(self.me(self.alice), TEA, "second")
        self.house.turn()
        self.assertTrue(self.house.hub.idle)
        self.house.store.available = False
        rooms.set_topic(self.me(self.alice), TEA, "third")
        self.house.turn()
        self.house.store.available = True
        self.house.hub.store_back()
        room = self.again()
        assert room.topic is not None
        self.assertEqual(room.topic.text, "third")
        self.assertIsNotNone(self.house.hub.rooms.find("#coffee"))

    def test_coming_and_going_is_not_written(self) -> None:
        """Only what is kept is worth a write."""
        self.house.turn()
        puts: list[str] = []
        put = self.house.store.rooms.put

        def counted(folded: str, record: RoomRecord, *, before: str = "") -> Awaitable[None]:
            puts.append(folded)
            return put(folded, record, before=before)

        self.house.store.rooms.put = counted  # type: ignore[method-assign]
        self.join(self.bob)
        self.house.turn()
        self.house.off(self.bob)
        self.assertEqual(puts, [])
        self.house.hub.rooms.set_topic(self.me(self.alice), TEA, "Assam?")
        self.house.turn()
        self.assertEqual(puts, [TEA])
