"""DTLS 1.2 (RFC 6347) by pyOpenSSL's memory BIOs: datagrams in, datagrams out; the socket is somebody else's.

Nothing here looks at a clock. Of the handshake the client says its `flight` again while it waits, and the server its
own for who does (section 4.2.4): without resumption it is always the client that waits, so no loss needs a timer of the
server's.
"""

import contextlib
from collections.abc import Callable
from typing import Final

from OpenSSL import SSL, crypto
from twisted.internet.ssl import CertificateOptions

from imd.net.datagram.packet import DATAGRAM
from imd.net.datagram.records import client_random, datagrams, decent
from imd.net.datagram.tokens import Tokens

#: Most that is read out of a BIO at a time.
_MUCH: Final = 1 << 20
#: SSL_OP_COOKIE_EXCHANGE of OpenSSL's ssl.h, which pyOpenSSL may lack.
_COOKIES: Final = SSL.OP_COOKIE_EXCHANGE or 0x2000
#: Forward secrecy and authenticated encryption only (RFC 9325 section 4.2).
_CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20"


def context(method: int) -> SSL.Context:
    """What both ends have in common."""
    made = SSL.Context(method)
    made.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION)
    made.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    made.set_mode(SSL.MODE_RELEASE_BUFFERS)
    made.set_cipher_list(_CIPHERS)
    return made


class ServerContext:
    """The context for a listener, with the certificate in force; a renewed certificate makes a new one."""

    def __init__(self, options: Callable[[], CertificateOptions]) -> None:
        self._current = options
        self._options: CertificateOptions | None = None
        self._made: SSL.Context | None = None

    def __call__(self) -> SSL.Context:
        options = self._current()
        if self._made is None or options is not self._options:
            made = context(SSL.DTLS_SERVER_METHOD)
            if options.certificate is None or options.privateKey is None:
                raise ValueError("DTLS needs a certificate and its key")
            made.use_certificate(options.certificate)
            for certificate in options.extraCertChain:
                made.add_extra_chain_cert(certificate)
            made.use_privatekey(options.privateKey)
            made.set_verify(SSL.VERIFY_PEER, any_certificate)
            self._made, self._options = made, options
        return self._made


class Association:
    """One DTLS association, either end (RFC 6347 section 3)."""

    __slots__ = ("_of_server", "ended", "established", "flight", "random", "tls")

    def __init__(self, connection: SSL.Connection, random: bytes = b"") -> None:
        self.tls = connection
        #: Of the client's hello; a client's own end has none.
        self.random = random
        self._of_server = bool(random)
        self.established = False
        #: Why it is over, for people; "" while it is not.
        self.ended = ""
        #: What was last said of the handshake, until the first payload goes or comes: to be said again when it was
        #: lost, earlier than OpenSSL would after 1, 2, 4 … seconds. Who has it already drops the copies as replays.
        self.flight: list[bytes] | None = []

    @property
    def payload(self) -> int:
        """Most bytes one datagram carries."""
        return self.tls.get_cleartext_mtu()

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take in a datagram; the payloads in it. What does not belong here is dropped by OpenSSL."""
        if self.ended:
            return []
        if datagram and self._of_server:
            datagram = decent(datagram, established=self.established)
        if datagram:
            self.tls.bio_write(datagram)
        payloads: list[bytes] = []
        try:
            if not self.established:
                self.tls.do_handshake()
                self.established = True
            while True:
                payloads.append(self.tls.recv(_MUCH))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.ended = "The other end closed it."
        except SSL.Error as error:
            self.ended = _why(error)
        if payloads:
            self.flight = None
        return payloads

    def begin(self) -> None:
        """Go on with the handshake without hearing anything: the client's first words, the server's after a cookie."""
        self.receive(b"")

    def send(self, payload: bytes) -> None:
        """Encrypt a payload of at most `payload` bytes; `take` has the datagram."""
        if self.ended or not self.established:
            return
        self.flight = None
        try:
            self.tls.send(payload)
        except SSL.Error as error:
            self.ended = _why(error)

    def take(self) -> list[bytes]:
        """The datagrams to send."""
        try:
            out = datagrams(self.tls.bio_read(_MUCH))
        except SSL.WantReadError:
            return []
        if self.flight is not None:
            self.flight = out
        return out

    def close(self) -> None:
        """Say that it is over (close_notify)."""
        if self.ended:
            return
        self.ended = "Closed."
        # If not even a handshake was done, there is nothing to say.
        with contextlib.suppress(SSL.Error):
            self.tls.shutdown()


class Listener:
    """The server's end before there is an association: cookies (RFC 6347 section 4.2.1), nothing kept of anybody."""

    def __init__(self, server: Callable[[], SSL.Context], now: float) -> None:
        """`server` gives the context in force, made by `context`; a new certificate is a new one."""
        self._server = server
        self._tokens = Tokens(now)
        self._context: SSL.Context | None = None
        self._listening: SSL.Connection | None = None
        # OpenSSL's callbacks do not get the address: it stands here while OpenSSL is asked.
        self._address = ""
        self._now = now

    def hello(self, datagram: bytes, address: str, now: float) -> tuple[Association | None, list[bytes]]:
        """Take in a ClientHello from an address in any text form: an association once its cookie is right, which has
        yet to `begin` (the costly part), or what to answer."""
        random = client_random(datagram)
        if not random:
            return None, []
        self._address, self._now = address, now
        listening = self._connection()
        listening.bio_write(datagram)
        try:
            listening.DTLSv1_listen()
        except SSL.WantReadError:
            answer = self._answer(listening)
            if not answer:
                # Something was odd about it; who knows what it has left behind.
                self._listening = None
            return None, [each for each in answer if len(each) <= 3 * len(datagram)]
        except SSL.Error:
            self._listening = None
            return None, []
        self._listening = None
        return Association(listening, random), []

    @staticmethod
    def _answer(listening: SSL.Connection) -> list[bytes]:
        try:
            return datagrams(listening.bio_read(_MUCH))
        except SSL.WantReadError:
            return []

    def _connection(self) -> SSL.Connection:
        server = self._server()
        if self._listening is None or server is not self._context:
            if server is not self._context:
                server.set_options(_COOKIES)
                server.set_cookie_generate_callback(self._cookie)
                server.set_cookie_verify_callback(self._right)
                self._context = server
            listening = SSL.Connection(server, None)
            listening.set_accept_state()
            listening.set_ciphertext_mtu(DATAGRAM)
            self._listening = listening
        return self._listening

    def _cookie(self, connection: SSL.Connection) -> bytes:
        return self._tokens.make(self._address, 0, self._now)

    def _right(self, connection: SSL.Connection, cookie: bytes) -> bool:
        return self._tokens.holds(cookie, self._address, 0, self._now)


def connecting(client: SSL.Context, name: str = "") -> Association:
    """A client's end, which has yet to `begin`. `name`: of the server, for its choice of a certificate (RFC 6066
    section 3); empty for an address."""
    connection = SSL.Connection(client, None)
    if name:
        connection.set_tlsext_host_name(name.encode("ascii"))
    connection.set_connect_state()
    connection.set_ciphertext_mtu(DATAGRAM)
    return Association(connection)


def any_certificate(
    connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, verified: int
) -> bool:
    """Its fingerprint, not its issuer, is the credential (SASL EXTERNAL)."""
    return True


def _why(error: SSL.Error) -> str:
    arguments = error.args[0] if error.args else ()
    if isinstance(arguments, list | tuple):
        return "; ".join(str(part[-1]) for part in arguments if part) or "DTLS failed"
    return str(arguments)
