"""The server's end of SCRAM-SHA-256 (RFC 5802, RFC 7677), and verifiers. Pure: no I/O, no clock, no store.

A verifier is all that is kept of a password; the same one answers SCRAM and PLAIN.
"""

import hmac
import secrets

import msgspec

from imd.core.address import fold
from imd.core.stores import Verifier
from imd.net import scram
from imd.net.scram import ScramError

SALT_SIZE = 16
_ZERO = bytes(32)


def new_verifier(salted: bytes, salt: bytes, iterations: int) -> Verifier:
    """What is kept of a password, from its SaltedPassword."""
    return Verifier(salt, iterations, scram.stored_key(scram.client_key(salted)), scram.server_key(salted))


def matches(verifier: Verifier, salted: bytes) -> bool:
    """Whether a password that came in the clear, salted and hashed as the verifier says, is the right one."""
    return hmac.compare_digest(scram.stored_key(scram.client_key(salted)), verifier.stored_key)


def decoy(secret: bytes, folded: str, iterations: int) -> Verifier:
    """A verifier for a name nobody has: always the same for one name, and never satisfied.

    So that whether an account exists cannot be read off the salt (RFC 5802 section 5.1 leaves this open).
    """

    # One digest for all three, because it is made for each sign-on; only the salt is ever seen.
    bits = hmac.digest(secret, b"imd decoy\0" + folded.encode("utf-8", "surrogatepass"), "sha512")
    return Verifier(bits[:SALT_SIZE], iterations, bits[SALT_SIZE : SALT_SIZE + len(_ZERO)], bits[-len(_ZERO) :])


class ClientFirst(msgspec.Struct, frozen=True):
    """client-first-message, taken apart (RFC 5802 section 7)."""

    #: With its comma, as it must come back in "c=".
    gs2_header: bytes
    bare: bytes
    name: str
    nonce: str


class ClientFinal(msgspec.Struct, frozen=True):
    """client-final-message, taken apart."""

    channel_binding: bytes
    nonce: str
    proof: bytes
    without_proof: bytes


def parse_first(message: bytes) -> ClientFirst:
    """Raises `ScramError`, and nothing else."""
    text = scram.text_of(message)
    parts = text.split(",", 2)
    if len(parts) < 3:
        raise ScramError("the GS2 header is missing")
    flag, authzid, bare = parts
    if flag.startswith("p="):
        # Section 6: the client insists on channel binding, which SCRAM-SHA-256 without -PLUS cannot give.
        raise ScramError("channel binding is not offered", "channel-binding-not-supported")
    # "y": the client could bind but believes we cannot, which is so (section 6).
    if flag not in ("n", "y"):
        raise ScramError("the GS2 header does not begin with n, y or p=")
    name, nonce = scram.required(scram.attributes(bare), "n", "r")
    name = scram.unquoted_name(name)
    if authzid:
        if not authzid.startswith("a="):
            raise ScramError("the authorization identity is not of the form a=NAME")
        # RFC 5801 section 4: who acts for whom. Nobody acts for somebody else here.
        if fold(scram.unquoted_name(authzid[2:])) != fold(name):
            raise ScramError("signing on in another's name is not possible")
    return ClientFirst(f"{flag},{authzid},".encode(), bare.encode(), name, scram.check_nonce(nonce))


def parse_final(message: bytes) -> ClientFinal:
    """Raises `ScramError`, and nothing else."""
    text = scram.text_of(message)
    without_proof, comma, proof = text.rpartition(",p=")
    if not comma:
        raise ScramError("the proof is missing")
    binding, nonce = scram.required(scram.attributes(without_proof), "c", "r")
    octets = scram.from_base64(proof)
    if len(octets) != len(_ZERO):
        raise ScramError("the proof has the wrong length", "invalid-proof")
    return ClientFinal(scram.from_base64(binding), nonce, octets, without_proof.encode())


class ServerExchange:
    """One conversation, once the client's first message is read and a verifier, real or decoy, is at hand."""

    def __init__(self, first: ClientFirst, verifier: Verifier, *, server_nonce: str | None = None) -> None:
        self._first = first
        self._verifier = verifier
        self._nonce = first.nonce + (secrets.token_urlsafe(18) if server_nonce is None else server_nonce)
        salt = scram.to_base64(verifier.salt)
        self.server_first = f"r={self._nonce},s={salt},i={verifier.iterations}".encode()

    def final(self, message: bytes) -> bytes | None:
        """server-final-message, or None if the proof is wrong. Raises `ScramError`.

        All work is done before anything is compared, so that each wrong answer takes the same time.
        """
        final = parse_final(message)
        auth_message = b",".join((self._first.bare, self.server_first, final.without_proof))
        signature = scram.mac(self._verifier.stored_key, auth_message)
        right_proof = hmac.compare_digest(
            scram.stored_key(scram.xor(final.proof, signature)), self._verifier.stored_key
        )
        answer = f"v={scram.to_base64(scram.mac(self._verifier.server_key, auth_message))}".encode()
        right_nonce = hmac.compare_digest(final.nonce.encode(), self._nonce.encode())
        # Section 5.1, "c": the GS2 header of the first message comes back, protected by the proof.
        right_binding = hmac.compare_digest(final.channel_binding, self._first.gs2_header)
        return answer if right_proof & right_nonce & right_binding else None
