"""Section `web`: pages of which sites may come, whom their visitors may talk to, and the desks that answer them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

import msgspec

from imd.config.field import setting
from imd.config.values import Duration

ALGORITHMS: Final = ("HS256", "EdDSA", "ES256", "RS256")
"""With which a site may sign who its members are (RFC 7518 section 3.1, RFC 8037)."""

MEMBERS: Final = ("none", "own", "any")


class SiteKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the keys of a site. With several a token says by its `kid` which one it is signed with."""

    id: str = ""
    algorithm: str
    """Of `ALGORITHMS`."""
    secret: str = ""
    """HS256: what site and daemon share."""
    public: str = ""
    """The others: the public key in PEM form, or the name of the file it is in; after `load` the key itself."""

    def __repr__(self) -> str:
        return f"SiteKey({self.id!r})"


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table `[[web.sites]]`."""

    name: str
    origins: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    members: str = "own"
    """Of `MEMBERS`."""
    keys: tuple[SiteKey, ...] = ()

    def resolved(self, folder: Path) -> Self:
        """With the keys themselves in the place of files. Raises ValueError with a reason for people.

        They are read with the settings, so that a reload takes up a changed file, and a missing one is a wrong setting.
        """
        return msgspec.structs.replace(self, keys=tuple(_read(key, folder, self.name) for key in self.keys))


class Desk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table `[[web.desks]]`."""

    name: str
    title: str = ""
    agents: tuple[str, ...]
    """Accounts; "*" is all of them."""


class Web(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The web site, and the sites whose visitors can talk to people here. See docs/embed.md."""

    origins: Annotated[
        tuple[str, ...],
        setting(
            'Sites whose pages may open WebSockets here, besides pages of this one; "*" is all. What is no browser '
            "names no site and may always.",
            allowed='a list of origins as browsers write them, such as "https://example.org", or "*"',
            example='["https://example.org"]',
            reason="A page of another site could otherwise talk to a daemon in your own network.",
        ),
    ] = ()
    sites: Annotated[
        tuple[Site, ...],
        setting(
            "Sites that have the chat in their pages. `origins` are those pages; `staff` are the desks and accounts "
            "that visitors may write to, `rooms` the rooms they may enter. With `keys` a site can sign who its "
            'members are: `members` says whether they may be "own", accounts that were made so, or "any" but those '
            'of operators; "none" switches it off.',
            allowed="a list of tables with name, origins, staff, rooms, members, and keys: tables with id, algorithm "
            "(HS256 with secret; EdDSA, ES256 or RS256 with public, the key or its file)",
            example='[{name = "shop", origins = ["https://shop.example.org"], staff = ["sales"]}]',
            secret=True,
        ),
    ] = ()
    desks: Annotated[
        tuple[Desk, ...],
        setting(
            "Addresses that are answered by whoever of their agents is there: `name` is like an account's, and no "
            'account can have it; `agents` are accounts, "*" is all of them.',
            allowed="a list of tables with name, agents and perhaps title",
            example='[{name = "sales", title = "Sales", agents = ["bob", "carol"]}]',
        ),
    ] = ()
    demo: Annotated[
        Literal["auto"] | bool,
        setting(
            "Whether there is a site to try the chat with, at /demo/, and a desk called demo that every account "
            'answers. "auto": while every listener is on loopback.',
            allowed='"auto", true or false',
            example="false",
        ),
    ] = "auto"
    visitors_keep: Annotated[
        Duration,
        setting(
            "How long visitors of sites, and what they have said, are kept after they were last here. Who has never "
            'said anything is forgotten ten minutes after she has gone. "0" keeps the others for ever.',
            reason="A question of last week can still be answered when its visitor comes back.",
            example='"1 week"',
        ),
    ] = Duration(30 * 86_400)


def _read(key: SiteKey, folder: Path, site: str) -> SiteKey:
    if not key.public or key.public.lstrip().startswith("-----BEGIN"):
        return key
    where = f"key {key.id} of site {site}" if key.id else f"the key of site {site}"
    if "\0" in key.public or "\n" in key.public:
        raise ValueError(f"{where}: public is neither a key in PEM form nor the name of a file")
    path = folder / key.public
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as reason:
        said = reason.strerror if isinstance(reason, OSError) else "it is no text"
        raise ValueError(f"{where}: the file {path} cannot be read: {said}") from None
    return msgspec.structs.replace(key, public=text)
