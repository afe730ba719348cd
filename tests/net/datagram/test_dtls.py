"""DTLS between two ends without a socket."""

import time
from functools import cache

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from twisted.trial.unittest import SynchronousTestCase

from imd.net.datagram.dtls import Association, Listener, connecting, context
from imd.net.datagram.packet import DATAGRAM, FRAGMENT, FRAGMENT_HEADER, HEADER_SIZE
from imd.net.datagram.records import client_random, datagrams
from imd.net.datagram.tokens import LIFETIME
from imd.net.self_signed import make_pair


@cache
def pair() -> tuple[bytes, bytes]:
    return make_pair("localhost", time.time())


def server_context() -> SSL.Context:
    certificate, key = pair()
    made = context(SSL.DTLS_SERVER_METHOD)
    made.use_certificate(load_pem_x509_certificate(certificate))
    made.use_privatekey(load_pem_private_key(key, None))  # type: ignore[arg-type]
    return made


def client() -> Association:
    made = connecting(context(SSL.DTLS_CLIENT_METHOD))
    made.begin()
    return made


class Server:
    """A listener and the associations it has made, by address."""

    def __init__(self) -> None:
        made = server_context()
        self.listener = Listener(lambda: made, 0.0)
        self.peers: dict[str, Association] = {}
        self.payloads: list[bytes] = []

    def receive(self, datagram: bytes, address: str = "a", now: float = 0.0) -> list[bytes]:
        """What is answered."""
        if address in self.peers:
            self.payloads += self.peers[address].receive(datagram)
            return self.peers[address].take()
        peer, answer = self.listener.hello(datagram, address, now)
        if peer is not None:
            self.peers[address] = peer
            peer.begin()
            return peer.take()
        return answer


def shake(one: Association, server: Server, address: str = "a") -> None:
    """To the end of the handshake."""
    for _ in range(4):
        answers = [answer for each in one.take() for answer in server.receive(each, address)]
        for answer in answers:
            one.receive(answer)


class Handshakes(SynchronousTestCase):
    def test_nothing_is_kept_before_the_cookie(self) -> None:
        """A hello without cookie, or with one for another address or time, gets a small answer and no state."""
        server, one = Server(), client()
        (hello,) = one.take()
        (answer,) = server.receive(hello)
        self.assertEqual(server.peers, {})
        self.assertLess(len(answer), len(hello))
        one.receive(answer)
        (again,) = one.take()
        for address, now in (("b", 0.0), ("a", LIFETIME + 1)):
            (answer,) = server.receive(again, address, now)
            self.assertEqual(server.peers, {})
            self.assertLess(len(answer), len(again))
        server.receive(again)
        self.assertEqual(list(server.peers), ["a"])

    def test_talking(self) -> None:
        """Both directions, payloads as they were, in datagrams that fit; the longest fragment fits too."""
        server, one = Server(), client()
        shake(one, server)
        self.assertTrue(one.established)
        self.assertTrue(server.peers["a"].established)
        self.assertGreaterEqual(one.payload, HEADER_SIZE + FRAGMENT_HEADER + FRAGMENT)
        longest = b"x" * one.payload
        for payload in (b"hello", longest):
            one.send(payload)
            (datagram,) = one.take()
            self.assertLessEqual(len(datagram), DATAGRAM)
            server.receive(datagram)
        self.assertEqual(server.payloads, [b"hello", longest])
        server.peers["a"].send(b"back")
        self.assertEqual([one.receive(each) for each in server.peers["a"].take()], [[b"back"]])

    def test_many_peers_by_one_listener(self) -> None:
        """Handshakes that interleave do not disturb each other."""
        server = Server()
        clients = {str(number): client() for number in range(20)}
        for _ in range(4):
            for address, one in clients.items():
                for each in one.take():
                    for answer in server.receive(each, address):
                        one.receive(answer)
        self.assertTrue(all(one.established for one in clients.values()))
        self.assertEqual(len(server.peers), 20)

    def test_copies_and_order(self) -> None:
        """Datagrams that come twice, or late, do no harm: a payload is delivered at most once."""
        server, one = Server(), client()
        shake(one, server)
        one.send(b"first")
        one.send(b"second")
        sent = datagrams(b"".join(one.take()), 60)
        self.assertEqual(len(sent), 2)
        for each in (sent[1], sent[0], sent[1], sent[0]):
            server.receive(each)
        self.assertEqual(server.payloads, [b"second", b"first"])

    def test_closing(self) -> None:
        """The other end hears of it."""
        server, one = Server(), client()
        shake(one, server)
        one.close()
        for each in one.take():
            server.receive(each)
        self.assertTrue(server.peers["a"].ended)

    def test_a_hello_is_known_again(self) -> None:
        """All copies of a hello, with and without cookie, have one random; another client has another."""
        server, one = Server(), client()
        (hello,) = one.take()
        one.receive(server.receive(hello)[0])
        (again,) = one.take()
        self.assertEqual(len(client_random(hello)), 32)
        self.assertEqual(client_random(hello), client_random(again))
        self.assertNotEqual(client_random(hello), client_random(client().take()[0]))
        self.assertEqual(client_random(b"\x16" + bytes(20)), b"")


class Garbage(SynchronousTestCase):
    server = Server()

    @given(
        st.binary(max_size=1300), st.sampled_from([b"", b"\x16\xfe\xfd\0\0", b"\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x20\x01"])
    )
    def test_any_bytes(self, data: bytes, head: bytes) -> None:
        """The listener survives what is no hello, answers at most three times as much, and keeps nothing."""
        answer = self.server.receive(head + data)
        self.assertLessEqual(sum(map(len, answer)), 3 * len(head + data))
        self.assertEqual(self.server.peers, {})

    def test_afterwards_all_is_well(self) -> None:
        """Damaged hellos, and then a good one."""
        server = Server()
        (hello,) = client().take()
        for at in range(len(hello)):
            server.receive(hello[:at] + bytes([hello[at] ^ 0x55]) + hello[at + 1 :])
            server.receive(hello[:at])
        one = client()
        shake(one, server, "fresh")
        self.assertTrue(one.established)
