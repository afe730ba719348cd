"""Two ends over a good network and a bad one: in order, once, whatever happens; time is virtual."""

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.datagram import packet as wire
from imd.net.datagram.connection import Connection, Role, State
from imd.net.datagram.dialing import TERMS
from imd.net.datagram.outgoing import FIRST_CREDIT
from imd.net.datagram.terms import Counts, Terms
from tests.net.datagram.link import BAD, Link, Weather


def numbered(prefix: str, count: int) -> list[bytes]:
    return [f"{prefix} {number}".encode() for number in range(count)]


class BadNetwork(SynchronousTestCase):
    """A third lost, a fifth doubled, much overtaken."""

    def test_a_thousand_messages_each_way(self) -> None:
        """All arrive, in order, once, from whatever seed."""
        for seed in range(5):
            link = Link(seed, BAD).open()
            to_server, to_client = numbered("up", 1000), numbered("down", 1000)
            for up, down in zip(to_server, to_client, strict=True):
                self.assertTrue(link.client.it.send(up))
                self.assertTrue(link.server.it.send(down))
            link.receive(1000, 1000)
            link.until(link.settled)
            self.assertEqual(link.server.messages, to_server)
            self.assertEqual(link.client.messages, to_client)
            self.assertEqual(link.opened, 1)

    def test_one_at_a_time(self) -> None:
        """A talk, one message every so often: order and number hold, and nothing else is ever delivered."""
        link = Link(7, BAD).open()
        for number in range(200):
            link.client.it.send(b"ask %d" % number)
            link.receive(number + 1, 0)
            link.server.it.send(b"answer %d" % number)
            link.receive(0, number + 1)
        self.assertEqual(link.server.messages, [b"ask %d" % number for number in range(200)])
        self.assertEqual(link.client.messages, [b"answer %d" % number for number in range(200)])

    def test_the_address_changes_in_the_middle(self) -> None:
        """The connection goes on from a new address; nothing is lost or doubled."""
        link = Link(3, BAD).open()
        to_server, to_client = numbered("up", 1000), numbered("down", 1000)
        for at, (up, down) in enumerate(zip(to_server, to_client, strict=True)):
            link.client.it.send(up)
            link.server.it.send(down)
            if at % 250 == 125:
                link.receive(at // 2, 0)
                link.address = f"address {at}"
        link.receive(1000, 1000)
        self.assertEqual(link.server.messages, to_server)
        self.assertEqual(link.client.messages, to_client)
        self.assertEqual(link.opened, 1)
        self.assertEqual(link.server.it.address, link.address)

    def test_moved_with_nothing_to_say(self) -> None:
        """A client that knows it has moved says so, and is written to at the new address from then on."""
        link = Link(3, Weather()).open()
        link.until(link.settled)
        link.address = "two"
        link.client.it.speak()
        link.wait(0.2)
        asked = link.now
        link.server.it.send(b"are you there?")
        link.receive(0, 1)
        self.assertEqual(link.client.messages, [b"are you there?"])
        self.assertLess(link.now - asked, 0.1)

    def test_long_messages(self) -> None:
        """Messages of many fragments come whole."""
        link = Link(11, BAD).open()
        messages = [os.urandom(size) for size in (1, 1099, 1100, 1101, 2200, 2201, 64_000, 5, 100_000)]
        for message in messages:
            link.client.it.send(message)
        link.until(lambda: len(link.server.messages) == len(messages))
        self.assertEqual(link.server.messages, messages)

    @settings(max_examples=40)
    @given(
        seed=st.integers(0, 2**32),
        loss=st.floats(0, 0.5),
        duplication=st.floats(0, 0.5),
        jitter=st.floats(0, 0.5),
        sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=40),
    )
    def test_any_weather(self, seed: int, loss: float, duplication: float, jitter: float, sizes: list[int]) -> None:
        """Whatever the network does short of losing everything, what is sent is what comes."""
        patient = Terms(patience=3000, idle=3000)
        weather = Weather(loss=loss, duplication=duplication, jitter=jitter)
        link = Link(seed, weather, patient, patient).open()
        messages = [bytes([at % 256]) * size for at, size in enumerate(sizes)]
        for message in messages:
            link.client.it.send(message)
            link.server.it.send(message)
        link.until(
            lambda: len(link.server.messages) == len(messages) and len(link.client.messages) == len(messages), 3000
        )
        link.wait(30)
        self.assertEqual(link.server.messages, messages)
        self.assertEqual(link.client.messages, messages)


