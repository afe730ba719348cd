"""Rooms: coming and going, and what is said."""

from imd.core.message import Outcome
from imd.core.refusal import (
    CannotSpeak,
    InvalidName,
    NoSuchRoom,
    NotAMember,
    NotOperator,
    TooLong,
)
from imd.core.session import ClientInfo, Visibility
from imd.core.talk import (
    Joined,
    Left,
    ListChange,
    ListKind,
    MemberRenamed,
    Parted,
    RemovedFromRoom,
    Role,
    RoomFlag,
    RoomLine,
    TopicChanged,
)
from tests.core.room_case import TEA, RoomTestCase


class ComingAndGoingTests(RoomTestCase):
    def test_join_and_part(self) -> None:
        """All members hear of it, who comes too; once in, joining again is nothing."""
        self.heard(self.alice)
        self.join(self.bob)
        for client in (self.alice, self.bob):
            (event,) = self.heard(client)
            assert isinstance(event, Joined)
            self.assertEqual((event.person.address.name, event.session), ("bob", self.me(self.bob).id))
        self.assertIs(self.join(self.bob, "#TEA"), self.room)
        self.assertEqual(self.heard(self.alice), [])
        self.house.hub.rooms.part(self.me(self.bob), TEA, "bye")
        for client in (self.alice, self.bob):
            (event,) = self.heard(client)
            assert isinstance(event, Parted)
            self.assertEqual((event.person.address.name, event.text), ("bob", "bye"))
        self.assertEqual(self.members(), ["alice"])
        self.assertRaises(NotAMember, self.house.hub.rooms.part, self.me(self.bob), TEA)
        self.assertRaises(NoSuchRoom, self.house.hub.rooms.part, self.me(self.bob), "#none")

    def test_sessions_share_membership(self) -> None:
        """A person is in, or not, with all her sessions; the room hears only of the first and the last."""
        self.join(self.bob)
        self.heard(self.alice)
        second = self.house.on(self.accounts["bob"])
        self.assertEqual([type(event) for event in self.heard(second)], [Joined])
        self.assertEqual(self.heard(self.alice), [])
        self.house.off(self.bob)
        self.assertEqual(self.heard(self.alice), [])
        self.say(self.alice, "hello")
        self.assertEqual(len(self.heard(second)), 1)
        self.house.off(second)
        self.assertEqual([type(event) for event in self.heard(self.alice)], [RoomLine, Left])
        self.assertEqual(self.members(), ["alice"])

    def test_left(self) -> None:
        """Who signs off has left all rooms: told once to each, however many rooms are shared, and by whom she was."""
        info = ClientInfo(user="bobby")
        bob = self.house.on(self.accounts["bob"], info=info)
        self.house.off(self.bob)
        for name in (TEA, "#coffee", "#milk"):
            self.join(self.alice, name)
            self.join(bob, name)
        self.heard(self.alice)
        self.house.hub.people.sign_off(self.me(bob), "quit", "good night")
        (event,) = self.heard(self.alice)
        assert isinstance(event, Left)
        self.assertEqual((event.person.address.name, event.text, event.origin), ("bob", "good night", "bobby@user/bob"))
        self.assertEqual(self.house.hub.rooms.rooms_of(self.me(bob).person), [])

    def test_names(self) -> None:
        """RFC 2812 section 1.3; two names that fold alike are one room."""
        for name in ("#", "tea", "#a b", "#a,b", "#a\x07", "#" + "x" * 64, "#a:b", ""):
            self.assertRaises(InvalidName, self.join, self.bob, name)
        self.assertIs(self.join(self.bob, "#Tea"), self.room)
        self.assertIs(self.house.hub.rooms.find("#TEA"), self.room)

    def test_a_guests_room(self) -> None:
        """Who makes it keeps order; it ends with its last member, and whoever comes then makes it anew."""
        room = self.join(self.guest, "#visitors")
        self.assertEqual(room.members[self.me(self.guest).person.key].roles, {Role.OPERATOR})
        self.join(self.bob, "#visitors")
        self.house.off(self.guest)
        self.assertEqual(room.members[self.accounts["bob"].id].roles, set())
        self.house.off(self.bob)
        self.assertIsNone(self.house.hub.rooms.find("#visitors"))

    def test_removed(self) -> None:
        """By an operator, with a reason, told to all; not by members, nor the founder by an operator."""
        rooms = self.house.hub.rooms
        for client in (self.bob, self.carol):
            self.join(client)
        self.assertRaises(NotOperator, rooms.remove_member, self.me(self.bob), TEA, "carol")
        self.change(self.alice, self.role("bob", Role.OPERATOR))
        self.assertRaises(NotOperator, rooms.remove_member, self.me(self.bob), TEA, "alice")
        self.heard(self.carol)
        rooms.remove_member(self.me(self.bob), TEA, "carol", "loud")
        (event,) = self.heard(self.carol)
        assert isinstance(event, RemovedFromRoom)
        self.assertEqual((event.person.address.name, event.text, str(event.by)), ("carol", "loud", "bob@localhost"))
        self.assertEqual(self.members(), ["alice", "bob"])
        # Somebody elsewhere and nobody at all are alike (P5).
        for name in ("carol", "nobody"):
            self.assertRaises(NotAMember, rooms.remove_member, self.me(self.bob), TEA, name)
            (refusal,) = self.change(self.bob, self.role(name, Role.VOICE))
            self.assertIsInstance(refusal, NotAMember)
        self.assertRaises(NotAMember, rooms.remove_member, self.me(self.carol), TEA, "bob")

    def test_renamed(self) -> None:
        """Account or guest: members and the person's own sessions are told once; membership and rights stay."""
        for name in (TEA, "#coffee"):
            self.join(self.alice, name)
            self.join(self.bob, name)
        self.join(self.guest)
        for client in (self.alice, self.bob, self.carol):
            self.heard(client)
        self.house.wait(self.house.accounts.rename(self.accounts["bob"], "robert"))
        for client in (self.alice, self.bob):
            (event,) = self.heard(client)
            assert isinstance(event, MemberRenamed)
            self.assertEqual((event.before.name, event.person.address.name), ("bob", "robert"))
        self.assertEqual(self.heard(self.carol), [])
        self.house.wait(self.house.hub.people.rename_guest(self.me(self.guest), "wanderer"))
        self.assertEqual([type(event) for event in self.heard(self.alice)], [MemberRenamed])
        self.assertEqual(self.members(), ["alice", "robert", "wanderer"])
        # Alone, too, one's own client has to know.
        self.house.wait(self.house.accounts.rename(self.accounts["carol"], "caroline"))
        self.assertEqual([type(event) for event in self.heard(self.carol)], [MemberRenamed])

    def test_who_may_know(self) -> None:
        """A secret room is not listed for others; an empty one for nobody; members of one room may see each other."""
        rooms = self.house.hub.rooms
        self.flag(RoomFlag.SECRET)
        self.assertFalse(rooms.may_know(self.me(self.bob), self.room))
        self.assertTrue(rooms.may_know(self.me(self.alice), self.room))
        self.assertEqual(list(rooms.all()), [self.room])
        alice = self.me(self.alice).person
        self.house.wait(self.house.hub.people.set_privacy(self.me(self.alice), Visibility.NOBODY))
        self.house.turn()
        self.assertFalse(self.house.hub.people.may_see(self.me(self.bob), alice))
        self.join(self.bob)
        self.assertTrue(self.house.hub.people.may_see(self.me(self.bob), alice))
        for client in (self.alice, self.bob):
            rooms.part(self.me(client), TEA)
        self.assertEqual(list(rooms.all()), [])


