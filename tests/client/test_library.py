"""The client library against the real native door and core, in memory."""

import base64

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.defer import Deferred

from imd.client.errors import NotConnected, Refused, SignOnFailed
from imd.client.outgoing import WINDOW
from imd.core.session import Account, Peer, Session
from imd.messages.presence import PresenceOf, SetPresence
from imd.messages.rooms import Join, Part, RoomState
from tests.client.world import Person, World, WorldTestCase


class SigningOnTests(WorldTestCase):
    def test_scram(self) -> None:
        """The best mechanism is taken, and the server's proof checked: the keys are kept for the next time."""
        alice = self.alice()
        self.assertEqual(alice.welcomes[0].address, "alice@localhost")
        self.assertIsNotNone(alice.identity.keys)

    def test_plain_where_nothing_else_is_offered(self) -> None:
        """With a foreign user database there is only PLAIN."""
        self.world.checker = InMemoryUsernamePasswordDatabaseDontUse(carol=b"sesame")
        self.world.open()
        carol = Person(self.world, "carol").on()
        self.assertEqual(carol.welcomes[0].address, "carol@localhost")
        self.assertIsNone(carol.identity.keys)

    def test_wrong_password(self) -> None:
        """It says so, with what to do next, and leaves no connection behind."""
        alice = Person(self.world, "alice", "guess")
        problem = self.assertRaises(SignOnFailed, alice.on)
        self.assertIn("--register", str(problem))
        self.assertEqual(problem.exit_code, 4)
        self.world.turn()
        self.assertEqual(self.world.gateway.factory.connections, set())
        self.assertEqual(self.world.house.reactor.getDelayedCalls(), [])

    def test_false_server(self) -> None:
        """A server that does not know the password cannot let us in: its proof is missing."""
        alice = Person(self.world, "alice")
        genuine = self.world.credentials.scram

        class Impostor:
            """Says yes to anything."""

            def __init__(self, peer: Peer) -> None:
                self._inner = genuine(peer)
                self.account: Account | None = None

            async def first(self, data: bytes) -> bytes:
                return await self._inner.first(data)

            def final(self, data: bytes) -> bytes:
                self._inner.final(data)
                self.account = self._inner.account
                return b"v=" + base64.b64encode(bytes(32))

        self.patch(self.world.credentials, "scram", Impostor)
        problem = self.assertRaises(SignOnFailed, alice.on)
        self.assertIn("does not know the password", str(problem))

    def test_register(self) -> None:
        """An account is made on the way; the second time the name is taken, and it says what that means."""
        carol = Person(self.world, "carol", register=True).on()
        self.assertEqual(carol.welcomes[0].address, "carol@localhost")
        again = Person(self.world, "carol", register=True)
        problem = self.assertRaises(SignOnFailed, again.on)
        self.assertIn("leave out --register", str(problem))

    def test_registration_closed(self) -> None:
        """Who makes accounts is said where nobody may register."""
        self.world.registration = "closed"
        self.world.open()
        problem = self.assertRaises(SignOnFailed, Person(self.world, "carol", register=True).on)
        self.assertIn("imdctl user add", str(problem))

    def test_registration_by_invitation(self) -> None:
        """Without an invitation it says where to put one."""
        self.world.registration = "invite"
        self.world.open()
        problem = self.assertRaises(SignOnFailed, Person(self.world, "carol", register=True).on)
        self.assertIn("IMC_INVITATION", str(problem))


