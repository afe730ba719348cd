"""The session: garbage, haste, order of answers, and what the core tells it."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from imd.core.address import Address
from imd.core.contact import Contact, RosterAction, RosterChange
from imd.core.message import Envelope, Kind, Message, Outcome, ReadMark, Receipt
from imd.core.refusal import TooLong
from imd.core.session import Location, PresenceView, State
from imd.core.talk import Room, RoomLine, RoomLines
from imd.messages import connection, messaging, presence, roster, signals
from imd.protocols.native import session as session_module
from tests.protocols.native.recorder import BOB, START
from tests.protocols.native.world import World

ALICE = Address("alice", "example.org")


def message(**fields: Any) -> Message:
    return Message(
        **{
            "id": "m1",
            "seq": 5,
            "time": START,
            "sender": BOB,
            "sender_account": "2",
            "recipient": ALICE,
            "body": "Hello",
            "client_id": "secret of bob's",
            **fields,
        }
    )


class InputTests(SynchronousTestCase):
    """What clients send, good and bad."""

    def test_garbage(self) -> None:
        """Garbage is answered, with its ref where that can be read, and the connection goes on."""
        client = World().client()
        client.session.receive(b'{"type":"send","ref":9}')
        client.session.receive(b"\xff")
        client.session.unreadable(TooLong("The line", 4096))
        answers = client.heard()
        self.assertEqual(
            [(answer.ref, answer.code) for answer in answers], [(9, "malformed"), (0, "malformed"), (0, "too-long")]
        )
        self.assertEqual(client.say("ping", ref=1), [connection.Pong(ref=1)])

    def test_too_fast(self) -> None:
        """With the bucket empty a request is refused, with the time to wait, and nothing is done."""
        world = World(commands_per_second=1, command_burst=3, messages_per_second=1, message_burst=100)
        client = world.client()
        client.sign_on()
        client.say("set-presence", state="away")
        (answer,) = client.say("set-presence", ref=4, state="busy")
        self.assertEqual((answer.ref, answer.code, answer.retry_after), (4, "too-fast", 1.0))
        self.assertEqual(len(world.record.named("update")), 1)
        world.hub.reactor.advance(1)
        self.assertEqual(client.say("set-presence", ref=5, state="busy"), [connection.Ok(ref=5)])

    def test_messages_have_a_bucket_of_their_own(self) -> None:
        """Messages are bounded more tightly than other requests; acknowledgements are free."""
        world = World(messages_per_second=1, message_burst=2)
        client = world.client()
        client.sign_on()
        for number in range(3):
            client.say("send", ref=number + 1, to="bob", client_id=str(number), body="x")
        (answer,) = client.heard() or client.say("send", ref=9, to="bob", client_id="9", body="x")
        self.assertEqual(answer.code, "too-fast")
        self.assertEqual(len(world.record.named("send")), 2)
        for _ in range(1000):
            self.assertEqual(client.say("ack", ids=["m"]), [])
        self.assertEqual(client.say("ping", ref=1), [connection.Pong(ref=1)])

    def test_flood(self) -> None:
        """A client that goes on though everything is refused is thrown out."""
        world = World(commands_per_second=1, command_burst=1)
        client = world.client()
        for _ in range(session_module.MAX_HASTE + 1):
            client.session.receive(b"garbage")
        self.assertEqual(client.heard()[-1].code, "too-fast")
        self.assertTrue(client.sink.closed)

    def test_answers_interleave(self) -> None:
        """A request that waits does not hold up others; its answer carries its ref."""
        world = World()
        client = world.client()
        client.sign_on()
        held: Deferred[None] = Deferred()
        world.record.held["fetch"] = held
        self.assertEqual(client.say("fetch", ref=1), [])
        self.assertEqual(client.say("ping", ref=2), [connection.Pong(ref=2)])
        held.callback(None)
        self.assertEqual(client.heard(), [messaging.Waiting(ref=1, count=3)])

    def test_too_many_under_way(self) -> None:
        """With too many requests under way nothing more is read until one has its answer; the order stays."""
        world = World(messages_per_second=0, commands_per_second=0)
        client = world.client()
        client.sign_on()
        for number in range(session_module.MAX_OPEN + 3):
            client.say("send", to="bob", client_id=str(number), body=str(number))
        self.assertEqual(len(world.record.named("send")), session_module.MAX_OPEN)
        self.assertTrue(client.sink.paused)
        for index in range(3):
            world.hub.delivery.settle(index, Outcome.ACCEPTED)
        bodies = [draft.body for (draft,) in world.record.named("send")]
        self.assertEqual(bodies, [str(number) for number in range(session_module.MAX_OPEN + 3)])
        self.assertFalse(client.sink.paused)

    def test_our_mistake(self) -> None:
        """An exception that is no refusal is logged with its stack and answered as internal."""
        world = World()
        client = world.client()
        client.sign_on()
        for name, request in (("update", "set-presence"), ("fetch", "fetch")):
            world.record.failing[name] = RuntimeError("broken")
            (answer,) = client.say(request, ref=3)
            self.assertEqual((answer.ref, answer.code), (3, "internal"))
            self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_answer_after_the_end(self) -> None:
        """What was under way when the connection was lost is answered to nobody."""
        world = World()
        client = world.client()
        client.sign_on()
        held: Deferred[None] = Deferred()
        world.record.held["fetch"] = held
        client.say("fetch", ref=1)
        client.say("send", ref=2, to="bob", client_id="1", body="x")
        client.session.lost()
        held.callback(None)
        world.hub.delivery.settle(0, Outcome.ACCEPTED)
        self.assertEqual(client.heard(), [])


class ClientTests(SynchronousTestCase):
    """What the core tells the session, as the client hears it."""

    def setUp(self) -> None:
        self.world = World()
        self.client = self.world.client()
        self.client.sign_on()
        self.session = self.client.session

    def test_deliver(self) -> None:
        """A message is shown with its id and time, without the sender's own id, and encoded once for all."""
        envelope = Envelope(message(tags={"draft/reply": "m0"}))
        other = self.world.client()
        other.sign_on()
        self.session.deliver([envelope])
        other.session.deliver([envelope])
        self.assertIs(self.client.sink.payloads[0], other.sink.payloads[0])
        (shown,) = self.client.heard()
        self.assertEqual(
            shown,
            messaging.Message(
                id="m1",
                seq=5,
                time=START,
                from_="bob@example.org",
                to="alice@example.org",
                body="Hello",
                tags={"draft/reply": "m0"},
            ),
        )

    def test_deliver_again(self) -> None:
        """A possible repetition says so."""
        self.session.deliver([Envelope(message(), repeat=True)])
        self.assertTrue(self.client.heard()[0].repeat)

    def test_signals(self) -> None:
        """A signal arrives as it was sent, with sender and time; one without meaning here is not shown."""
        call = signals.CallEnd(to="alice", call="c1", reason="busy")
        told = [signals.to_tags(call), {"typing": "paused"}, {"draft/react": "👍"}, {}]
        self.session.deliver([Envelope(message(body="", kind=Kind.SIGNAL, tags=tags)) for tags in told])
        ended, typing, reaction = self.client.heard()
        self.assertEqual((ended.call, ended.reason, ended.from_), ("c1", "busy", "bob@example.org"))
        self.assertEqual((typing.state, typing.to, typing.time), ("paused", "alice@example.org", START))
        self.assertEqual(reaction.tags, {"draft/react": "👍"})

    def test_room_lines(self) -> None:
        """What others say in a room arrives; one's own words do not, nor a signal without meaning here."""
        room = Room("#tea", START)
        lines = [
            RoomLine(room, "other", Envelope(message(body="Hello"))),
            RoomLine(room, self.session.me.id, Envelope(message(body="mine"))),
            RoomLine(room, "other", Envelope(message(body="", kind=Kind.SIGNAL, tags={"typing": "never"}))),
        ]
        self.session.room_lines(RoomLines(lines))
        self.assertEqual([told.body for told in self.client.heard()], ["Hello"])

    def test_receipt(self) -> None:
        """Later steps of a message carry both ids."""
        self.session.receipt(Receipt("m1", "c1", BOB, Outcome.READ, START))
        self.assertEqual(
            self.client.heard(),
            [messaging.ReceiptEvent(id="m1", client_id="c1", to="bob@example.org", outcome="read", time=START)],
        )

    def test_presence(self) -> None:
        """A change of presence is told with all one may see, encoded once for all who may see the same."""
        location = Location("irc", "192.0.2.7", 5000, 6000, 6001, "irssi", "1.4", START)
        view = PresenceView(BOB, State.AWAY, State.AVAILABLE, "lunch", START, (location,), Address("rob", "x.org"))
        other = self.world.client()
        other.sign_on()
        for session in (self.session, other.session):
            session.presence_changed([view])
        self.assertIs(self.client.sink.payloads[0], other.sink.payloads[0])
        (told,) = self.client.heard()
        self.assertIsInstance(told, presence.PresenceOf)
        self.assertEqual((told.address, told.state, told.renamed_from), ("bob@example.org", "away", "rob@x.org"))
        self.assertEqual((told.locations[0].client, told.locations[0].tcp_port), ("irssi", 6000))

    def test_roster_change(self) -> None:
        """A roster push says what happened and how the contact stands now."""
        self.session.roster_changed(RosterChange(RosterAction.ASKED, Contact("2", BOB, asked=True)))
        (told,) = self.client.heard()
        self.assertIsInstance(told, roster.RosterChanged)
        self.assertEqual((told.action, told.contact.asked), ("asked", True))

    def test_read_elsewhere(self) -> None:
        """A read mark of another device is passed on."""
        self.session.message_read(ReadMark("alice", 1500, "m1"))
        self.assertEqual(self.client.heard(), [messaging.ReadElsewhere(id="m1", with_="alice", time=1.5)])
