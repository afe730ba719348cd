"""What section `web` demands beyond its types: names, origins, keys that are what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from imd.config.broken import Broken
from imd.config.sections.web import ALGORITHMS, MEMBERS, Desk, Site, SiteKey, Web

#: RFC 6454 section 6.1, as browsers write it.
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?\Z")
_SITE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,29}\Z")
#: What can be the name of an account; letters beyond ASCII are for the accounts to refuse.
_ACCOUNT: Final = re.compile(r"[^\W\d_][\w-]{0,29}\Z")
_ROOM: Final = re.compile(r"#[^\s,:\x00-\x20\x7f]{1,199}\Z")
_KEY: Final = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
#: RFC 7518 section 3.2: as long as the digest at least; section 3.3 for RSA.
_SHORTEST_SECRET: Final = 32
_SMALLEST_RSA: Final = 2048
#: The beginnings of the secrets in docs/embed.md: everybody has those.
_PUBLISHED: Final = ("kZ3vGq0cVt7mWJx1", "9bQw4Lr7TzXo2mCe")


def broken_web(web: Web) -> Iterator[Broken]:
    """Every rule that the section breaks."""
    for position, origin in enumerate(web.origins):
        if not is_origin(origin):
            yield Broken("web.origins", _no_origin(origin), position)
    desks: set[str] = set()
    for position, desk in enumerate(web.desks):
        wrong = _wrong_desk(desk)
        if not wrong and desk.name.lower() in desks:
            wrong = f"there are two desks called {desk.name}"
        if wrong:
            yield Broken("web.desks", wrong, position)
        desks.add(desk.name.lower())
    for position, desk in enumerate(web.desks):
        for agent in desk.agents:
            if agent.lower() in desks:
                yield Broken("web.desks", f"agents of desk {desk.name}: {agent} is a desk itself", position)
    sites: set[str] = set()
    for position, site in enumerate(web.sites):
        wrong = _wrong_site(site)
        if not wrong and site.name in sites:
            wrong = f"there are two sites called {site.name}"
        if wrong:
            yield Broken("web.sites", wrong, position)
        sites.add(site.name)


def is_origin(text: str) -> bool:
    """Whether it is an origin as browsers write it, or "*" for all of them."""
    return text == "*" or _ORIGIN.match(text) is not None


def _no_origin(text: str) -> str:
    return f'"{text}" is no origin as browsers write it: scheme://host[:port] in lower case, nothing after it'


def _wrong_desk(desk: Desk) -> str:
    if not _ACCOUNT.match(desk.name):
        return f'"{desk.name}" is no name for a desk: a letter, then letters, digits, - and _, at most 30'
    if not desk.title.isprintable() or len(desk.title) > 100:
        return f"title of desk {desk.name}: one line of at most 100 characters"
    if not desk.agents:
        return f'desk {desk.name} has no agents; "*" is every account'
    if "*" in desk.agents and len(desk.agents) > 1:
        return f'agents of desk {desk.name}: "*" is every account, and stands alone'
    for agent in desk.agents:
        if agent != "*" and not _ACCOUNT.match(agent):
            return f'agents of desk {desk.name}: "{agent}" is no name of an account'
    return ""


def _wrong_site(site: Site) -> str:
    if not _SITE.match(site.name):
        return f'"{site.name}" is no name for a site: small letters, digits and -, at most 30'
    for origin in site.origins:
        if not is_origin(origin):
            return f"origins of site {site.name}: {_no_origin(origin)}"
    for name in site.staff:
        if not _ACCOUNT.match(name):
            return f'staff of site {site.name}: "{name}" is no name of a desk or an account'
    for room in site.rooms:
        if not _ROOM.match(room):
            return f'rooms of site {site.name}: "{room}" is no name of a room, such as #help'
    if site.members not in MEMBERS:
        return f'members of site {site.name}: "{site.members}" is not allowed; there are {", ".join(MEMBERS)}'
    ids = [key.id for key in site.keys]
    if len(ids) > 1 and ("" in ids or len(set(ids)) < len(ids)):
        return f"keys of site {site.name}: where there are several, each has an id of its own"
    return next((wrong for key in site.keys if (wrong := _wrong_key(key, site.name))), "")


def _wrong_key(key: SiteKey, site: str) -> str:
    where = f"key {key.id} of site {site}" if key.id else f"the key of site {site}"
    if key.id and not _KEY.match(key.id):
        return f"keys of site {site}: an id has 1 to 64 letters, digits, dots, - and _"
    if key.algorithm not in ALGORITHMS:
        # Not repeated: it may be a secret in the wrong place.
        return f"{where}: the algorithm is unknown; there are {', '.join(ALGORITHMS)}"
    if key.algorithm == "HS256":
        if key.public:
            return f"{where}: HS256 has a secret, and no public key"
        if len(key.secret.encode()) < _SHORTEST_SECRET:
            return f"{where}: the secret has fewer than {_SHORTEST_SECRET} bytes"
        if key.secret.startswith(_PUBLISHED):
            return (
                f"{where}: the secret is that of the documentation, which everybody knows; take 32 random bytes instead"
            )
        if "-----BEGIN" in key.secret:
            # Whoever knows a public key could sign with it.
            return f"{where}: the secret is a key in PEM form; take 32 random bytes instead"
        return ""
    if key.secret or not key.public:
        return f"{where}: {key.algorithm} has a public key, and no secret"
    return _wrong_public(key, where)


def _wrong_public(key: SiteKey, where: str) -> str:
    try:
        public = load_pem_public_key(key.public.encode())
    except (ValueError, UnsupportedAlgorithm):
        return f"{where}: public is no public key in PEM form (-----BEGIN PUBLIC KEY-----)"
    match key.algorithm:
        case "EdDSA":
            fits, wanted = isinstance(public, Ed25519PublicKey), "an Ed25519 key"
        case "ES256":
            fits = isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1)
            wanted = "a key on the curve P-256"
        case _:
            fits = isinstance(public, RSAPublicKey) and public.key_size >= _SMALLEST_RSA
            wanted = f"an RSA key of at least {_SMALLEST_RSA} bits"
    return "" if fits else f"{where}: {key.algorithm} needs {wanted}"