class Silence(SynchronousTestCase):
    """The path dies without a word, as when a NAT forgets: how long until a client notices, with its usual terms."""

    def noticed(self, *, talking: bool) -> float:
        link = Link(3, Weather(), client=TERMS).open()
        link.client.it.send(b"hello")
        link.until(link.settled)
        link.wait(1.0)
        link.drops = lambda who, data: True
        begin = link.now
        if talking:
            link.client.it.send(b"are you there?")
        link.until(lambda: link.client.it.state is State.ENDED)
        self.assertEqual(link.client.it.ended, "timeout")
        return link.now - begin

    def test_while_talking(self) -> None:
        """After `Terms.patience`; until then it tries again and again."""
        self.assertApproximates(self.noticed(talking=True), TERMS.patience, 0.1)

    def test_while_idle(self) -> None:
        """After the next keep-alive, and `Terms.patience`."""
        self.assertApproximates(self.noticed(talking=False), TERMS.keep_alive + TERMS.patience, 1.1)


class Opening(SynchronousTestCase):
    """From nothing to a connection."""

    def test_a_bad_beginning(self) -> None:
        """Where a third is lost, nobody gives up, and the greeting comes within some seconds."""
        for seed in range(300):
            link = Link(seed, BAD)
            link.until(lambda link=link: link.server.connection is not None, 15)  # type: ignore[misc]
            link.server.it.send(b"hello" * 60)
            link.until(lambda link=link: bool(link.client.messages), 15)  # type: ignore[misc]

    def test_nothing_is_kept_before_the_address_is_proved(self) -> None:
        """The first hello is answered by a challenge, the second opens the connection."""
        link = Link(0, Weather())
        kinds = [type(wire.parse(data).frames[0]) for _, data in link.wire]
        self.assertEqual(kinds, [wire.Hello])
        link.until(lambda: link.server.connection is not None)
        kinds = [type(wire.parse(data).frames[0]) for _, data in link.wire[:3]]
        self.assertEqual(kinds, [wire.Hello, wire.Challenge, wire.Hello])
        self.assertLessEqual(len(link.wire[1][1]), 3 * len(link.wire[0][1]))

    def test_a_server_that_is_not_there(self) -> None:
        """The client gives up after its patience."""
        link = Link(0, Weather(loss=1.0))
        link.until(lambda: link.client.it.state is State.ENDED)
        self.assertEqual(link.client.it.ended, "timeout")
        # One packet a second.
        self.assertLessEqual(len(link.wire), 31)

    def test_a_connection_the_server_does_not_know(self) -> None:
        """A server that has been restarted says so, and the client need not wait for silence."""
        link = Link(0, Weather()).open()
        link.wait(5)
        link.server.connection = None
        link.client.it.send(b"hello?")
        link.until(lambda: link.client.it.state is State.ENDED)
        self.assertEqual(link.client.it.ended, "reset")


