"""Packets, sets of packet numbers, and tokens."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.datagram import packet as wire
from imd.net.datagram.packet import RANGES, Malformed
from imd.net.datagram.ranges import Ranges
from imd.net.datagram.tokens import LIFETIME, ROTATION, Tokens
from imd.net.datagram.welcome import Welcome

#: One of each frame: what is written, and what is read of it.
FRAMES = (
    (wire.PING, wire.Ping()),
    (wire.ack([(7, 9), (1, 3)], 12, 999, 1000), wire.Ack(((7, 9), (1, 3)), 12, 999)),
    (wire.fragment(5, 0, 1, b"hi"), wire.Fragment(5, 0, 1, b"hi")),
    (wire.close("stopped"), wire.Close("stopped")),
    (wire.hello(b"token"), wire.Hello(b"token")),
    (wire.path_challenge(b"12345678"), wire.PathChallenge(b"12345678")),
    (wire.path_response(b"12345678"), wire.PathResponse(b"12345678")),
)


class Packets(SynchronousTestCase):
    """Bytes to frames and back."""

    def test_what_is_written_is_read(self) -> None:
        """Each frame, and all of them in one packet, with padding between."""
        for written, read in FRAMES:
            packet = wire.parse(wire.header(1, 2) + written)
            self.assertEqual((packet.connection, packet.number, packet.frames), (1, 2, [read]))
        everything = wire.parse(wire.header(1, 2) + b"\0".join(written for written, _ in FRAMES) + b"\0\0")
        self.assertEqual(everything.frames, [read for _, read in FRAMES])
        self.assertEqual(wire.parse(wire.challenge(3, b"t")).frames, [wire.Challenge(b"t")])
        self.assertEqual(wire.parse(wire.reset(3)).frames, [wire.Reset()])

    def test_what_is_cut_short(self) -> None:
        """No beginning of a packet with one frame is a packet."""
        for written, _ in FRAMES:
            whole = wire.header(1, 2) + written
            for end in range(len(whole)):
                self.assertRaises(Malformed, wire.parse, whole[:end])

    def test_what_is_no_packet(self) -> None:
        """Other versions, unknown frames, fragments that cannot be, DTLS."""
        for data in (
            b"",
            wire.header(1, 2),
            b"\xc2" + wire.header(1, 2)[1:] + wire.PING,
            wire.header(1, 2) + b"\x63",
            wire.header(1, 2) + b"\0\0\0",
            wire.header(1, 2) + wire.fragment(1, 1, 1, b"x"),
            wire.header(1, 2) + wire.fragment(1, 0, 1, b""),
            wire.header(1, 2) + wire.fragment(1, 0, 2, b"not full"),
            wire.header(1, 2) + wire.PING + bytes(1200),
            b"\x16\xfe\xfd" + bytes(100),
        ):
            self.assertRaises(Malformed, wire.parse, data)

    @given(st.binary(max_size=1400))
    def test_any_bytes(self, data: bytes) -> None:
        """A packet or `Malformed`, and nothing else."""
        for candidate in (data, wire.header(1, 2) + data):
            try:
                packet = wire.parse(candidate)
            except Malformed:
                continue
            self.assertTrue(packet.frames)


class Numbers(SynchronousTestCase):
    """`Ranges`, against a plain set."""

    @given(st.lists(st.integers(0, 60), max_size=80))
    def test_like_a_set(self, numbers: list[int]) -> None:
        """What was added is there; what was not is not, unless it is below everything remembered."""
        ranges, model = Ranges(), set[int]()
        for number in numbers:
            if number not in ranges:
                ranges.add(number)
            model.add(number)
            told = {each for first, last in ranges.newest() for each in range(first, last + 1)}
            self.assertLessEqual(told, model)
            self.assertEqual(ranges.largest, max(model))
            self.assertTrue(all(each in ranges for each in model))
            floor = min(told)
            self.assertTrue(all((each in ranges) == (each in model) for each in range(floor, 62)))

    def test_bounded(self) -> None:
        """However many gaps, only so much is remembered; what is forgotten counts as come."""
        ranges = Ranges()
        for number in range(0, 10_000, 2):
            ranges.add(number)
        self.assertEqual(len(list(ranges.newest())), RANGES)
        self.assertIn(1, ranges)
        self.assertNotIn(9_997, ranges)


class AddressValidation(SynchronousTestCase):
    """Tokens, and who may open a connection."""

    def test_a_token_holds_for_its_address_connection_and_time(self) -> None:
        """And for nothing else, also across a change of keys."""
        tokens = Tokens(0.0)
        for now in (0.0, ROTATION - 1):
            token = tokens.make("192.0.2.1:5", 7, now)
            self.assertTrue(tokens.holds(token, "192.0.2.1:5", 7, now + 2))
            self.assertFalse(tokens.holds(token, "192.0.2.1:6", 7, now + 2))
            self.assertFalse(tokens.holds(token, "192.0.2.1:5", 8, now + 2))
            self.assertFalse(tokens.holds(token[:-1], "192.0.2.1:5", 7, now + 2))
            self.assertFalse(tokens.holds(bytes(len(token)), "192.0.2.1:5", 7, now + 2))
            self.assertFalse(tokens.holds(token, "192.0.2.1:5", 7, now + LIFETIME + 1))

    def test_keys_are_forgotten(self) -> None:
        """After two rotations an old token is nothing, whatever its time says."""
        tokens = Tokens(0.0)
        token = tokens.make("a", 7, 0.0)
        tokens.holds(token, "a", 7, ROTATION + 1)
        tokens.holds(token, "a", 7, 2 * ROTATION + 2)
        self.assertFalse(tokens.holds(token, "a", 7, 1.0))

    def test_answers_are_small(self) -> None:
        """At most three times what came, whatever it was; and none to what may be an answer."""
        welcome = Welcome(0.0)
        for data in (wire.header(1, 0) + wire.hello(b""), wire.header(1, 0) + wire.PING):
            opened, answer = welcome.judge(wire.parse(data), len(data), "a", 0.0)
            self.assertFalse(opened)
            self.assertTrue(0 < len(answer) <= 3 * len(data))
        for data in (wire.reset(1), wire.challenge(1, b"x"), wire.farewell(1, 0, "stopped")):
            self.assertEqual(welcome.judge(wire.parse(data), len(data), "a", 0.0), (False, b""))