class TalkTests(RoomTestCase):
    """Who may speak, and what is heard."""

    def test_a_line(self) -> None:
        """All members' sessions hear it under one id, the sender's too; accepted once it is in the history."""
        self.join(self.bob)
        for client in (self.alice, self.bob):
            self.heard(client)
        (receipt,) = self.say(self.bob, "hello")
        self.assertEqual(receipt.outcome, Outcome.ACCEPTED)
        for client in (self.alice, self.bob):
            (event,) = self.heard(client)
            assert isinstance(event, RoomLine)
            message = event.envelope.message
            self.assertEqual(
                (message.id, message.body, str(message.recipient)), (receipt.id, "hello", "#tea@localhost")
            )
        history = self.house.wait(self.house.hub.history.latest(self.me(self.alice), TEA, 0, 10))
        self.assertEqual([message.body for message in history], ["hello"])
        self.assertRaises(NotAMember, self.house.wait, self.house.hub.history.latest(self.me(self.carol), TEA, 0, 10))

    def test_said_again(self) -> None:
        """A client that repeats a line under its id is told the same, and the members hear it once."""
        first = self.say(self.alice, "hello", client_id="c1")
        again = self.say(self.alice, "hello", client_id="c1")
        self.assertEqual([receipt.id for receipt in first], [receipt.id for receipt in again])
        self.assertEqual(len([event for event in self.heard(self.alice) if isinstance(event, RoomLine)]), 1)

    def test_accepted_in_a_new_room(self) -> None:
        """Several rooms are new, and the daemon dies as soon as a line in the last of them is accepted: it is there to
        be read."""
        store, rooms = self.house.store, ("#one", "#two", "#three")
        store.deferring = True
        for name in rooms:
            self.join(self.alice, name)
        self.house.turn()
        told = self.say(self.alice, "hello", rooms[-1], client_id="c1")
        while not told:
            self.assertEqual(store.work(1), 1)
            self.house.turn()
        self.assertEqual(told[0].outcome, Outcome.ACCEPTED)
        store.abandon(0)
        store.deferring = False
        self.house.restart()
        self.house.turn(1)
        alice = self.house.on(self.accounts["alice"])
        self.join(alice, rooms[-1])
        history = self.house.wait(self.house.hub.history.latest(self.me(alice), rooms[-1], 0, 10))
        self.assertEqual([message.body for message in history], ["hello"])

    def test_said_again_from_outside(self) -> None:
        """She was cut before she had the answer, and may not speak in the room any more: she is told of the line what
        she would have been, and not that nothing has happened. Nobody hears it again, and a new one is refused."""
        self.join(self.bob)
        first = self.say(self.bob, "hello", client_id="c1")
        self.house.hub.rooms.part(self.me(self.bob), TEA)
        self.heard(self.alice)
        self.assertEqual(self.say(self.bob, "hello", client_id="c1"), first)
        self.assertEqual(self.heard(self.alice), [])
        history = self.house.wait(self.house.hub.history.latest(self.me(self.alice), TEA, 0, 10))
        self.assertEqual([message.body for message in history], ["hello"])
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello", client_id="c2")
        # What was refused is not remembered as said.
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello", client_id="c2")

    def test_outsiders(self) -> None:
        """From outside only where the room lets them."""
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello")
        self.flag(RoomFlag.NO_OUTSIDERS, False)
        self.say(self.bob, "hello")
        self.flag(RoomFlag.MODERATED)
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello")
        self.assertRaises(NoSuchRoom, self.say, self.bob, "hello", "#none")

    def test_moderated(self) -> None:
        """Only those with a voice, or more."""
        self.join(self.bob)
        self.flag(RoomFlag.MODERATED)
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello")
        for role in (Role.VOICE, Role.OPERATOR):
            self.change(self.alice, self.role("bob", role))
            self.say(self.bob, "hello")
            self.change(self.alice, self.role("bob", role, False))
            self.assertRaises(CannotSpeak, self.say, self.bob, "hello")

    def test_banned_inside(self) -> None:
        """A ban silences a member without a role."""
        self.join(self.bob)
        self.change(self.alice, ListChange(ListKind.BAN, "bob!*@*", True))
        self.assertRaises(CannotSpeak, self.say, self.bob, "hello")
        self.change(self.alice, self.role("bob", Role.VOICE))
        self.say(self.bob, "hello")

    def test_topic(self) -> None:
        """Protected, it is for operators; else for members. Empty removes it."""
        rooms = self.house.hub.rooms
        self.assertRaises(NotAMember, rooms.set_topic, self.me(self.bob), TEA, "x")
        self.join(self.bob)
        self.assertRaises(NotOperator, rooms.set_topic, self.me(self.bob), TEA, "x")
        self.flag(RoomFlag.TOPIC_PROTECTED, False)
        self.heard(self.alice)
        rooms.set_topic(self.me(self.bob), TEA, "Assam?")
        (event,) = self.heard(self.alice)
        assert isinstance(event, TopicChanged)
        assert self.room.topic is not None
        self.assertEqual((self.room.topic.text, self.room.topic.by), ("Assam?", "bob!bob@user/bob"))
        rooms.set_topic(self.me(self.bob), TEA, "")
        self.assertIsNone(self.room.topic)
        self.assertRaises(TooLong, rooms.set_topic, self.me(self.bob), TEA, "x" * 391)
