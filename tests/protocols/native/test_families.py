"""The command families: what a request makes of the core, and what its answer says."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from imd.core import talk
from imd.core.address import Address
from imd.core.conversation import ConversationNews, Stage
from imd.core.message import Draft, Kind, Message, Outcome
from imd.core.past import Part, Redaction, Spot, moment
from imd.core.refusal import NotAMember, NotKept, NotOperator, QueueFull, TooFast, TooMany
from imd.core.session import Person, Presence, State, Visibility
from imd.core.talk import BanEntry, ListKind, Member, Role, Room, RoomFlag, Topic
from imd.messages import connection, desks, messaging, rooms, signals, values
from imd.messages.history import Redacted
from tests.protocols.native.recorder import ALICE, BOB, PLAIN_TEXT, START
from tests.protocols.native.world import Talker, World


class FamilyTestCase(SynchronousTestCase):
    """A client that has signed on."""

    def setUp(self) -> None:
        self.world = World()
        self.record = self.world.record
        self.client: Talker = self.world.client()
        self.client.sign_on()

    def ask(self, type: str, **fields: Any) -> Any:
        """Send a request with ref 7; the one answer, whose ref is checked."""
        (answer,) = self.client.say(type, ref=7, **fields)
        self.assertEqual(answer.ref, 7)
        return answer


class MessagingTests(FamilyTestCase):
    """Messages, acknowledgements, read marks, signals, history."""

    def test_send(self) -> None:
        """A message reaches the core while it is read, and is answered once it is settled."""
        said = self.client.say("send", ref=1, to="bob", client_id="c1", body="Hi", kind="action", tags={"a": "b"})
        self.assertEqual(said, [])
        self.assertEqual(self.record.named("send"), [(Draft("bob", "Hi", Kind.ACTION, "c1", {"a": "b"}),)])
        self.world.hub.delivery.settle(0, Outcome.KEPT)
        (answer,) = self.client.heard()
        self.assertEqual(answer, messaging.Sent(ref=1, id="m1", client_id="c1", outcome="kept", time=START + 1))

    def test_send_refused(self) -> None:
        """A refused message tells its reason."""
        self.client.say("send", ref=1, to="bob", client_id="c1", body="Hi")
        self.world.hub.delivery.settle(0, Outcome.REFUSED, QueueFull("bob", 1000))
        (answer,) = self.client.heard()
        self.assertEqual((answer.outcome, answer.code), ("refused", "queue-full"))
        self.assertIn("1000", answer.text)

    def test_send_cannot(self) -> None:
        """What cannot be sent at all is an error."""
        self.assertEqual(self.ask("send", to="nobody", client_id="c1", body="Hi").code, "no-such-account")
        long = "ä" * self.world.settings.message_size
        self.assertEqual(self.ask("send", to="bob", client_id="c2", body=long).code, "too-long")
        self.record.failing["send"] = TooFast("messages", 3.5)
        answer = self.ask("send", to="bob", client_id="c3", body="x")
        self.assertEqual((answer.code, answer.retry_after), ("too-fast", 3.5))

    def test_send_to_a_room(self) -> None:
        """A name with # is a room."""
        self.client.say("send", ref=1, to="#tea", client_id="c1", body="Hi")
        self.assertEqual(self.record.named("say"), [("#tea", Draft("#tea", "Hi", Kind.TEXT, "c1"))])
        self.assertEqual(self.record.named("send"), [])

    def test_send_to_some_of_a_room(self) -> None:
        """With the least role of who shall have it; people have none."""
        self.client.say("send", ref=7, to="#tea", client_id="c1", body="Hi", least="half-operator")
        (said,) = self.record.named("say")
        self.assertEqual(said[2], Role.HALFOP)
        self.assertEqual(self.ask("send", to="bob", client_id="c2", body="Hi", least="voice").code, "malformed")

    def test_ack_and_read(self) -> None:
        """Acknowledgements and read marks reach the core, and are answered only if they have a ref."""
        self.assertEqual(self.client.say("ack", ids=["m1", "m2"]), [])
        self.assertEqual(self.client.say("read", id="m2"), [])
        self.assertEqual(self.ask("ack", ids=["m3"]), connection.Ok(ref=7))
        self.assertEqual(self.record.named("acknowledge"), [(("m1", "m2"),), (("m3",),)])
        self.assertEqual(self.record.named("read"), [("m2",)])

    def test_fetch(self) -> None:
        """What waits is counted."""
        self.assertEqual(self.ask("fetch"), messaging.Waiting(ref=7, count=3))

    def test_offers(self) -> None:
        """What offers something is counted until it is answered or withdrawn; what could not be sent is not."""
        file = {"offer": "f", "name": "a.txt", "size": 3}
        self.client.say("file-offer", to="bob", **file)
        self.client.say("call-offer", to="bob", call="c", sdp="v=0")
        self.client.say("direct-offer", to="nobody", offer="d", addresses=[])
        made = [("bob", "file f"), ("bob", "call c"), ("nobody", "direct d")]
        self.assertEqual(self.record.named("offer made"), made)
        self.world.hub.delivery.settle(0, Outcome.REFUSED, NotKept("She is off."))
        for kind, fields in (("call-end", {"call": "c"}), ("direct-answer", {"offer": "e", "accepted": True})):
            self.client.say(kind, to="bob", **fields)
        settled = [("nobody", "direct d"), ("bob", "file f"), ("bob", "call c"), ("bob", "direct e")]
        self.assertEqual(self.record.named("offer settled"), settled)
        self.record.failing["offer made"] = TooMany("open offers", 20)
        (refused,) = self.client.say("file-offer", ref=4, to="bob", **file)
        self.assertEqual((refused.ref, refused.code), (4, "too-many"))

    def test_signals(self) -> None:
        """Every signal becomes a message of that kind, from whose tags it can be had again."""
        told: list[tuple[str, dict[str, Any]]] = [
            ("typing", {"state": "active"}),
            ("signal", {"tags": {"draft/react": "x"}}),
            ("call-offer", {"call": "c", "sdp": "v=0", "media": ["audio", "video"]}),
            ("call-answer", {"call": "c", "sdp": "v=0"}),
            ("call-candidate", {"call": "c", "candidate": "x", "mid": "0"}),
            ("call-end", {"call": "c"}),
            ("direct-offer", {"offer": "d", "addresses": ["tcp:192.0.2.1:5"], "fingerprint": "ab"}),
            ("direct-answer", {"offer": "d", "accepted": False}),
            ("file-offer", {"offer": "f", "name": "a.txt", "size": 3}),
            ("file-accept", {"offer": "f", "offset": 1}),
            ("file-decline", {"offer": "f", "reason": "no"}),
        ]
        for type, fields in told:
            self.assertEqual(self.client.say(type, to="bob", **fields), [])
        drafts: list[Draft] = [draft for (draft,) in self.record.named("send")]
        self.assertEqual({(draft.to, draft.kind, draft.body) for draft in drafts}, {("bob", Kind.SIGNAL, "")})
        again = [signals.from_tags(draft.tags, "alice@x", "bob@x", 1.0) for draft in drafts]
        self.assertEqual([each.__struct_config__.tag for each in again if each], [type for type, _ in told])
        for each, (_, fields) in zip(again, told, strict=True):
            for name, value in fields.items():
                self.assertEqual(getattr(each, name), tuple(value) if isinstance(value, list) else value)

    def test_signal_answers(self) -> None:
        """A signal is answered if it has a ref; without a recipient it is an error."""
        self.client.say("typing", to="bob", state="done")
        self.client.say("typing", ref=3, to="#tea", state="done")
        self.world.hub.delivery.settle(0, Outcome.ACCEPTED)
        self.assertEqual(self.client.heard(), [])
        self.assertEqual(len(self.record.named("say")), 1)
        self.assertEqual(self.ask("typing", state="done").code, "malformed")

    def test_history(self) -> None:
        """History is told as it was said; any part of it can be asked for."""
        said = [Message("m1", 4, START, BOB, "2", Address("#tea", "example.org"), "Hi")]
        self.world.hub.history.messages = said
        answer = self.ask("get-history", **{"with": "#tea", "before": 9, "limit": 2})
        self.assertEqual([(line.id, line.seq, line.to) for line in answer.messages], [("m1", 4, "#tea@example.org")])
        self.world.hub.history.taken_back = ["m0"]
        missed = self.ask("get-history", **{"with": "#tea", "after": 5, "oldest": True})
        self.assertEqual((answer.redacted, missed.redacted), ((), ("m0",)))
        self.ask("get-history", **{"with": "#tea", "around": "m1", "limit": 3})
        self.assertEqual(
            self.record.named("read"),
            [
                ("#tea", Part(limit=2, before=Spot(first=9, last=9))),
                ("#tea", Part(limit=50, after=Spot(first=5, last=5), newest=False)),
                ("#tea", Part(limit=3, around=Spot(id="m1"))),
            ],
        )

    def test_talks(self) -> None:
        """Rooms and people by their latest message, between two times or up to now."""
        answer = self.ask("get-talks", after=5.0, before=9.0, limit=2)
        self.assertEqual([(talk.with_, talk.time) for talk in answer.talks], [("bob", START), ("#tea", START + 1)])
        self.ask("get-talks")
        (told, latest) = self.record.named("heard")
        self.assertEqual(told, (moment(5.0), moment(9.0), 2, True))
        self.assertGreater(latest[1].first, moment(START).last)

    def test_redact(self) -> None:
        """What was said is taken back, and that somebody has done so is told, by the name of the other side."""
        self.assertEqual(self.ask("redact", **{"with": "bob", "id": "m1", "text": "typo"}), connection.Ok(ref=7))
        self.assertEqual(self.record.named("redact"), [("bob", "m1", "typo")])
        me = self.client.session.me.address
        for by, other in ((me, "bob"), (BOB, "bob")):
            to = "bob" if by == me else me.name
            self.client.session.message_redacted(Redaction("r1", START, by, "", True, "s9", to, "m1", "typo"))
            told = Redacted(with_=other, id="m1", time=START, by=str(by), text="typo")
            self.assertEqual(self.client.heard(), [told])


