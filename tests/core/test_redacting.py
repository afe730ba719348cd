"""What was taken back is nowhere any more: not in history, not in the inbox, not in the trace, and not sent again."""

from collections.abc import Callable
from typing import Any

from imd.core.message import Draft, Kind, Outcome, Receipt
from imd.core.past import Part
from imd.core.refusal import NoSuchMessage, NotAMember, RedactionForbidden, RedactionTooLate, StoreUnavailable
from imd.core.talk import MessageRedacted
from tests.core.test_history import HistoryCase
from tests.house import Recorder

TEA = "#tea"


class RedactingCase(HistoryCase):
    def redact(self, by: Recorder, target: str, id: str, text: str = "") -> None:
        self.house.wait(self.house.hub.history.redact(by.session, target, id, text))

    def since(self, reader: Recorder, target: str, seq: int = 1) -> list[str]:
        found: list[str] = self.house.wait(self.house.hub.history.taken_back_since(reader.session, target, seq))
        return found

    def everything(self) -> str:
        """All that the daemon and its store hold of anything."""
        return repr(
            [
                self.house.store.history._lines,
                self.house.store.inbox._waiting,
                [way.message for way in self.house.hub.delivery.trace._ways.values()],
                list(self.house.hub.history._recent.values()),
            ]
        )