class Timers(SynchronousTestCase):
    """What time does."""

    def test_keep_alive(self) -> None:
        """A silent client says something within 25 seconds, and the connection lasts."""
        link = Link(0, Weather()).open()
        link.wait(2)
        for _ in range(50):
            before = sum(who == "client" for who, _ in link.wire)
            link.wait(25)
            self.assertGreater(sum(who == "client" for who, _ in link.wire), before)
        self.assertIs(link.client.it.state, State.OPEN)
        self.assertIs(link.server.it.state, State.OPEN)

    def test_an_idle_connection_sends_little(self) -> None:
        """Two datagrams for each keep-alive, and nothing else."""
        link = Link(0, Weather()).open()
        link.wait(2)
        before = len(link.wire)
        link.wait(200)
        self.assertLessEqual(len(link.wire) - before, 20)

    def test_a_dead_peer(self) -> None:
        """Either end notices that the other one is gone."""
        link = Link(0, Weather()).open()
        link.wait(2)
        link.drops = lambda who, data: True
        begin = link.now
        link.until(lambda: link.client.it.state is State.ENDED and link.server.it.state is State.ENDED)
        self.assertEqual({link.client.it.ended, link.server.it.ended}, {"timeout"})
        self.assertLessEqual(link.now - begin, 80)

    def test_asked_for_a_sign_of_life(self) -> None:
        """A peer that is silent is asked; one that answers stays, however short the silence allowed."""
        server = Terms(keep_alive=0, probe=2, patience=2, idle=4)
        link = Link(0, Weather(loss=0.1), Terms(keep_alive=0, idle=1000), server).open()
        link.wait(100)
        self.assertIs(link.server.it.state, State.OPEN)
        link.drops = lambda who, data: True
        begin = link.now
        link.until(link.over)
        self.assertEqual(link.server.it.ended, "timeout")
        self.assertLess(link.now - begin, 5)

    def test_silence_counts_from_the_question(self) -> None:
        """A peer nobody has asked anything for long has its time to answer."""
        server = Terms(keep_alive=0, patience=5, idle=1000)
        link = Link(0, Weather(), Terms(keep_alive=0, idle=1000), server).open()
        link.wait(500)
        link.server.it.send(b"are you there?")
        link.wait(4)
        self.assertEqual(link.client.messages, [b"are you there?"])
        self.assertIs(link.server.it.state, State.OPEN)

    def test_the_timeout_follows_the_path(self) -> None:
        """RFC 6298: on a slow path nothing is sent again for nothing."""
        link = Link(0, Weather(delay=0.4)).open()
        for number in range(50):
            link.client.it.send(b"%d" % number)
            link.receive(number + 1, 0)
            link.wait(1)
        self.assertEqual(link.client.counts.resent, 0)
        self.assertAlmostEqual(link.client.it.round_trip, 0.8, delta=0.05)

    def test_a_lost_datagram_is_sent_again_soon(self) -> None:
        """Later ones tell that it is lost (fast retransmit), without a timeout."""
        link = Link(0, Weather(delay=0.05)).open()
        link.client.it.send(b"warm")
        link.until(lambda: not link.client.it.pending)
        link.wait(5)
        dropped: list[bytes] = []

        def drops(who: str, data: bytes) -> bool:
            if who == "client" and not dropped:
                dropped.append(data)
                return True
            return False

        link.drops = drops
        messages = [bytes([number]) * 1000 for number in range(5)]
        begin = link.now
        for message in messages:
            link.client.it.send(message)
        link.until(lambda: len(link.server.messages) == 6)
        self.assertEqual(link.server.messages[1:], messages)
        self.assertLess(link.now - begin, 0.2)
        self.assertEqual(link.client.counts.resent, 1)

    def test_backing_off(self) -> None:
        """With no answer the pauses double (RFC 6298 section 5.5)."""
        link = Link(0, Weather(delay=0.05)).open()
        link.client.it.send(b"warm")
        link.wait(5)
        link.drops = lambda who, data: True
        begin = len(link.wire)
        link.client.it.send(b"lost")
        link.wait(20)
        self.assertLessEqual(len(link.wire) - begin, 9)


class Ending(SynchronousTestCase):
    """Closing."""

    def test_what_was_sent_arrives_first(self) -> None:
        """Closing waits for what is under way, and both ends know why."""
        for seed in range(10):
            link = Link(seed, BAD).open()
            messages = numbered("last words", 20)
            for message in messages:
                link.server.it.send(message)
            link.server.it.close("stopped", link.now)
            link.until(link.over)
            self.assertEqual(link.client.messages, messages)
            self.assertEqual(link.server.it.ended, "stopped")

    def test_both_hear_of_it(self) -> None:
        """The other end hears the reason, and answers, so that nobody lingers."""
        link = Link(0, Weather()).open()
        begin = link.now
        link.client.it.close("quit", link.now)
        link.until(lambda: link.server.it.state is State.ENDED and link.client.it.state is State.ENDED)
        self.assertEqual((link.client.it.ended, link.server.it.ended), ("quit", "quit"))
        self.assertLess(link.now - begin, 0.5)

    def test_a_peer_that_hears_nothing_does_not_hold_it_up(self) -> None:
        """After lingering it is over, whatever was not acknowledged."""
        link = Link(0, Weather()).open()
        link.drops = lambda who, data: who == "client"
        link.server.it.send(b"never acknowledged")
        link.server.it.close("stopped", link.now)
        begin = link.now
        link.until(lambda: link.server.it.state is State.ENDED)
        self.assertLess(link.now - begin, 8)