class PresenceTests(FamilyTestCase):
    """Presence."""

    def test_set(self) -> None:
        """What the session says of itself reaches the registry."""
        answer = self.ask("set-presence", state="extended-away", text="sea", idle_since=5.0)
        self.assertEqual(answer, connection.Ok(ref=7))
        self.assertEqual(self.record.named("update"), [(Presence(State.EXTENDED_AWAY, "sea", 5.0),)])
        self.assertEqual(self.ask("set-presence", state="offline").code, "malformed")

    def test_watch(self) -> None:
        """Watching and asking are answered with the presence of the moment."""
        for type in ("watch", "get-presence"):
            answer = self.ask(type, name="bob")
            self.assertEqual((answer.address, answer.state, answer.text), ("bob@example.org", "away", "lunch"))
        self.assertEqual(self.ask("unwatch", name="bob"), connection.Ok(ref=7))
        self.assertEqual(self.record.named("unwatch"), [("bob",)])


class RosterTests(FamilyTestCase):
    """The buddy list."""

    def test_get(self) -> None:
        """The whole list."""
        self.assertEqual([contact.address for contact in self.ask("roster-get").contacts], ["bob@example.org"])

    def test_changes_answered_with_the_contact(self) -> None:
        """Those that leave a contact say how it stands."""
        self.assertTrue(self.ask("roster-ask", name="bob", label="B", groups=["g"]).contact.asking)
        self.assertFalse(self.ask("roster-put", name="bob", label="B2", groups=[]).contact.asking)
        self.ask("roster-approve", name="bob")
        self.assertTrue(self.ask("roster-block", name="bob").contact.blocked)
        calls = [call for call in self.record.calls if call[0] in ("ask", "put", "approve", "block")]
        self.assertEqual(
            calls,
            [("ask", "bob", "B", ("g",)), ("put", "bob", "B2", ()), ("approve", "bob"), ("block", "bob")],
        )

    def test_changes_answered_with_ok(self) -> None:
        """The others say that it is done."""
        for what in ("refuse", "cancel", "remove", "unblock"):
            self.assertEqual(self.ask(f"roster-{what}", name="bob"), connection.Ok(ref=7))
            self.assertEqual(self.record.named(what), [("bob",)])


