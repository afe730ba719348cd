"""A certificate of our own where none is configured: P-256, made once, kept in the data folder."""

import contextlib
import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE_NAME = "certificate.pem"
KEY_NAME = "key.pem"
LIFETIME = datetime.timedelta(days=3650)


def ensure_pair(folder: Path, domain: str, now: float) -> tuple[Path, Path]:
    """Paths of certificate and key in `folder`, made if they are missing, worn out, or for another domain.

    Blocking, some milliseconds: call it before the reactor runs, or in a thread. Raises OSError.
    """
    certificate, key = folder / CERTIFICATE_NAME, folder / KEY_NAME
    if not (key.exists() and _serves(certificate, domain, now)):
        folder.mkdir(parents=True, exist_ok=True)
        certificate_pem, key_pem = make_pair(domain, now)
        # Key first: whoever sees the new certificate finds its key.
        _write(key, key_pem, 0o600)
        _write(certificate, certificate_pem, 0o644)
    return certificate, key


def make_pair(domain: str, now: float, names: Sequence[str] = ("localhost", "127.0.0.1", "::1")) -> tuple[bytes, bytes]:
    """A fresh self-signed certificate for `domain` and `names`, and its key; both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    # RFC 5280 appendix A.1 ub-common-name: at most 64 characters. Clients read subjectAltName (RFC 9525).
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain[:64])])
    begins = datetime.datetime.fromtimestamp(now, datetime.UTC).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A day back, for clients whose clock is slow.
        .not_valid_before(begins - datetime.timedelta(days=1))
        .not_valid_after(begins + LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in dict.fromkeys((domain, *names))]), False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _general_name(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name.encode("idna").decode("ascii") if not name.isascii() else name)


def _serves(path: Path, domain: str, now: float) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return certificate.not_valid_after_utc.timestamp() > now and _general_name(domain) in names


def _write(path: Path, content: bytes, mode: int) -> None:
    """All or nothing, and never readable by others for a moment."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
