"""Signing on to the native door."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from imd.core.refusal import Kicked, StoreUnavailable, TooMany
from imd.core.session import ClientInfo, Presence, State
from imd.messages.signon import Authenticated, Challenge, Welcome
from imd.protocols.native import signon
from imd.protocols.native.state import State as Phase
from imd.protocols.native.wire.codec import decode_server, encode
from tests.protocols.native.recorder import ALICE, LOOPBACK, PLAIN_TEXT
from tests.protocols.native.world import Talker, World

PLAIN = "AGFsaWNlAHNlc2FtZQ=="  # \0alice\0sesame
WRONG = "AGFsaWNlAHdyb25n"  # \0alice\0wrong


class HelloTests(SynchronousTestCase):
    """The greeting."""

    def test_confidential(self) -> None:
        """On loopback all mechanisms are offered, tokens too."""
        hello = signon.hello(World().client(LOOPBACK).session)
        self.assertEqual(hello.mechanisms, ("SCRAM-SHA-256", "EXTERNAL", "PLAIN", "TOKEN"))
        self.assertEqual((hello.protocol, hello.domain, hello.registration), (1, "example.org", "open"))

    def test_in_the_clear(self) -> None:
        """Off loopback without TLS nothing is offered that shows a secret."""
        self.assertEqual(signon.hello(World().client(PLAIN_TEXT).session).mechanisms, ("SCRAM-SHA-256",))

    def test_limits(self) -> None:
        """The limits are plain numbers, whatever kinds of numbers the settings hold."""

        class Size(int):
            pass

        class Duration(float):
            pass

        hello = signon.hello(World(line_length=Size(5), ping_interval=Duration(7)).client().session)
        self.assertEqual(decode_server(encode(hello)), hello)
        self.assertEqual((type(hello.limits.line), type(hello.limits.ping_interval)), (int, float))


class AuthenticateTests(SynchronousTestCase):
    """SASL over the native protocol."""

    def test_plain(self) -> None:
        """PLAIN proves an account in one step."""
        world = World()
        client = world.client()
        (answer,) = client.say("authenticate", ref=1, mechanism="PLAIN", data=PLAIN)
        self.assertEqual(answer, Authenticated(ref=1, address="alice@example.org"))
        self.assertEqual(world.record.named("plain"), [("alice", "sesame")])

    def test_plain_without_initial_response(self) -> None:
        """Without data the server asks with an empty challenge."""
        client = World().client()
        self.assertEqual(client.say("authenticate", ref=1, mechanism="plain"), [Challenge(ref=1)])
        (answer,) = client.say("response", ref=2, data=PLAIN)
        self.assertEqual(answer.address, "alice@example.org")

    def test_plain_for_somebody_else(self) -> None:
        """An authorization identity other than one's own is refused; one's own address is fine."""
        client = World(sign_on_delay=0).client()
        (answer,) = client.say("authenticate", mechanism="PLAIN", data="Ym9iAGFsaWNlAHNlc2FtZQ==")
        self.assertEqual(answer.code, "sign-on-failed")
        own = "YWxpY2VAZXhhbXBsZS5vcmcAYWxpY2UAc2VzYW1l"  # alice@example.org\0alice\0sesame
        (answer,) = client.say("authenticate", mechanism="PLAIN", data=own)
        self.assertEqual(answer.address, "alice@example.org")

    def test_scram(self) -> None:
        """SCRAM takes two steps, and the server's proof comes with the answer."""
        client = World().client(PLAIN_TEXT)
        (challenge,) = client.say("authenticate", ref=1, mechanism="SCRAM-SHA-256", data="bixhLGI=")
        self.assertEqual(challenge, Challenge(ref=1, data=b"server-first of n,a,b"))
        (answer,) = client.say("response", ref=2, data="cHJvb2Y=")
        self.assertEqual(answer, Authenticated(ref=2, address="alice@example.org", data=b"v=verified"))

    def test_external(self) -> None:
        """EXTERNAL with an empty response leaves the name to the certificate."""
        world = World()
        (answer,) = world.client().say("authenticate", mechanism="EXTERNAL", data="")
        self.assertEqual(answer.address, "alice@example.org")
        self.assertEqual(world.record.named("external"), [("",)])

    def test_token(self) -> None:
        """A token signs on by the mechanism TOKEN."""
        (answer,) = World().client().say("authenticate", mechanism="TOKEN", data="dGlja2V0")
        self.assertEqual(answer.address, "alice@example.org")

    def test_mechanism_not_offered(self) -> None:
        """PLAIN and tokens in the clear are refused, and so is what does not exist."""
        client = World().client(PLAIN_TEXT)
        for mechanism in ("PLAIN", "TOKEN", "EXTERNAL", "ANONYMOUS", ""):
            (answer,) = client.say("authenticate", ref=5, mechanism=mechanism, data=PLAIN)
            self.assertEqual((answer.ref, answer.code), (5, "mechanism-refused"))

    def test_failure_is_answered_late(self) -> None:
        """The answer to a failed sign-on is held back, and what follows waits with it."""
        world = World(sign_on_delay=1)
        client = world.client()
        self.assertEqual(client.say("authenticate", ref=1, mechanism="PLAIN", data=WRONG), [])
        self.assertEqual(client.say("ping", ref=2), [])
        self.assertTrue(client.sink.paused)
        world.hub.reactor.advance(1)
        failed, pong = client.heard()
        self.assertEqual((failed.ref, failed.code, pong.ref), (1, "sign-on-failed", 2))
        self.assertFalse(client.sink.paused)

    def test_attempts(self) -> None:
        """After as many failures as allowed the connection is closed."""
        client = World(sign_on_delay=0, sign_on_attempts=2).client()
        (first,) = client.say("authenticate", mechanism="PLAIN", data=WRONG)
        second, bye = client.say("resume", token="stolen")
        self.assertEqual((first.code, second.code, bye.code), ("sign-on-failed",) * 3)
        self.assertTrue(client.sink.closed)

    def test_gone_while_failing(self) -> None:
        """Nothing happens when the connection is lost before the late answer."""
        world = World(sign_on_delay=1)
        client = world.client()
        client.say("authenticate", mechanism="PLAIN", data=WRONG)
        client.session.lost()
        world.hub.reactor.advance(1)
        self.assertEqual(client.heard(), [])

    def test_wrong_state(self) -> None:
        """What may not be asked yet, or any more, is an error that says what to do."""
        client = World().client()
        for type in ("response", "session", "whoami", "roster-get"):
            (answer,) = client.say(type, ref=3)
            self.assertEqual((answer.ref, answer.code), (3, "wrong-state"))
        client.sign_on()
        (answer,) = client.say("authenticate", ref=4, mechanism="PLAIN", data=PLAIN)
        self.assertEqual((answer.ref, answer.code), (4, "wrong-state"))

    def test_register(self) -> None:
        """Registration proves the new account at once."""
        world = World()
        (answer,) = world.client().say("register", ref=1, name="carol", password="pw", invitation="x")
        self.assertEqual(answer, Authenticated(ref=1, address="carol@example.org"))
        self.assertEqual(world.record.named("register"), [("carol", "pw", "x")])


