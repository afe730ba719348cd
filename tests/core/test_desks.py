"""Desks: ringing, taking, order, outcomes, restarts."""

from twisted.internet.defer import fail

from imd.core.conversation import Stage
from imd.core.keeping import OUTCOME_WAIT
from imd.core.message import DESK_TAG, FOR_DESK_TAG, Outcome
from imd.core.refusal import NotForGuests, StoreUnavailable
from imd.core.session import State
from tests.core.desk_case import DeskTestCase


class RingingTests(DeskTestCase):
    def test_rings_all_available(self) -> None:
        """What is said to a desk reaches each agent who is available, from whoever said it, under one id."""
        alice, bob, anna = self.on("alice"), self.on("bob"), self.on("anna")
        told = self.ask(anna)
        self.assert_accepted(told)
        self.assertEqual(str(told[0].to), "sales@localhost")
        for agent, name in ((alice, "alice"), (bob, "bob")):
            message = agent.messages[-1]
            self.assertEqual((message.id, message.sender.name, message.body), (told[0].id, "anna", "hello"))
            self.assertEqual(message.recipient.name, name)
            self.assertEqual(message.tags, {FOR_DESK_TAG: "sales"})
            self.assertFalse(agent.envelopes[-1].repeat)
            self.assertEqual([news.stage for news in agent.conversations], [Stage.RINGING])
        self.assertEqual([news.stage for news in anna.conversations], [Stage.RINGING])

    def test_available_before_away(self) -> None:
        """Who is away is rung only while nobody is available."""
        alice, bob, anna = self.on("alice", State.AWAY), self.on("bob"), self.on("anna")
        self.ask(anna)
        self.assertEqual(self.texts(alice), [])
        self.assertEqual(self.texts(bob), ["hello"])

    def test_away_is_rung(self) -> None:
        """With nobody available those who are away or busy are rung."""
        alice, bob, anna = self.on("alice", State.AWAY), self.on("bob", State.BUSY), self.on("anna")
        self.ask(anna)
        self.assertEqual((self.texts(alice), self.texts(bob)), (["hello"], ["hello"]))

    def test_nobody_on(self) -> None:
        """With nobody on it waits for each agent; who comes first and answers has it, the other's copy is withdrawn."""
        anna = self.on("anna")
        told = self.ask(anna)
        self.assert_settled(told, Outcome.KEPT)
        self.assertEqual((self.waiting("alice"), self.waiting("bob")), (["hello"], ["hello"]))
        alice = self.on("alice")
        self.assertEqual(self.texts(alice), ["hello"])
        self.ask(alice, "hi", to="anna")
        self.assertEqual(self.texts(anna), ["hi"])
        self.assertEqual(self.waiting("bob"), [])
        self.assertEqual(self.texts(self.on("bob")), [])

    def test_guests_are_refused(self) -> None:
        """A guest has no account to be answered at."""
        self.on("alice")
        told = self.ask(self.house.on("passer"))
        self.assert_settled(told, Outcome.REFUSED)
        self.assertIsInstance(told[0].reason, NotForGuests)

    def test_taken_by_the_first_answer(self) -> None:
        """The first agent who answers has it: the others hear so, and of further messages nothing."""
        alice, bob, anna = self.on("alice"), self.on("bob"), self.on("anna")
        self.ask(anna)
        self.assert_accepted(self.ask(bob, "hi", to="anna"))
        self.assertEqual(self.texts(anna), ["hi"])
        self.assertEqual(anna.messages[0].tags, {DESK_TAG: "sales"})
        self.assertEqual(anna.messages[0].sender.name, "bob")
        self.assertIn("bob has taken anna.", self.notices(alice))
        self.assertNotIn("bob has taken anna.", self.notices(bob))
        self.ask(anna, "two")
        self.assertEqual((self.texts(alice), self.texts(bob)), (["hello"], ["hello", "two"]))
        self.assertEqual(str(anna.conversations[-1].by), "bob@localhost")

    def test_unconfirmed_copies_are_withdrawn(self) -> None:
        """Who has not confirmed her copy when another takes it is not shown it again."""
        alice, bob, anna = self.on("alice", prompt=False), self.on("bob"), self.on("anna")
        self.ask(anna)
        self.assertEqual(self.waiting("alice"), ["hello"])
        self.ask(bob, "hi", to="anna")
        self.assertEqual(self.waiting("alice"), [])
        self.house.off(alice)
        self.assertEqual(self.texts(self.on("alice")), [])

    def test_all_full(self) -> None:
        """Refused only when nobody can have it."""
        self.house.hub.keeping.max_messages = self.house.hub._queue.limit = 1
        anna = self.on("anna")
        self.ask(self.on("carol"), "x", to="alice")
        self.assert_settled(self.ask(anna, "1"), Outcome.KEPT)
        told = self.ask(anna, "2")
        self.assert_settled(told, Outcome.REFUSED)
        assert told[0].reason is not None
        self.assertIn("wait for sales", told[0].reason.sentence)
        self.assertEqual((self.waiting("alice"), self.waiting("bob")), (["x"], ["1"]))

    def test_taker_off_rings_again(self) -> None:
        """Whoever has it is off and another is on: that one is rung, and has what was not confirmed."""
        alice, anna = self.on("alice", prompt=False), self.on("anna")
        self.ask(anna, "1")
        alice.acknowledge()
        self.ask(alice, "hi", to="anna")
        self.ask(anna, "2")
        bob = self.on("bob")
        self.house.off(alice)
        self.assertEqual(self.texts(bob), [])
        self.assert_accepted(self.ask(anna, "3"))
        self.assertEqual(self.texts(bob), ["2", "3"])
        self.ask(bob, "I am here", to="anna")
        self.assertEqual(self.waiting("alice"), [])

    def test_taker_off_and_nobody_on(self) -> None:
        """Whoever has it is off, and so are the others: it is kept for her alone."""
        alice, anna = self.on("alice"), self.on("anna")
        self.ask(anna, "1")
        self.ask(alice, "hi", to="anna")
        self.house.off(alice)
        self.assert_settled(self.ask(anna, "2"), Outcome.KEPT)
        self.assertEqual((self.waiting("alice"), self.waiting("bob")), (["2"], []))

    def test_receipts_once(self) -> None:
        """Delivered and read are told of the desk, once, whoever it was."""
        alice, bob, anna = self.on("alice"), self.on("bob"), self.on("anna")
        told = self.ask(anna)
        for agent in (alice, bob):
            self.house.hub.delivery.read(agent.session, told[0].id)
        self.house.turn()
        self.assertEqual(
            [(str(each.to), each.outcome) for each in anna.receipts],
            [("sales@localhost", Outcome.DELIVERED), ("sales@localhost", Outcome.READ)],
        )


