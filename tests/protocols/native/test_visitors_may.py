"""What a visitor may do: every request that the native protocol has, one by one."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from imd.core.message import Draft
from imd.core.refusal import NotAllowed
from imd.core.talk import Role
from imd.messages.catalogue import CLIENT_MESSAGES
from tests.protocols.native.visiting import Page, Shop

REFUSED = "not-allowed"

#: Every request with fields that would do for an account in its place: refused, or answered with this.
REQUESTS: dict[str, list[tuple[dict[str, Any], str]]] = {
    # Signing on, once she is welcome.
    "authenticate": [({"mechanism": "PLAIN"}, "wrong-state")],
    "response": [({}, "wrong-state")],
    "register": [({"name": "eve", "password": "sesame"}, "wrong-state")],
    "visit": [({}, "wrong-state")],
    "session": [({}, "wrong-state")],
    "resume": [({"token": "x"}, "wrong-state")],
    # Saying and hearing.
    "send": [
        ({"to": "alice", "body": "Hi", "client_id": "1"}, "sent"),
        ({"to": "ALICE@localhost", "body": "Hi", "client_id": "2"}, "sent"),
        ({"to": "#help", "body": "Hi", "client_id": "3"}, "sent"),
        ({"to": "bob", "body": "Hi", "client_id": "4"}, REFUSED),
        ({"to": "#other", "body": "Hi", "client_id": "5"}, REFUSED),
        ({"to": "#nowhere", "body": "Hi", "client_id": "6"}, REFUSED),
        ({"to": "carol", "body": "agents are reached by their desk", "client_id": "7"}, REFUSED),
    ],
    "ack": [({"ids": ["x"]}, "ok")],
    "read": [({"with": "alice", "time": 1.0}, "ok"), ({"with": "#help", "time": 1.0}, "ok"), ({"id": "x"}, "ok")],
    "fetch": [({}, "waiting")],
    "get-history": [
        ({"with": "alice"}, "history"),
        ({"with": "#help"}, "history"),
        ({"with": "bob"}, REFUSED),
        ({"with": "#other"}, "not-a-member"),
        ({"with": "#nowhere"}, "not-a-member"),
    ],
    "get-talks": [({}, "talks")],
    "redact": [
        ({"with": "alice", "id": "MINE"}, "ok"),
        ({"with": "alice", "id": "THEIRS"}, "redaction-forbidden"),
        ({"with": "#help", "id": "ROOM"}, "redaction-forbidden"),
        ({"with": "bob", "id": "x"}, REFUSED),
        ({"with": "#other", "id": "x"}, "not-a-member"),
    ],
    # Signals go where messages go; offers do not go at all.
    "typing": [({"to": "alice", "state": "active"}, "sent"), ({"to": "bob", "state": "active"}, REFUSED)],
    "signal": [({"to": "alice", "tags": {"a": "b"}}, "sent"), ({"to": "bob", "tags": {"a": "b"}}, REFUSED)],
    "call-offer": [({"to": "alice", "call": "1", "sdp": "v=0"}, REFUSED)],
    "call-answer": [
        ({"to": "alice", "call": "1", "sdp": "v=0"}, "sent"),
        ({"to": "bob", "call": "1", "sdp": "v=0"}, REFUSED),
    ],
    "call-candidate": [({"to": "alice", "call": "1", "candidate": "x"}, "sent")],
    "call-end": [({"to": "alice", "call": "1"}, "sent"), ({"to": "bob", "call": "1"}, REFUSED)],
    "direct-offer": [({"to": "alice", "offer": "1", "addresses": []}, REFUSED)],
    "direct-answer": [({"to": "alice", "offer": "1", "accepted": False}, "sent")],
    "file-offer": [({"to": "alice", "offer": "1", "name": "x", "size": 1}, REFUSED)],
    "file-accept": [({"to": "alice", "offer": "1"}, "sent")],
    "file-decline": [({"to": "alice", "offer": "1"}, "sent")],
    # Presence: her own as she likes, that of staff, nobody else's.
    "set-presence": [({"state": "away"}, "ok")],
    "get-presence": [({"name": "alice"}, "presence"), ({"name": "sales"}, "presence"), ({"name": "bob"}, REFUSED)],
    "watch": [({"name": "alice"}, "presence"), ({"name": "sales"}, "presence"), ({"name": "bob"}, REFUSED)],
    "unwatch": [({"name": "alice"}, "ok"), ({"name": "bob"}, "ok")],
    # No buddy list.
    "roster-get": [({}, "roster")],
    "roster-ask": [({"name": "alice"}, REFUSED), ({"name": "nobody"}, REFUSED)],
    "roster-put": [({"name": "alice"}, REFUSED), ({"name": "nobody"}, REFUSED)],
    "roster-approve": [({"name": "alice"}, REFUSED), ({"name": "nobody"}, REFUSED)],
    "roster-refuse": [({"name": "alice"}, REFUSED), ({"name": "nobody"}, REFUSED)],
    "roster-cancel": [({"name": "alice"}, REFUSED), ({"name": "nobody"}, REFUSED)],
    "roster-remove": [({"name": "alice"}, REFUSED), ({"name": "nobody"}, REFUSED)],
    "roster-block": [({"name": "alice"}, REFUSED), ({"name": "nobody"}, REFUSED)],
    "roster-unblock": [({"name": "alice"}, REFUSED), ({"name": "nobody"}, REFUSED)],
    # Rooms of her site, and no order in them.
    "join": [
        ({"room": "#help"}, "room"),
        ({"room": "#HELP"}, "room"),
        ({"room": "#other"}, REFUSED),
        ({"room": "#nowhere"}, REFUSED),
    ],
    "set-topic": [({"room": "#help", "text": "Hers"}, REFUSED)],
    "change-room": [({"room": "#help", "changes": [{"change": "limit", "limit": 1}]}, REFUSED)],
    "kick": [({"room": "#help", "who": "alice"}, REFUSED)],
    "invite": [({"room": "#help", "who": "bob"}, REFUSED), ({"room": "#help", "who": "nobody"}, REFUSED)],
    "rename-room": [({"room": "#help", "name": "#hers"}, REFUSED)],
    "get-rooms": [({}, "rooms")],
    "get-room": [({"room": "#help"}, "room"), ({"room": "#other"}, "no-such-room"), ({"room": "#no"}, "no-such-room")],
    "get-masks": [({"room": "#help", "list": "ban"}, "masks"), ({"room": "#other", "list": "ban"}, "no-such-room")],
    "part": [({"room": "#help"}, "ok"), ({"room": "#other"}, "not-a-member")],
    # Desks of her site.
    "close-conversation": [({"desk": "sales"}, "ok"), ({"desk": "bob"}, REFUSED), ({"desk": "nobody"}, REFUSED)],
    # Her account.
    "whoami": [({}, "account")],
    "get-sessions": [({}, "sessions")],
    "set-always-on": [({"on": True}, REFUSED), ({"on": False}, REFUSED)],
    "set-privacy": [({"visible_to": "everyone"}, REFUSED), ({"share_location": True}, REFUSED)],
    "set-realname": [({"realname": "Anna A."}, "ok")],
    "introduce": [({"name": "Anna B.", "email": "a@example.org", "page": "https://shop.example/"}, "ok")],
    "change-password": [({"current": "", "password": "sesame"}, REFUSED)],
    # The connection.
    "ping": [({}, "pong")],
    "quit": [({}, "bye")],
}

#: What the client sends without asking anything.
SILENT = {"pong"}


class Allowed(SynchronousTestCase):
    def setUp(self) -> None:
        self.shop = Shop()
        self.alice = self.shop.on(self.shop.person("alice"))
        self.bob = self.shop.on(self.shop.person("bob"))
        rooms = self.shop.hub.rooms
        rooms.join(self.alice.session, "#help")
        rooms.join(self.bob.session, "#other")
        self.anna = self.shop.visitor()
        self.anna.ask("join", room="#help")
        mine = self.anna.send("alice", "Mine")["id"]
        theirs = self.shop.hub.delivery.send(self.alice.session, Draft(self.anna.name, "Theirs"), lambda _: None)
        room = rooms.say(self.alice.session, "#help", Draft("#help", "All")).id
        for _ in range(3):
            self.shop.turn(0.1)
        self.ids = {"MINE": mine, "THEIRS": theirs, "ROOM": room}

    def test_none_left_out(self) -> None:
        """The table has every request there is."""
        self.assertEqual(set(REQUESTS) | SILENT, set(CLIENT_MESSAGES))

    def test_each(self) -> None:
        """Each is answered as the table says; what is refused, in words of no use for finding out who there is."""
        for kind, cases in REQUESTS.items():
            for fields, wanted in cases:
                given = {
                    key: self.ids.get(value, value) if isinstance(value, str) else value
                    for key, value in fields.items()
                }
                answer = self.answer(self.anna, kind, given)
                said = answer.get("code") if answer["type"] == "error" else answer["type"]
                with self.subTest(f"{kind} {fields}"):
                    self.assertEqual(said, wanted, answer)

    @staticmethod
    def answer(page: Page, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        if kind != "quit":
            return page.ask(kind, **fields)
        page.heard()
        page.unasked.clear()
        page.session.receive(b'{"type":"quit"}')
        page.heard()
        (bye,) = page.unasked
        return bye

    def test_rooms_listed(self) -> None:
        """Of rooms she is told those of her site only."""
        self.assertEqual([room["name"] for room in self.anna.ask("get-rooms")["rooms"]], ["#help"])

    def test_room_of_nobody(self) -> None:
        """A room of her site that is not there she makes by coming in; it is not hers."""
        self.anna.ask("part", room="#help")
        self.shop.hub.rooms.part(self.alice.session, "#help")
        self.shop.hub.rooms.drop(self.alice.session, "#help")
        self.assertIsNone(self.shop.hub.rooms.find("#help"))
        room = self.anna.ask("join", room="#help")
        self.assertEqual([member.get("roles", []) for member in room["people"]], [[]])
        made = self.shop.hub.rooms.find("#help")
        assert made is not None
        self.assertEqual(made.founder, "")

    def test_not_in_the_table(self) -> None:
        """What only other doors ask of the core is refused there, too: metadata, rooms of one's own."""
        me = self.anna.session.me
        with self.assertRaises(NotAllowed):
            self.shop.wait(self.shop.hub.metadata.set_own(me, "avatar", "https://x.example/"))
        with self.assertRaises(NotAllowed):
            self.shop.hub.rooms.register(me, "#help")

    def test_promoted_in_a_room(self) -> None:
        """Even where somebody has made her an operator of the room, she keeps no order in it."""
        room = self.shop.hub.rooms.find("#help")
        assert room is not None
        room.members[self.anna.session.me.person.key].roles.add(Role.OPERATOR)
        for kind in ("set-topic", "change-room", "kick", "invite", "rename-room"):
            fields, wanted = REQUESTS[kind][0]
            self.assertEqual(self.anna.ask(kind, **fields)["code"], wanted)

    def test_others_as_ever(self) -> None:
        """What is refused to her is not refused to an account."""
        rooms = self.shop.hub.rooms
        rooms.set_topic(self.alice.session, "#help", "Ask away")
        contact = self.shop.wait(self.shop.hub.rosters.ask(self.alice.session, "bob"))
        self.assertTrue(contact.asking)
