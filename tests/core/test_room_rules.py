"""Rooms: who may come in, who may change what, and how much of everything."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.refusal import (
    AlreadyMember,
    CannotJoin,
    Malformed,
    NoSuchAccount,
    NoSuchRoom,
    NotAMember,
    NotOperator,
    TooMany,
)
from imd.core.session import Visibility
from imd.core.talk import (
    FlagChange,
    KeyChange,
    LimitChange,
    ListChange,
    ListKind,
    MemberInvited,
    Role,
    RoomChange,
    RoomChanged,
    RoomFlag,
)
from tests.core.room_case import TEA, RoomTestCase


class EntryTests(RoomTestCase):
    """Who may come in."""

    def test_key(self) -> None:
        self.change(self.alice, KeyChange("milk"))
        self.refused("key", self.bob)
        self.refused("key", self.bob, "sugar")
        self.join(self.bob, key="milk")
        self.change(self.alice, KeyChange(""))
        self.join(self.carol)

    def test_limit(self) -> None:
        self.change(self.alice, LimitChange(2))
        self.join(self.bob)
        self.refused("full", self.carol)
        self.change(self.alice, LimitChange(0))
        self.join(self.carol)

    def test_invite_only(self) -> None:
        """Invited once is in once; the list of exceptions needs no invitation."""
        rooms = self.house.hub.rooms
        self.flag(RoomFlag.INVITE_ONLY)
        self.refused("invite-only", self.bob)
        self.heard(self.alice)
        self.assertEqual(str(rooms.invite(self.me(self.alice), TEA, "bob")), "bob@localhost")
        for client in (self.alice, self.bob):
            (event,) = self.heard(client)
            assert isinstance(event, MemberInvited)
            self.assertEqual(event.person.name, "bob")
        self.join(self.bob)
        rooms.part(self.me(self.bob), TEA)
        self.refused("invite-only", self.bob)
        self.change(self.alice, ListChange(ListKind.INVITE_EXCEPTION, "bob!*@*", True))
        self.join(self.bob)
        self.assertRaises(NotOperator, rooms.invite, self.me(self.bob), TEA, "carol")

    def test_invitations(self) -> None:
        """Anybody inside invites where the room is open; whom one cannot see one cannot invite."""
        rooms = self.house.hub.rooms
        self.assertRaises(NotAMember, rooms.invite, self.me(self.bob), TEA, "carol")
        self.join(self.bob)
        self.assertRaises(AlreadyMember, rooms.invite, self.me(self.bob), TEA, "alice")
        self.assertRaises(NoSuchAccount, rooms.invite, self.me(self.bob), TEA, "nobody")
        self.assertRaises(NoSuchRoom, rooms.invite, self.me(self.bob), "#none", "carol")
        self.house.wait(self.house.hub.people.set_privacy(self.me(self.carol), Visibility.NOBODY))
        self.house.turn()
        self.assertRaises(NoSuchAccount, rooms.invite, self.me(self.bob), TEA, "carol")
        # An invitation opens what is shut: ban, key, and limit.
        self.change(self.alice, KeyChange("milk"), LimitChange(1), ListChange(ListKind.BAN, "*!*@*", True))
        self.assertRaises(CannotJoin, self.join, self.guest)
        rooms.invite(self.me(self.bob), TEA, "visitor")
        self.join(self.guest)

    def test_invitations_end_with_the_room(self) -> None:
        """A room that is gone, or empty, has invited nobody."""
        rooms = self.house.hub.rooms
        self.flag(RoomFlag.INVITE_ONLY)
        rooms.invite(self.me(self.alice), TEA, "bob")
        rooms.part(self.me(self.alice), TEA)
        self.refused("invite-only", self.bob)
        self.join(self.alice)
        rooms.invite(self.me(self.alice), TEA, "bob")
        self.house.wait(self.house.accounts.remove(self.accounts["alice"]))
        self.assertEqual(rooms.levels()["invites"], 0)

    def test_bans(self) -> None:
        """By mask, under folding; an exception lifts a ban; operators of the room and its founder come in always."""
        rooms = self.house.hub.rooms
        self.change(self.alice, ListChange(ListKind.BAN, "B?B!*@user/*", True))
        self.refused("banned", self.bob)
        self.join(self.carol)
        self.change(self.alice, ListChange(ListKind.EXCEPTION, "*!*@user/bob", True))
        self.join(self.bob)
        rooms.part(self.me(self.bob), TEA)
        self.change(self.alice, ListChange(ListKind.EXCEPTION, "*!*@USER/BOB", False))
        self.refused("banned", self.bob)
        self.change(
            self.alice, ListChange(ListKind.BAN, "*!*@*", True), self.role("carol", Role.OPERATOR), KeyChange("milk")
        )
        for client in (self.carol, self.alice):
            rooms.part(self.me(client), TEA)
            self.join(client)

    def test_a_guest_is_banned_by_cloak(self) -> None:
        """A guest's mask holds for every nick from the same address."""
        origin = self.house.hub.people.origin(self.me(self.guest).person)
        self.change(self.alice, ListChange(ListKind.BAN, f"*!*@{origin.partition('@')[2]}", True))
        self.refused("banned", self.guest)
        self.refused("banned", self.house.on("another"))
        self.join(self.house.on("elsewhere", address="192.0.2.99"))

    def test_accounts_only(self) -> None:
        self.flag(RoomFlag.ACCOUNTS_ONLY)
        self.refused("accounts-only", self.guest)
        self.join(self.bob)
        self.house.hub.rooms.invite(self.me(self.alice), TEA, "visitor")
        self.join(self.guest)


