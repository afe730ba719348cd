"""Desks whose settings, agents or names change; their presence, and where their talks are kept."""

from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from imd.core.conversation import Stage
from imd.core.message import DESK_TAG, Message, Outcome
from imd.core.past import Part
from imd.core.refusal import NameInUse
from imd.core.session import Presence, State, Visibility
from imd.core.sites import DeskRule, Site
from tests.core.desk_case import SALES, SUPPORT, DeskTestCase, desks


class ChangeTests(DeskTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob, self.anna = self.on("alice"), self.on("bob"), self.on("anna")
        self.ask(self.anna, "hello")
        self.ask(self.alice, "hi", to="anna")

    def apply(self, *rules: DeskRule) -> None:
        self.house.hub.change_policy(msgspec.structs.replace(self.house.hub.policy, desks=rules))
        self.house.turn()

    def test_agent_removed_from_the_desk(self) -> None:
        """A conversation of who serves no more rings at the others, with what she has not confirmed."""
        self.alice.prompt = False
        self.ask(self.anna, "two")
        self.apply(DeskRule(name="sales", agents=("bob",)), SUPPORT)
        self.assertEqual(self.texts(self.bob), ["hello", "two"])
        self.assertIs(self.anna.conversations[-1].stage, Stage.RINGING)
        self.ask(self.anna, "three")
        self.assertEqual(self.texts(self.bob), ["hello", "two", "three"])
        self.assertNotIn("three", self.texts(self.alice))

    def test_agent_account_removed(self) -> None:
        """The same when her account is removed; nobody who asked hears anything else than accepted."""
        self.alice.prompt = False
        told = self.house.send(self.anna, "sales", "two")
        self.house.wait(self.house.accounts.remove(self.account("alice")))
        self.house.turn(0.1)
        self.house.turn(0.1)
        self.assert_accepted(told)
        self.assertEqual(self.texts(self.bob), ["hello", "two"])
        self.ask(self.bob, "I have it", to="anna")
        self.assertEqual(self.texts(self.anna), ["hi", "I have it"])

    def test_desk_without_agents_for_a_while(self) -> None:
        """What the last agent of a desk had not confirmed is not lost with her account, when there is a new one."""
        self.alice.prompt = False
        self.ask(self.anna, "two")
        self.house.off(self.alice)
        self.apply(DeskRule(name="sales", agents=("dora",)))
        self.house.wait(self.house.accounts.remove(self.account("alice")))
        self.house.turn()
        self.house.policy = self.house.hub.policy
        self.house.restart()
        self.assertEqual(self.texts(self.house.on(self.house.person("dora"))), ["two"])

    def test_agent_renamed(self) -> None:
        """Agents are names in the settings: under another one she serves no more, and the conversation rings."""
        self.house.wait(self.house.accounts.rename(self.account("alice"), "alicia"))
        self.house.turn()
        self.assertIs(self.anna.conversations[-1].stage, Stage.RINGING)
        self.apply(DeskRule(name="sales", agents=("alicia", "bob")), SUPPORT)
        self.ask(self.alice, "me again", to="anna")
        self.assertEqual(str(self.anna.conversations[-1].by), "alicia@localhost")

    def test_new_agent(self) -> None:
        """An account that is made later, of a name in the settings, serves."""
        self.apply(DeskRule(name="sales", agents=("alice", "dora")))
        dora = self.house.on(self.house.person("dora"))
        self.house.off(self.alice)
        self.ask(self.anna, "two")
        self.assertEqual(self.texts(dora), ["two"])

    def test_taken_by_who_hears_nothing_of_her(self) -> None:
        """An agent who blocks somebody and answers her all the same is shown nothing of what she has said."""
        self.house.wait(self.house.hub.rosters.block(self.bob.session, "anna"))
        self.house.hub.desks.close(self.anna.session, "sales")
        self.alice.prompt = False
        self.ask(self.anna, "two")
        self.ask(self.bob, "hello", to="anna")
        self.assertEqual(self.texts(self.bob), ["hello"])
        self.assertEqual(self.texts(self.alice)[-1:], ["two"])

    def test_person_renamed(self) -> None:
        """Under her new name she has the same conversation."""
        self.house.wait(self.house.accounts.rename(self.account("anna"), "anne"))
        self.house.turn()
        self.ask(self.alice, "still there?", to="anne")
        self.assertEqual(self.anna.messages[-1].tags, {DESK_TAG: "sales"})
        self.assertEqual(self.alice.conversations[-1].stage, Stage.TAKEN)

    def test_person_removed(self) -> None:
        """With her account her conversation is over, also in the store; who has it hears so."""
        self.house.wait(self.house.accounts.remove(self.account("anna")))
        self.house.turn()
        self.assertIn("anna has ended the conversation: the account is gone.", self.notices(self.alice))
        self.assertEqual(self.house.hub.delivery.conversing, {})
        self.assertEqual(self.house.wait(self.house.store.conversations.everyone()), {})
        self.assertTrue(self.house.hub.idle)

    def test_desk_removed(self) -> None:
        """Without its desk there is nobody to write to; with it again the talk goes on, and history was there."""
        self.apply(SUPPORT)
        self.assert_settled(self.ask(self.anna, "two"), Outcome.REFUSED)
        self.assertEqual(self.read(self.anna, "sales"), ["hello", "hi"])
        self.apply(SALES, SUPPORT)
        self.ask(self.anna, "three")
        self.assertEqual(self.texts(self.alice), ["hello", "three"])

    def test_agent_made_while_the_desk_opens(self) -> None:
        """An account that is made, or removed, while the store is asked for the agents serves, or does not."""
        self.house.store.deferring = True
        self.apply(DeskRule(name="press", agents=("carol", "dora", "bob")))
        # That there is no account of the name, and carol's.
        self.house.store.work(2)
        dora = Deferred.fromCoroutine(self.house.accounts.create("dora", None, 0.0))
        removed = Deferred.fromCoroutine(self.house.accounts.remove(self.account("carol")))
        for _ in range(40):
            self.house.store.work(1)
            self.house.turn()
        self.house.store.deferring = False
        press = self.house.hub.desks.staff.desks["press"]
        self.assertEqual(set(press.agents), {self.account("bob").id, self.successResultOf(dora).id})
        self.successResultOf(removed)

    def test_desk_added_while_the_store_is_away(self) -> None:
        """It opens as soon as the store is back."""
        self.house.store.available = False
        self.apply(SALES, SUPPORT, DeskRule(name="press", agents=("carol",)))
        self.assertIsNone(self.house.hub.desks.named("press"))
        self.house.store.available = True
        self.house.hub.store_back()
        self.house.turn()
        self.assertIsNotNone(self.house.hub.desks.named("press"))

    def read(self, client: Any, target: str) -> list[str]:
        past = self.house.wait(self.house.hub.history.read(client.session, target, Part(limit=10)))
        return [message.body for message in past.messages]

    def test_history(self) -> None:
        """Whoever asked has all of the talk under the desk, whoever answered; agents theirs under her."""
        self.house.hub.history.want(self.alice.session)
        self.ask(self.bob, "!take", to="anna")
        self.ask(self.bob, "here is bob", to="anna")
        self.ask(self.anna, "thanks")
        self.assertEqual(self.read(self.anna, "sales"), ["hello", "hi", "here is bob", "thanks"])
        past = self.house.wait(self.house.hub.history.read(self.anna.session, "sales", Part(limit=10)))
        said: list[Message] = past.messages
        self.assertEqual([m.sender.name for m in said], ["anna", "alice", "bob", "anna"])
        self.assertEqual({str(m.recipient) for m in said if m.sender.name == "anna"}, {"sales@localhost"})
        self.assertEqual(self.read(self.anna, "bob"), [])
        self.ask(self.alice, "!take", to="anna")
        self.ask(self.alice, "alice again", to="anna")
        self.assertEqual(self.read(self.alice, "anna"), ["alice again"])

    def test_taken_back(self) -> None:
        """What whoever asked takes back is gone everywhere; what an agent takes back, too."""
        self.alice.prompt = False
        told = self.ask(self.anna, "my password is x")
        self.house.wait(self.house.hub.history.redact(self.anna.session, "sales", told[0].id, ""))
        self.assertEqual(self.waiting("alice"), [])
        self.assertEqual([each.message for each in self.alice.redactions], [told[0].id])
        self.assertEqual(self.read(self.anna, "sales"), ["hello", "hi"])
        told = self.ask(self.alice, "oops", to="anna")
        self.house.wait(self.house.hub.history.redact(self.alice.session, "anna", told[0].id, ""))
        self.assertEqual([(each.message, each.desk) for each in self.anna.redactions][-1], (told[0].id, "sales"))
        self.assertEqual(self.read(self.anna, "sales"), ["hello", "hi"])

    def test_taken_back_after_a_restart(self) -> None:
        """Also from agents who had their copies of an earlier daemon, and could not sign on since."""
        self.house.hub.desks.close(self.anna.session, "sales")
        for agent in (self.alice, self.bob):
            self.house.off(agent)
        told = self.ask(self.anna, "two")
        self.house.wait(self.house.accounts.suspend(self.account("alice")))
        self.house.restart()
        anna = self.on("anna")
        self.house.wait(self.house.hub.history.redact(anna.session, "sales", told[0].id, ""))
        alice = self.house.wait(self.house.accounts.suspend(self.account("alice"), False))
        self.assertEqual((self.texts(self.house.on(alice)), self.texts(self.on("bob"))), ([], []))

    def test_read_marks(self) -> None:
        """Who reads an answer has read the talk with the desk."""
        self.house.hub.delivery.read(self.anna.session, self.anna.messages[0].id)
        self.house.turn()
        self.assertGreater(self.house.wait(self.house.hub.read_marks.get(self.anna.session, "sales")), 0)
        self.assertEqual(self.house.wait(self.house.hub.read_marks.get(self.anna.session, "alice")), 0)

    def test_trace(self) -> None:
        """The way of a message shows all of its copies."""
        told = self.house.send(self.anna, "sales", "x")
        self.ask(self.bob, "!hand support", to="anna")
        way = self.house.hub.delivery.trace.get(told[0].id)
        assert way is not None
        self.assertIn("alice: native", [step.why for step in way])
        self.assertIs(way.outcome, Outcome.ACCEPTED)


class NobodyYetTests(DeskTestCase):
    """A desk whose agents are not even accounts."""

    policy = desks(DeskRule(name="sales", agents=("dora",)), guest_messages=3)

    def test_waits_at_the_desk(self) -> None:
        """What is said is kept until the first agent is made and comes, over a restart; then it is hers."""
        anna = self.on("anna")
        told = self.ask(anna, "1", client_id="c1")
        self.assert_settled(told, Outcome.KEPT)
        self.house.restart()
        anna = self.on("anna")
        again = self.ask(anna, "1", client_id="c1")
        self.assertEqual(again[0].id, told[0].id)
        self.assert_settled(self.ask(anna, "2"), Outcome.KEPT)
        dora = self.house.on(self.house.person("dora"), presence=Presence(State.AWAY))
        self.assertEqual(self.texts(dora), ["1", "2"])
        self.ask(dora, "hi", to="anna")
        self.assert_accepted(self.ask(anna, "3"))
        self.assertEqual(self.texts(dora), ["1", "2", "3"])
        shelf = self.house.wait(self.house.store.conversations.of(self.account("anna").id))
        self.assertEqual(shelf.keys(), {"sales"})

    def test_suspended(self) -> None:
        """An agent who may not sign on is none: what is said waits until she may, and is not dropped as if she did not
        hear the person."""
        dora = self.house.person("dora")
        self.house.wait(self.house.accounts.suspend(dora))
        anna = self.on("anna")
        self.assert_settled(self.ask(anna, "1"), Outcome.KEPT)
        self.house.restart()
        dora = self.house.wait(self.house.accounts.suspend(dora, False))
        self.assertEqual(self.texts(self.house.on(dora)), ["1"])

    def test_taken_back(self) -> None:
        """What waits at the desk and is taken back is shown to nobody."""
        anna = self.on("anna")
        told = [*self.ask(anna, "1"), *self.ask(anna, "2")]
        self.house.wait(self.house.hub.history.redact(anna.session, "sales", told[0].id, ""))
        self.assertEqual(self.texts(self.house.on(self.house.person("dora"))), ["2"])

    def test_store_away(self) -> None:
        """What the store refuses for the first agent is given to her when it is back, whether more is said or not."""
        anna = self.on("anna")
        self.assert_settled(self.ask(anna, "1"), Outcome.KEPT)
        dora = self.house.person("dora")
        self.house.store.available = False
        self.assert_settled(self.ask(anna, "2"), Outcome.REFUSED)
        self.house.store.available = True
        self.house.hub.store_back()
        self.house.turn()
        self.assertEqual(self.texts(self.house.on(dora)), ["1"])

    def test_bounded(self) -> None:
        """So many of a visitor as a guest may leave, and of others as an agent is given."""
        visitor = self.house.wait(self.house.accounts.create("vera-1", None, 0.0, visitor=True, site="shop"))
        site = Site(name="shop", staff=("sales",), staff_folded=frozenset({"sales"}))
        self.house.hub.change_policy(msgspec.structs.replace(self.house.hub.policy, sites=(site,)))
        vera = self.house.on(visitor)
        outcomes = [self.ask(vera, str(at))[0].outcome for at in range(4)]
        self.assertEqual(outcomes, [Outcome.KEPT] * 3 + [Outcome.REFUSED])


class FullTests(DeskTestCase):
    policy = desks(SALES, offline_max_messages=1)

    def test_last_agent_removed(self) -> None:
        """The account of the only agent who has a copy is removed: whoever said it hears that nobody knows."""
        anna = self.on("anna")
        self.assert_settled(self.ask(anna, "one"), Outcome.KEPT)
        self.on("alice", prompt=False)
        told = self.ask(anna, "two")
        self.assertEqual(told, [])
        self.house.wait(self.house.accounts.remove(self.account("alice")))
        self.house.turn(0.1)
        self.assert_settled(told, Outcome.UNKNOWN)


class NameTests(DeskTestCase):
    def test_nobody_can_have_it(self) -> None:
        """Neither an account nor a guest can be called as a desk is."""
        with self.assertRaises(NameInUse):
            self.house.person("Sales")
        with self.assertRaises(NameInUse):
            self.house.on("SALES")

    def test_account_before_the_desk(self) -> None:
        """An account that has the name keeps it; there is no such desk, and the log says so."""
        self.house.person("orders")
        self.house.hub.change_policy(desks(DeskRule(name="orders", agents=("bob",))))
        self.house.turn()
        self.assertIsNone(self.house.hub.desks.named("orders"))
        self.assertEqual(self.house.hub.desks.staff.taken, {"orders"})
        (failure,) = self.flushLoggedErrors() or [None]
        self.assertIsNone(failure)

    def test_guest_has_to_go(self) -> None:
        """A guest who carries the name of a new desk has to go."""
        guest = self.house.on("orders")
        self.house.hub.change_policy(desks(DeskRule(name="orders", agents=("bob",))))
        self.house.turn()
        self.assertIsNotNone(guest.ended)


class PresenceTests(DeskTestCase):
    def state(self, watcher: Any, name: str = "sales") -> State:
        return self.house.hub.presence.view(watcher.session, name).state

    def test_merged(self) -> None:
        """The most available speaks for the desk; each change is told once, and nothing of who it was."""
        anna = self.on("anna")
        self.house.hub.presence.watch(anna.session, "sales")
        alice = self.on("alice", State.AWAY)
        self.on("bob", State.BUSY)
        carol = self.on("carol")
        self.assertEqual(anna.states, [("sales", "away"), ("sales", "busy")])
        self.house.hub.presence.update(alice.session, Presence(State.AVAILABLE, "at my desk"))
        self.house.turn()
        self.house.hub.presence.update(alice.session, Presence(State.AVAILABLE, "still"))
        self.house.turn()
        self.house.hub.presence.update(carol.session, Presence(State.AWAY))
        self.house.off(alice)
        self.assertEqual([state for _, state in anna.states], ["away", "busy", "available", "busy"])
        self.assertEqual({(view.text, view.locations) for view in anna.views}, {("", ())})

    def test_invisible_is_off(self) -> None:
        """An invisible agent is not at her desk; one who shows herself to nobody is."""
        anna = self.on("anna")
        self.on("alice", State.INVISIBLE)
        self.assertIs(self.state(anna), State.OFFLINE)
        bob = self.on("bob")
        self.house.wait(self.house.hub.people.set_privacy(bob.session, Visibility.NOBODY))
        self.assertIs(self.state(anna), State.AVAILABLE)
        self.assertIs(self.state(anna, "bob"), State.OFFLINE)

    def test_kept_while_invisible(self) -> None:
        """Whoever asks an invisible agent hears what she would if nobody were there (P5)."""
        anna, alice = self.on("anna"), self.on("alice", State.INVISIBLE)
        told = self.ask(anna)
        self.assert_settled(told, Outcome.KEPT)
        self.assertEqual(self.texts(alice), ["hello"])
        self.assertEqual(anna.receipts, [])

    def test_everybody(self) -> None:
        """At a desk of everybody all accounts are agents, but for whoever asks."""
        self.house.hub.change_policy(desks(DeskRule(name="demo", agents=("*",))))
        self.house.turn()
        anna = self.on("anna")
        self.assert_settled(self.ask(anna, to="demo"), Outcome.ACCEPTED)
        self.assertEqual(self.waiting("alice"), ["hello"])
        dora = self.house.on(self.house.person("dora"))
        self.assertEqual(self.texts(dora), ["hello"])
        self.ask(dora, "hi", to="anna")
        self.assertEqual((self.texts(anna), self.waiting("alice")), (["hi"], []))
        self.assertEqual(self.notices(anna, "demo"), [])
