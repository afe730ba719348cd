"""DTLS records sealed by hand: what OpenSSL's client would never say, with keys that make its server listen.

Only for TLS_ECDHE_…_WITH_AES_128_GCM_SHA256 (RFC 5288, RFC 5289), which a client may ask for.
"""

import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from OpenSSL import SSL


def _expanded(secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """RFC 5246 section 5, P_SHA256."""
    seed = label + seed
    out, turn = b"", seed
    while len(out) < length:
        turn = hmac.digest(secret, turn, "sha256")
        out += hmac.digest(secret, turn + seed, "sha256")
    return out[:length]


class Sealer:
    """The client's writing keys of an established association."""

    def __init__(self, tls: SSL.Connection) -> None:
        assert tls.get_cipher_name() in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256")
        randoms = (tls.server_random() or b"") + (tls.client_random() or b"")
        block = _expanded(tls.master_key() or b"", b"key expansion", randoms, 40)
        self._key = AESGCM(block[:16])
        self._salt = block[32:36]

    def record(self, kind: int, number: int, body: bytes, epoch: int = 1) -> bytes:
        """A record of this content type and sequence number (RFC 6347 section 4.1.2.1)."""
        head = epoch.to_bytes(2, "big") + number.to_bytes(6, "big")
        extra = head + bytes([kind]) + b"\xfe\xfd" + len(body).to_bytes(2, "big")
        sealed = head + self._key.encrypt(self._salt + head, body, extra)
        return bytes([kind]) + b"\xfe\xfd" + head + len(sealed).to_bytes(2, "big") + sealed