class TalkingTests(WorldTestCase):
    def test_from_one_to_the_other(self) -> None:
        """A message arrives, is acknowledged, and its sender hears that it is accepted."""
        alice, bob = self.alice(), self.bob()
        settled = alice.outcome(alice.client.send("bob", "Hello"))
        self.assertTrue(settled.accepted)
        self.assertEqual(settled.id, bob.messages[0].id)
        self.assertEqual(bob.bodies, ["Hello"])
        self.world.turn(1)
        self.assertEqual(self.world.house.wait(self.world.house.hub.delivery.waiting(_session(self.world, "bob"))), 0)

    def test_kept_for_who_is_offline(self) -> None:
        """It waits, and is there at the next sign-on, once."""
        alice = self.alice()
        settled = alice.client.send("bob", "Later")
        self.world.turn(1)
        self.assertEqual(alice.outcome(settled).outcome, "kept")
        bob = self.bob()
        self.assertEqual(bob.bodies, ["Later"])
        self.world.turn(1)
        bob.do(bob.client.stop())
        self.assertEqual(self.bob().bodies, [])

    def test_not_shown_is_not_acknowledged(self) -> None:
        """What the application has not shown comes again to the next session."""
        alice = self.alice()
        bob = self.bob(prompt=False)
        settled = alice.client.send("bob", "Hello")
        self.world.settle()
        self.assertTrue(alice.outcome(settled).accepted)
        bob.do(bob.client.stop())
        self.world.turn(1)
        later = self.bob()
        self.assertEqual(later.bodies, ["Hello"])
        self.assertTrue(later.messages[0].repeat)

    def test_refused(self) -> None:
        """The reason arrives with the outcome."""
        alice = self.alice()
        settled = alice.outcome(alice.client.send("nobody", "Hello"))
        self.assertEqual((settled.outcome, settled.code), ("refused", "no-such-account"))

    def test_too_long_is_found_here(self) -> None:
        """What the server would not even read is refused without asking; what follows is sent."""
        alice, bob = self.alice(), self.bob()
        settled = alice.client.send("bob", "x" * 100_000)
        alice.client.send("bob", "short")
        self.assertEqual(alice.outcome(settled).code, "too-long")
        self.assertEqual(bob.bodies, ["short"])

    def test_faster_than_allowed(self) -> None:
        """More than the server takes at a time is sent at its pace: all of it, in order."""
        alice, bob = self.alice(), self.bob()
        told = [alice.client.send("bob", str(number)) for number in range(100)]
        for _ in range(100):
            self.world.turn(0.1)
        self.assertEqual([alice.outcome(each).outcome for each in told], ["accepted"] * 100)
        self.assertEqual(bob.bodies, [str(number) for number in range(100)])
        self.assertEqual(alice.client.unsettled, 0)

    def test_questions(self) -> None:
        """A request has its answer, or its refusal."""
        alice = self.alice()
        state = alice.do(alice.client.ask(Join(room="#tea"), RoomState))
        self.assertEqual([member.address for member in state.people], ["alice@localhost"])
        alice.do(alice.client.do(Part(room="#tea")))
        refused = self.assertRaises(Refused, alice.do, alice.client.do(Part(room="#tea")))
        self.assertTrue(refused.code)

    def test_events(self) -> None:
        """What is not an answer reaches the application."""
        alice, bob = self.alice(), self.bob()
        alice.do(alice.client.ask(Join(room="#tea"), RoomState))
        bob.do(bob.client.ask(Join(room="#tea"), RoomState))
        self.assertEqual([type(event).__name__ for event in alice.events], ["RoomJoined"])
        bob.do(bob.client.do(SetPresence(state="away")))
        self.world.turn(1)
        self.assertIn("away", [event.state for event in alice.events if isinstance(event, PresenceOf)])


