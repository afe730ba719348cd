"""What a ban is: of an account, of a mask (IRC: K-line), or of an address or network (D-line)."""

import enum
import ipaddress
import re

import msgspec

from imd.core.address import fold
from imd.core.refusal import Malformed

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Bytes of a mask, and of a reason.
LONGEST_MASK, LONGEST_REASON = 250, 300
#: Seconds of each unit of `read_span`, longest first; "m" is minutes, "mo" months of 30 days.
_UNITS = {"y": 365 * 86_400, "mo": 30 * 86_400, "w": 7 * 86_400, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SPAN = re.compile("".join(rf"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS) + r"\Z")
_LONGEST_SPAN = 100 * 365 * 86_400.0


class BanKind(enum.Enum):
    ACCOUNT = "account"
    #: ``nick!user@host`` with ``*`` and ``?``.
    MASK = "mask"
    #: An IP address, or a network in CIDR form.
    ADDRESS = "address"


class Ban(msgspec.Struct, frozen=True, kw_only=True):
    """One ban. `kind` and `target` are its key."""

    kind: BanKind
    #: In normal form, see `mask_of` and `network_of`; of an account its id.
    target: str
    #: What people call the target: the account's name when it was banned.
    name: str = ""
    #: Who has set it: the operator, and in brackets her nick.
    by: str = ""
    #: What the banned are told.
    reason: str = ""
    #: What only operators are told.
    note: str = ""
    #: Wall-clock seconds; `expires` 0: never.
    since: float = 0.0
    expires: float = 0.0

    @property
    def shown(self) -> str:
        return self.name or self.target

    def over(self, now: float) -> bool:
        return bool(self.expires) and self.expires <= now

    @property
    def sentence(self) -> str:
        """For the banned."""
        return f"You are banned from this server: {self.reason}" if self.reason else "You are banned from this server."


def network_of(text: str) -> Network | None:
    """An address or network, or None. Host bits are cut off: ``10.1.2.3/8`` is ``10.0.0.0/8``."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
        # The spelling that connections have (RFC 4291 section 2.5.5.2).
        return ipaddress.IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    return network


def address_text(network: Network) -> str:
    """The normal form of an address or network: without the length where it is one address."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def mask_of(text: str) -> str:
    """The normal form of a mask: folded, with ``*`` for what is missing. A lone word is a nick, ``user@host`` has no
    nick. Raises `Malformed`."""
    if not text or len(text.encode("utf-8", "replace")) > LONGEST_MASK or not text.isprintable() or " " in text:
        raise Malformed("A mask is nick!user@host, with * and ?, and no spaces.")
    nick, bang, rest = text.partition("!")
    if not bang:
        nick, rest = ("", text) if "@" in text else (text, "")
    user, _, host = rest.partition("@")
    return fold(re.sub(r"\*+", "*", f"{nick or '*'}!{user or '*'}@{host or '*'}"))


def target_of(text: str) -> tuple[BanKind, str]:
    """What a text bans: an address or network, a mask, or else an account (its name, as it stands)."""
    network = network_of(text)
    if network is not None:
        return BanKind.ADDRESS, address_text(network)
    if set(text) & set("!@*?"):
        return BanKind.MASK, mask_of(text)
    return BanKind.ACCOUNT, text


def read_span(text: str) -> float | None:
    """Seconds of a time such as ``1d12h`` or ``2w``; None for anything else, and for nothing."""
    match = _SPAN.match(text)
    if match is None or not text:
        return None
    seconds = sum(int(number or 0) * unit for number, unit in zip(match.groups(), _UNITS.values(), strict=True))
    return min(float(seconds), _LONGEST_SPAN) or None
