"""What happens in rooms, as native clients hear it."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from imd.core import talk
from imd.core.address import Address
from imd.core.session import Person, State
from imd.messages import rooms, values
from imd.messages.history import Redacted
from imd.messages.presence import PresenceOf
from imd.protocols.native import room_events
from imd.protocols.native.wire.codec import decode_server
from tests.protocols.native.recorder import BOB, START
from tests.protocols.native.world import World

ALICE = Address("alice", "example.org")
BY: dict[str, Any] = {"room": "#tea", "time": START, "by": "bob@example.org"}


class RoomEventTests(SynchronousTestCase):
    """`room_events.payload`."""

    def setUp(self) -> None:
        client = World().client()
        client.sign_on()
        self.me = client.session.me
        self.bob = Person("2", BOB, None)
        self.room = talk.Room("#tea", START)
        self.room.members["2"] = talk.Member(self.bob, START)
        self.common: dict[str, Any] = {"room": self.room, "time": START, "by": BOB, "session": "s9"}

    def test_table(self) -> None:
        """Each kind of event has its message, the same bytes for everybody."""
        topic = talk.Topic("Assam", "bob", START)
        change = talk.RoleChange(talk.Role.VOICE, ALICE, True)
        table: list[tuple[talk.RoomEvent, object]] = [
            (
                talk.Joined(person=self.bob, realname="Bob", **self.common),
                rooms.RoomJoined(who="bob@example.org", realname="Bob", **BY),
            ),
            (
                talk.Parted(person=self.bob, text="Bye", **self.common),
                rooms.RoomParted(who="bob@example.org", text="Bye", **BY),
            ),
            (
                talk.Left(person=self.bob, text="Bye", **self.common),
                rooms.RoomsLeft(time=START, who="bob@example.org", text="Bye"),
            ),
            (
                talk.RemovedFromRoom(person=self.me.person, text="Out", **self.common),
                rooms.RoomKicked(who="alice@example.org", text="Out", **BY),
            ),
            (
                talk.MessageRedacted(message="m1", text="Why", **self.common),
                Redacted(with_="#tea", id="m1", time=START, by="bob@example.org", text="Why"),
            ),
            (
                talk.RoomRenamed(before="#milk", text="Why", **self.common),
                rooms.RoomRenamed(before="#milk", text="Why", **BY),
            ),
            (
                talk.TopicChanged(topic=topic, **self.common),
                rooms.RoomTopic(topic=values.Topic(text="Assam", by="bob", time=START), **BY),
            ),
            (
                talk.RoomChanged(changes=[change, talk.LimitChange(3)], **self.common),
                rooms.RoomChanged(
                    changes=(
                        values.RoleChange(role="voice", who="alice@example.org", on=True),
                        values.LimitChange(limit=3),
                    ),
                    **BY,
                ),
            ),
            (
                talk.MemberRenamed(person=self.bob, before=Address("rob", "example.org"), **self.common),
                rooms.RoomsRenamed(time=START, before="rob@example.org", who="bob@example.org"),
            ),
            (
                talk.MemberInvited(person=ALICE, **self.common),
                rooms.RoomInvited(who="alice@example.org", **BY),
            ),
            (
                talk.MemberDetailsChanged(person=self.bob, realname="Rob", **self.common),
                rooms.RoomDetails(who="bob@example.org", realname="Rob", **BY),
            ),
            (
                talk.MemberPresenceChanged(person=self.bob, state=State.AWAY, text="tea", **self.common),
                PresenceOf(address="bob@example.org", state="away", text="tea"),
            ),
        ]
        self.assertEqual({type(event) for event, _ in table}, set(talk.RoomEvent.__subclasses__()))
        for event, told in table:
            with self.subTest(event=type(event).__name__):
                payload = room_events.payload(event, self.me)
                self.assertIs(room_events.payload(event, self.me), payload)
                if told is not None:
                    self.assertEqual(decode_server(payload), told)

    def test_own(self) -> None:
        """What a session caused itself is not told to it: it has an answer."""
        own = {**self.common, "session": self.me.id}
        joined = talk.Joined(person=self.me.person, realname="", **own)
        self.assertEqual(room_events.payload(joined, self.me), b"")

    def test_joined_elsewhere(self) -> None:
        """A room another session of the same account entered is told with its members."""
        told: Any = decode_server(
            room_events.payload(talk.Joined(person=self.me.person, realname="", **self.common), self.me)
        )
        self.assertIsInstance(told, rooms.RoomState)
        self.assertEqual([person.address for person in told.people], ["bob@example.org"])

    def test_by_the_service(self) -> None:
        """An event nobody caused has an empty `by`."""
        event = talk.RoomChanged(room=self.room, time=START, by=None, changes=[])
        told: Any = decode_server(room_events.payload(event, self.me))
        self.assertEqual(told.by, "")
