"""Tests of `imd.protocols.irc.user_modes`: MODE for oneself."""

from twisted.trial.unittest import SynchronousTestCase

from imd.core.address import Address
from imd.core.session import Account, ClientInfo, Mark, Peer, Person, Session
from imd.protocols.irc import user_modes
from tests.protocols.irc.world import IrcTestCase

HOST = "localhost"


class FactTests(SynchronousTestCase):
    def session(self, account: Account | None, secure: bool) -> Session:
        person = Person("1", Address("alice", "example.org"), account)
        peer = Peer("irc", "192.0.2.1", 1, secure=secure)
        # The client is not looked at.
        return Session("s", person, peer, ClientInfo(), None, 0.0, True)  # type: ignore[arg-type]

    def test_facts_show(self) -> None:
        """TLS and account show; everybody begins as invisible to outsiders."""
        self.assertEqual(user_modes.of_session(self.session(None, False)), "+i")
        self.assertEqual(user_modes.of_session(self.session(Account("1", "alice", 0.0), True)), "+Zir")


class UserModeTests(IrcTestCase):
    def test_what_one_is(self) -> None:
        """221: invisible to outsiders, and signed on with an account or not."""
        self.assertEqual(self.world.guest("alice").said("MODE alice"), [f":{HOST} 221 alice +i"])
        self.assertEqual(self.world.member("bob").said("MODE BOB"), [f":{HOST} 221 bob +ir"])

    def test_what_one_sets(self) -> None:
        """Told in one MODE, with each sign once; and it holds."""
        alice = self.world.guest("alice")
        source = alice.session.source
        self.assertEqual(alice.said("MODE alice +wB-i"), [f":{source} MODE alice +wB-i"])
        self.assertEqual(alice.said("MODE alice"), [f":{HOST} 221 alice +Bw"])
        self.assertEqual(alice.said("MODE alice +R -w"), [f":{source} MODE alice +R-w"])
        self.assertEqual(alice.said("MODE alice"), [f":{HOST} 221 alice +BR"])

    def test_what_holds_already(self) -> None:
        """Nothing is told of what does not change."""
        alice = self.world.guest("alice")
        self.assertEqual(alice.said("MODE alice +i", "MODE alice -o-w"), [])

    def test_what_nobody_can_set(self) -> None:
        """Neither facts nor the operator's modes can be had by asking (RFC 2812 section 3.1.5)."""
        alice = self.world.guest("alice")
        self.assertEqual(alice.said("MODE alice +orsZ"), [])
        self.assertEqual(alice.said("MODE alice"), [f":{HOST} 221 alice +i"])

    def test_unknown_letters(self) -> None:
        """501, once, after what is known was done (Modern IRC, "User Modes")."""
        alice = self.world.guest("alice")
        self.assertEqual(
            alice.said("MODE alice +xwy"),
            [f":{alice.session.source} MODE alice +w", f":{HOST} 501 alice :Unknown MODE flag"],
        )

    def test_other_people(self) -> None:
        """502 for those one may see, 401 for others."""
        alice = self.world.guest("alice")
        self.world.guest("bob")
        self.assertEqual(
            alice.said("MODE bob +i", "MODE nobody"),
            [
                f":{HOST} 502 alice :Cant change mode for other users",
                f":{HOST} 401 alice nobody :No such nick/channel",
            ],
        )

    def test_counted_by_person(self) -> None:
        """A mark counts once for a person, however many sessions have it, until the last of them goes."""
        people = self.world.hub.people
        one, two = self.world.member("alice"), self.world.member("alice")
        other = self.world.guest("bob")
        one.said("MODE alice +B")
        two.said("MODE alice +B")
        self.assertEqual((people.marked(Mark.BOT), people.marked(Mark.UNLISTED)), (1, 2))
        one.send("QUIT")
        self.assertEqual(people.marked(Mark.BOT), 1)
        two.said("MODE alice -B")
        self.assertEqual(people.marked(Mark.BOT), 0)
        other.lose()
        two.send("QUIT")
        self.assertEqual({people.marked(mark) for mark in Mark}, {0})
