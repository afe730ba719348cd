"""Rooms that are kept: whose they are, who has which role for good, what is locked, what is closed."""

from imd.core.refusal import (
    CannotJoin,
    Locked,
    Malformed,
    NoSuchAccount,
    NoSuchRoom,
    NotAllowed,
    NotForGuests,
    NotFounder,
    NotOperator,
    NotRegistered,
)
from imd.core.talk import (
    FlagChange,
    RemovedFromRoom,
    Role,
    RoomChanged,
    RoomFlag,
    TopicChanged,
)
from tests.core.room_case import TEA, RoomTestCase
from tests.house import Recorder


class KeepingTestCase(RoomTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.keeping = self.house.hub.rooms.keeping

    def roles(self, client: Recorder) -> set[Role]:
        return self.room.members[self.me(client).person.key].roles

    def grant(self, client: Recorder, to: str, role: Role | None, *, service: bool = False) -> bool:
        return self.house.wait(self.keeping.grant(self.me(client), TEA, to, role, service=service)) is not None

    def again(self) -> None:
        """The daemon was killed and started."""
        self.house.turn()
        self.house.restart()
        found = self.house.hub.rooms.find(TEA)
        assert found is not None
        self.room = found
        self.keeping = self.house.hub.rooms.keeping


class FoundingTests(KeepingTestCase):
    def test_register(self) -> None:
        """An operator with an account makes a room without a founder hers; it is kept then, with its settings."""
        room = self.join(self.guest, "#visitors")
        self.assertRaises(NotForGuests, self.keeping.register, self.me(self.guest), "#visitors")
        self.join(self.bob, "#visitors")
        self.assertRaises(NotOperator, self.keeping.register, self.me(self.bob), "#visitors")
        self.change(self.guest, self.role("bob", Role.OPERATOR), FlagChange(RoomFlag.MODERATED, True), room="#visitors")
        self.heard(self.guest)
        self.assertIs(self.keeping.register(self.me(self.bob), "#visitors"), room)
        (event,) = self.heard(self.guest)
        assert isinstance(event, RoomChanged)
        self.assertEqual((event.by, event.changes), (None, [self.role("bob", Role.FOUNDER)]))
        self.assertRaises(NotAllowed, self.keeping.register, self.me(self.bob), "#visitors")
        self.assertEqual(self.keeping.founded(self.me(self.bob)), [room])
        self.house.turn()
        self.house.restart()
        kept = self.house.hub.rooms.find("#visitors")
        assert kept is not None
        self.assertEqual((kept.founder, kept.flags), (self.accounts["bob"].id, room.flags))

    def test_transfer(self) -> None:
        """It is the other's when she accepts, also after a restart, and the founder's until then."""
        self.join(self.bob)
        transfer = self.keeping.transfer
        self.assertRaises(NotFounder, self.house.wait, transfer(self.me(self.bob), TEA, "bob"))
        self.assertRaises(NoSuchAccount, self.house.wait, transfer(self.me(self.alice), TEA, "nobody"))
        self.assertEqual(self.house.wait(transfer(self.me(self.alice), TEA, "bob")), "offered")
        self.assertRaises(NotRegistered, self.keeping.accept, self.me(self.carol), TEA)
        self.assertEqual(self.house.wait(transfer(self.me(self.alice), TEA, "alice")), "withdrawn")
        self.assertRaises(NotRegistered, self.keeping.accept, self.me(self.bob), TEA)
        self.house.wait(transfer(self.me(self.alice), TEA, "bob"))
        self.assertEqual(self.room.founder, self.accounts["alice"].id)
        self.keeping.accept(self.me(self.bob), TEA)
        self.assertEqual(self.room.founder, self.accounts["bob"].id)
        self.assertEqual((self.roles(self.alice), self.roles(self.bob)), (set(), {Role.FOUNDER}))
        self.house.wait(transfer(self.me(self.bob), TEA, "carol"))
        self.again()
        carol = self.house.on(self.accounts["carol"])
        self.keeping.accept(self.me(carol), TEA)
        self.assertEqual(self.room.founder, self.accounts["carol"].id)

    def test_transfer_by_the_service(self) -> None:
        """Is done at once."""
        self.assertEqual(self.house.wait(self.keeping.transfer(self.me(self.carol), TEA, "bob", service=True)), "done")
        self.assertEqual(self.room.founder, self.accounts["bob"].id)
        self.assertEqual(self.roles(self.alice), set())

    def test_drop(self) -> None:
        """Nobody's any more, in the store too; those who are in stay till they go."""
        self.grant(self.alice, "bob", Role.HALFOP)
        self.join(self.bob)
        self.assertRaises(NotFounder, self.keeping.drop, self.me(self.bob), TEA)
        self.keeping.drop(self.me(self.alice), TEA)
        self.assertRaises(NotRegistered, self.keeping.drop, self.me(self.alice), TEA)
        self.assertEqual(self.members(), ["alice", "bob"])
        self.house.turn()
        self.assertEqual(self.house.wait(self.house.store.rooms.load()), [])
        for client in (self.alice, self.bob):
            self.house.off(client)
        self.assertIsNone(self.house.hub.rooms.find(TEA))

    def test_the_heir_is_removed(self) -> None:
        """An offer to an account that is gone is none."""
        self.house.wait(self.keeping.transfer(self.me(self.alice), TEA, "bob"))
        self.house.wait(self.house.accounts.remove(self.accounts["bob"]))
        self.assertEqual(self.room.heir, "")


class GrantTests(KeepingTestCase):
    def test_for_good(self) -> None:
        """What an account is whenever it comes in, and from now on if it is in."""
        self.assertTrue(self.grant(self.alice, "bob", Role.VOICE))
        self.assertFalse(self.grant(self.alice, "BOB", Role.VOICE))
        self.join(self.bob)
        self.assertEqual(self.roles(self.bob), {Role.VOICE})
        self.heard(self.bob)
        self.assertTrue(self.grant(self.alice, "bob", Role.ADMIN))
        changes = [event.changes for event in self.heard(self.bob) if isinstance(event, RoomChanged)]
        self.assertEqual(changes, [[self.role("bob", Role.VOICE, False), self.role("bob", Role.ADMIN)]])
        self.assertEqual(self.roles(self.bob), {Role.ADMIN})
        self.again()
        bob = self.house.on(self.accounts["bob"])
        self.join(bob)
        self.assertEqual(self.roles(bob), {Role.ADMIN})
        alice = self.house.on(self.accounts["alice"])
        self.assertTrue(self.grant(alice, "bob", None))
        self.assertEqual((self.roles(bob), self.room.access), (set(), {}))

    def test_ranks(self) -> None:
        """As with modes, by what the book says or one is now; one may give up what one has."""
        self.grant(self.alice, "bob", Role.OPERATOR)
        # Bob is not even in.
        self.assertTrue(self.grant(self.bob, "carol", Role.OPERATOR))
        self.assertRaises(NotOperator, self.grant, self.bob, "carol", Role.ADMIN)
        self.grant(self.alice, "carol", Role.ADMIN)
        self.assertRaises(NotOperator, self.grant, self.bob, "carol", None)
        self.assertRaises(NotOperator, self.grant, self.guest, "bob", None)
        self.assertTrue(self.grant(self.bob, "bob", None))
        self.assertRaises(NotOperator, self.grant, self.bob, "bob", Role.VOICE)
        self.assertTrue(self.grant(self.guest, "bob", Role.ADMIN, service=True))
        for to, role in (("alice", None), ("bob", Role.FOUNDER)):
            self.assertRaises(Malformed, self.grant, self.alice, to, role)

    def test_who_reads_it(self) -> None:
        """The founder's name is for all; who else has a role, for those who have one."""
        self.grant(self.alice, "bob", Role.HALFOP)
        self.grant(self.alice, "carol", Role.VOICE)
        access = [("bob", Role.HALFOP), ("carol", Role.VOICE)]
        for client, expected in ((self.alice, access), (self.bob, access), (self.carol, []), (self.guest, [])):
            found = self.house.wait(self.keeping.registration(self.me(client), TEA))
            self.assertEqual((found.founder, found.access), ("alice", expected))
        self.flag(RoomFlag.SECRET)
        self.assertRaises(NoSuchRoom, self.house.wait, self.keeping.registration(self.me(self.guest), TEA))
        self.house.wait(self.keeping.registration(self.me(self.carol), TEA))

    def test_for_the_visit(self) -> None:
        """A founder who has lost her sign gets it back; others by rank."""
        self.join(self.bob)
        self.change(self.alice, self.role("alice", Role.FOUNDER, False))
        self.assertEqual(self.roles(self.alice), set())
        wear = self.keeping.wear
        self.assertTrue(wear(self.me(self.alice), TEA, "bob", Role.OPERATOR, True))
        self.assertFalse(wear(self.me(self.alice), TEA, "bob", Role.OPERATOR, True))
        self.assertTrue(wear(self.me(self.alice), TEA, "", None, True))
        self.assertEqual((self.roles(self.alice), self.roles(self.bob)), ({Role.FOUNDER}, {Role.OPERATOR}))
        self.assertEqual(self.room.access, {})
        self.assertRaises(NotOperator, wear, self.me(self.bob), TEA, "alice", Role.FOUNDER, False)
        self.join(self.carol)
        self.assertRaises(NotOperator, wear, self.me(self.carol), TEA, "", None, True)

    def test_clear(self) -> None:
        """All that was granted, or everybody but oneself."""
        self.grant(self.alice, "bob", Role.OPERATOR)
        self.join(self.bob)
        self.join(self.carol)
        self.assertEqual(self.keeping.clear_access(self.me(self.alice), TEA), 1)
        self.assertEqual(self.roles(self.bob), set())
        self.assertRaises(NotFounder, self.keeping.clear_members, self.me(self.bob), TEA)
        self.heard(self.carol)
        self.assertEqual(self.keeping.clear_members(self.me(self.alice), TEA), 2)
        self.assertEqual(self.members(), ["alice"])
        self.assertEqual([type(event) for event in self.heard(self.carol)], [RemovedFromRoom, RemovedFromRoom])


class LockTests(KeepingTestCase):
    def test_topic(self) -> None:
        """Founder and admins alone, whatever mode t says."""
        self.flag(RoomFlag.TOPIC_PROTECTED, False)
        self.keeping.lock_topic(self.me(self.alice), TEA, True)
        self.join(self.bob)
        rooms = self.house.hub.rooms
        self.change(self.alice, self.role("bob", Role.OPERATOR))
        self.assertRaises(NotOperator, rooms.set_topic, self.me(self.bob), TEA, "x")
        self.change(self.alice, self.role("bob", Role.ADMIN))
        self.heard(self.alice)
        rooms.set_topic(self.me(self.bob), TEA, "x")
        self.assertEqual([type(event) for event in self.heard(self.alice)], [TopicChanged])
        self.again()
        self.assertTrue(self.room.topic_lock)

    def test_modes(self) -> None:
        """They are turned so, and stay so for everybody until they are locked otherwise."""
        self.heard(self.alice)
        self.keeping.lock_modes(
            self.me(self.alice), TEA, {RoomFlag.NO_OUTSIDERS: True, RoomFlag.SECRET: True, RoomFlag.MODERATED: False}
        )
        (event,) = self.heard(self.alice)
        assert isinstance(event, RoomChanged)
        self.assertEqual(event.changes, [FlagChange(RoomFlag.SECRET, True)])
        for flag, on in ((RoomFlag.SECRET, False), (RoomFlag.MODERATED, True), (RoomFlag.NO_OUTSIDERS, False)):
            (refusal,) = self.change(self.alice, FlagChange(flag, on))
            self.assertIsInstance(refusal, Locked)
        self.flag(RoomFlag.INVITE_ONLY)
        self.again()
        alice = self.house.on(self.accounts["alice"])
        self.join(alice)
        (refusal,) = self.change(alice, FlagChange(RoomFlag.SECRET, False))
        self.keeping.lock_modes(self.me(alice), TEA, {})
        self.assertEqual(self.change(alice, FlagChange(RoomFlag.SECRET, False)), [])


class ClosingTests(KeepingTestCase):
    def test_closed(self) -> None:
        """Everybody is removed and nobody comes in, also after a restart, until it is opened again."""
        me = self.me(self.carol)
        self.join(self.bob)
        self.assertEqual(self.keeping.close(me, TEA, "spam"), 2)
        self.assertEqual(self.keeping.close(me, "#never", ""), 0)
        self.house.turn()
        self.house.restart()
        rooms = self.house.hub.rooms
        alice = self.house.on(self.accounts["alice"])
        for name in (TEA, "#never"):
            refusal = self.assertRaises(CannotJoin, self.join, alice, name)
            self.assertEqual(refusal.why, "closed")
        self.assertEqual(sorted(room.name for room in rooms.keeping.closed()), ["#never", TEA])
        for name in (TEA, "#never"):
            rooms.keeping.reopen(name)
            self.assertRaises(NoSuchRoom, rooms.keeping.reopen, name)
        self.join(alice, TEA)
        self.assertEqual(self.join(alice, "#never").founder, self.accounts["alice"].id)
        self.house.turn()
        records = self.house.wait(self.house.store.rooms.load())
        self.assertEqual({record.name: record.closed for record in records}, {TEA: "", "#never": ""})

    def test_closed_without_a_founder(self) -> None:
        """It stays closed when it is dropped, or its founder's account is removed."""
        me = self.me(self.carol)
        self.join(self.bob, "#bobs")
        for name in (TEA, "#bobs"):
            self.keeping.close(me, name, "spam")
        self.keeping.drop(me, TEA, service=True)
        self.house.wait(self.house.accounts.remove(self.accounts["bob"]))
        self.house.turn()
        records = self.house.wait(self.house.store.rooms.load())
        self.assertEqual(
            {record.name: (record.founder, record.closed) for record in records},
            {TEA: ("", "spam"), "#bobs": ("", "spam")},
        )
        self.house.restart()
        alice = self.house.on(self.accounts["alice"])
        self.assertRaises(CannotJoin, self.join, alice, TEA)
        self.house.hub.rooms.keeping.reopen(TEA)
        self.house.turn()
        records = self.house.wait(self.house.store.rooms.load())
        self.assertEqual([record.name for record in records], ["#bobs"])
        self.join(alice, TEA)
