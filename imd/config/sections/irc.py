"""Section `irc`: the IRC door."""

from __future__ import annotations

from typing import Annotated

import msgspec

from imd.config.field import setting
from imd.config.values import Duration


class IrcGateway(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table `[[irc.gateways]]`."""

    name: str
    networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    password: str = ""
    """A verifier, never the password itself."""
    certificate: str = ""

    def __repr__(self) -> str:
        return f"IrcGateway({self.name!r})"


class Irc(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The IRC door."""

    confirm: Annotated[
        bool,
        setting(
            "Whether a PING after private messages confirms that the client has read them. If false, every "
            "message to an IRC client is stored first.",
        ),
    ] = True
    network: Annotated[
        str,
        setting(
            "The name of the network that clients show.",
            allowed="1 to 50 printable ASCII characters without spaces",
            example='"ExampleNet"',
            live=False,
        ),
    ] = "imd"
    filehost: Annotated[
        str,
        setting(
            "Where clients may upload files, a URL that is told them as ISUPPORT FILEHOST. Empty: nowhere.",
            allowed="an https:// or http:// URL without spaces, or empty",
            example='"https://example.org/upload"',
        ),
    ] = ""
    gateways: Annotated[
        tuple[IrcGateway, ...],
        setting(
            "Web gateways that pass on connections of others and say whose, by WEBIRC. `password` is what "
            "`imdctl operator-password` prints; `networks`, by default this machine, are whence they connect.",
            allowed="a list of tables with name, password or certificate (SHA-256, in hex), and networks",
            example='[{name = "kiwi", certificate = "%s"}]' % ("5f" * 32),
            secret=True,
        ),
    ] = ()
    lookup_hostnames: Annotated[
        bool,
        setting(
            "Whether the host names of clients are looked up (DNS, backwards and forwards), through whatever door. "
            "They are for bans and operators; others see cloaks.",
        ),
    ] = False
    ident: Annotated[
        bool,
        setting(
            "Whether the machine of an IRC client is asked whose connection it is (RFC 1413). Who has no answer has a "
            "~ before the user.",
        ),
    ] = False
    lookup_timeout: Annotated[
        Duration,
        setting(
            "How long an answer of DNS, or of ident, is waited for.",
            reason="Longer than a healthy resolver takes, and short enough for a sign-on.",
        ),
    ] = Duration(3)
    sts_port: Annotated[
        int,
        setting(
            "Port of a TLS listener that clients shall always use from now on (strict transport security). 0: they "
            "are told nothing. Needs a certificate that clients trust: they come by TLS only, for sts_duration.",
            allowed="a port from 1 to 65535, or 0",
            example="6697",
            ge=0,
            le=65_535,
        ),
    ] = 0
    sts_duration: Annotated[
        Duration,
        setting('How long clients remember sts_port. "0" has them forget it.', example='"180 days"'),
    ] = Duration(30 * 86_400)
    sts_preload: Annotated[
        bool,
        setting("Whether lists of servers with strict transport security may name this one."),
    ] = False
    motd: Annotated[
        str,
        setting(
            "The message of the day, shown at sign-on; several lines in triple quotes. Empty: none.",
            example='"Welcome! Be kind."',
        ),
    ] = ""
    first_modes: Annotated[
        str,
        setting(
            'Modes that people begin with: "i" (listed only to those who share a room), "R" (private messages from '
            'accounts only), "w" (hears WALLOPS), several together, or "" for none. Anybody can change her own.',
            allowed="letters of i, R and w, each at most once",
            example='"iw"',
        ),
    ] = "i"
    ask_version: Annotated[
        bool,
        setting(
            "Whether a client is asked once, after it has signed on, which program it is (CTCP VERSION): for the "
            "ledger, and for contacts with whom it is shared.",
            reason="Some clients show the question, and some people would rather not be asked.",
        ),
    ] = False
    icon: Annotated[
        str,
        setting(
            "The picture of the network that clients show: the address of a square image. `{size}` in it stands for "
            "the size in pixels that a client would like. Empty: none.",
            allowed="a URL without spaces",
            example='"https://example.org/icon.svg"',
        ),
    ] = ""
    admin_location: Annotated[
        str, setting("Where the server is, for ADMIN. Empty: not told.", example='"Rotterdam, the Netherlands"')
    ] = ""
    admin_organisation: Annotated[
        str, setting("Who runs the server, for ADMIN. Empty: the name of the network.", example='"The Chess Club"')
    ] = ""
    admin_email: Annotated[
        str,
        setting(
            "Where to write to whoever runs the server, for ADMIN. Empty: postmaster@DOMAIN.",
            example='"irc@example.org"',
        ),
    ] = ""
    dcc: Annotated[
        bool,
        setting(
            "Whether IRC clients may offer each other files and direct talks (DCC). Who takes an offer learns the "
            "address of who makes it. If false, offers are refused.",
        ),
    ] = True
    deny_client_tags: Annotated[
        tuple[str, ...],
        setting(
            'Client-only tags (IRCv3 message-tags) that are dropped, without their `+`. `"*"` first means all of '
            "them, but for those with a `-` before their name. Clients are told (`CLIENTTAGDENY`).",
            allowed='a list of tag names; `"*"` only first, `"-NAME"` only after it',
            example='["*", "-typing", "-draft/reply"]',
        ),
    ] = ()