class RestartTests(DeskTestCase):
    def test_ringing_survives(self) -> None:
        """A message that nobody has confirmed is with all who were rung after the daemon was killed, once."""
        self.on("alice", prompt=False), self.on("bob", prompt=False)
        told = self.ask(self.on("anna"), client_id="c1")
        self.assert_accepted(told)
        self.house.restart()
        alice, bob = self.on("alice"), self.on("bob")
        self.assertEqual((self.texts(alice), self.texts(bob)), (["hello"], ["hello"]))
        anna = self.on("anna")
        again = self.ask(anna, client_id="c1")
        self.assertEqual(again[0].id, told[0].id)
        self.assertIn(again[0].outcome, (Outcome.ACCEPTED, Outcome.KEPT))
        self.assertEqual((self.texts(alice), self.texts(bob)), (["hello"], ["hello"]))
        self.ask(bob, "hi", to="anna")
        self.assertEqual(self.texts(anna), ["hi"])
        self.assertEqual(self.house.store.conversations._values[self.accounts["anna"].id].keys(), {"sales"})

    def test_not_shown_again(self) -> None:
        """Whose client has confirmed a message that still rings is not shown it again after a crash; and whoever takes
        the conversation has it."""
        alice = self.on("alice")
        self.on("bob", prompt=False)
        told = self.ask(self.on("anna"), client_id="c1")
        self.assert_accepted(told)
        self.assertEqual(self.texts(alice), ["hello"])
        self.house.turn(1)
        self.house.restart()
        alice, bob = self.on("alice"), self.on("bob")
        self.assertEqual((self.texts(alice), self.texts(bob)), ([], ["hello"]))
        anna = self.on("anna")
        self.ask(alice, "hi", to="anna")
        self.assertEqual((self.texts(anna), self.texts(alice)), (["hi"], []))
        self.assertEqual(self.house.store.conversations._values[self.accounts["anna"].id].keys(), {"sales"})

    def test_taken_survives(self) -> None:
        """A conversation that somebody has is hers after the daemon was killed."""
        alice, _, anna = self.on("alice"), self.on("bob"), self.on("anna")
        self.ask(anna)
        self.ask(alice, "hi", to="anna")
        self.house.restart()
        anna, bob, alice = self.on("anna"), self.on("bob"), self.on("alice")
        self.assertEqual([news.stage for news in anna.conversations], [Stage.TAKEN])
        self.ask(anna, "two")
        self.assertEqual((self.texts(alice), self.texts(bob)), (["two"], []))

    def test_killed_before_withdrawal(self) -> None:
        """Killed just when it was taken: nobody else is shown what was not confirmed, and whoever has it is."""
        bob = self.on("bob", prompt=False)
        self.ask(self.on("anna"))
        self.assertEqual(self.waiting("bob"), ["hello"])
        alice = self.on("alice", prompt=False)
        self.assertEqual(self.texts(alice), ["hello"])
        self.house.send(alice, "anna", "hi", turn=False)
        self.house.restart()
        self.assertEqual(self.texts(self.on("alice")), ["hello"])
        self.assertEqual(self.texts(bob), ["hello"])

    def test_kept_for_who_has_it(self) -> None:
        """What waits for whoever has it rings at a colleague who is there also after a restart of the daemon."""
        alice, anna = self.on("alice"), self.on("anna")
        self.ask(anna, "one")
        self.ask(alice, "hi", to="anna")
        self.house.off(alice)
        self.assert_settled(self.ask(anna, "two"), Outcome.KEPT)
        self.house.restart()
        bob = self.on("bob")
        self.assert_accepted(self.ask(self.on("anna"), "three"))
        self.assertEqual(self.texts(bob), ["two", "three"])
        self.ask(bob, "hi", to="anna")
        self.assertEqual(self.waiting("alice"), [])

    def test_killed_when_it_was_withdrawn(self) -> None:
        """That a copy was withdrawn is not that its agent has it: should she answer after a restart, whoever has the
        message keeps it until she has."""
        anna = self.on("anna")
        self.assert_settled(self.ask(anna, client_id="c1"), Outcome.KEPT)
        bob = self.on("bob", prompt=False)
        # Withdrawn from alice, and the daemon killed before it knew for certain that bob has it.
        queued = self.house.wait(self.house.store.inbox.read(self.accounts["alice"].id, -1, 2**62, 10))
        self.house.wait(self.house.store.inbox.acknowledge([(self.accounts["alice"].id, queued[0].message.id)], 0.0))
        self.house.restart()
        alice, anna = self.on("alice"), self.on("anna")
        self.ask(alice, "!take", to="anna")
        self.assertEqual(self.texts(alice), ["hello"])
        self.assertEqual(self.texts(bob), ["hello"])

    def test_withdrawn_when_taken_for_certain(self) -> None:
        """Nothing is withdrawn before it is durable who has the conversation; she does not wait for that for ever."""
        alice, anna = self.on("alice"), self.on("anna")
        self.on("bob", prompt=False)
        self.ask(anna)
        self.assertEqual(self.waiting("bob"), ["hello"])
        put = self.house.store.conversations.put
        self.house.store.conversations.put = lambda entries: fail(StoreUnavailable())  # type: ignore[method-assign]
        told = self.ask(alice, "hi", to="anna")
        self.assertEqual((told, self.waiting("bob")), ([], ["hello"]))
        self.house.turn(OUTCOME_WAIT)
        self.assert_settled(told, Outcome.UNKNOWN)
        self.house.store.conversations.put = put  # type: ignore[method-assign]
        self.house.hub.store_back()
        self.house.turn()
        self.assertEqual(self.waiting("bob"), [])
