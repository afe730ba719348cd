"""What happens in rooms is in history, for those who want to read it; never in the way of what was said."""

from imd.core.message import Draft, Kind, Message, Outcome
from imd.core.past import Part, Spot, decode_changes, encode_changes
from imd.core.talk import FlagChange, Role, RoleChange, RoomChange, RoomEvent, RoomFlag
from tests.core.test_history import HistoryCase
from tests.house import Recorder

TEA = "#tea"


class HappeningTests(HistoryCase):
    def setUp(self) -> None:
        super().setUp()
        self.rooms = self.house.hub.rooms
        self.rooms.join(self.alice.session, TEA)

    def past(self, reader: Recorder, **part: bool) -> list[Message]:
        asked = self.house.hub.history.read(reader.session, TEA, Part(limit=100, **part))  # type: ignore[arg-type]
        messages: list[Message] = self.house.wait(asked).messages
        return messages

    def told(self, reader: Recorder) -> list[tuple[str, str, str]]:
        return [(m.tags.get("event", ""), m.sender.name, m.body) for m in self.past(reader, events=True)]

    def test_everything(self) -> None:
        """Joins, topics, modes, kicks, nicks, parts and quits, in order with what was said, and with the ids the
        members were told."""
        bob = self.house.on(self.bob_account)
        guest = self.house.on("visitor")
        self.rooms.join(bob.session, TEA)
        self.rooms.join(guest.session, TEA)
        self.rooms.set_topic(self.alice.session, TEA, "green")
        self.rooms.change(self.alice.session, TEA, [FlagChange(RoomFlag.MODERATED, True)])
        self.rooms.say(self.alice.session, TEA, Draft(TEA, "tea?"))
        self.house.wait(self.house.hub.people.rename_guest(guest.session, "stranger"))
        self.rooms.remove_member(self.alice.session, TEA, "bob", "no")
        self.rooms.join(bob.session, TEA)
        self.rooms.part(bob.session, TEA, "bye")
        self.house.off(guest)
        self.house.turn()
        told = self.told(self.alice)
        self.assertEqual(
            told,
            [
                ("join", "alice", ""),
                ("join", "bob", ""),
                ("join", "visitor", ""),
                ("topic", "alice", "green"),
                ("mode", "alice", encode_changes([FlagChange(RoomFlag.MODERATED, True)])),
                ("", "alice", "tea?"),
                ("nick", "visitor", ""),
                ("kick", "alice", "no"),
                ("join", "bob", ""),
                ("part", "bob", "bye"),
                ("quit", "stranger", ""),
            ],
        )
        self.assertEqual([m.body for m in self.past(self.alice)], ["tea?"])
        heard = [event.id for event in self.alice.events if isinstance(event, RoomEvent)]
        self.assertEqual(heard, [m.id for m in self.past(self.alice, events=True) if m.kind is Kind.EVENT])
        self.assertEqual(len(set(heard)), len(heard))

    def test_who(self) -> None:
        """Each event knows the account of whoever did it; a kick whom it was done to, a join what the client said."""
        bob = self.house.on(self.bob_account)
        self.rooms.join(bob.session, TEA)
        self.rooms.remove_member(self.alice.session, TEA, "bob", "no")
        self.house.turn()
        (_, joined, kicked) = self.past(self.alice, events=True)
        self.assertEqual(joined.sender_account, self.bob_account.id)
        self.assertEqual(joined.tags["account"], "bob")
        self.assertEqual((kicked.sender_account, kicked.tags["who"]), (self.alice_account.id, "bob"))

    def test_pages(self) -> None:
        """With events or without, a page has as many as was asked for, if there are so many."""
        self.rooms.say(self.alice.session, TEA, Draft(TEA, "first"))
        for _ in range(20):
            guest = self.house.on("visitor")
            self.rooms.join(guest.session, TEA)
            self.house.off(guest)
        self.rooms.say(self.alice.session, TEA, Draft(TEA, "last"))
        self.house.turn()
        history = self.house.hub.history
        lines = self.house.wait(history.read(self.alice.session, TEA, Part(limit=2)))
        self.assertEqual([m.body for m in lines.messages], ["first", "last"])
        both = self.house.wait(history.read(self.alice.session, TEA, Part(limit=3, events=True)))
        self.assertEqual([m.tags.get("event") for m in both.messages], ["join", "quit", None])
        spot = Spot(id=both.messages[0].id)
        before = self.house.wait(history.read(self.alice.session, TEA, Part(limit=2, before=spot)))
        self.assertEqual([m.body for m in before.messages], ["first"])

    def test_one_write(self) -> None:
        """However many go in one turn, what happened is one write."""
        guests = [self.house.on(f"guest{n}") for n in range(100)]
        for guest in guests:
            self.rooms.join(guest.session, TEA)
        self.house.turn(1)
        self.house.store.deferring = True
        for guest in guests:
            self.house.hub.people.sign_off(guest.session, "lost")
        waiting = self.house.store.waiting
        self.house.turn()
        self.assertEqual(self.house.store.waiting - waiting, 1)
        self.house.store.work()
        self.house.store.deferring = False
        self.assertEqual(self.told(self.alice)[-100:], [("quit", f"guest{n}", "") for n in range(100)])

    def test_notice(self) -> None:
        """A notice to the room was said; a reaction happened; typing is forgotten."""
        told: list[Outcome] = []
        drafts = [
            Draft(TEA, "beep", Kind.NOTICE),
            Draft(TEA, "", Kind.SIGNAL, tags={"draft/react": "x", "draft/reply": "m1"}),
            Draft(TEA, "", Kind.SIGNAL, tags={"typing": "active"}),
        ]
        for draft in drafts:
            self.rooms.say(self.alice.session, TEA, draft, lambda receipt: told.append(receipt.outcome))
        self.house.turn()
        self.assertEqual(told, [Outcome.ACCEPTED] * 3)
        self.assertEqual([m.body for m in self.past(self.alice)], ["beep"])
        self.assertEqual([m.tags for m in self.past(self.alice, events=True)][-1], drafts[1].tags)


class ChangesTests(HistoryCase):
    def test_there_and_back(self) -> None:
        """Changes are read as they were written; unknown ones, of another imd, are left out."""
        changes: list[RoomChange] = [
            FlagChange(RoomFlag.SECRET, False),
            RoleChange(Role.VOICE, self.alice.session.address, True),
        ]
        self.assertEqual(decode_changes(encode_changes(changes)), changes)
        self.assertEqual(decode_changes('[["MoodChange",{"mood":"good"}]]'), [])