class RoomTests(FamilyTestCase):
    """Rooms."""

    def room(self, name: str = "#tea", *, member: bool = True, roles: frozenset[Role] = frozenset()) -> Room:
        room = Room(name, START)
        bob = Person("2", BOB, None)
        room.members["2"] = Member(bob, START)
        if member:
            me = Member(self.client.session.me.person, START)
            me.roles |= roles
            room.members[ALICE.id] = me
        self.world.hub.rooms.rooms[name] = room
        return room

    def test_join(self) -> None:
        """Entering shows the room and who is in."""
        self.room(member=False).topic = Topic("Assam", "bob@example.org", START)
        answer = self.ask("join", room="#tea", key="milk")
        self.assertIsInstance(answer, rooms.RoomState)
        self.assertEqual([person.address for person in answer.people], ["bob@example.org", "alice@example.org"])
        self.assertEqual((answer.room.roles, answer.room.topic.text), (("founder",), "Assam"))
        self.assertEqual(self.record.named("join"), [("#tea", "milk")])

    def test_plain_requests(self) -> None:
        """Requests without an answer of their own."""
        self.room()
        for type, fields, call in (
            ("part", {"text": "Bye"}, ("part", "#tea", "Bye")),
            ("set-topic", {"text": "T"}, ("set_topic", "#tea", "T")),
            ("kick", {"who": "bob", "text": "Out"}, ("remove_member", "#tea", "bob", "Out")),
            ("invite", {"who": "bob"}, ("invite", "#tea", "bob")),
            ("rename-room", {"name": "#coffee", "text": "Why"}, ("rename", "#tea", "#coffee", "Why")),
        ):
            self.assertEqual(self.ask(type, room="#tea", **fields), connection.Ok(ref=7))
            self.assertEqual(self.record.calls[-1], call)
        self.assertEqual(self.ask("part", room="#coffee").code, "no-such-room")

    def test_change(self) -> None:
        """Changes reach the core in order; what it refuses comes back."""
        self.world.hub.rooms.refusals = [NotOperator("#tea"), NotAMember("#tea", "bob")]
        answer = self.ask(
            "change-room",
            room="#tea",
            changes=[
                {"change": "flag", "flag": "secret", "on": True},
                {"change": "key", "key": "milk"},
                {"change": "limit", "limit": 5},
                {"change": "list", "list": "invite-exception", "mask": "*!*@x", "on": False},
                {"change": "role", "role": "voice", "who": "bob", "on": True},
            ],
        )
        self.assertEqual([reason.code for reason in answer.refused], ["not-an-operator", "not-a-member"])
        changes = [
            talk.FlagChange(RoomFlag.SECRET, True),
            talk.KeyChange("milk"),
            talk.LimitChange(5),
            talk.ListChange(ListKind.INVITE_EXCEPTION, "*!*@x", False),
            talk.RoleChange(Role.VOICE, BOB, True),
        ]
        self.assertEqual(self.record.named("change"), [("#tea", changes)])

    def test_list(self) -> None:
        """Rooms come by name, page by page, without those one may not know."""
        for name in ("#c", "#A", "#b", "#secret"):
            self.room(name, member=False)
        first = self.ask("get-rooms", limit=2)
        self.assertEqual(([room.name for room in first.rooms], first.more), (["#A", "#b"], True))
        rest = self.ask("get-rooms", limit=2, after="#b")
        self.assertEqual(([room.name for room in rest.rooms], rest.more), (["#c"], False))

    def test_get_room(self) -> None:
        """Members may ask who is in; others learn nothing, of a secret room not even that it is there."""
        self.room()
        self.assertEqual(len(self.ask("get-room", room="#tea").people), 2)
        self.room("#coffee", member=False)
        self.assertEqual(self.ask("get-room", room="#coffee").code, "not-a-member")
        self.room("#secret", member=False)
        self.assertEqual(self.ask("get-room", room="#secret").code, "no-such-room")

    def test_masks(self) -> None:
        """Members see the bans; the exceptions are for operators."""
        room = self.room()
        for kind in ListKind:
            room.lists[kind].append(BanEntry(f"{kind.value}!*@*", "bob!bob@user/bob", START))
        (ban,) = self.ask("get-masks", room="#tea", list="ban").masks
        self.assertEqual((ban.mask, ban.by, ban.time), ("ban!*@*", "bob", START))
        self.assertEqual(self.ask("get-masks", room="#tea", list="exception").code, "not-an-operator")
        room.members[ALICE.id].roles.add(Role.OPERATOR)
        masks = self.ask("get-masks", room="#tea", list="exception").masks
        self.assertEqual([mask.mask for mask in masks], ["exception!*@*"])


