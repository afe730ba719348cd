"""One connection: signs of life, pace, slow readers, the end; and that no garbage breaks it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport

from imd.core.refusal import TooMany
from imd.net.sending import LINGER
from imd.protocols.irc.commands import COMMANDS
from imd.protocols.irc.gateway import farewell
from imd.protocols.irc.session import MAX_WAITING
from imd.protocols.irc.settings import IrcLimits, IrcSettings
from tests.protocols.irc.world import IrcTestCase, World, numerics


class SignsOfLife(IrcTestCase):
    def test_silence(self) -> None:
        """After two minutes of silence there is a PING, after one more the connection is closed and signed off."""
        ann = self.world.guest("ann")
        ann.confirms = False
        self.world.advance(119)
        self.assertEqual((ann.pings, ann.take()), ([], []))
        self.world.advance(1)
        self.assertEqual(ann.pings, ["PING :localhost"])
        self.world.advance(59)
        self.assertFalse(ann.gone)
        self.world.advance(1)
        self.assertEqual(ann.take(), ["ERROR :Closing Link: ann (Ping timeout: 180 seconds)"])
        self.assertTrue(ann.gone)
        self.assertEqual(list(self.world.hub.people.online()), [])

    def test_answered(self) -> None:
        """Who answers, or says anything, stays."""
        ann = self.world.guest("ann")
        for _ in range(30):
            self.world.advance(60)
        self.assertFalse(ann.gone)
        self.assertTrue(10 <= len(ann.pings) <= 15, ann.pings)
        ann.confirms = False
        pings = len(ann.pings)
        for _ in range(30):
            self.world.advance(60)
            ann.send("NOTICE nobody :x")
        self.assertEqual(len(ann.pings), pings)

    def test_barrier_unanswered(self) -> None:
        """A client that talks and never answers the PING behind a message is closed: its messages would pile up."""
        ann, bob = self.world.guest("ann"), self.world.member("bob", confirms=False)
        ann.send("PRIVMSG bob :hi")
        for _ in range(20):
            self.world.advance(10)
            if not bob.gone:
                bob.send("NOTICE nobody :x")
        self.assertTrue(bob.gone)

    def test_not_in_time(self) -> None:
        """A connection that does not sign on in time is told and closed."""
        user = self.world.user()
        user.connection.admission_expired()
        self.assertEqual(user.take(), ["ERROR :Closing Link: * (Registration timed out)"])
        self.assertTrue(user.gone)

    def test_settles(self) -> None:
        """The limit on handshakes hears of a sign-on, and only of that."""
        settled: list[bool] = []
        user = self.world.user()
        user.connection.settle = lambda: settled.append(True)  # type: ignore[method-assign]
        user.send("NICK ann")
        self.assertEqual(settled, [])
        user.send("USER a 0 * :A")
        self.assertEqual(settled, [True])


class Pace(IrcTestCase):
    def test_commands(self) -> None:
        """Who is too fast is not read from for a while, loses nothing, and is not disconnected."""
        self.world = World(IrcSettings(limits=IrcLimits(commands_per_second=10, command_burst=20)))
        ann = self.world.guest("ann")
        self.world.advance(60)
        ann.send(*(f"PING {number}" for number in range(50)))
        self.assertEqual(len(ann.take()), 20)
        self.assertEqual(ann.transport.producerState, "paused")
        answers = []
        for _ in range(35):
            self.world.advance(0.1)
            answers += ann.take()
        self.assertEqual([line.rpartition(":")[2] for line in answers], [str(number) for number in range(20, 50)])
        self.assertEqual(ann.transport.producerState, "producing")

    def test_messages(self) -> None:
        """Messages have a rate of their own; each recipient counts."""
        self.world = World(IrcSettings(limits=IrcLimits(messages_per_second=1, message_burst=4)))
        ann, bob = self.world.guest("ann"), self.world.guest("bob")
        ann.send("PRIVMSG bob,ann :one", "PRIVMSG bob,ann :two", "PRIVMSG bob :three", "PING x")
        self.assertEqual(len(bob.take()), 2)
        self.assertEqual(numerics(ann.take()), ["PRIVMSG", "PRIVMSG"])
        self.world.advance(1)
        self.assertEqual(len(bob.take()), 1)
        self.assertEqual(numerics(ann.take()), ["PONG"])

    def test_unlimited(self) -> None:
        """A rate of 0 is no limit."""
        self.world = World(IrcSettings(limits=IrcLimits(commands_per_second=0, messages_per_second=0)))
        ann = self.world.guest("ann")
        self.assertEqual(len(ann.said(*["PING x", "PRIVMSG ann :x"] * 500)), 1000)

    def test_reload(self) -> None:
        """New rates hold for those who are connected, too."""
        ann = self.world.guest("ann")
        self.world.gateway.reload(IrcSettings(limits=IrcLimits(commands_per_second=1, command_burst=5)))
        self.assertEqual(len(ann.said(*["PING x"] * 20)), 5)

    def test_pong_too_soon(self) -> None:
        """A PONG that came too soon runs once, also when by its time one is waited for."""
        ann, bob = self.world.guest("ann"), self.world.member("bob", confirms=False)
        self.world.gateway.reload(IrcSettings(limits=IrcLimits(commands_per_second=1, command_burst=1)))
        bob.send("PING a", "PONG stray", "PING b")
        ann.send("PRIVMSG bob :hello")
        self.assertEqual(len(bob.pings), 1)
        for _ in range(5):
            self.world.advance(1)
        self.assertEqual(numerics(bob.take()), ["PONG", "PRIVMSG", "PONG"])

    def test_bounded(self) -> None:
        """What waits is bounded, however much is sent while it waits."""
        ann = self.world.member("ann")
        self.world.account("bob")
        self.world.database.held = []
        ann.send("PRIVMSG bob :x")
        for _ in range(20):
            ann.send(*["PING x"] * 20)
        self.assertLessEqual(len(ann.session._waiting), MAX_WAITING)
        self.world.database.release()
        self.world.turn()
        for _ in range(20):
            self.world.advance(1)
        self.assertEqual(numerics(ann.take()).count("PONG"), 400)


class Ends(IrcTestCase):
    def test_slow_reader(self) -> None:
        """Who does not read is signed off when too much waits for it, and told why if it reads after all; if not, the
        connection ends soon."""
        self.world = World(IrcSettings(limits=IrcLimits(send_queue=10_000, messages_per_second=0)))
        ann, bob = self.world.guest("ann"), self.world.guest("bob")
        producer = bob.transport.producer
        assert producer is not None
        producer.pauseProducing()
        ann.send(*["PRIVMSG bob :" + "x" * 400] * 100)
        self.assertIsNone(self.world.hub.people.find("bob"))
        self.assertLess(bob.connection.held(), 200)
        self.assertFalse(bob.gone)
        producer.resumeProducing()
        self.world.turn()
        self.assertEqual(bob.take(), ["ERROR :Closing Link: bob (You read too slowly)"])
        self.assertTrue(bob.gone)

    def test_slow_reader_in_a_room(self) -> None:
        """Who turns out to be too slow while a room is told something goes when all have been told, in all order."""
        self.world = World(IrcSettings(limits=IrcLimits(send_queue=10_000, messages_per_second=0)))
        ann, slow, second = self.world.guest("ann"), self.world.member("bob"), self.world.member("bob")
        for user in (slow, ann):
            user.send("JOIN #tea")
        for user in (ann, slow, second):
            user.take()
        assert slow.transport.producer is not None
        slow.transport.producer.pauseProducing()
        lines = ["PRIVMSG #tea :" + f"{number:03}".ljust(400, "x") for number in range(100)]
        ann.send(*lines)
        self.assertEqual([line.partition(" PRIVMSG ")[2] for line in second.take()], [line[8:] for line in lines])
        self.assertTrue(slow.session.closing)
        self.assertEqual([each.client for each in second.session.me.person.sessions], [second.session])

    def test_slow_reader_parts(self) -> None:
        """Who turns out to be too slow while she leaves a room of her own."""
        self.world = World(IrcSettings(limits=IrcLimits(send_queue=500)))
        ann = self.world.guest("ann")
        ann.send("JOIN #tea")
        assert ann.transport.producer is not None
        ann.transport.producer.pauseProducing()
        ann.send("PING " + "x" * 200)
        ann.send("PART #tea :" + "x" * 250)
        self.assertEqual(list(self.world.hub.people.sessions()), [])
        self.assertIsNone(self.world.hub.rooms.find("#tea"))

    def test_never_reads_again(self) -> None:
        """The connection of a slow reader ends though it never hears why."""
        self.world = World(IrcSettings(limits=IrcLimits(send_queue=10_000, messages_per_second=0)))
        ann, bob = self.world.guest("ann"), self.world.guest("bob")
        assert bob.transport.producer is not None
        bob.transport.producer.pauseProducing()
        ann.send(*["PRIVMSG bob :" + "x" * 400] * 100)
        self.world.advance(LINGER)
        self.assertTrue(bob.gone)

    def test_stop(self) -> None:
        """When the door stops, everybody is told, signed on or not."""
        ann, new = self.world.guest("ann"), self.world.user()
        self.world.gateway.stop()
        self.assertEqual(ann.take(), ["ERROR :Closing Link: ann (The server is stopping)"])
        self.assertEqual(new.take(), ["ERROR :Closing Link: * (The server is stopping)"])
        self.assertEqual(list(self.world.hub.people.online()), [])
        self.assertEqual(self.world.gateway.door.sessions, set())

    def test_kicked(self) -> None:
        """Whose account is removed is told and closed."""
        ann = self.world.member("ann")
        account = ann.session.me.account
        assert account is not None
        self.world.run(self.world.accounts.remove(account))
        self.assertTrue(ann.take()[-1].startswith("ERROR :Closing Link: ann ("))
        self.assertTrue(ann.gone)

    def test_renamed(self) -> None:
        """Whose account is renamed hears its new nick."""
        ann = self.world.member("ann")
        account = ann.session.me.account
        assert account is not None
        self.world.run(self.world.accounts.rename(account, "anna"))
        self.assertEqual(ann.take(), [":ann!ann@user/ann NICK :anna"])
        self.assertEqual(ann.said("PING x"), [":localhost PONG localhost :x"])

    def test_renamed_by_account_notify(self) -> None:
        """With account-notify also the account's new name."""
        ann = self.world.member("ann", "account-notify")
        account = ann.session.me.account
        assert account is not None
        self.world.run(self.world.accounts.rename(account, "anna"))
        self.assertEqual(ann.take(), [":ann!ann@user/ann NICK :anna", ":anna!ann@user/anna ACCOUNT anna"])

    def test_nothing_after_the_end(self) -> None:
        """What is sent behind a QUIT is not run, and timers end with the connection."""
        ann, bob = self.world.guest("ann"), self.world.guest("bob")
        ann.send("QUIT", "PRIVMSG bob :late")
        self.assertEqual(bob.take(), [])
        bob.lose()
        self.world.turn()
        self.world.advance(1000)
        self.assertEqual(self.world.time.getDelayedCalls(), [])

    def test_farewell(self) -> None:
        """A connection that is not let in hears why in IRC's own words."""
        self.assertTrue(farewell(TooMany("connections", 5)).startswith(b"ERROR :Closing Link: * (No more than 5 "))


