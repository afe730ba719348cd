"""Tests of `imd.protocols.irc.buddyserv`: the buddy list for any client."""

from imd.core.session import State, Visibility
from imd.protocols.irc.buddyserv.service import BUDDYSERV
from imd.protocols.irc.wire.line import MAX_BODY
from tests.protocols.irc.other_door import befriend, sign_on
from tests.protocols.irc.world import IrcTestCase, User, numerics

HOST = "localhost"


class BuddyServTestCase(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.world.member("alice")
        self.bob = self.world.member("bob")

    def ask(self, user: User, text: str) -> list[str]:
        """What BuddyServ answers, and what else the client hears."""
        user.take()
        user.send(f"PRIVMSG BuddyServ :{text}")
        return self.heard(user)

    def heard(self, user: User) -> list[str]:
        start = f":BuddyServ!service@{HOST} NOTICE {user.session.nick} :"
        return [line.removeprefix(start) for line in user.take()]


class TalkTests(BuddyServTestCase):
    def test_help_teaches_every_command(self) -> None:
        """Also to who says nothing meaningful; each line fits."""
        lines = self.ask(self.alice, "help")
        for verb in BUDDYSERV.verbs.values():
            self.assertTrue(any(line.startswith(verb.usage) and verb.help in line for line in lines), verb.usage)
        self.assertTrue(all(len(line) + 60 < MAX_BODY for line in lines))
        self.assertEqual(self.ask(self.alice, "dance"), ["I do not know dance. Say HELP for what I know."])
        self.assertEqual(self.ask(self.alice, "add"), ["Use: ADD name [group]"])

    def test_other_ways_to_say_it(self) -> None:
        """The BUDDY command; a nick in any case; a NOTICE is never answered."""
        listed = [f":BuddyServ!service@{HOST} NOTICE alice :End of your list: 0 buddies."]
        self.assertEqual(self.alice.said("BUDDY list"), listed)
        self.assertEqual(self.alice.said("PRIVMSG buddyserv :LIST"), listed)
        self.assertEqual(self.alice.said("NOTICE BuddyServ :LIST"), [])

    def test_guests_have_no_list(self) -> None:
        """They are told what they need."""
        guest = self.world.guest("gast")
        self.assertEqual(self.ask(guest, "LIST"), ["A buddy list needs an account; sign on with one."])
        self.assertGreater(len(self.ask(guest, "HELP")), 5)

    def test_nobody_else_can_be_called_so(self) -> None:
        """The nick is reserved."""
        user = self.world.user()
        user.send("NICK BuddyServ", "USER x 0 * :x")
        self.assertIn("433", numerics(user.take()))

    def test_answers_carry_the_label(self) -> None:
        """Like those of any command."""
        carol = self.world.member("carol", "labeled-response", "batch", "message-tags")
        (line,) = carol.said("@label=1 PRIVMSG BuddyServ :LIST")
        self.assertTrue(line.startswith("@label=1 :BuddyServ!"))


class ListTests(BuddyServTestCase):
    def test_from_asking_to_seeing(self) -> None:
        """One asks, the other is told how to answer and does; then the first is told."""
        self.assertEqual(self.ask(self.alice, "ADD bob work mates"), ["bob is on your list and has been asked."])
        self.assertEqual(
            self.heard(self.bob),
            ["alice asks to see when you are on. Answer: /msg BuddyServ ALLOW alice, or DENY alice"],
        )
        self.assertEqual(self.ask(self.bob, "REQUESTS"), ["Waiting for your ALLOW or DENY: alice"])
        self.assertEqual(
            self.ask(self.alice, "LIST"),
            ["bob [work mates]: asked, no answer yet", "End of your list: 1 buddy."],
        )
        self.assertEqual(self.ask(self.bob, "ALLOW alice"), ["alice may see when you are on."])
        self.assertEqual(self.heard(self.alice), ["bob lets you see when they are on.", "bob is now online."])
        self.assertEqual(self.ask(self.bob, "REQUESTS"), ["Nobody waits for your answer."])
        self.assertEqual(self.ask(self.alice, "LIST")[0], "bob [work mates]: online")
        self.assertEqual(self.ask(self.bob, "LIST")[0], "alice: sees you")

    def test_no(self) -> None:
        """A refusal is told."""
        self.ask(self.alice, "ADD bob")
        self.assertEqual(self.ask(self.bob, "DENY alice"), ["alice is not told when you are on."])
        self.assertEqual(self.heard(self.alice), ["bob does not let you see when they are on."])

    def test_allowed_beforehand(self) -> None:
        """RFC 6121 section 3.4: no question is asked."""
        self.ask(self.bob, "ALLOW alice")
        self.heard(self.bob)
        self.assertIn("bob is on your list.", self.ask(self.alice, "ADD bob"))
        self.assertEqual([line for line in self.heard(self.bob) if "asks" in line], [])

    def test_taking_back(self) -> None:
        """CANCEL ends seeing, REMOVE ends all."""
        befriend(self.world, "alice", "bob")
        self.assertIn("You are not told any more when bob is on.", self.ask(self.alice, "CANCEL bob"))
        self.assertEqual(self.ask(self.alice, "LIST")[0], "bob: sees you")
        self.assertIn("bob is off your list.", self.ask(self.alice, "REMOVE bob"))
        self.assertEqual(self.ask(self.alice, "LIST"), ["End of your list: 0 buddies."])
        self.bob.said("AWAY :x")
        self.assertEqual(self.heard(self.alice), [])

    def test_label_and_group(self) -> None:
        """One's own name for somebody, and where they stand."""
        befriend(self.world, "alice", "bob")
        self.assertEqual(self.ask(self.alice, "LABEL bob Bob the builder"), ["bob is labelled Bob the builder."])
        self.assertEqual(self.ask(self.alice, "GROUP bob friends"), ["bob is in friends."])
        self.assertEqual(self.ask(self.alice, "LIST")[0], "bob (Bob the builder) [friends]: online, sees you")
        self.assertEqual(self.ask(self.alice, "GROUP bob"), ["bob is in no group."])
        self.assertEqual(self.ask(self.alice, "LABEL nobody x"), ["There is nobody called nobody here."])

    def test_blocking(self) -> None:
        """To a blocked person one is offline."""
        befriend(self.world, "alice", "bob")
        self.assertIn("bob is blocked.", self.ask(self.alice, "BLOCK bob"))
        self.assertEqual(self.heard(self.bob), ["alice is now offline."])
        self.assertEqual(numerics(self.bob.said("WHOIS alice")), ["401", "318"])
        self.assertIn("blocked", self.ask(self.alice, "LIST")[0])
        self.assertIn("bob is not blocked.", self.ask(self.alice, "UNBLOCK bob"))
        self.assertEqual(self.heard(self.bob), ["alice is now online."])

    def test_another_session_hears_what_must_be_answered(self) -> None:
        """A request reaches every client of the person."""
        second = self.world.member("bob")
        self.ask(self.alice, "ADD bob")
        self.assertEqual(self.heard(second), self.heard(self.bob))


class PrivacyTests(BuddyServTestCase):
    def test_who_may_see(self) -> None:
        """PRIVACY everyone, contacts, nobody."""
        for name, visibility in (("nobody", Visibility.NOBODY), ("Contacts", Visibility.CONTACTS)):
            self.assertEqual(self.ask(self.alice, f"PRIVACY {name}"), [f"Visible to {visibility.value}."])
            self.assertEqual(numerics(self.bob.said("WHOIS alice")), ["401", "318"])
        self.assertEqual(self.ask(self.alice, "PRIVACY maybe"), ["Use: PRIVACY everyone|contacts|nobody"])
        self.ask(self.alice, "PRIVACY everyone")
        self.assertEqual(numerics(self.bob.said("WHOIS alice"))[0], "311")

    def test_sharing_where_one_is(self) -> None:
        """INFO tells address, ports and client where both share, and nothing otherwise."""
        carol = sign_on(self.world, "carol")
        befriend(self.world, "alice", "carol")
        refused = "Address, ports and client are shared between buddies who both SHARE on."
        self.assertEqual(self.ask(self.alice, "INFO carol"), ["carol: online", refused])
        self.assertEqual(self.ask(self.alice, "SHARE on"), ["Sharing of address, ports and client is on."])
        self.assertEqual(self.ask(self.alice, "INFO carol"), ["carol: online", refused])
        self.world.run(self.world.hub.people.set_privacy(carol.session, share_location=True))
        self.world.turn()
        self.assertEqual(
            self.ask(self.alice, "INFO carol"),
            [
                "carol: online",
                "192.0.2.2 port 50000 (native), listening on TCP 6000 and UDP 6001, imc 0.1",
            ],
        )
        self.assertEqual(self.ask(self.bob, "INFO carol"), ["carol: online", refused])
        self.assertEqual(self.ask(self.alice, "INFO nobody"), ["nobody: offline"])
        self.assertEqual(self.ask(self.alice, "SHARE perhaps"), ["Use: SHARE on|off"])
        self.ask(self.alice, "SHARE off")
        self.assertEqual(self.ask(self.alice, "INFO carol"), ["carol: online", refused])

    def test_invisible(self) -> None:
        """Offline for others; AWAY does not undo it, and what it said holds afterwards."""
        befriend(self.world, "alice", "bob")
        self.assertEqual(self.ask(self.alice, "INVISIBLE on"), ["You look offline."])
        self.assertEqual(self.heard(self.bob), ["alice is now offline."])
        self.alice.said("AWAY :lunch")
        self.assertEqual(self.alice.session.me.presence.state, State.INVISIBLE)
        self.assertEqual(self.ask(self.bob, "INFO alice"), ["alice: offline"])
        self.assertEqual(self.ask(self.alice, "INVISIBLE off"), ["You can be seen."])
        self.assertEqual(self.heard(self.bob), ["alice is now online (away: lunch)."])
        self.assertEqual(self.ask(self.alice, "INVISIBLE sometimes"), ["Use: INVISIBLE on|off"])


class QueueTests(BuddyServTestCase):
    def test_how_many_wait(self) -> None:
        """QUEUE counts, FETCH asks for those that wait until asked for."""
        self.assertEqual(self.ask(self.alice, "QUEUE"), ["0 messages wait for you."])
        self.alice.confirms = False
        self.bob.said("PRIVMSG alice :one")
        self.world.advance(1)
        self.world.advance(1)
        self.assertEqual(numerics(self.alice.take()), ["PRIVMSG"])
        self.assertEqual(self.ask(self.alice, "QUEUE"), ["1 message waits for you."])
        self.assertIn("1 message waits for you; what may be sent follows.", self.ask(self.alice, "FETCH"))


class SignOnTests(BuddyServTestCase):
    def test_who_is_on_and_who_waits(self) -> None:
        """One notice with the buddies who are on, one with requests; nothing where there is neither."""
        befriend(self.world, "alice", "bob")
        carol = sign_on(self.world, "carol")
        befriend(self.world, "alice", "carol")
        self.world.member("dave").said("PRIVMSG BuddyServ :ADD alice")
        carol.says(State.AWAY, "lunch")
        self.alice.said("QUIT")
        again = self.world.user()
        again.send("PASS secret", "NICK alice", "USER alice 0 * :Alice")
        notices = [line for line in again.take() if "BuddyServ" in line]
        self.assertEqual(
            [line.partition(" NOTICE alice :")[2] for line in notices],
            ["Online: bob, carol (away)", "Waiting for your ALLOW or DENY: dave"],
        )
        guest = self.world.user()
        guest.send("NICK gast", "USER gast 0 * :x")
        self.assertEqual([line for line in guest.take() if "BuddyServ" in line], [])