class AccountTests(FamilyTestCase):
    """One's own account."""

    def test_whoami(self) -> None:
        """What the server knows of oneself."""
        answer = self.ask("whoami")
        self.assertEqual((answer.address, answer.session, answer.created), ("alice@example.org", "s1", 1000.0))

    def test_sessions(self) -> None:
        """All one's own sessions."""
        (own,) = self.ask("get-sessions").sessions
        self.assertEqual((own.session, own.client, own.device, own.address), ("s1", "test", "laptop", "127.0.0.1"))

    def test_privacy(self) -> None:
        """Only what is given is altered."""
        self.assertEqual(self.ask("set-privacy", visible_to="contacts").visible_to, "contacts")
        self.assertEqual(self.record.named("set_privacy"), [(Visibility.CONTACTS, None)])

    def test_realname(self) -> None:
        """The realname can be altered."""
        self.assertEqual(self.ask("set-realname", realname="A"), connection.Ok(ref=7))
        self.assertEqual(self.record.named("set_realname"), [("A",)])

    def test_password(self) -> None:
        """A new password needs the old one."""
        self.assertEqual(self.ask("change-password", current="x", password="new").code, "sign-on-failed")
        self.assertEqual(self.record.named("change_password"), [])
        self.assertEqual(self.ask("change-password", current="sesame", password="new"), connection.Ok(ref=7))
        self.assertEqual(self.record.named("change_password"), [("alice", "new")])

    def test_password_in_the_clear(self) -> None:
        """Passwords are refused off loopback without TLS, before they are looked at."""
        client = self.world.client(PLAIN_TEXT)
        client.say("authenticate", mechanism="SCRAM-SHA-256", data="")
        client.say("response", data="cHJvb2Y=")
        client.say("session")
        client.heard()
        (answer,) = client.say("change-password", ref=1, current="sesame", password="new")
        self.assertEqual(answer.code, "mechanism-refused")
        self.assertEqual(self.record.named("plain"), [("alice", "sesame")])

    def test_close_conversation(self) -> None:
        """A conversation with a desk is ended by its name."""
        self.assertEqual(self.ask("close-conversation", desk="sales"), connection.Ok(ref=7))
        self.assertEqual(self.record.named("close conversation"), [("sales",)])

    def test_conversation(self) -> None:
        """What a conversation has come to is told."""
        desk, anna, bob = (Address(name, "localhost") for name in ("sales", "anna", "bob"))
        assert self.client.session.core is not None
        self.client.session.conversation(ConversationNews(desk, anna, Stage.TAKEN, bob, "Anna", 5.0))
        (news,) = self.client.heard()
        self.assertEqual((news.desk, news.person, news.by), ("sales@localhost", "anna@localhost", "bob@localhost"))
        self.assertEqual((news.state, news.name, news.time), ("taken", "Anna", 5.0))

    def test_tags_of_the_server(self) -> None:
        """A client cannot say what the server says of a message."""
        tags = {"imd/desk": "sales", "imd/bot": "", "draft/reply": "m"}
        self.client.say("send", to="bob", client_id="c1", body="x", tags=tags)
        self.client.say("signal", to="bob", tags={"imd/for-desk": "sales", "react": "y"})
        sent = [draft.tags for (draft,) in self.record.named("send")]
        self.assertEqual(sent, [{"draft/reply": "m"}, {"react": "y"}])

    def test_ping(self) -> None:
        """Pings are answered, pongs are not, in every state."""
        for client in (self.client, self.world.client()):
            self.assertEqual(client.say("ping", ref=3), [connection.Pong(ref=3)])
            self.assertEqual(client.say("pong", ref=3), [])


class WordTests(SynchronousTestCase):
    """The words of the protocol are those of the core."""

    def test_words(self) -> None:
        """Each enumeration of the core has the same values as the words on the wire."""
        from enum import Enum
        from typing import get_args

        from imd.core import contact, session

        pairs: list[tuple[type[Enum], Any]] = [
            (session.State, values.State),
            (session.Visibility, values.Visibility),
            (contact.RosterAction, values.RosterAction),
            (Stage, desks.Stage),
            (talk.Role, values.Role),
            (talk.RoomFlag, values.RoomFlag),
            (talk.ListKind, values.MaskList),
        ]
        for kind, words in pairs:
            self.assertEqual({member.value for member in kind}, set(get_args(words)))
        self.assertEqual({member.value for member in Kind}, {*get_args(values.MessageKind), "signal", "event"})
        self.assertEqual({member.value for member in Outcome}, {*get_args(values.Settled), "delivered", "read"})