class SettingTests(RoomTestCase):
    """What may be changed, and by whom."""

    def test_one_event(self) -> None:
        """What may be done is done, in order, and told as one event; the rest comes back; nothing new is nothing."""
        self.join(self.bob)
        self.heard(self.bob)
        ban = ListChange(ListKind.BAN, "x!*@*", True)
        wanted: list[RoomChange] = [FlagChange(RoomFlag.SECRET, True), LimitChange(5), ban]
        refused = self.change(self.alice, wanted[0], KeyChange("a b"), wanted[1], LimitChange(-1), wanted[2])
        self.assertEqual([type(refusal) for refusal in refused], [Malformed, Malformed])
        (event,) = self.heard(self.bob)
        assert isinstance(event, RoomChanged)
        self.assertEqual(event.changes, wanted)
        self.assertEqual(self.change(self.alice, *wanted), [])
        self.assertEqual(self.heard(self.bob), [])

    def test_ranks(self) -> None:
        """Operators rule all but the founder; only a founder makes one, or unmakes one; members rule nothing."""
        for client in (self.bob, self.carol):
            self.join(client)
        self.assertRaises(NotOperator, self.change, self.bob, FlagChange(RoomFlag.SECRET, True))
        self.assertRaises(NotAMember, self.change, self.guest, FlagChange(RoomFlag.SECRET, True))
        self.assertEqual(self.change(self.alice, self.role("bob", Role.OPERATOR)), [])
        self.assertEqual(self.change(self.bob, self.role("carol", Role.OPERATOR)), [])
        self.assertEqual(self.change(self.bob, self.role("carol", Role.OPERATOR, False)), [])
        for change in (self.role("alice", Role.FOUNDER, False), self.role("carol", Role.FOUNDER)):
            self.assertEqual([type(refusal) for refusal in self.change(self.bob, change)], [NotOperator])
        self.assertEqual(self.change(self.alice, self.role("carol", Role.FOUNDER)), [])
        self.assertEqual(self.room.members[self.accounts["carol"].id].roles, {Role.FOUNDER})

    def test_operators_come_back(self) -> None:
        """Founder and operators are so whenever they come in; a voice is for the visit."""
        self.join(self.bob)
        self.join(self.carol)
        self.change(self.alice, self.role("bob", Role.OPERATOR), self.role("carol", Role.VOICE))
        for client, roles in [(self.alice, {Role.FOUNDER}), (self.bob, {Role.OPERATOR}), (self.carol, set())]:
            self.house.hub.rooms.part(self.me(client), TEA)
            self.join(client)
            self.assertEqual(self.room.members[self.me(client).person.key].roles, roles)
        self.change(self.alice, self.role("bob", Role.OPERATOR, False))
        self.house.hub.rooms.part(self.me(self.bob), TEA)
        self.join(self.bob)
        self.assertEqual(self.room.members[self.accounts["bob"].id].roles, set())

    def test_masks(self) -> None:
        """Only possible ones, each once whatever its case."""
        for mask in ("", "a b", "x" * 201):
            (refusal,) = self.change(self.alice, ListChange(ListKind.BAN, mask, True))
            self.assertIsInstance(refusal, Malformed)
        self.change(self.alice, ListChange(ListKind.BAN, "a!*@*", True), ListChange(ListKind.BAN, "A!*@*", True))
        self.assertEqual([entry.mask for entry in self.room.lists[ListKind.BAN]], ["a!*@*"])


class LimitTests(RoomTestCase):
    policy = Policy(limits=Limits(rooms=4, rooms_per_account=2, room_members=3, room_masks=2, invites=2))

    def test_rooms(self) -> None:
        """So many rooms of one person, and in all."""
        self.join(self.alice, "#two")
        self.assertRaises(TooMany, self.join, self.alice, "#three")
        self.join(self.bob, "#three")
        self.join(self.bob, "#four")
        self.assertRaises(TooMany, self.join, self.carol, "#five")
        self.join(self.carol, TEA)

    def test_members(self) -> None:
        """So many in one room."""
        self.join(self.bob)
        self.join(self.carol)
        self.refused("full", self.guest)

    def test_invitations(self) -> None:
        """So many of one person that are open; one that is repeated, used, or void with its room takes no room."""
        rooms = self.house.hub.rooms
        alice = self.me(self.alice)
        for name in ("bob", "carol", "bob"):
            rooms.invite(alice, TEA, name)
        self.assertRaises(TooMany, rooms.invite, alice, TEA, "visitor")
        self.assertEqual(rooms.levels()["invites"], 2)
        self.assertEqual(self.policy.limits.tally.met.get("invites"), 1)
        self.join(self.bob)
        # By another's word it is another's, and void when she is gone for good.
        rooms.invite(self.me(self.bob), TEA, "visitor")
        rooms.invite(alice, TEA, "visitor")
        rooms.part(self.me(self.bob), TEA)
        self.house.off(self.guest)
        rooms.invite(alice, TEA, "bob")
        rooms.part(alice, TEA)
        self.assertEqual(rooms.levels()["invites"], 0)

    def test_lists(self) -> None:
        """So many masks in one list."""
        changes = [ListChange(ListKind.BAN, f"{number}!*@*", True) for number in range(3)]
        self.assertEqual([type(refusal) for refusal in self.change(self.alice, *changes)], [TooMany])


class CreationTests(RoomTestCase):
    def test_who_may_open_rooms(self) -> None:
        """Everybody, accounts only, or nobody; rooms that are there stay open."""
        rooms = self.house.hub.rooms
        rooms.creation = "accounts"
        self.assertRaises(NoSuchRoom, self.join, self.guest, "#new")
        self.join(self.bob, "#new")
        rooms.creation = "nobody"
        self.assertRaises(NoSuchRoom, self.join, self.bob, "#newer")
        self.join(self.guest, "#new")
