"""The client's end of SCRAM-SHA-256 (RFC 5802, RFC 7677). No I/O, standard library only.

::

    exchange = ScramClient("alice", "secret")
    send(exchange.first()) ; send(exchange.final(receive())) ; exchange.verify(receive())
"""

import hmac
import secrets

from imd.net import scram
from imd.net.opaque_string import prepare
from imd.net.scram import ScramError

#: More rounds than this would be an attack on the client's processor.
MOST_ITERATIONS = 10_000_000


class ScramClient:
    """One conversation. `keys` may carry over a salted password that was kept: (salt, iterations, SaltedPassword)."""

    def __init__(
        self,
        name: str,
        password: str,
        *,
        nonce: str | None = None,
        keys: tuple[bytes, int, bytes] | None = None,
    ) -> None:
        self._password = prepare(password) if password or keys is None else b""
        self._nonce = secrets.token_urlsafe(24) if nonce is None else scram.check_nonce(nonce)
        self._bare = f"n={scram.quoted_name(name)},r={self._nonce}"
        self._server_signature = b""
        #: What to keep to sign on next time without the work of PBKDF2 (RFC 5802 section 5.1, attribute "s").
        self.keys = keys

    def first(self) -> bytes:
        """client-first-message; "n": we know no channel binding."""
        return f"n,,{self._bare}".encode()

    def final(self, server_first: bytes) -> bytes:
        """client-final-message. Slow when the keys are not known (PBKDF2). Raises `ScramError`."""
        text = scram.text_of(server_first)
        nonce, salt_text, count = scram.required(scram.attributes(text), "r", "s", "i")
        # RFC 5802 section 5.1, "r": the client MUST verify that its own nonce begins the server's.
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise ScramError("the server's nonce does not continue ours")
        salt = scram.from_base64(salt_text)
        if not (count.isascii() and count.isdigit() and len(count) <= 8):
            raise ScramError("the iteration count is not a number")
        iterations = int(count)
        if not scram.LEAST_ITERATIONS <= iterations <= MOST_ITERATIONS:
            raise ScramError("the iteration count is too low or too high")
        if self.keys is None or self.keys[:2] != (salt, iterations):
            if not self._password:
                raise ScramError("the kept keys are of another password")
            self.keys = salt, iterations, scram.salted_password(self._password, salt, iterations)
        salted = self.keys[2]
        # "biws" is base64 of the GS2 header "n,,".
        without_proof = f"c=biws,r={nonce}"
        message = f"{self._bare},{text},{without_proof}".encode()
        key = scram.client_key(salted)
        proof = scram.xor(key, scram.mac(scram.stored_key(key), message))
        self._server_signature = scram.mac(scram.server_key(salted), message)
        return f"{without_proof},p={scram.to_base64(proof)}".encode()

    def verify(self, server_final: bytes) -> None:
        """Make sure that the server knows the password, too. Raises `ScramError`."""
        pairs = scram.attributes(scram.text_of(server_final))
        if pairs[0][0] == "e":
            raise ScramError(f"the server refuses: {pairs[0][1]}", pairs[0][1])
        (signature,) = scram.required(pairs, "v")
        if not self._server_signature or not hmac.compare_digest(scram.from_base64(signature), self._server_signature):
            raise ScramError("the server does not know the password: this may not be the server it claims to be")