class SessionTests(SynchronousTestCase):
    """Opening and resuming a session."""

    def test_welcome(self) -> None:
        """The client's details reach the core, and the answer holds all there is to know."""
        world = World()
        client = world.client()
        client.say("authenticate", mechanism="PLAIN", data=PLAIN)
        (welcome,) = client.say(
            "session",
            ref=3,
            client="imc",
            version="0.1",
            tcp_port=6000,
            udp_port=6001,
            device="laptop",
            realname="Alice L.",
            presence={"state": "away", "text": "lunch"},
        )
        self.assertIsInstance(welcome, Welcome)
        self.assertEqual((welcome.ref, welcome.session, welcome.token), (3, "s1", "fresh ticket"))
        self.assertEqual([contact.subscription for contact in welcome.roster], ["both"])
        self.assertEqual([view.state for view in welcome.presence], ["available"])
        self.assertEqual((welcome.address, welcome.waiting), ("alice@example.org", 2))
        info = ClientInfo("imc", "0.1", 6000, 6001, "laptop", "Alice L.")
        self.assertEqual(world.record.named("sign_on"), [(ALICE, "alice", info, Presence(State.AWAY, "lunch"), "")])
        self.assertEqual(world.record.named("begin"), [("s1",)])
        self.assertTrue(client.sink.welcomed)

    def test_welcome_before_anything_else(self) -> None:
        """The session begins, and with it delivery, only once the welcome is written."""
        world = World()
        client = world.client()
        said: list[int] = []
        world.hub.people.begin = lambda session: said.append(len(client.sink.payloads))  # type: ignore[method-assign]
        client.sign_on()
        self.assertEqual(said, [1])

    def test_resume(self) -> None:
        """Token and old session id take one step; the core replaces the old session."""
        world = World()
        (welcome,) = world.client().say("resume", ref=1, token="ticket", session="s0", device="laptop")
        self.assertIsInstance(welcome, Welcome)
        ((account, *_, replaces),) = world.record.named("sign_on")
        self.assertEqual((account, replaces), (ALICE, "s0"))
        # The new token is there before the old session ends, so that nobody sees a gap.
        order = [call[0] for call in world.record.calls]
        self.assertLess(order.index("issue_token"), order.index("sign_on"))

    def test_opening_refused(self) -> None:
        """A refusal leaves the client where it was: it may try again."""
        world = World()
        client = world.client()
        world.record.failing["sign_on"] = TooMany("sessions", 20)
        (answer,) = client.say("resume", ref=1, token="ticket")
        self.assertEqual((answer.ref, answer.code), (1, "too-many"))
        (welcome,) = client.say("session", ref=2)
        self.assertEqual(welcome.ref, 2)

    def test_store_away_after_sign_on(self) -> None:
        """When the store fails half way, the core's session is closed again."""
        world = World()
        client = world.client()
        client.say("authenticate", mechanism="PLAIN", data=PLAIN)
        world.record.failing["waiting"] = StoreUnavailable()
        (answer,) = client.say("session", ref=2)
        self.assertEqual(answer.code, "store-unavailable")
        self.assertEqual(world.record.named("sign_off"), [("s1", "failed", "")])
        self.assertIs(client.session.state, Phase.DETAILS)

    def test_lost_while_opening(self) -> None:
        """A client that is gone before its session is open leaves none behind."""
        for where in ("sign_on", "waiting"):
            world = World()
            client = world.client()
            client.say("authenticate", mechanism="PLAIN", data=PLAIN)
            held: Deferred[None] = Deferred()
            world.record.held[where] = held
            self.assertEqual(client.say("session", ref=2), [])
            client.session.lost()
            held.callback(None)
            self.assertEqual(client.heard(), [])
            self.assertEqual([call[:2] for call in world.record.named("sign_off")], [("s1", "lost")])
            self.assertEqual(world.record.named("begin"), [])

    def test_pipelined(self) -> None:
        """A client may send all of its sign-on at once: each request waits for the one before."""
        world = World()
        client: Talker = world.client()
        held: Deferred[None] = Deferred()
        world.record.held["plain"] = held
        client.say("authenticate", ref=1, mechanism="PLAIN", data=PLAIN)
        client.say("session", ref=2)
        self.assertEqual(client.say("send", ref=3, to="bob", client_id="a", body="hello"), [])
        held.callback(None)
        self.assertEqual([answer.ref for answer in client.heard()], [1, 2])
        self.assertEqual([draft.body for (draft,) in world.record.named("send")], ["hello"])

    def test_ended_by_the_core(self) -> None:
        """The core ends a session: the client hears why, and nobody is signed off twice."""
        world = World()
        client = world.client()
        client.sign_on()
        client.session.end(Kicked("Out."))
        (bye,) = client.heard()
        self.assertEqual((bye.code, bye.text), ("kicked", "Out."))
        self.assertTrue(client.sink.closed)
        client.session.lost()
        self.assertEqual(world.record.named("sign_off"), [])

    def test_quit(self) -> None:
        """A client that quits is signed off with its words, once."""
        world = World()
        client = world.client()
        client.sign_on()
        (bye,) = client.say("quit", text="Good night.")
        self.assertEqual(bye.code, "quit")
        client.session.lost()
        self.assertEqual(world.record.named("sign_off"), [("s1", "quit", "Good night.")])
        self.assertEqual(client.say("ping", ref=1), [])
