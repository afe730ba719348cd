"""What agents say to their desks within a talk, and whose a conversation is after that."""

import msgspec

from imd.core.address import Address
from imd.core.conversation import Stage
from imd.core.desks.conversations import MOST_TOLD
from imd.core.desks.words import said, word
from imd.core.message import DESK_TAG, Kind, Outcome
from imd.core.session import Account, Person, Presence, State
from imd.core.sites import Site
from tests.core.desk_case import DeskTestCase


class ReadingTests(DeskTestCase):
    def test_words(self) -> None:
        """A ! and letters are a word; two ! begin a text with one; a ! alone is a text."""
        self.assertEqual(word("!Hand carol "), ("hand", "carol"))
        self.assertEqual(word("!close"), ("close", ""))
        self.assertEqual(word("!close."), ("close.", ""))
        self.assertEqual(word("!hand: carol"), ("hand:", "carol"))
        self.assertEqual(word("!écoute toi"), ("écoute", "toi"))
        for text in ("hi", "!", "! wow", "!!close", "!!!", "!1", "close!"):
            self.assertIsNone(word(text), text)
        self.assertEqual([said(text) for text in ("!!close", "!!!", "! wow", "hi")], ["!close", "!!", "! wow", "hi"])


class WordTests(DeskTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob, self.anna = self.on("alice"), self.on("bob"), self.on("anna")
        self.ask(self.anna, "hello")

    def test_never_shown(self) -> None:
        """No word reaches whoever is talked with, known or not; two ! do, as one."""
        for text in ("!help", "!who", "!nonsense", "!hand nobody", "!hand", "!take"):
            self.assert_accepted(self.ask(self.alice, text, to="anna"))
        self.assertEqual(self.texts(self.anna), [])
        self.assertIn("There is no word !nonsense", " ".join(self.notices(self.alice)))
        self.ask(self.alice, "!!close is a word", to="anna")
        self.assertEqual(self.texts(self.anna), ["!close is a word"])
        for text in ("!close", "!close", "!who"):
            self.assert_accepted(self.ask(self.bob, text, to="anna"))
        self.assertEqual(self.texts(self.anna), ["!close is a word"])

    def test_nearly_words(self) -> None:
        """What only looks like a word is not sent either, but answered."""
        for text in ("!close.", "!hand: carol", "!close-by", "!" + "x" * 2000):
            self.assert_accepted(self.ask(self.alice, text, to="anna"))
        self.assertEqual(self.texts(self.anna), [])
        self.assertIn("There is no word !hand:,", " ".join(self.notices(self.alice)))
        self.assertLess(max(map(len, self.notices(self.alice))), 200)

    def site_of_sales(self) -> Account:
        """A visitor of a site that desk sales serves."""
        site = Site(name="shop", staff=("sales",), staff_folded=frozenset({"sales"}))
        self.house.hub.change_policy(msgspec.structs.replace(self.house.hub.policy, sites=(site,)))
        self.house.turn()
        visitor: Account = self.house.wait(self.house.accounts.create("vera-1", None, 0.0, visitor=True, site="shop"))
        return visitor

    def test_to_a_visitor_without_conversation(self) -> None:
        """Words of her site's desk are not shown to a visitor who has not asked anybody yet; what is said is."""
        vera = self.house.on(self.site_of_sales())
        for text in ("!close", "!take", "!nonsense"):
            self.assert_accepted(self.ask(self.alice, text, to="vera-1"))
        self.assertEqual(self.texts(vera), [])
        self.assertIn("There is no conversation with vera-1, and !take was not sent.", self.notices(self.alice))
        for text in ("hi", "!!hi"):
            self.ask(self.alice, text, to="vera-1")
        self.assertEqual(self.texts(vera), ["hi", "!hi"])

    def test_conversation_forgotten_meanwhile(self) -> None:
        """The same if her conversation is forgotten while her name is looked up."""
        visitor = self.site_of_sales()
        conversations = self.house.hub.desks.conversations
        vera = self.house.on(visitor)
        conversation = conversations.begin(vera.session.person, self.house.hub.desks.staff.desks["sales"], 1, 1.0)
        self.house.off(vera)
        self.house.store.deferring = True
        told = self.house.send(self.alice, "vera-1", "!take")
        conversations.forget(conversation)
        self.house.store.work()
        self.house.turn()
        self.house.store.work()
        self.house.store.deferring = False
        self.assert_accepted(told)
        self.assertEqual(self.house.wait(self.house.store.inbox.count(visitor.id)), 0)
        self.assertEqual(self.texts(self.house.on(visitor)), [])

    def test_take(self) -> None:
        """!take is to have it without a word said, also from a colleague."""
        self.ask(self.alice, "!take", to="anna")
        self.assertIn("You have anna.", self.notices(self.alice))
        self.ask(self.bob, "!take", to="anna")
        self.assertIn("bob has taken anna.", self.notices(self.alice))
        self.ask(self.anna, "two")
        self.assertEqual((self.texts(self.alice), self.texts(self.bob)), (["hello"], ["hello", "two"]))

    def test_hand_to_an_agent(self) -> None:
        """Whoever is handed it has it, and is told who that is and what was said last."""
        self.ask(self.alice, "hi", to="anna")
        self.ask(self.alice, "!hand bob", to="anna")
        notices = self.notices(self.bob)
        self.assertIn("alice hands you anna. Write to anna to answer.", notices)
        self.assertTrue(any(text.endswith("<anna> hello") for text in notices), notices)
        self.assertTrue(any(text.endswith("<alice> hi") for text in notices), notices)
        self.assertIn("bob has anna now.", self.notices(self.alice))
        self.ask(self.anna, "two")
        self.assertEqual(self.texts(self.bob)[-1], "two")
        self.assertNotIn("two", self.texts(self.alice))

    def test_hand_to_a_desk(self) -> None:
        """At another desk it rings; for whoever asked it stays the same talk."""
        carol = self.on("carol")
        self.ask(self.alice, "hi", to="anna")
        self.ask(self.alice, "!hand support", to="anna")
        self.assertTrue(any(text.startswith("alice hands anna to support") for text in self.notices(carol, "support")))
        self.ask(self.anna, "two")
        self.assertEqual(self.texts(carol), ["two"])
        self.ask(carol, "I can help", to="anna")
        self.assertEqual(self.anna.messages[-1].tags, {DESK_TAG: "sales"})
        news = self.anna.conversations[-1]
        self.assertEqual((news.desk.name, news.stage, str(news.by)), ("sales", Stage.TAKEN, "carol@localhost"))
        self.ask(self.anna, "three")
        self.assertEqual((self.texts(carol), self.texts(self.alice)), (["two", "three"], ["hello"]))
        self.ask(carol, "!hand bob", to="anna")
        self.ask(self.anna, "four")
        self.assertEqual(self.texts(self.bob)[-1], "four")

    def test_hand_to_nobody(self) -> None:
        """Nothing changes where nobody would have it."""
        self.ask(self.alice, "hi", to="anna")
        for name in ("support", "carol", "nobody", "anna", "alice"):
            self.ask(self.alice, f"!hand {name}", to="anna")
        self.ask(self.anna, "two")
        self.assertEqual(self.texts(self.alice), ["hello", "two"])
        self.assertIn("Nobody else is at support now.", self.notices(self.alice))

    def test_hand_to_find_out(self) -> None:
        """P5: for who hides, is off, is no agent, is a guest, or is nobody at all, the answer is the same."""
        self.ask(self.alice, "hi", to="anna")
        self.on("carol", State.INVISIBLE)
        self.house.on(self.house.person("dora"), presence=Presence(State.INVISIBLE))
        self.house.on(self.house.person("erin"))
        self.house.person("fred")
        self.house.on("gus")
        for name in ("carol", "dora", "erin", "fred", "gus", "nobody"):
            self.ask(self.alice, f"!hand {name}", to="anna")
            self.assertEqual(
                self.notices(self.alice)[-1], f"{name} is not here. Hand it to an agent who is, or to a desk."
            )

    def test_close_and_again(self) -> None:
        """Closed by a word, it begins anew with the next message, and rings at all."""
        self.ask(self.alice, "hi", to="anna")
        self.ask(self.alice, "!close", to="anna")
        self.assertIs(self.anna.conversations[-1].stage, Stage.CLOSED)
        self.ask(self.anna, "one more thing")
        self.assertEqual(self.texts(self.bob), ["hello", "one more thing"])

    def test_close_by_the_person(self) -> None:
        """Whoever asked may end it; who has it hears so."""
        self.ask(self.alice, "hi", to="anna")
        self.house.hub.desks.close(self.anna.session, "sales")
        self.assertIn("anna has ended the conversation.", self.notices(self.alice))
        self.assertIs(self.anna.conversations[-1].stage, Stage.CLOSED)
        self.house.hub.desks.close(self.anna.session, "sales")

    def test_said_to_the_desk(self) -> None:
        """!who to the desk lists its conversations, for its agents alone."""
        self.house.send(self.alice, "sales", "!who")
        self.assertTrue(any(text.startswith("anna: rings since") for text in self.notices(self.alice)))
        self.assertEqual(self.conversation("alice"), None)
        carol = self.on("carol")
        self.ask(carol, "!who", to="sales")
        self.assertIn("!who", self.texts(self.bob))

    def test_only_agents(self) -> None:
        """What others say to whoever asked is a message as any other."""
        carol = self.on("carol")
        self.ask(carol, "!close", to="anna")
        self.assertEqual(self.texts(self.anna), ["!close"])
        self.assertEqual(self.anna.messages[-1].tags, {})
        self.ask(self.alice, "hi", to="anna")
        self.ask(self.bob, "lunch?", to="anna")
        self.assertEqual(self.anna.messages[-1].tags, {})

    def test_typing(self) -> None:
        """Typing reaches whoever has it, or is rung; and whoever asked, without taking it."""
        self.house.send(self.anna, "sales", "x", kind=Kind.SIGNAL)
        self.assertEqual([m.kind for m in (self.alice.messages[-1], self.bob.messages[-1])], [Kind.SIGNAL] * 2)
        self.house.send(self.bob, "anna", "y", kind=Kind.SIGNAL)
        self.assertEqual(self.anna.messages[-1].tags, {DESK_TAG: "sales"})
        conversation = self.conversation()
        assert conversation is not None
        self.assertIs(conversation.stage, Stage.RINGING)
        self.ask(self.alice, "hi", to="anna")
        before = len(self.bob.messages)
        self.house.send(self.anna, "sales", "z", kind=Kind.SIGNAL)
        self.assertEqual((self.alice.messages[-1].body, len(self.bob.messages)), ("z", before))

    def test_who_comes_later(self) -> None:
        """An agent's device that begins hears what rings, and what is hers; whoever becomes available is rung."""
        self.house.off(self.alice)
        self.house.off(self.bob)
        self.ask(self.anna, "anybody?")
        bob = self.on("bob", State.AWAY)
        self.assertTrue(any(text.startswith("anna: rings since") for text in self.notices(bob)))
        self.assertEqual([news.stage for news in bob.conversations], [Stage.RINGING])

    def test_many_at_the_desk(self) -> None:
        """However many there are, an agent who signs on hears of those that are hers, and of the latest others."""
        self.ask(self.alice, "hi", to="anna")
        self.house.off(self.alice)
        conversations = self.house.hub.desks.conversations
        desk = self.house.hub.desks.staff.desks["sales"]
        for number in range(MOST_TOLD + 50):
            other = Person(f"id{number}", Address(f"p{number}", "localhost"), None)
            conversations.change(conversations.begin(other, desk, 1, 1.0), Stage.TAKEN, self.accounts["bob"].id)
        alice = self.on("alice")
        self.assertEqual(len(alice.conversations), MOST_TOLD + 1)
        self.assertEqual(str(alice.conversations[0].person), "anna@localhost")
        self.assertEqual(len([text for text in self.notices(alice) if text.startswith("anna: alice has it")]), 1)

    def others(self, count: int, stage: Stage, by: str) -> None:
        """Conversations of this many more people."""
        desks = self.house.hub.desks
        for number in range(count):
            other = Person(f"id{number}", Address(f"p{number}", "localhost"), None)
            begun = desks.conversations.begin(other, desks.staff.desks["sales"], 1, float(number))
            desks.conversations.change(begun, stage, by)

    def test_never_closed(self) -> None:
        """Who has many conversations that nobody closed hears of them in one line, and last of what rings."""
        self.house.off(self.alice)
        self.house.off(self.bob)
        self.others(30, Stage.TAKEN, self.accounts["bob"].id)
        self.ask(self.anna, "anybody?")
        first, last = self.notices(self.on("bob"))
        self.assertEqual(first, "30 conversations are yours. !who, said to sales, lists them.")
        self.assertRegex(last, "^anna: rings since")

    def test_list_of_many(self) -> None:
        """`!who` said to the desk lists what rings, as the last, and the latest before it."""
        self.others(30, Stage.TAKEN, self.accounts["bob"].id)
        self.assert_accepted(self.ask(self.alice, "!who"))
        listed = self.notices(self.alice)[-21:]
        self.assertEqual(listed[0], "11 older ones, and:")
        self.assertRegex(listed[1], "^p11: bob has it since")
        self.assertRegex(listed[-2], "^p29: bob has it since")
        self.assertRegex(listed[-1], "^anna: rings since")

    def test_list_of_none(self) -> None:
        """Where nothing is open the list says so."""
        self.ask(self.alice, "!close", to="anna")
        self.assert_accepted(self.ask(self.alice, "!who"))
        self.assertEqual(self.notices(self.alice)[-1], "No conversation is open.")

    def test_forgotten_in_the_end(self) -> None:
        """What nobody has said anything in for long is closed, and later nothing is left of it."""
        desks = self.house.hub.desks
        self.ask(self.alice, "hi", to="anna")
        self.assertEqual(desks.expire(self.house.reactor.seconds() + 1), 1)
        self.assertIs(self.anna.conversations[-1].stage, Stage.CLOSED)
        self.house.turn(10)
        self.assertEqual(desks.expire(self.house.reactor.seconds()), 0)
        self.house.turn()
        self.assertEqual(self.house.hub.delivery.conversing, {})
        self.assertEqual(self.house.wait(self.house.store.conversations.everyone()), {})

    def test_closed_before_it_was_settled(self) -> None:
        """What was under way when it was closed is not held for ever."""
        self.house.store.deferring = True
        self.ask(self.anna, "two")
        self.house.hub.desks.close(self.anna.session, "sales")
        self.house.store.work()
        self.house.store.deferring = False
        self.house.turn(0.1)
        self.assertEqual(self.house.hub.desks.conversations.said, {})

    def test_notices_are_not_answers(self) -> None:
        """A visitor is sent no notices: clients make them when an agent is away."""
        visitor = self.house.wait(self.house.accounts.create("vera-1", None, 0.0, visitor=True, site="shop"))
        vera = self.house.on(visitor)
        conversations = self.house.hub.desks.conversations
        desk = self.house.hub.desks.staff.desks["sales"]
        conversations.change(conversations.begin(vera.session.person, desk, 1, 1.0), Stage.RINGING)
        told = self.house.send(self.alice, "vera-1", "I am away", kind=Kind.NOTICE)
        self.assert_settled(told, Outcome.REFUSED)
        self.assertEqual(self.texts(vera), [])
