"""What both ends of SCRAM-SHA-256 share: the computations and the grammar (RFC 5802, RFC 7677). No I/O.

::

    SaltedPassword = PBKDF2-HMAC-SHA-256(prepared password, salt, iterations)      RFC 5802 section 3
    ClientKey = HMAC(SaltedPassword, "Client Key")        StoredKey = H(ClientKey)
    ServerKey = HMAC(SaltedPassword, "Server Key")
    AuthMessage = client-first-bare "," server-first "," client-final-without-proof
    ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage)    ServerSignature = HMAC(ServerKey, AuthMessage)
"""

import base64
import binascii
import hashlib
import hmac
import re

#: RFC 7677 section 4: at least 4096.
LEAST_ITERATIONS = 4096
#: Longest SCRAM message either end reads, in bytes; ours stay far below.
MAX_MESSAGE = 2048

# RFC 5802 section 7: attr-val = ALPHA "=" value; value = 1*value-char, which is any UTF-8 but NUL and ",".
_ATTRIBUTE = re.compile(r"([A-Za-z])=([^\0,]+)\Z", re.DOTALL)
# nonce: printable = %x21-2B / %x2D-7E.
_NONCE = re.compile(r"[!-+\--~]+\Z")


class ScramError(ValueError):
    """The peer's message breaks the grammar or the rules. `code` is RFC 5802's `server-error-value`."""

    def __init__(self, sentence: str, code: str = "other-error") -> None:
        super().__init__(sentence)
        self.code = code


def salted_password(password: bytes, salt: bytes, iterations: int) -> bytes:
    """`Hi` of RFC 5802 section 2.2; `password` is prepared already. Slow on purpose; releases the GIL."""
    return hashlib.pbkdf2_hmac("sha256", password, salt, iterations)


def client_key(salted: bytes) -> bytes:
    return mac(salted, b"Client Key")


def server_key(salted: bytes) -> bytes:
    return mac(salted, b"Server Key")


def stored_key(client: bytes) -> bytes:
    return hashlib.sha256(client).digest()


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def xor(left: bytes, right: bytes) -> bytes:
    if len(left) != len(right):
        raise ValueError("one is longer than the other")
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))


def text_of(message: bytes) -> str:
    """The message as text, if it may be a SCRAM message at all."""
    if len(message) > MAX_MESSAGE:
        raise ScramError("the message is too long")
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError:
        raise ScramError("the message is not UTF-8", "invalid-encoding") from None


def attributes(text: str) -> list[tuple[str, str]]:
    """A comma-separated list of attributes, in order (RFC 5802 section 5.1)."""
    found = []
    for part in text.split(","):
        match = _ATTRIBUTE.match(part)
        if match is None:
            raise ScramError("an attribute is not of the form letter=value")
        found.append((match[1], match[2]))
    return found


def required(pairs: list[tuple[str, str]], *names: str) -> list[str]:
    """The values of the attributes that must stand first, in this order; extensions may follow."""
    if pairs[0][0] == "m":
        # RFC 5802 section 5.1: "m" is reserved for mandatory extensions, and we know none.
        raise ScramError("mandatory extensions are not supported", "extensions-not-supported")
    first, rest = pairs[: len(names)], pairs[len(names) :]
    if [name for name, _ in first] != list(names):
        raise ScramError(f"the attributes {', '.join(names)} must come first, in this order")
    if rest and any(name in names or name == "m" for name, _ in rest):
        raise ScramError("an attribute is repeated or out of place")
    return [value for _, value in first]


def check_nonce(nonce: str) -> str:
    if not _NONCE.match(nonce):
        raise ScramError("a nonce has printable ASCII characters other than the comma")
    return nonce


def quoted_name(name: str) -> str:
    """RFC 5802 section 5.1 `saslname`."""
    return name.replace("=", "=3D").replace(",", "=2C")


def unquoted_name(text: str) -> str:
    if re.search(r"=(?!2C|3D)", text) or not text:
        raise ScramError("the name is not encoded as RFC 5802 section 5.1 says", "invalid-username-encoding")
    return text.replace("=2C", ",").replace("=3D", "=")


def to_base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def from_base64(text: str) -> bytes:
    try:
        octets = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ScramError("a value is not base64", "invalid-encoding") from None
    # RFC 5802 section 7 `base64` is canonical: exactly one spelling of each value.
    if to_base64(octets) != text:
        raise ScramError("a value is not base64", "invalid-encoding")
    return octets
