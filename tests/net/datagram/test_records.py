"""What of a client's datagrams OpenSSL may have."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.datagram.records import datagrams, decent, records
from tests.net.datagram.test_dtls import Server, client

HANDSHAKE, APPLICATION_DATA, ALERT = 22, 23, 21
CERTIFICATE, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE = 11, 15, 16


def record(kind: int, body: bytes, epoch: int = 0) -> bytes:
    return bytes([kind]) + b"\xfe\xfd" + epoch.to_bytes(2, "big") + bytes(6) + len(body).to_bytes(2, "big") + body


def message(kind: int, number: int, length: int, data: bytes = b"x") -> bytes:
    """A fragment, from the beginning, of a handshake message (RFC 6347 section 4.2.2)."""
    head = bytes([kind]) + length.to_bytes(3, "big") + number.to_bytes(2, "big")
    return head + bytes(3) + len(data).to_bytes(3, "big") + data


class DecentTests(SynchronousTestCase):
    def test_a_handshake(self) -> None:
        """Everything that a client says on its way in goes through."""
        server, one = Server(), client()
        for _ in range(4):
            for said in one.take():
                self.assertEqual(decent(said, established=False), said)
                for answer in server.receive(said):
                    one.receive(answer)
        self.assertTrue(server.peers["a"].established)
        one.send(b"hello")
        (said,) = one.take()
        self.assertEqual(decent(said, established=True), said)

    def test_messages_that_nobody_needs(self) -> None:
        """Long ones, ones far ahead, ones that do not fill their record: OpenSSL would make room for them."""
        good = message(CLIENT_KEY_EXCHANGE, 3, 1)
        long = message(CERTIFICATE, 2, 16 * 1024)
        for fine in (good, long, good + message(CERTIFICATE_VERIFY, 4, 1024)):
            self.assertEqual(decent(record(HANDSHAKE, fine), established=False), record(HANDSHAKE, fine))
        for number, kind, length in (
            (3, CLIENT_KEY_EXCHANGE, 1025),
            (2, CERTIFICATE, 16 * 1024 + 1),
            (3, CERTIFICATE, 16 * 1024),
            (6, CLIENT_KEY_EXCHANGE, 1),
            (65535, CLIENT_KEY_EXCHANGE, 1),
        ):
            odd = message(kind, number, length)
            self.assertEqual(decent(record(HANDSHAKE, odd), established=False), b"")
            self.assertEqual(decent(record(HANDSHAKE, good + odd), established=False), b"")
        self.assertEqual(decent(record(HANDSHAKE, good[:-1]), established=False), b"")
        self.assertEqual(decent(record(HANDSHAKE, good + b"x"), established=False), b"")

    def test_after_the_handshake(self) -> None:
        """There is no other: renegotiation is off. What else is in the datagram remains."""
        data, alert = record(APPLICATION_DATA, b"data", 1), record(ALERT, b"alert", 1)
        again = record(HANDSHAKE, message(CLIENT_KEY_EXCHANGE, 3, 1), 1)
        self.assertEqual(decent(again, established=True), b"")
        self.assertEqual(decent(data + again + alert, established=True), data + alert)
        self.assertEqual(decent(again, established=False), again)

    def test_half_a_record(self) -> None:
        """Goes no further; the whole ones before it do (RFC 6347 section 4.1: a record is in one datagram)."""
        data = record(APPLICATION_DATA, b"data", 1)
        for at in range(len(data)):
            for established in (False, True):
                self.assertEqual(decent(data + data[:at], established=established), data)

    @given(st.binary(max_size=200), st.booleans())
    def test_any_bytes(self, data: bytes, established: bool) -> None:
        """Never anything that did not come, and always whole records."""
        kept = decent(data, established=established)
        self.assertEqual(b"".join(kept[at:end] for at, end in records(kept)), kept)
        self.assertLessEqual(len(kept), len(data))
        self.assertEqual(decent(kept, established=established), kept)

    @given(st.binary(max_size=200))
    def test_cutting(self, data: bytes) -> None:
        """Cutting into datagrams never loses a whole record and never hangs."""
        self.assertTrue(data.startswith(b"".join(datagrams(data))[: len(data)]))