class LostTests(WorldTestCase):
    def test_comes_back_and_resumes(self) -> None:
        """A lost connection is made again, by token: no password is needed, and the session is welcomed anew."""
        alice = self.alice()
        alice.identity.password, alice.identity.keys = "forgotten", None
        self.world.links[0].cut()
        self.assertFalse(alice.client.online)
        self.world.turn(0.5)
        self.assertTrue(alice.client.online)
        self.assertEqual(len(alice.welcomes), 2)
        self.assertEqual(len(alice.losses), 1)

    def test_password_when_the_token_is_worn_out(self) -> None:
        """A token that has served is no end: the password follows on the same connection."""
        alice = self.alice()
        alice.identity.token = "worn out"
        self.world.links[0].cut()
        self.world.turn(0.5)
        self.assertTrue(alice.client.online)

    def test_unsettled_is_repeated_under_its_id(self) -> None:
        """The answer is lost with the connection: the message goes out again and is shown once, under one id."""
        alice, bob = self.alice(), self.bob()
        self.world.links[0].deaf = True
        settled = alice.client.send("bob", "Once")
        self.world.turn()
        self.assertEqual((bob.bodies, alice.client.unsettled), (["Once"], 1))
        self.world.links[0].cut()
        self.world.turn(0.5)
        self.assertTrue(alice.outcome(settled).accepted)
        self.assertEqual(bob.bodies, ["Once"])
        self.assertEqual(alice.outcome(alice.client.send("bob", "Twice")).id, bob.messages[1].id)

    def test_server_killed(self) -> None:
        """Messages under way when the server dies are settled by the next one, in order, each shown once."""
        alice, bob = self.alice(), self.bob()
        self.world.links[0].deaf = True
        told = [alice.client.send("bob", str(number)) for number in range(WINDOW + 5)]
        self.world.turn()
        self.world.restart()
        for _ in range(20):
            self.world.turn(0.5)
        self.assertEqual({alice.outcome(each).accepted for each in told}, {True})
        self.assertEqual(bob.bodies, [str(number) for number in range(WINDOW + 5)])

    def test_lost_acknowledgement(self) -> None:
        """A message that comes again because its acknowledgement was lost is not told again, but acknowledged."""
        bob, alice = self.bob(prompt=False), self.alice()
        settled = alice.client.send("bob", "Hello")
        self.world.settle()
        self.assertTrue(alice.outcome(settled).accepted)
        self.world.links[0].dead = True
        bob.client.acknowledge(bob.messages[0].id)
        self.world.turn()
        self.world.links[0].cut()
        self.world.turn(0.5)
        self.world.turn(1)
        self.assertEqual(bob.bodies, ["Hello"])
        self.assertEqual(self.world.house.wait(self.world.house.hub.delivery.waiting(_session(self.world, "bob"))), 0)

    def test_longer_and_longer_pauses(self) -> None:
        """The server is not asked more and more often; after `patience` the client gives up and says why."""
        alice = self.alice()
        self.world.closed = "Nobody listens there."
        self.world.links[0].cut()
        settled = alice.client.send("bob", "Hello")
        tried: list[int] = []
        for _ in range(160):
            self.world.turn(1)
            tried.append(len(alice.losses))
        self.assertEqual(alice.losses[1:], ["Nobody listens there."] * (len(alice.losses) - 1))
        self.assertLess(len(alice.losses), 12)
        self.assertIsNotNone(alice.over)
        self.assertEqual(alice.outcome(settled).outcome, "unknown")
        self.assertEqual(self.world.house.reactor.getDelayedCalls(), [])

    def test_account_gone_meanwhile(self) -> None:
        """A sign-on that can never succeed again ends the session."""
        alice = self.alice()
        alice.identity.password, alice.identity.keys, alice.identity.token = "other", None, ""
        self.world.links[0].cut()
        self.world.turn(1)
        self.assertIsInstance(alice.over, SignOnFailed)

    def test_silent_server(self) -> None:
        """A server that says nothing is asked for a sign of life, and given up without one."""
        alice = self.alice()
        self.world.turn(31)
        self.world.turn(31)
        self.assertTrue(alice.client.online)
        self.world.links[0].deaf = True
        for _ in range(9):
            self.world.turn(10)
        self.assertIn("silent", alice.losses[0])

    def test_no_connection(self) -> None:
        """Questions fail at once while there is no connection; questions under way fail when it is lost."""
        alice = self.alice()
        self.world.links[0].deaf = True
        asked = alice.client.ask(Join(room="#tea"), RoomState)
        waiting = Deferred.fromCoroutine(asked)
        self.world.turn()
        self.world.links[0].cut()
        self.failureResultOf(waiting, NotConnected)
        self.assertRaises(NotConnected, alice.do, alice.client.do(Part(room="#tea")))

    def test_stop(self) -> None:
        """Signing off says goodbye, sends waiting acknowledgements, and leaves nothing behind."""
        alice, bob = self.alice(), self.bob(prompt=False)
        alice.client.send("bob", "Hello")
        self.world.turn(1)
        bob.client.acknowledge(bob.messages[0].id)
        bob.do(bob.client.stop())
        alice.do(alice.client.stop())
        self.world.turn(1)
        self.assertEqual(self.bob().bodies, [])
        self.assertEqual(bob.losses, [])


def _session(world: World, name: str) -> Session:
    return next(
        connection.session.me
        for connection in world.gateway.factory.connections
        if connection.session.core is not None and connection.session.me.address.name == name
    )