class RoomTests(RedactingCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.on(self.bob_account)
        for client in (self.alice, self.bob):
            self.house.hub.rooms.join(client.session, TEA)
        self.house.turn()

    def say(self, speaker: Recorder, text: str = "oops", **more: Any) -> str:
        message = self.house.hub.rooms.say(speaker.session, TEA, Draft(TEA, text, **more))
        self.house.turn()
        return message.id

    def test_own(self) -> None:
        """One's own line: gone, and the members are told by whom and why."""
        id = self.say(self.bob)
        self.redact(self.bob, TEA, id, "typo")
        for client in (self.alice, self.bob):
            (event,) = [event for event in client.events if isinstance(event, MessageRedacted)]
            self.assertEqual((event.message, event.text, event.by), (id, "typo", self.bob.session.address))
        self.assertNotIn("oops", self.everything())
        with self.assertRaises(NoSuchMessage):
            self.redact(self.bob, TEA, id)

    def test_told_later(self) -> None:
        """A member who was away hears of what was taken back since; who is no member, nothing."""
        first, second = self.say(self.bob), self.say(self.bob, "again")
        self.redact(self.bob, TEA, first)
        self.house.turn(1)
        seen = self.say(self.alice, "seen")
        past = self.house.wait(self.house.hub.history.read(self.alice.session, TEA, Part(limit=1)))
        (last,) = past.messages
        self.assertEqual(last.id, seen)
        self.redact(self.bob, TEA, second)
        self.house.turn(1)
        self.assertEqual(self.since(self.alice, TEA), [first, second])
        past = self.house.wait(self.house.hub.history.read(self.alice.session, TEA, Part(limit=1, events=True)))
        self.assertEqual([message.id for message in past.messages], [seen])
        self.assertEqual(self.since(self.alice, TEA, last.seq), [second])
        self.house.hub.rooms.part(self.alice.session, TEA)
        with self.assertRaises(NotAMember):
            self.since(self.alice, TEA)

    def test_others(self) -> None:
        """Others' lines are for operators of the room, however old they are."""
        id = self.say(self.alice)
        with self.assertRaises(RedactionForbidden):
            self.redact(self.bob, TEA, id)
        spam = self.say(self.bob, "spam")
        self.house.turn(100_000)
        self.redact(self.alice, TEA, spam)
        self.assertNotIn("spam", self.everything())

    def test_late(self) -> None:
        """After a day one's own words stand; without a window, as long as they are kept."""
        id = self.say(self.bob)
        self.house.turn(86_401)
        with self.assertRaises(RedactionTooLate):
            self.redact(self.bob, TEA, id)
        self.house.hub.redacting.window = 0
        self.redact(self.bob, TEA, id)

    def test_not_messages(self) -> None:
        """What happened cannot be taken back; nor can outsiders take back anything."""
        past = self.house.wait(self.house.hub.history.read(self.alice.session, TEA, Part(limit=9, events=True)))
        with self.assertRaises(NoSuchMessage):
            self.redact(self.alice, TEA, past.messages[0].id)
        id = self.say(self.bob)
        self.house.hub.rooms.part(self.bob.session, TEA)
        with self.assertRaises(NotAMember):
            self.redact(self.bob, TEA, id)

    def test_guests(self) -> None:
        """A guest's line is hers, and not that of the next guest of her name."""
        guest = self.house.on("visitor")
        self.house.hub.rooms.join(guest.session, TEA)
        first, second = self.say(guest), self.say(guest, "again")
        self.redact(guest, TEA, first)
        self.house.off(guest)
        self.house.turn(1)
        other = self.house.on("visitor")
        self.house.hub.rooms.join(other.session, TEA)
        with self.assertRaises(RedactionForbidden):
            self.redact(other, TEA, second)

    def test_reaction(self) -> None:
        """A reaction can be taken back like words."""
        id = self.say(self.bob, "", kind=Kind.SIGNAL, tags={"draft/react": "grin"})
        self.redact(self.bob, TEA, id)
        self.assertNotIn("grin", self.everything())

    def test_sent_again(self) -> None:
        """Its sender, who had no answer, sends it again: accepted, shown to nobody, kept nowhere."""
        id = self.say(self.bob, client_id="c1")
        self.redact(self.bob, TEA, id)
        before = len(self.alice.events)
        told: list[Receipt] = []
        self.house.hub.rooms.say(self.bob.session, TEA, Draft(TEA, "oops", client_id="c1"), told.append)
        self.house.turn()
        self.assert_settled(told, Outcome.ACCEPTED)
        self.assertEqual(len(self.alice.events), before)
        self.assertNotIn("oops", repr(self.house.store.history._lines))

    def test_store_away(self) -> None:
        """Nobody is told of what could not be done."""
        id = self.say(self.bob)
        self.house.store.available = False
        with self.assertRaises(StoreUnavailable):
            self.redact(self.bob, TEA, id)
        self.assertEqual([event for event in self.alice.events if isinstance(event, MessageRedacted)], [])


class TalkTests(RedactingCase):
    def setUp(self) -> None:
        super().setUp()
        self.ids: list[str] = []

    def send(self, sender: Recorder, to: str, body: str = "oops", **more: Any) -> str:
        told = self.house.send(sender, to, body, **more)
        for _ in range(3):
            self.house.turn(1)
        return told[0].id

    def test_both_copies(self) -> None:
        """Out of both sides' copies; the devices of both are told, in whose terms it was."""
        bob, phone = self.two_devices(self.bob_account), self.device(self.bob_account, "phone")
        self.house.hub.history.want(self.alice.session)
        id = self.send(self.alice, "bob")
        with self.assertRaises(RedactionForbidden):
            self.redact(bob, "alice", id)
        self.redact(self.alice, "bob", id, "typo")
        for client in (self.alice, bob, phone):
            (redaction,) = client.redactions
            self.assertEqual((redaction.message, redaction.to, redaction.text), (id, "bob", "typo"))
        self.assertNotIn("oops", self.everything())
        self.assertIn("redacted", [step.step for step in self.house.hub.delivery.trace.get(id) or ()])

    def test_told_later(self) -> None:
        """Either side hears later of what was taken back, and nobody else; who blocks the sender does not."""
        bob = self.two_devices(self.bob_account)
        self.house.hub.history.want(self.alice.session)
        id = self.send(self.alice, "bob")
        self.redact(self.alice, "bob", id)
        self.house.turn(1)
        self.assertEqual((self.since(bob, "alice"), self.since(self.alice, "bob")), ([id], [id]))
        carol = self.house.on(self.house.person("carol"))
        self.assertEqual(self.since(carol, "alice"), [])
        self.house.wait(self.house.hub.rosters.block(bob.session, "alice"))
        other = self.send(self.alice, "bob")
        self.redact(self.alice, "bob", other)
        self.house.turn(1)
        self.assertEqual((self.since(bob, "alice"), self.since(self.alice, "bob")), ([id], [id, other]))

    def test_waiting(self) -> None:
        """It still waits for somebody who is off, and never will be shown; what was said after it is."""
        id = self.send(self.alice, "bob")
        self.send(self.alice, "bob", "later")
        self.redact(self.alice, "bob", id)
        self.assertNotIn("oops", self.everything())
        self.assertEqual(self.house.on(self.bob_account).bodies, ["later"])

    def test_under_way(self) -> None:
        """It waits behind a client that confirms nothing: whoever has not seen it never will."""
        bob = self.house.on(self.bob_account, prompt=False)
        id = self.send(self.alice, "bob")
        self.redact(self.alice, "bob", id)
        self.house.off(bob)
        self.assertEqual(self.house.on(self.bob_account).bodies, [])

    def test_guests(self) -> None:
        """Guests' talks have no history: what the trace remembers can be taken back, by who said it only."""
        ann, ben = self.house.on("ann"), self.house.on("ben")
        id = self.send(ann, "ben")
        for other in (ben, self.house.on("carl")):
            with self.assertRaises((NoSuchMessage, RedactionForbidden)):
                self.redact(other, "ann", id)
        self.redact(ann, "ben", id)
        self.assertEqual([redaction.message for redaction in ben.redactions], [id])
        self.assertNotIn("oops", self.everything())

    def test_blocked(self) -> None:
        """Who blocks the sender hears nothing of it, as of all else; the sender hears what she always does."""
        bob = self.two_devices(self.bob_account)
        self.house.hub.history.want(self.alice.session)
        self.house.wait(self.house.hub.rosters.block(bob.session, "alice"))
        id = self.send(self.alice, "bob")
        self.redact(self.alice, "bob", id)
        self.assertEqual((len(self.alice.redactions), bob.redactions), (1, []))


class OwnTests(RedactingCase):
    def said(self, speak: Callable[[str], object]) -> None:
        for number in range(450):
            speak(str(number))
        self.house.turn()

    def test_export_and_erase(self) -> None:
        """All that one has said, once and in order; erased, it is gone from everybody's history. Others' words stay."""
        bob = self.two_devices(self.bob_account)
        self.house.hub.history.want(self.alice.session)
        self.house.hub.rooms.join(self.alice.session, TEA)
        self.house.hub.rooms.join(bob.session, TEA)
        self.said(lambda text: self.house.hub.rooms.say(self.alice.session, TEA, Draft(TEA, text)))
        self.house.send(bob, "alice", "mine")
        self.house.send(self.alice, "bob", "private")
        self.house.hub.rooms.say(bob.session, TEA, Draft(TEA, "his"))
        self.house.turn()
        own = self.house.hub.history.own

        def exported(*, everything: bool = False) -> list[str]:
            found, cursor, first = [], "", True
            while first or cursor:
                asked = own.page(self.alice_account.id, cursor, everything=everything)
                part, cursor = self.house.wait(asked)
                self.assertLessEqual(len(part), 200)
                found += part
                first = False
            return [message.body for message in sorted(found, key=lambda message: message.seq)]

        self.assertEqual(exported(), [*map(str, range(450)), "private"])
        self.assertEqual(exported(everything=True), exported())
        self.assertEqual(self.house.wait(own.erase(self.alice_account.id)), 451)
        self.assertEqual(exported(), [])
        self.assertEqual(self.history(bob, "alice"), ["mine"])
        self.assertEqual(self.history(bob, TEA), ["his"])
        self.assertNotIn("private", repr(self.lines))

    def test_others_copies(self) -> None:
        """What stands in others' copies only is the operator's to hand out: she herself would learn who has copies."""
        self.two_devices(self.bob_account)
        self.house.send(self.alice, "bob", "private")
        own = self.house.hub.history.own
        self.assertEqual(self.house.wait(own.page(self.alice_account.id, ""))[0], [])
        found, _ = self.house.wait(own.page(self.alice_account.id, "", everything=True))
        self.assertEqual([message.body for message in found], ["private"])
        self.assertEqual(self.house.wait(own.erase(self.alice_account.id)), 1)
        self.assertNotIn("private", repr(self.lines))

    def test_removed(self) -> None:
        """Of a removed account's copies nothing stays; what it has said to others is theirs."""
        bob = self.two_devices(self.bob_account)
        self.house.hub.history.want(self.alice.session)
        self.house.send(self.alice, "bob", "private")
        self.house.send(bob, "alice", "beep", kind=Kind.NOTICE)
        self.house.wait(self.house.accounts.remove(self.alice_account))
        self.house.turn()
        left = {target for target, lines in self.lines.items() if lines}
        self.assertEqual(left, {f"{self.bob_account.id} {self.alice_account.id}"})
