"""A visitor's page talks with a desk, whose agent is at another door."""

from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.core.message import Draft, Kind
from imd.core.session import Peer, Presence, State
from imd.core.sites import DeskRule
from tests.house import Recorder
from tests.protocols.native.visiting import Page, Shop


class DeskTests(SynchronousTestCase):
    """Carol serves the desk sales of the shop."""

    def setUp(self) -> None:
        self.shop = Shop()
        self.carol_account = self.shop.person("carol")
        self.carol = self.shop.on(self.carol_account)

    def say(self, agent: Recorder, to: str, body: str, *, kind: Kind = Kind.TEXT) -> None:
        self.shop.send(agent, to, body, kind=kind)
        self.shop.turn(0.1)

    def heard(self, page: Page, type: str) -> list[dict[str, Any]]:
        """What the page was told of this type, which is forgotten."""
        page.heard()
        told = [message for message in page.unasked if message["type"] == type]
        page.unasked.clear()
        return told

    def test_another_page(self) -> None:
        """Who is on another page is not introduced anew; who says what she is called is."""
        anna = self.shop.visitor("Anna")
        anna.ask("introduce", page="https://shop.example/", title="Teas")
        anna.send("sales", "How much?")
        anna.ask("introduce", page="https://shop.example/prices", title="Prices")
        self.assertEqual(self.carol.messages[-1].body, f"{anna.name} is now on https://shop.example/prices (Prices).")
        for number in range(3):
            # Pages turned quickly are not told one by one.
            anna.ask("introduce", page=f"https://shop.example/teas/{number}")
        self.assertEqual(self.carol.messages[-1].body, f"{anna.name} is now on https://shop.example/prices (Prices).")
        self.shop.turn(30.0)
        anna.ask("introduce", page="https://shop.example/basket")
        self.assertEqual(self.carol.messages[-1].body, f"{anna.name} is now on https://shop.example/basket.")
        anna.ask("introduce", email="anna@example.org", page="https://shop.example/prices", title="Prices")
        self.assertEqual(
            self.carol.messages[-1].body,
            f"{anna.name} is Anna <anna@example.org>, on https://shop.example/prices (Prices).",
        )

    def test_a_whole_talk(self) -> None:
        """Ringing, taken, answered, read, closed; the agent sees who that is and where."""
        anna = self.shop.visitor("Anna")
        self.assertEqual(anna.ask("watch", name="sales")["state"], "available")
        anna.ask("introduce", email="anna@example.org", page="https://shop.example/prices", title="Prices")
        sent = anna.send("sales", "How much?")
        self.assertEqual(sent["outcome"], "accepted")
        rings, receipt = self.heard(anna, "conversation"), anna.name
        self.assertEqual([(news["state"], news["desk"]) for news in rings], [("ringing", "sales@localhost")])
        notice, message = self.carol.messages
        self.assertEqual(
            notice.body,
            f"{receipt} (Anna <anna@example.org>, on https://shop.example/prices (Prices)) asks for sales. "
            f"Whoever answers {receipt} has the conversation.",
        )
        self.assertEqual((str(message.sender), message.body), (anna.address, "How much?"))
        self.say(self.carol, anna.name, "Ten.")
        anna.heard()
        (answer,) = [each for each in anna.unasked if each["type"] == "message"]
        self.assertEqual((answer["from"], answer["tags"]), ("carol@localhost", {"imd/desk": "sales"}))
        (taken,) = self.heard(anna, "conversation")
        self.assertEqual((taken["state"], taken["by"], taken["name"]), ("taken", "carol@localhost", "Anna"))
        self.shop.hub.delivery.read(self.carol.session, message.id)
        (read,) = self.heard(anna, "receipt")
        self.assertEqual((read["outcome"], read["to"], read["id"]), ("read", "sales@localhost", sent["id"]))
        anna.ask("ack", ids=[answer["id"]])
        self.assertEqual([each.outcome.value for each in self.carol.receipts], ["delivered"])
        anna.ask("close-conversation", desk="sales")
        (closed,) = self.heard(anna, "conversation")
        self.assertEqual(closed["state"], "closed")

    def test_typing_both_ways(self) -> None:
        """Typing says of which desk it is; it takes nothing."""
        anna = self.shop.visitor()
        anna.send("sales")
        anna.ask("typing", to="sales", state="active")
        self.assertEqual(self.carol.messages[-1].tags["typing"], "active")
        self.shop.hub.delivery.send(self.carol.session, _typing(anna.name), lambda _: None)
        self.shop.turn(0.1)
        (typing,) = self.heard(anna, "typing")
        # Who that is she learns when carol answers.
        self.assertEqual((typing["from"], typing["desk"]), ("sales@localhost", "sales"))
        self.assertEqual(self.carol.conversations[-1].stage.value, "ringing")
        self.say(self.carol, anna.name, "hi")
        self.heard(anna, "typing")
        self.shop.hub.delivery.send(self.carol.session, _typing(anna.name), lambda _: None)
        self.shop.turn(0.1)
        (typing,) = self.heard(anna, "typing")
        self.assertEqual((typing["from"], typing["desk"]), ("carol@localhost", "sales"))

    def test_blocked(self) -> None:
        """P5: whom all agents block sees what she would of a desk where nobody answers yet; on, off, and after a
        restart none of them hears of her."""
        anna, vera = self.shop.visitor(), self.shop.visitor("Vera")
        anna.send("sales", "Rude")
        self.shop.wait(self.shop.hub.rosters.block(self.carol.session, anna.name))
        self.assertEqual(anna.send("sales", "Ruder")["outcome"], "accepted")
        self.assertNotIn("Ruder", self.carol.bodies)
        anna.ask("close-conversation", desk="sales")
        self.carol.envelopes.clear()
        self.carol.conversations.clear()
        said: list[list[tuple[Any, ...]]] = []
        for page in (anna, vera):
            self.heard(page, "conversation")
            sent = page.send("sales", "Hello?")
            news = [(each["state"], each.get("by")) for each in self.heard(page, "conversation")]
            history = [line["body"] for line in page.ask("get-history", **{"with": "sales"})["messages"]]
            said.append([(sent["outcome"],), *news, tuple(history[-1:])])
        self.assertEqual(said[0], said[1])
        self.assertEqual([str(news.person) for news in self.carol.conversations], [vera.address])
        self.assertNotIn(anna.name, repr([message.body for message in self.carol.messages]))
        self.shop.off(self.carol)
        self.assertEqual(anna.send("sales", "Still there?")["outcome"], "kept")
        anna.leave()
        vera.leave()
        self.shop.restart()
        anna_again = self.shop.page()
        anna_again.visit(secret=anna.secret)
        self.assertEqual(anna_again.send("sales", "And now?")["outcome"], "kept")
        carol = self.shop.on(self.carol_account)
        self.assertNotIn(anna.address, {str(message.sender) for message in carol.messages})
        self.assertNotIn(anna.name, repr([message.body for message in carol.messages]))
        self.assertEqual({str(news.person) for news in carol.conversations}, {vera.address})

    def test_history_and_talks(self) -> None:
        """In another page, later, she finds the talk under the desk, and what it has come to."""
        anna = self.shop.visitor()
        anna.ask("get-history", **{"with": "sales"})
        anna.send("sales", "one")
        self.say(self.carol, anna.name, "two")
        anna.leave()
        self.say(self.carol, anna.name, "three")
        later = self.shop.page()
        later.visit(secret=anna.secret)
        conversation = [each for each in later.unasked if each["type"] == "conversation"]
        self.assertEqual([each["state"] for each in conversation], ["taken"])
        history = later.ask("get-history", **{"with": "sales"})["messages"]
        self.assertEqual([line["body"] for line in history], ["one", "two", "three"])
        self.assertEqual([talk["with"] for talk in later.ask("get-talks")["talks"]], ["sales"])

    def test_taken_back_while_away(self) -> None:
        """A page that has kept what was said is told what of it was taken back since, with what she has missed."""
        anna = self.shop.visitor()
        anna.ask("get-history", **{"with": "sales"})
        anna.send("sales", "one")
        self.say(self.carol, anna.name, "two")
        page = anna.ask("get-history", **{"with": "sales"})
        two = page["messages"][-1]
        self.assertNotIn("redacted", page)
        anna.leave()
        self.shop.wait(self.shop.hub.history.redact(self.carol.session, anna.name, two["id"], ""))
        self.say(self.carol, anna.name, "three")
        later = self.shop.page()
        later.visit(secret=anna.secret)
        missed = later.ask("get-history", **{"with": "sales", "after": two["seq"], "oldest": True})
        self.assertEqual([line["body"] for line in missed["messages"]], ["three"])
        self.assertEqual(missed["redacted"], [two["id"]])
        self.assertNotIn(
            "redacted", later.ask("get-history", **{"with": "sales", "after": missed["messages"][0]["seq"]})
        )

    def test_nobody_there(self) -> None:
        """A message to an empty desk is kept, and answered when somebody comes; the visitor finds the answer."""
        self.shop.off(self.carol)
        anna = self.shop.visitor()
        self.assertEqual(anna.ask("watch", name="sales")["state"], "offline")
        self.assertEqual(anna.send("sales", "Anybody?")["outcome"], "kept")
        anna.leave()
        carol = self.shop.on(self.carol_account)
        self.assertEqual([m.body for m in carol.messages if m.kind is Kind.TEXT], ["Anybody?"])
        self.say(carol, anna.name, "Here I am")
        later = self.shop.page()
        later.visit(secret=anna.secret)
        self.shop.turn(0.1)
        later.heard()
        bodies = [each["body"] for each in later.unasked if each["type"] == "message"]
        self.assertEqual(bodies, ["Here I am"])

    def test_seen_by_her_agents(self) -> None:
        """While a conversation is open the desk's agents see whether she is here; nobody else does, nor they after."""
        bob = self.shop.on(self.shop.person("bob"))
        anna = self.shop.visitor()
        presence = self.shop.hub.presence
        self.assertIs(presence.watch(self.carol.session, anna.name).state, State.OFFLINE)
        anna.send("sales")
        self.assertEqual(self.carol.states[-1:], [(anna.name, "available")])
        self.assertIs(presence.view(bob.session, anna.name).state, State.OFFLINE)
        anna.ask("close-conversation", desk="sales")
        self.assertEqual(self.carol.states[-1], (anna.name, "offline"))

    def test_answers_after_closing(self) -> None:
        """What an agent has still to say to a visitor reopens the conversation, and is part of it."""
        anna = self.shop.visitor()
        anna.send("sales")
        self.say(self.carol, anna.name, "!close")
        self.say(self.carol, anna.name, "One more thing")
        anna.heard()
        (answer,) = [each for each in anna.unasked if each["type"] == "message"]
        self.assertEqual(answer["tags"], {"imd/desk": "sales"})
        self.assertEqual(self.heard(anna, "conversation")[-1]["state"], "taken")

    def test_share_of_an_inbox(self) -> None:
        """A visitor has a guest's share of what waits for agents who are off, and hears when it is full."""
        self.shop.off(self.carol)
        self.shop.hub.keeping.guest_messages = 2
        anna = self.shop.visitor()
        outcomes = [anna.send("sales", str(at))["outcome"] for at in range(3)]
        self.assertEqual(outcomes, ["kept", "kept", "refused"])

    def test_presence_of_the_desk(self) -> None:
        """Her page is told when somebody comes to the desk, and when nobody is there."""
        anna = self.shop.visitor()
        anna.ask("watch", name="sales")
        self.shop.hub.presence.update(self.carol.session, Presence(State.AWAY, "lunch"))
        self.shop.turn()
        self.shop.off(self.carol)
        told = self.heard(anna, "presence")
        self.assertEqual([(each["state"], each.get("text", "")) for each in told], [("away", ""), ("offline", "")])

    def test_title(self) -> None:
        """Each word of a desk's presence tells its title, also while nobody is there, and a new one is told at once."""
        self.shop.off(self.carol)
        anna = self.shop.visitor()
        seen = anna.ask("watch", name="SALES")
        # That there is such a desk is no secret. One without a title has none.
        self.assertEqual((seen["state"], seen.get("realname", "")), ("offline", ""))
        self.change(DeskRule(name="sales", title="Advice", agents=("carol",)))
        self.assertEqual(
            [(each["state"], each["realname"]) for each in self.heard(anna, "presence")], [("offline", "Advice")]
        )
        carol = self.shop.on(self.carol_account)
        self.shop.turn()
        self.change(DeskRule(name="sales", title="Teas", agents=("carol",)))
        # Settings that change nothing of it are not told.
        self.change(DeskRule(name="sales", title="Teas", agents=("carol", "bob")))
        self.shop.off(carol)
        told = [(each["state"], each["realname"]) for each in self.heard(anna, "presence")]
        self.assertEqual(told, [("available", "Advice"), ("available", "Teas"), ("offline", "Teas")])
        seen = anna.ask("get-presence", name="sales")
        self.assertEqual((seen["address"], seen["realname"]), ("sales@localhost", "Teas"))

    def test_title_of_a_desk_of_others(self) -> None:
        """A visitor of another site is told of no desk that is not hers: as of nobody."""
        self.change(DeskRule(name="sales", title="Teas", agents=("carol",)))
        mallory = self.shop.visitor(
            "Mallory", Peer("web", "192.0.2.8", 50000, secure=True, origin="https://bank.example")
        )
        answer, nobody = (mallory.ask("get-presence", name=name) for name in ("sales", "nobody"))
        del answer["ref"], nobody["ref"]
        self.assertEqual(repr(answer), repr(nobody).replace("nobody", "sales"))

    def change(self, rule: DeskRule) -> None:
        self.shop.hub.change_policy(msgspec.structs.replace(self.shop.hub.policy, desks=(rule,)))
        self.shop.turn()


def _typing(to: str) -> Draft:
    return Draft(to, "", Kind.SIGNAL, tags={"typing": "active"})
