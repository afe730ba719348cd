"""Where Redis is: the value of the setting ``store.url``.

::

    redis://[user:password@]host[:port][/db]
    rediss://…                                          the same over TLS
    redis+sentinel://[user:password@]host[:port],host[:port]…/service[/db]
    rediss+sentinel://…                                 TLS to the sentinels and to Redis

User and password are percent-encoded (RFC 3986 section 2.1); ``redis://:password@host`` is the password of the
user "default". An IPv6 address stands in brackets (RFC 3986 section 3.2.2).
"""

from urllib.parse import unquote

import msgspec

REDIS_PORT = 6379
SENTINEL_PORT = 26379


class WrongURL(ValueError):
    """The setting cannot be understood. The sentence never repeats the URL, which may hold a password."""


class Place(msgspec.Struct, frozen=True):
    """What a URL says. `str` of it is for people and holds no password."""

    #: Where to connect: one address, or all sentinels.
    addresses: tuple[tuple[str, int], ...]
    database: int = 0
    user: str = ""
    password: str = ""
    tls: bool = False
    #: Name under which the sentinels know the master; "" without sentinels.
    service: str = ""

    def __str__(self) -> str:
        where = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.addresses)
        through = f"{self.service} through sentinels " if self.service else ""
        return f"redis {through}{where}/{self.database}{' (TLS)' if self.tls else ''}"

    def __repr__(self) -> str:
        return f"<{self}>"


_SCHEMES = {
    "redis": (False, False),
    "rediss": (True, False),
    "redis+sentinel": (False, True),
    "rediss+sentinel": (True, True),
}


def parse(url: str) -> Place:
    """Raises `WrongURL`."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise WrongURL(f"a store's URL begins with one of {', '.join(f'{s}://' for s in _SCHEMES)}")
    tls, sentinel = _SCHEMES[scheme.lower()]
    if "?" in rest or "#" in rest:
        raise WrongURL("a Redis URL has no '?' or '#'; in a password write %3F and %23")
    authority, _, path = rest.partition("/")
    credentials, at, where = authority.rpartition("@")
    user, password = "", ""
    if at:
        name, colon, secret = credentials.partition(":")
        if not colon:
            raise WrongURL("before '@' stands user:password, or :password for the default user")
        user, password = unquote(name), unquote(secret)
    addresses = tuple(_address(one, SENTINEL_PORT if sentinel else REDIS_PORT) for one in where.split(","))
    if len(addresses) > 1 and not sentinel:
        raise WrongURL("several hosts are for redis+sentinel:// only")
    service = ""
    if sentinel:
        service, _, path = path.partition("/")
        service = unquote(service)
        if not service:
            raise WrongURL("after the sentinels stands '/' and the name of the service they watch")
    return Place(addresses, _database(path), user, password, tls, service)


def _address(text: str, default: int) -> tuple[str, int]:
    host, port = text, ""
    if text.startswith("["):
        host, bracket, after = text[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise WrongURL("an IPv6 address stands in brackets: [::1]:6379")
        port = after[1:]
    elif ":" in text:
        host, _, port = text.rpartition(":")
        if ":" in host:
            raise WrongURL("an IPv6 address stands in brackets: [::1]:6379")
    if not host:
        raise WrongURL("the host is missing")
    if not port:
        return host, default
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise WrongURL("a port is a number from 1 to 65535")
    return host, int(port)


def _database(text: str) -> int:
    text = text.rstrip("/")
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise WrongURL("the database is a number, as in redis://localhost:6379/0")
    return int(text)
