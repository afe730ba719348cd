"""Ranks in a room: who may do what to whom."""

from imd.core.message import Draft, Kind
from imd.core.refusal import CannotSpeak, NotOperator
from imd.core.talk import (
    FlagChange,
    KeyChange,
    LimitChange,
    ListChange,
    ListKind,
    Role,
    RoomChange,
    RoomChanged,
    RoomFlag,
)
from tests.core.room_case import TEA, RoomTestCase

LADDER = (Role.FOUNDER, Role.ADMIN, Role.OPERATOR, Role.HALFOP, Role.VOICE, None)

#: Who may remove whom: for each role those it rules.
RULES = {
    Role.FOUNDER: set(LADDER),
    Role.ADMIN: {Role.OPERATOR, Role.HALFOP, Role.VOICE, None},
    Role.OPERATOR: {Role.OPERATOR, Role.HALFOP, Role.VOICE, None},
    Role.HALFOP: {Role.VOICE, None},
    Role.VOICE: set(),
    None: set(),
}


class RankTests(RoomTestCase):
    """Bob is tried in every role, and so is carol, on whom he tries his powers."""

    def ranked(self, name: str, role: Role | None) -> None:
        client = {"bob": self.bob, "carol": self.carol}[name]
        self.join(client)
        member = self.room.members[self.accounts[name].id]
        member.roles = set() if role is None else {role}
        self.room.access.pop(self.accounts[name].id, None)

    def test_removal(self) -> None:
        """Each may remove those below; operators each other, too."""
        for mine, ruled in RULES.items():
            for theirs in LADDER:
                self.ranked("bob", mine)
                self.ranked("carol", theirs)
                remove = (self.house.hub.rooms.remove_member, self.me(self.bob), TEA, "carol")
                if theirs in ruled:
                    remove[0](*remove[1:])
                    self.assertNotIn("carol", self.members())
                else:
                    self.assertRaises(NotOperator, *remove)
                    self.assertIn("carol", self.members())

    def test_giving_and_taking(self) -> None:
        """A right can be given by those who rule it, and taken by those who rule also whoever has it."""
        for mine, ruled in RULES.items():
            for role in Role:
                self.ranked("bob", mine)
                self.ranked("carol", None)
                self.assertEqual(self.may(self.role("carol", role)), role in ruled, (mine, role))
                for theirs in Role:
                    self.ranked("carol", theirs)
                    self.room.members[self.accounts["carol"].id].roles.add(role)
                    allowed = role in ruled and theirs in ruled
                    self.assertEqual(self.may(self.role("carol", role, False)), allowed, (mine, role, theirs))

    def may(self, change: RoomChange) -> bool:
        """Whether bob may."""
        try:
            return self.change(self.bob, change) == []
        except NotOperator:
            return False

    def test_giving_up(self) -> None:
        """Whatever one is, one may cease to be."""
        for role in Role:
            self.ranked("bob", role)
            self.assertEqual(self.change(self.bob, self.role("BOB", role, False)), [])
            self.assertEqual(self.room.members[self.accounts["bob"].id].roles, set())

    def test_half_operators(self) -> None:
        """They keep order at the moment: lists, topic, who may come in and speak; the rest is for operators."""
        self.ranked("bob", Role.HALFOP)
        flags = {RoomFlag.INVITE_ONLY, RoomFlag.MODERATED, RoomFlag.NO_OUTSIDERS, RoomFlag.TOPIC_PROTECTED}
        for flag in RoomFlag:
            change = FlagChange(flag, flag not in self.room.flags)
            self.assertEqual(self.may(change), flag in flags, flag)
        for kind in ListKind:
            self.assertTrue(self.may(ListChange(kind, "x!*@*", True)))
        self.assertFalse(self.may(KeyChange("milk")))
        self.assertFalse(self.may(LimitChange(9)))
        self.change(self.alice, FlagChange(RoomFlag.TOPIC_PROTECTED, True))
        self.house.hub.rooms.set_topic(self.me(self.bob), TEA, "Assam?")
        # What of a command may be done is done.
        self.heard(self.alice)
        refused = self.change(self.bob, KeyChange("milk"), FlagChange(RoomFlag.MODERATED, False))
        self.assertEqual([type(refusal) for refusal in refused], [NotOperator])
        (event,) = self.heard(self.alice)
        assert isinstance(event, RoomChanged)
        self.assertEqual(event.changes, [FlagChange(RoomFlag.MODERATED, False)])

    def test_lasting(self) -> None:
        """Admins, operators and half-operators with an account are so whenever they come in, by the highest."""
        bob = self.accounts["bob"].id
        for role in (Role.ADMIN, Role.OPERATOR, Role.HALFOP):
            self.ranked("bob", None)
            self.change(self.alice, self.role("bob", role), self.role("bob", Role.VOICE))
            self.assertEqual(self.room.access, {bob: role})
            self.house.hub.rooms.part(self.me(self.bob), TEA)
            self.join(self.bob)
            self.assertEqual(self.room.members[bob].roles, {role})
        self.change(self.alice, self.role("bob", Role.ADMIN), self.role("bob", Role.OPERATOR))
        self.assertEqual(self.room.access, {bob: Role.ADMIN})
        self.change(self.alice, self.role("bob", Role.OPERATOR, False))
        self.assertEqual(self.room.access, {bob: Role.ADMIN})
        self.change(self.alice, self.role("bob", Role.ADMIN, False))
        self.assertEqual(self.room.access, {})

    def test_granted_ways_in(self) -> None:
        """Half-operators and above come in whatever is set; a granted voice needs no invitation, and no more."""
        bob = self.accounts["bob"].id
        self.flag(RoomFlag.INVITE_ONLY)
        self.room.access[bob] = Role.VOICE
        self.join(self.bob)
        self.assertEqual(self.room.members[bob].roles, {Role.VOICE})
        self.house.hub.rooms.part(self.me(self.bob), TEA)
        self.change(self.alice, KeyChange("milk"), ListChange(ListKind.BAN, "bob!*@*", True))
        self.refused("banned", self.bob)
        self.room.access[bob] = Role.HALFOP
        self.join(self.bob)