_PLAIN = b": @ #a ann * , +o 0 -1 LS 302 + %".split()
_WORDS = st.sampled_from([*_PLAIN, b" ", b"\x01", b"\xff", b"\0"])
_JUNK = st.lists(
    st.tuples(st.sampled_from([name.encode() for name in sorted(COMMANDS) if name != "QUIT"]), st.lists(_WORDS)),
    max_size=8,
).map(lambda lines: b"".join(name + b" " + b" ".join(words) + b"\r\n" for name, words in lines))


class Garbage(IrcTestCase):
    """Whatever is sent, in whatever state: no fault of ours is logged (`tearDown` looks), and others are served."""

    @settings(max_examples=60, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.one_of(st.binary(max_size=300), _JUNK), st.sampled_from(["new", "guest", "account"]))
    def test_anything(self, data: bytes, state: str) -> None:
        """Random bytes, and every command with random parameters."""
        world = World()
        other = world.guest("other")
        victim = {
            "new": world.user,
            "guest": lambda: world.guest("ann", "labeled-response", "batch", "message-tags"),
            "account": lambda: world.member("bob"),
        }[state]()
        victim.send_bytes(data + b"\r\n")
        world.advance(1)
        self.assertEqual(other.said("PING x")[-1], ":localhost PONG localhost :x")
        lines = victim.take()
        self.assertNotIn("Internal error", "".join(lines), data)


class Factory(IrcTestCase):
    def test_builds(self) -> None:
        """The factory makes connections of their own for whoever comes."""
        one, two = self.world.gateway.buildProtocol(None), self.world.gateway.buildProtocol(None)
        for connection in (one, two):
            connection.makeConnection(StringTransport())
        self.assertIsNot(one.session, two.session)
        self.assertEqual(len(self.world.gateway.door.sessions), 2)
