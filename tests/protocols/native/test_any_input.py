"""Whatever a client sends, in whatever state: the session answers, goes on, and never fails by our mistake (P8)."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.messages.catalogue import CLIENT_MESSAGES
from imd.messages.connection import Bye, Error, Pong
from imd.messages.schema import examples
from imd.protocols.native.commands import COMMANDS
from imd.protocols.native.state import State
from tests.protocols.native.world import Talker, World

_LINES = [line.encode() for kind in CLIENT_MESSAGES.values() for line in examples(kind)]
_PAYLOADS = st.sampled_from(_LINES) | st.binary(max_size=40)


def _stranger(client: Talker) -> None: ...


def _challenged(client: Talker) -> None:
    client.say("authenticate", mechanism="SCRAM-SHA-256", data="")


def _proved(client: Talker) -> None:
    client.say("authenticate", mechanism="PLAIN", data="AGFsaWNlAHNlc2FtZQ==")


def _online(client: Talker) -> None:
    client.sign_on()


class AnyInputTests(SynchronousTestCase):
    """The session against the world."""

    def test_table_is_complete(self) -> None:
        """Every message a client may send has a row, and no other."""
        self.assertEqual(set(COMMANDS), set(CLIENT_MESSAGES.values()))

    @given(st.sampled_from([_stranger, _challenged, _proved, _online]), st.lists(_PAYLOADS, max_size=12))
    def test_any_order(self, begin: object, payloads: list[bytes]) -> None:
        """Any messages and garbage in any order: every answer is readable, nothing is our mistake, a ping works."""
        world = World(sign_on_delay=0, sign_on_attempts=0)
        client = world.client()
        assert callable(begin)
        begin(client)
        for payload in payloads:
            client.session.receive(payload)
        answers = client.heard()
        internal = [answer for answer in answers if isinstance(answer, Error) and answer.code == "internal"]
        self.assertEqual(internal, [])
        if client.session.state is State.CLOSING:
            self.assertIsInstance(answers[-1], Bye)
            self.assertTrue(client.sink.closed)
        else:
            self.assertEqual(client.say("ping", ref=77), [Pong(ref=77)])

    def test_each_alone(self) -> None:
        """No example of any message makes the session fail when online."""
        for line in _LINES:
            with self.subTest(line=line):
                client = World().client()
                client.sign_on()
                client.session.receive(line)
                self.assertEqual(
                    [answer.text for answer in client.heard() if getattr(answer, "code", "") == "internal"], []
                )