class MaskTests(RoomTestCase):
    """Entries of lists: masks, accounts, mutes."""

    def ban(self, mask: str, kind: ListKind = ListKind.BAN, on: bool = True) -> None:
        self.assertEqual(self.change(self.alice, ListChange(kind, mask, on)), [])

    def test_mute(self) -> None:
        """Who is muted may come in and not speak, unless a role or an exception lets her."""
        self.ban("m:bob!*@*")
        self.join(self.bob)
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello")
        self.ban("m:*!*@user/bob", ListKind.EXCEPTION)
        self.say(self.bob, "hello")
        self.ban("m:*!*@user/bob", ListKind.EXCEPTION, False)
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello")
        self.change(self.alice, self.role("bob", Role.VOICE))
        self.say(self.bob, "hello")

    def test_a_mute_exception_is_no_way_in(self) -> None:
        """An exception from being muted is none from a ban."""
        self.ban("bob!*@*")
        self.ban("m:bob!*@*", ListKind.EXCEPTION)
        self.refused("banned", self.bob)
        self.ban("bob!*@*", ListKind.EXCEPTION)
        self.join(self.bob)

    def test_accounts(self) -> None:
        """``a:`` means an account by its name; guests have none."""
        self.ban("a:BOB")
        self.refused("banned", self.bob)
        self.ban("a:BOB", on=False)
        self.ban("m:a:*")
        self.join(self.bob)
        self.join(self.guest)
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello")
        self.say(self.guest, "hello")
        self.flag(RoomFlag.INVITE_ONLY)
        self.refused("invite-only", self.carol)
        self.ban("a:carol", ListKind.INVITE_EXCEPTION)
        self.join(self.carol)

    def test_no_ctcp(self) -> None:
        """What programs ask of programs is refused, also of operators; a line and an action are talk."""
        self.flag(RoomFlag.NO_CTCP)
        rooms, me = self.house.hub.rooms, self.me(self.alice)
        self.assertRaises(CannotSpeak, rooms.say, me, TEA, Draft(TEA, "VERSION", Kind.SIGNAL))
        for draft in (
            Draft(TEA, "waves", Kind.ACTION),
            Draft(TEA, "hello"),
            Draft(TEA, "", Kind.SIGNAL, tags={"typing": "active"}),
        ):
            rooms.say(me, TEA, draft)
