"""Tests of `imd.protocols.irc.modes`."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.core.address import Address, fold
from imd.core.session import Person
from imd.core.talk import (
    FlagChange,
    KeyChange,
    LimitChange,
    ListChange,
    ListKind,
    Member,
    Role,
    RoleChange,
    Room,
    RoomChange,
    RoomFlag,
)
from imd.protocols.irc import modes
from imd.protocols.irc.modes import Fault, Mode

WORD = st.text("abcdefghij0123456789-_[]", min_size=1, max_size=12)
MASK = st.builds("{}!{}@{}".format, WORD | st.just("*"), WORD | st.just("*"), WORD | st.just("*"))
CHANGE: st.SearchStrategy[RoomChange] = st.one_of(
    st.builds(FlagChange, st.sampled_from(RoomFlag), st.booleans()),
    st.builds(KeyChange, st.just("") | st.text("abcXYZ019!?", min_size=1, max_size=modes.MAX_KEY)),
    st.builds(LimitChange, st.integers(0, modes.MAX_LIMIT)),
    st.builds(ListChange, st.sampled_from(ListKind), MASK, st.booleans()),
    st.builds(RoleChange, st.sampled_from(Role), st.builds(Address, WORD, st.just("d")), st.booleans()),
)


def again(mode: Mode) -> RoomChange | Fault:
    """What a reader of the line understands."""
    if mode.letter in modes.ROLES and mode.parameter is not None:
        return RoleChange(modes.ROLES[mode.letter], Address(mode.parameter, "d"), mode.on)
    return modes.change(mode)


class TableTests(SynchronousTestCase):
    def test_every_flag_list_and_role_has_a_letter(self) -> None:
        """Whatever the core can say of a room has a letter, and no letter is used twice."""
        self.assertEqual(set(modes.FLAGS.values()), set(RoomFlag))
        self.assertEqual(set(modes.LISTS.values()), set(ListKind))
        self.assertEqual(set(modes.ROLES.values()), set(Role))
        self.assertEqual(set(modes.PREFIXES), set(Role))
        self.assertEqual(len(set(modes.CHANNEL_MODES)), len(modes.CHANNEL_MODES))

    def test_isupport_values(self) -> None:
        """CHANMODES and PREFIX are what clients are told."""
        self.assertEqual(modes.CHANMODES, "Ibe,k,l,CRimnst")
        self.assertEqual(modes.PREFIX, "(qaohv)~&@%+")


class ReadTests(SynchronousTestCase):
    def test_letters_take_their_parameters_in_order(self) -> None:
        """Modern IRC: type A, B and prefix modes have a parameter, type C when it is set, type D never."""
        cases: list[tuple[list[str], list[Mode]]] = [
            ([], []),
            (["b"], [Mode("b", True)]),
            (["+b"], [Mode("b", True)]),
            (["+nt-i"], [Mode("n", True), Mode("t", True), Mode("i", False)]),
            (["+o-v", "a", "b"], [Mode("o", True, "a"), Mode("v", False, "b")]),
            (["+kl", "key", "5"], [Mode("k", True, "key"), Mode("l", True, "5")]),
            (["-lk", "key"], [Mode("l", False), Mode("k", False, "key")]),
            (["-k"], [Mode("k", False)]),
            (["+o", "a", "-v", "b"], [Mode("o", True, "a"), Mode("v", False, "b")]),
            (["+l"], [Mode("l", True)]),
            (["+X", "m"], [Mode("X", True)]),
            (["+X", "m", "-i"], [Mode("X", True), Mode("i", False)]),
            (["-l", "7"], [Mode("l", False)]),
        ]
        for parameters, expected in cases:
            self.assertEqual(list(modes.read(parameters)), expected, parameters)

    def test_what_a_mode_asks(self) -> None:
        """Each mode becomes a change of the room, or says what is wrong with it."""
        cases: list[tuple[Mode, RoomChange | Fault]] = [
            (Mode("i", True), FlagChange(RoomFlag.INVITE_ONLY, True)),
            (Mode("R", False), FlagChange(RoomFlag.ACCOUNTS_ONLY, False)),
            (Mode("k", True, "sesame"), KeyChange("sesame")),
            (Mode("k", True), Fault.PARAMETER_MISSING),
            (Mode("k", True, ""), Fault.PARAMETER_INVALID),
            (Mode("k", True, "two words"), Fault.PARAMETER_INVALID),
            (Mode("k", True, "a,b"), Fault.PARAMETER_INVALID),
            (Mode("k", True, "x" * 24), Fault.PARAMETER_INVALID),
            (Mode("k", False, "whatever"), KeyChange("")),
            (Mode("l", True, "10"), LimitChange(10)),
            (Mode("l", True, "0"), Fault.PARAMETER_INVALID),
            (Mode("l", True, "-1"), Fault.PARAMETER_INVALID),
            (Mode("l", True, "9" * 5000), Fault.PARAMETER_INVALID),
            (Mode("l", False), LimitChange(0)),
            (Mode("b", True, "mallory"), ListChange(ListKind.BAN, "mallory!*@*", True)),
            (Mode("e", False, "*@trusted.example"), ListChange(ListKind.EXCEPTION, "*!*@trusted.example", False)),
            (Mode("I", True), Fault.PARAMETER_MISSING),
            (Mode("b", True, "a b"), Fault.PARAMETER_INVALID),
            (Mode("X", True), Fault.UNKNOWN),
        ]
        for mode, expected in cases:
            self.assertEqual(modes.change(mode), expected, mode)

    @given(st.lists(st.text(max_size=20), max_size=6))
    def test_any_parameters_can_be_read(self, parameters: list[str]) -> None:
        """Whatever stands in a MODE command is a list of modes, each of which means something or has a fault."""
        for mode in modes.read(parameters):
            if mode.letter not in modes.ROLES:
                modes.change(mode)


class MaskTests(SynchronousTestCase):
    def test_parts_that_are_missing_are_wild(self) -> None:
        """A mask is always shown in full."""
        for text, expected in {
            "mallory": "mallory!*@*",
            "mallory!m": "mallory!m@*",
            "m@host": "*!m@host",
            "host.example": "*!*@host.example",
            "2001:db8::1": "*!*@2001:db8::1",
            "a!b@c": "a!b@c",
            "*!*@*": "*!*@*",
            "!@": "*!*@*",
            "@host": "*!*@host",
        }.items():
            self.assertEqual(modes.normal_mask(text), expected)

    def test_what_cannot_be_one_middle_parameter_is_refused(self) -> None:
        """Such a mask could not be shown in a ban list."""
        for text in ("", ":a", "a b", "a\x01b", "é" * 101):
            self.assertIsNone(modes.normal_mask(text))

    @given(MASK)
    def test_a_full_mask_stays(self, mask: str) -> None:
        """To normalise twice changes nothing."""
        self.assertEqual(modes.normal_mask(mask), mask)

    def test_wildcards(self) -> None:
        """``*`` is any text, ``?`` one character, case does not matter."""
        for mask, text, expected in [
            ("*", "", True),
            ("a*c", "ABBBC", True),
            ("a*c", "ab", False),
            ("a?c", "abc", True),
            ("a?c", "ac", False),
            ("*an1", "#chan1", True),
            ("*an1", "#chan11", False),
            ("*a*b*", "xaxxbx", True),
            ("", "", True),
            ("", "a", False),
        ]:
            self.assertEqual(modes.matcher(mask, fold)(text), expected, (mask, text))

    def test_a_hostile_mask_is_cheap(self) -> None:
        """Many stars do not blow up."""
        self.assertFalse(modes.matcher("*a" * 100 + "b", fold)("a" * 400))


class WriteTests(SynchronousTestCase):
    def test_lines(self) -> None:
        """Changes of one event share a line, in their order."""
        alice = Address("alice", "example.org")
        cases: list[tuple[list[RoomChange], list[list[str]]]] = [
            ([], []),
            ([FlagChange(RoomFlag.SECRET, True)], [["+s"]]),
            (
                [
                    FlagChange(RoomFlag.INVITE_ONLY, False),
                    FlagChange(RoomFlag.NO_OUTSIDERS, False),
                    FlagChange(RoomFlag.TOPIC_PROTECTED, False),
                ],
                [["-int"]],
            ),
            (
                [RoleChange(Role.OPERATOR, alice, True), LimitChange(0), KeyChange("x"), KeyChange("")],
                [["+o-l+k-k", "alice", "x", "*"]],
            ),
        ]
        for changes, expected in cases:
            self.assertEqual(list(modes.parameters(modes.written(changes), 400)), expected)

    @given(st.lists(CHANGE, max_size=40), st.integers(60, 200))
    def test_lines_are_read_as_what_was_written(self, changes: list[RoomChange], room_for: int) -> None:
        """Reading the lines gives the changes again; each line fits and has no more parameters than a line may."""
        lines = list(modes.parameters(modes.written(changes), room_for))
        for line in lines:
            self.assertLessEqual(len(" ".join(line).encode()), room_for)
            self.assertLessEqual(len(line), 1 + modes.MODES)
        self.assertEqual([again(mode) for line in lines for mode in modes.read(line)], changes)

    def test_settings_of_a_room(self) -> None:
        """RPL_CHANNELMODEIS shows the key to members only, and an empty set as ``+``."""
        room = Room("#tea", 0.0)
        self.assertEqual(modes.of_room(room, member=True), ["+nt"])
        room.flags.clear()
        self.assertEqual(modes.of_room(room, member=True), ["+"])
        room.key, room.limit = "sesame", 7
        self.assertEqual(modes.of_room(room, member=True), ["+kl", "sesame", "7"])
        self.assertEqual(modes.of_room(room, member=False), ["+kl", "*", "7"])

    def test_prefixes(self) -> None:
        """The highest role, or with multi-prefix all of them in descending order."""
        member = Member(Person("1", Address("alice", "example.org"), None), 0.0)
        self.assertEqual(modes.prefix(member), "")
        member.roles = {Role.VOICE, Role.OPERATOR}
        self.assertEqual(modes.prefix(member), "@")
        self.assertEqual(modes.prefix(member, every=True), "@+")
