"""What the type of a setting does not say: forms of texts, and what one setting demands of another."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from imd.config.broken import Broken
from imd.config.listeners import Listener, parse_datagram_address, parse_listener
from imd.config.model import Settings
from imd.config.sections.operators import PRIVILEGES, OperatorLogin
from imd.config.web_rules import broken_web

# RFC 1123 section 2.1: labels of letters, digits and hyphens, at most 63 each.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
Scheme = Literal["sqlite", "redis", "rediss", "redis+sentinel"]
_REDIS: Final[tuple[Scheme, ...]] = ("redis", "rediss", "redis+sentinel")
_OPERATOR: Final = re.compile(r"[^\s:][^\s]{0,49}\Z")
_BASE64: Final = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
# What `imd.core.verifier` writes; this package stands alone.
_VERIFIER: Final = re.compile(rf"SCRAM-SHA-256\$([0-9]{{1,9}}):(?=[^$])({_BASE64})\$([^:]{{43}}=):([^:]{{43}}=)\Z")
_FINGERPRINT: Final = re.compile(r"(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}\Z")
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+\Z")
_NETWORK: Final = re.compile(r"[!-~]{1,50}\Z")
#: IRCv3 message-tags, "RPL_ISUPPORT Tokens": the list is comma-separated, and a word of RPL_ISUPPORT.
_DENIED_TAG = re.compile(r"\A(\*|-?[A-Za-z0-9][!-+\--~]*)\Z")
_UPLOADS: Final = re.compile(r"https?://[!-~]{1,290}\Z")


def broken(settings: Settings) -> Iterator[Broken]:
    """Every rule these settings break. Looks at nothing but the settings."""
    yield from _texts(settings)
    yield from _modes(settings)
    yield from _listening(settings)
    yield from _pairs(settings)
    yield from _store(settings)
    yield from _sizes(settings)
    yield from _operators(settings)
    yield from _networks(settings)
    yield from _gateways(settings)
    yield from broken_web(settings.web)
    for name in ("email", "sms", "fax"):
        if getattr(settings.carriers, name):
            yield Broken(f"carriers.{name}", "this release has no carriers yet")


def unreadable(settings: Settings) -> Iterator[Broken]:
    """Every file the settings name that cannot be read. Looks at the file system."""
    files: tuple[tuple[str, Path | None], ...] = (
        ("tls.certificate", settings.tls.certificate),
        ("tls.key", settings.tls.key),
        ("store.ca", settings.store.ca),
        ("store.certificate", settings.store.certificate),
        ("store.key", settings.store.key),
    )
    for key, path in files:
        if path is None:
            continue
        if not path.is_file():
            yield Broken(key, f"there is no file {path}")
        elif not os.access(path, os.R_OK):
            yield Broken(key, f"the file {path} cannot be read by this user")


def _texts(settings: Settings) -> Iterator[Broken]:
    if not _HOST.match(settings.domain) or len(settings.domain) > 253:
        yield Broken(
            "domain",
            f'"{settings.domain}" is no host name in lower case, such as example.org (other scripts as xn--…)',
        )
    if not _NETWORK.match(settings.irc.network):
        yield Broken("irc.network", "a network name has 1 to 50 printable ASCII characters and no spaces")
    denied = settings.irc.deny_client_tags
    for at, tag in enumerate(denied):
        if not _DENIED_TAG.match(tag) or (tag == "*" and at) or (tag[0] == "-" and denied[0] != "*"):
            yield Broken(
                "irc.deny_client_tags",
                f'"{tag}" is no tag name (without its +), nor "*" in the first place, nor "-NAME" after a "*"',
            )
    # RFC 2812 section 2.3.1: NUL, CR and LF cannot be in a line; LF ends one here.
    if "\0" in settings.irc.motd or "\r" in settings.irc.motd:
        yield Broken("irc.motd", "the message of the day has characters that cannot be in a line (NUL or CR)")
    for key in ("admin_location", "admin_organisation", "admin_email"):
        text = getattr(settings.irc, key)
        if text and not text.isprintable():
            yield Broken(f"irc.{key}", "this is one line without control characters")
    if settings.irc.icon and not _URL.match(settings.irc.icon):
        yield Broken("irc.icon", "a URL has a scheme, and no spaces or control characters")
    if settings.irc.filehost and not _UPLOADS.match(settings.irc.filehost):
        yield Broken("irc.filehost", "it is no https:// or http:// URL of at most 300 printable ASCII characters")


def _modes(settings: Settings) -> Iterator[Broken]:
    letters = settings.irc.first_modes
    if not set(letters) <= set("iRw") or len(set(letters)) < len(letters):
        yield Broken("irc.first_modes", f'"{letters}" has other letters than i, R and w, or one twice')


def _listening(settings: Settings) -> Iterator[Broken]:
    taken: list[tuple[Listener, str]] = []
    doors: tuple[Literal["native", "irc", "web", "udp"], ...] = ("native", "irc", "web", "udp")
    for door in doors:
        for position, text in enumerate(getattr(settings.listen, door)):
            key = f"listen.{door}"
            try:
                listener = parse_datagram_address(text) if door == "udp" else parse_listener(text)
            except ValueError as reason:
                yield Broken(key, str(reason), position)
                continue
            for other, other_key in taken:
                if _clash(listener, other):
                    yield Broken(key, f'"{text}" needs an address that {other_key} already takes', position)
                    break
            taken.append((listener, key))


def _clash(one: Listener, other: Listener) -> bool:
    if one.kind == "other" or other.kind == "other" or (one.kind == "udp") != (other.kind == "udp"):
        return False
    if one.port != other.port or one.port == 0 or one.interface is None or other.interface is None:
        return False
    first, second = ipaddress.ip_address(one.interface), ipaddress.ip_address(other.interface)
    if first.version != second.version:
        return False
    return first == second or first.is_unspecified or second.is_unspecified


def _pairs(settings: Settings) -> Iterator[Broken]:
    for section, pair in (("tls", settings.tls), ("store", settings.store)):
        if pair.certificate is not None and pair.key is None:
            yield Broken(f"{section}.certificate", f"a certificate needs its key; set {section}.key too")
        if pair.key is not None and pair.certificate is None:
            yield Broken(f"{section}.key", f"a key needs its certificate; set {section}.certificate too")


def _store(settings: Settings) -> Iterator[Broken]:
    try:
        scheme = check_store_url(settings.store.url)
    except ValueError as reason:
        yield Broken("store.url", str(reason))
        return
    if scheme != "rediss":
        for name in ("ca", "certificate", "key"):
            if getattr(settings.store, name) is not None:
                yield Broken(f"store.{name}", "it is of use with a rediss:// store only; see store.url")
    if settings.store.reply_timeout <= 0:
        # Commands to a hung server would wait for ever (txredisapi without replyTimeout).
        yield Broken("store.reply_timeout", "it must be longer than 0, or a hung store would never be noticed")


def check_store_url(url: str) -> Scheme:
    """Check the form of a store's URL and return its scheme, `sqlite` for the embedded store.

    Raises ValueError with a reason for people, which repeats no part of the URL: it may hold a password.
    """
    if url == "sqlite":
        return "sqlite"
    scheme = next((each for each in _REDIS if url.startswith(f"{each}://")), None)
    if scheme is None:
        raise ValueError('a store is "sqlite", redis://…, rediss://… or redis+sentinel://…')
    if not re.fullmatch(r"[!-~]+", url):
        raise ValueError("a URL has no spaces and only ASCII; write others as %XX")
    if "?" in url or "#" in url:
        raise ValueError("a store's URL has no ? or #; in a password write %3F and %23")
    if scheme != "redis+sentinel":
        parts = _parts(url)
        _one_host(parts)
        _database(parts.path.removeprefix("/"))
        return scheme
    # By hand: a list of hosts is no URL of RFC 3986, and urlsplit of some Pythons refuses brackets within one.
    authority, _, path = url.removeprefix(f"{scheme}://").partition("/")
    for host in authority.rpartition("@")[2].split(","):
        _one_host(_parts(f"redis://{host}"), port_needed=True)
    service, _, database = path.partition("/")
    if not service:
        raise ValueError("a redis+sentinel:// URL names its service: redis+sentinel://host:26379/service")
    _database(database)
    return scheme


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        # Python's own reason may repeat the URL.
        raise ValueError("it is no URL; an IPv6 address stands in brackets") from None


def _one_host(parts: SplitResult, port_needed: bool = False) -> None:
    try:
        port = parts.port
    except ValueError:
        raise ValueError(
            "the port is no whole number from 1 to 65535; in a password write %40 for @, %3A for : and %2F for /"
        ) from None
    if port == 0 or (port is None and port_needed):
        raise ValueError("each host needs a port from 1 to 65535, such as host:26379")
    host = unquote(parts.hostname or "")
    if not host or "," in host or "@" in parts.netloc.rpartition("@")[0]:
        raise ValueError("the URL names no single host; in a password write %40 for @, %3A for : and %2F for /")


def _database(text: str) -> None:
    if text and not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise ValueError("what follows the last / of the URL is the number of a database, such as /0")


def _networks(settings: Settings) -> Iterator[Broken]:
    for name in ("proxies", "exempt"):
        for position, text in enumerate(getattr(settings.listen, name)):
            if not is_network(text):
                yield Broken(f"listen.{name}", f'"{text}" is neither an address nor a network', position)


def _gateways(settings: Settings) -> Iterator[Broken]:
    for position, gateway in enumerate(settings.irc.gateways):
        wrong = ""
        if not _OPERATOR.match(gateway.name):
            wrong = "a gateway's name has 1 to 50 printable characters and no spaces"
        elif not (gateway.password or gateway.certificate):
            wrong = f"gateway {gateway.name} needs a password or a certificate"
        elif gateway.password and not is_verifier(gateway.password):
            wrong = f"password of gateway {gateway.name}: it is no verifier; 'imdctl operator-password' makes one"
        elif gateway.certificate and not _FINGERPRINT.match(gateway.certificate):
            wrong = f"certificate of gateway {gateway.name}: SHA-256 of the certificate (DER), 64 hexadecimal digits"
        elif not gateway.networks or not all(map(is_network, gateway.networks)):
            wrong = f"networks of gateway {gateway.name}: addresses and networks such as 10.0.0.0/8, at least one"
        if wrong:
            yield Broken("irc.gateways", wrong, position)


def _operators(settings: Settings) -> Iterator[Broken]:
    taken: set[str] = set()
    for position, login in enumerate(settings.operators.logins):
        wrong = _wrong_login(login)
        if not wrong and login.name.lower() in taken:
            wrong = f"there are two operators called {login.name}"
        if wrong:
            yield Broken("operators.logins", wrong, position)
        taken.add(login.name.lower())
    for position, name in enumerate(settings.operators.accounts):
        if not _OPERATOR.match(name) or name.lower() in taken:
            yield Broken("operators.accounts", f'"{name}" is no name of an account, or named twice', position)
        taken.add(name.lower())


def _wrong_login(login: OperatorLogin) -> str:
    if not _OPERATOR.match(login.name):
        return "an operator's name has 1 to 50 printable characters and no spaces"
    if not (login.password or login.account or login.certificate):
        return f"operator {login.name} needs a password, an account or a certificate"
    if login.password and not is_verifier(login.password):
        return f"password of operator {login.name}: it is no verifier; 'imdctl operator-password' makes one"
    if login.certificate and not _FINGERPRINT.match(login.certificate):
        return f"certificate of operator {login.name}: SHA-256 of the certificate (DER), 64 hexadecimal digits"
    for network in login.networks:
        if not is_network(network):
            return (
                f'networks of operator {login.name}: "{network}" is neither an address nor a network such as 10.0.0.0/8'
            )
    for word in login.may:
        if word not in PRIVILEGES:
            return f'may of operator {login.name}: "{word}" is unknown; there are {", ".join(PRIVILEGES)}'
    return ""


def is_verifier(text: str) -> bool:
    """Whether the text has the form of a SCRAM verifier (RFC 5803 section 3), with from 4,096 rounds (RFC 7677)."""
    match = _VERIFIER.match(text)
    return match is not None and 4096 <= int(match[1]) <= 10_000_000


def is_network(text: str) -> bool:
    """Whether the text is an IP address or a network in CIDR form."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _sizes(settings: Settings) -> Iterator[Broken]:
    limits = settings.limits
    if limits.line_length and limits.message_size and limits.line_length < 2 * limits.message_size + 1024:
        # JSON writes a quote or a line end in two bytes; recipient, id and type need some room too.
        yield Broken(
            "limits.line_length",
            f"a line of {limits.line_length.text} cannot carry a message of {limits.message_size.text} "
            f"(limits.message_size); it needs twice that and 1 KiB",
            also=("limits.message_size",),
        )
    if limits.line_length and not limits.message_size:
        yield Broken(
            "limits.message_size",
            "messages cannot be unlimited while limits.line_length is not",
            also=("limits.line_length",),
        )
    if limits.send_queue and (not limits.line_length or limits.send_queue < limits.line_length):
        yield Broken(
            "limits.send_queue",
            f"a queue of {limits.send_queue.text} cannot hold one line of limits.line_length",
            also=("limits.line_length",),
        )