class Bounds(SynchronousTestCase):
    """No peer makes an end grow without bound (P6)."""

    def test_a_reader_that_does_not_take(self) -> None:
        """What is not taken is not sent, beyond the window; once it is taken, the rest comes."""
        small = Terms(window=FIRST_CREDIT, queue=0)
        link = Link(5, BAD, small, small).open()
        messages = [bytes([at]) * 1000 for at in range(100)]
        link.server.reading = False
        for message in messages:
            link.client.it.send(message)
        link.wait(20)
        self.assertEqual(link.server.messages, [])
        link.server.reading = True
        link.until(lambda: len(link.server.messages) == 100)
        self.assertEqual(link.server.messages, messages)

    def test_a_queue_has_an_end(self) -> None:
        """Whoever sends more than fits is told."""
        link = Link(0, Weather(), Terms(queue=10_000)).open()
        link.drops = lambda who, data: True
        told = [link.client.it.send(bytes(1000)) for _ in range(20)]
        self.assertEqual(told.count(True), 9)
        self.assertFalse(told[-1])

    def test_a_message_that_can_never_fit(self) -> None:
        """It ends the connection, with a word."""
        small = Terms(window=FIRST_CREDIT)
        link = Link(0, Weather(), Terms(), small).open()
        link.client.it.send(bytes(FIRST_CREDIT + 1))
        link.until(lambda: link.client.it.state is State.ENDED)
        self.assertEqual(link.client.it.ended, "too-long")

    def test_hostile_fragments(self) -> None:
        """Fragments from all over are kept within the window, and those that contradict each other end it."""
        counts = Counts()
        server = Connection(Role.SERVER, 1, "x", Terms(window=FIRST_CREDIT), 0.0, counts)
        for number in range(5000):
            part = wire.fragment(number * 7 % 1000 + 1, 0, 2, bytes(wire.FRAGMENT))
            server.receive_datagram(wire.header(1, number) + part, "x", 0.1)
        self.assertGreater(counts.unfit, 4900)
        self.assertIs(server.state, State.OPEN)
        part = wire.fragment(8, 1, 3, bytes(wire.FRAGMENT))
        server.receive_datagram(wire.header(1, 9999) + part, "x", 0.1)
        self.assertIs(server.state, State.CLOSING)

    def test_acknowledging_what_was_never_sent(self) -> None:
        """Is garbage, and opens no window."""
        counts = Counts()
        server = Connection(Role.SERVER, 1, "x", Terms(), 0.0, counts)
        server.receive_datagram(wire.header(1, 0) + wire.ack([(0, 10**9)], 0, 10**9, 1000), "x", 0.1)
        self.assertEqual(counts.garbage, 1)

    def test_amplification_at_a_new_address(self) -> None:
        """Never more than three times what came from there, until it is proved (RFC 9000 section 8)."""
        link = Link(0, Weather()).open()
        for number in range(200):
            link.server.it.send(b"x" * 1000 + b"%d" % number)
        link.wait(0.01)
        link.address = "elsewhere"
        # The new address never answers: what comes for it is lost.
        link.drops = lambda who, data: who == "server"
        link.client.it.send(b"here I am")
        link.wait(20)
        self.assertGreater(link.came_from["elsewhere"], 0)
        self.assertLessEqual(link.sent_to["elsewhere"], 3 * link.came_from["elsewhere"])
        self.assertEqual(link.server.it.address, "one")

    @given(st.binary(max_size=1300))
    def test_any_bytes(self, data: bytes) -> None:
        """Garbage is counted and changes nothing."""
        counts = Counts()
        for role in Role:
            connection = Connection(role, 1, "x", Terms(), 0.0, counts)
            state = connection.state
            connection.receive_datagram(data, "x", 0.0)
            connection.receive_datagram(bytes([wire.VERSION]) + data, "x", 0.0)
            self.assertIs(connection.state, state)

    @settings(max_examples=300)
    @given(st.lists(st.tuples(st.integers(0, 40), st.binary(min_size=1, max_size=60)), max_size=20))
    def test_any_frames(self, packets: list[tuple[int, bytes]]) -> None:
        """Frames of any content for the right connection: no exception, no growth, and the end still has a timer."""
        connection = Connection(Role.SERVER, 1, "x", Terms(), 0.0, Counts())
        for at, (number, frames) in enumerate(packets):
            now = 0.1 * at
            connection.receive_datagram(wire.header(1, number) + frames, "x", now)
            connection.handle_timer(now)
            while connection.take() is not None:
                pass
            connection.send(b"something")
            self.assertLess(sum(len(data) for data, _ in connection.datagrams_to_send(now)), 20_000)
            if connection.state is not State.ENDED:
                self.assertGreater(connection.get_timer(), 0.0)
