"""Which pages may come, by what browsers say of them (RFC 6454): for WebSockets and requests alike. No I/O."""

from collections.abc import Collection, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit


def from_here(origin: Sequence[str], host: str, origins: Collection[str], domain: str = "") -> bool:
    """Whether the page that asks may: it is ours, it is on the list, or there is none (what is no browser may
    say what it likes, so that nothing is gained by asking it: RFC 6455 section 10.2). "*" on the list stands for all.

    Ours is what has the name by which we were asked for. With a `domain` that must be a name of this machine itself, or
    of that domain: anybody can give a name of his to 127.0.0.1, and his pages would be ours (DNS rebinding).
    """
    if not origin or "*" in origins:
        return True
    if len(origin) != 1:
        return False
    said = origin[0].strip().lower()
    if said in origins:
        return True
    try:
        page, own = urlsplit(said), urlsplit(f"//{host.strip().lower()}")
        usual = {"http": 80, "https": 443}.get(page.scheme)
        # Whether TLS ends here or before us the page knows better than we do: its scheme is not looked at, only the
        # port that it implies.
        return (
            usual is not None
            and bool(own.hostname)
            and ((page.hostname, page.port or usual) == (own.hostname, own.port or usual))
            and (not domain or _is_here(own.hostname or "", domain.lower()))
        )
    except ValueError:
        return False


def _is_here(name: str, domain: str) -> bool:
    """Whether a name is an address, this machine's (RFC 6761 section 6.3: all below localhost are), or the domain's."""
    if f".{name.removesuffix('.')}".endswith((".localhost", f".{domain}")):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
