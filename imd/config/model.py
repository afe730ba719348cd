r"""The settings of imd: one frozen struct per subject, each setting with its default and its explanation.

`conf/imd.toml` and `docs/settings.md` are written from here. `live=False` marks what takes effect at the next
start only; everything else at a reload. A relative path counts from the folder of the settings file.

Endpoint strings bind to loopback unless they say `interface=`: everywhere is `tcp:6667:interface=0.0.0.0`,
and `tcp:6667:interface=\:\:` with IPv6.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from imd.config.field import setting
from imd.config.limits import Limits
from imd.config.listeners import Listener, parse_datagram_address, parse_listener
from imd.config.values import Duration

_ENDPOINTS = (
    "a list of endpoint strings: tcp:PORT, tls:PORT (each with :interface=ADDRESS to leave loopback), "
    "unix:PATH, systemd:…"
)


class Listen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    r"""Where each door listens. Only this machine can connect unless a listener names an interface:
    everywhere is `tcp:6667:interface=0.0.0.0`, with IPv6 `tcp:6667:interface=\:\:` (in TOML between
    single quotes, which leave the backslashes alone). Port 0 lets the system choose. An
    empty list closes the door."""

    native: Annotated[
        tuple[str, ...],
        setting(
            "The native protocol, for `imc` and applications.",
            allowed=_ENDPOINTS,
            example='["tls:4001:interface=0.0.0.0"]',
            live=False,
        ),
    ] = ("tcp:4000", "tls:4001")
    irc: Annotated[
        tuple[str, ...],
        setting("IRC.", allowed=_ENDPOINTS, example='["tls:6697:interface=0.0.0.0"]', live=False),
    ] = ("tcp:6667", "tls:6697")
    web: Annotated[
        tuple[str, ...],
        setting(
            "The web site: WebSockets for IRC and the native protocol, and a page that says how the daemon is.",
            allowed=_ENDPOINTS,
            example='["tls:443:interface=0.0.0.0"]',
            live=False,
        ),
    ] = ("tcp:8080",)
    udp: Annotated[
        tuple[str, ...],
        setting(
            "The native protocol on datagrams: DTLS, and on loopback also plain.",
            allowed='a list of "ADDRESS:PORT", an IPv6 address in brackets',
            example='["0.0.0.0:4000"]',
            live=False,
        ),
    ] = ("127.0.0.1:4000",)

    proxies: Annotated[
        tuple[str, ...],
        setting(
            "Balancers that pass connections on: each connection from there, to whatever listener, must begin with a "
            "PROXY header (version 1 or 2, before TLS), and the address it gives counts. From anywhere else a header "
            "is not taken.",
            allowed="a list of addresses and networks (CIDR)",
            example='["10.0.0.0/8"]',
        ),
    ] = ()
    exempt: Annotated[
        tuple[str, ...],
        setting(
            "Addresses that limits.connections_per_address and limits.connections_per_minute do not count.",
            allowed="a list of addresses and networks (CIDR)",
            example='["192.0.2.0/24"]',
            reason="Programs of the same machine, such as gateways, bring many people.",
        ),
    ] = ("127.0.0.0/8", "::1/128")

    def listeners(self, door: Literal["native", "irc", "web", "udp"]) -> tuple[Listener, ...]:
        """The listeners of one door, typed. Raises ValueError on a wrong text (never after `load`)."""
        if door == "udp":
            return tuple(map(parse_datagram_address, self.udp))
        texts: tuple[str, ...] = getattr(self, door)
        return tuple(map(parse_listener, texts))

    def everything(self) -> tuple[Listener, ...]:
        """The listeners of all doors."""
        doors: tuple[Literal["native", "irc", "web", "udp"], ...] = ("native", "irc", "web", "udp")
        return tuple(listener for door in doors for listener in self.listeners(door))


class Tls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The certificate of all `tls:` listeners. Changed files are picked up by themselves."""

    certificate: Annotated[
        Path | None,
        setting(
            "File with the certificate and its chain, in PEM form. Empty: a self-signed pair is made in `data`.",
            example='"/etc/letsencrypt/live/example.org/fullchain.pem"',
        ),
    ] = None
    key: Annotated[
        Path | None,
        setting(
            "File with the private key, in PEM form.",
            example='"/etc/letsencrypt/live/example.org/privkey.pem"',
        ),
    ] = None


class Store(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where accounts, rosters, rooms and undelivered messages are kept."""

    url: Annotated[
        str,
        setting(
            "The store. With Redis, set `appendonly yes` and `appendfsync always` there: weaker settings "
            "can lose messages when the machine dies, and show as `durability: weak`. In a password write "
            "%40 for @, %3A for : and %2F for /.",
            allowed='"sqlite" (a file in `data`), "redis://[user:password@]host[:port][/db]", the same with '
            '"rediss://" for TLS, or "redis+sentinel://[user:password@]host:port[,host:port…]/service[/db]"',
            example='"redis://imd:password@localhost:6379/0"',
            live=False,
            secret=True,
        ),
    ] = "sqlite"
    ca: Annotated[
        Path | None,
        setting(
            "File with the authorities that may sign the certificate of a `rediss://` store, in PEM form. "
            "Empty: those the system trusts.",
            example='"redis-ca.pem"',
            live=False,
        ),
    ] = None
    certificate: Annotated[
        Path | None,
        setting(
            "File with the certificate that imd shows to a `rediss://` store, in PEM form. Empty: none.",
            example='"redis-client.pem"',
            live=False,
        ),
    ] = None
    key: Annotated[
        Path | None,
        setting(
            "File with the private key of `store.certificate`, in PEM form.",
            example='"redis-client.key"',
            live=False,
        ),
    ] = None
    reply_timeout: Annotated[
        Duration,
        setting(
            "How long Redis may take to answer before it counts as unavailable.",
            reason="A healthy Redis answers within milliseconds; nobody waits longer than this for an honest answer.",
            live=False,
        ),
    ] = Duration(5)

    @property
    def shown(self) -> str:
        """The URL without user and password, for logs and people."""
        return re.sub(r"(?<=://)[^/]*@", "…@", self.url)

    def __repr__(self) -> str:
        # Settings end up in logs and tracebacks.
        return f"Store({self.shown!r})"


class Accounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may have an account, and how passwords are kept."""

    registration: Annotated[
        Literal["auto", "open", "invite", "closed"],
        setting(
            'Who may register: "open" anybody, "invite" people with an invitation, "closed" nobody but the '
            'operator (`imdctl user add`). "auto" is open while every listener is on loopback, else invite.',
            example='"closed"',
        ),
    ] = "auto"
    guests: Annotated[
        Literal["auto"] | bool,
        setting(
            'Whether people without an account may sign on. "auto": while every listener is on loopback.',
            allowed='"auto", true or false',
            example="true",
        ),
    ] = "auto"
    international: Annotated[
        bool,
        setting(
            "Whether account names may have letters beyond ASCII.",
            reason="Many IRC clients and all old ones show such names wrongly.",
            live=False,
        ),
    ] = False
    always_on: Annotated[
        Literal["opt-in", "opt-out", "off"],
        setting(
            "Which accounts stay in their rooms while no client of theirs is connected, also over a restart: "
            '"opt-in" those that ask for it (`/msg NickServ SET ALWAYS-ON on`), "opt-out" all that have not asked '
            'against it, "off" none.',
            example='"opt-out"',
        ),
    ] = "opt-in"
    always_on_keep: Annotated[
        Duration,
        setting(
            'How long an account stays in its rooms after its last sign-off. "0": for ever.',
            reason="Who has not come back in a season will hardly miss the room.",
        ),
    ] = Duration(90 * 86_400)
    scram_iterations: Annotated[
        int,
        setting(
            "PBKDF2 rounds of SCRAM-SHA-256 (RFC 7677) for passwords set from now on.",
            allowed="a whole number from 4096 (RFC 7677) to 10000000",
            reason="40 ms of one hashing thread for each sign-on by PLAIN or PASS, so some 50 a second; a "
            "sign-on by SCRAM costs the server next to nothing. Ten times dearer to guess than the common "
            "10,000.",
            ge=4096,
            le=10_000_000,
        ),
    ] = 100_000
    hashing_threads: Annotated[
        int,
        setting(
            "Threads that hash passwords.",
            reason="With two, others wait at most 4 ms for the processor while passwords are hashed; with ten 28 ms.",
            live=False,
            ge=1,
            le=64,
        ),
    ] = 2
    resume_keep: Annotated[
        Duration,
        setting(
            "How long a resume token is good after its last use: a client can sign on with it without the password.",
            reason="A device used once in a fortnight stays signed on; a lost one not for ever.",
        ),
    ] = Duration(14 * 86_400)


class Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How messages reach people who are on."""

    ack_wait: Annotated[
        Duration,
        setting(
            "How long an acknowledgement of the recipient's client is waited for before the message is "
            "written to "
            'the store. "0" writes each message at once.',
            reason="A client nearby answers within a millisecond or two and saves the write to disk.",
        ),
    ] = Duration(0.005)


class Offline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages for people who are not on."""

    keep: Annotated[
        Duration,
        setting(
            "How long an undelivered message is kept.",
            reason="A long holiday.",
        ),
    ] = Duration(30 * 86_400)
    max_messages: Annotated[
        int,
        setting(
            "Most messages that wait for one account; further senders are told that it is full. 0 means unlimited.",
            reason="With limits.message_size at most 16 MB for one account.",
            ge=0,
        ),
    ] = 1_000


class History(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Talks and rooms to read again, on every device."""

    keep: Annotated[Duration, setting('How long history is kept. "0" keeps none.', example='"365 days"')] = Duration(
        30 * 86_400
    )
    max_messages: Annotated[
        int,
        setting(
            "Most messages kept of one room, or of one person's talk with another; older ones are forgotten first, a "
            "tenth of this at a time. 0 means unlimited.",
            reason="Weeks of a busy room; with limits.message_size at most 160 MB.",
            ge=0,
        ),
    ] = 10_000
    talks: Annotated[
        Literal["readers", "always"],
        setting(
            'Whose private talks are kept: of "readers", accounts that have a second device or a client that reads '
            'history, or "always" of everybody. Each account has copies of its own.',
            reason="Whoever nobody reads talks of pays nothing for them.",
            example='"always"',
        ),
    ] = "readers"
    redact: Annotated[
        Duration,
        setting(
            "How long people may take back what they have said (IRC: REDACT). Operators of a room always may. "
            '"0": as long as it is kept.',
            reason="Time to notice a mistake; not for rewriting what was agreed on.",
        ),
    ] = Duration(86_400)


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


class Web(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The web site."""

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


class Rooms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rooms (IRC: channels)."""

    create: Annotated[
        Literal["everyone", "accounts", "nobody"],
        setting(
            'Who may open a new room by joining it: "everyone", "accounts" (no guests), or "nobody".',
            example='"accounts"',
        ),
    ] = "everyone"


class Guests(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People without an account. Whether they may sign on is `accounts.guests`."""

    offline_messages: Annotated[
        int,
        setting(
            "Most messages from guests at one address that wait for one account. 0 means unlimited.",
            reason="Enough to say who called and why.",
            ge=0,
        ),
    ] = 20


class Ledger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The record of every sign-on and sign-off: who, when, which door, from where, with which client."""

    keep: Annotated[
        Duration, setting("How long an entry is kept.", reason="Long enough to look into an abuse report.")
    ] = Duration(90 * 86_400)


PRIVILEGES: Final = ("kill", "ban", "rehash", "wallops", "rooms", "see")
"""What an operator may do: the values of `imd.core.session.Privilege`."""


class OperatorLogin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table `[[operators.logins]]`."""

    name: str
    password: str = ""
    """A verifier, never the password itself."""
    account: str = ""
    certificate: str = ""
    networks: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    """Of `PRIVILEGES`; empty: everything."""

    def __repr__(self) -> str:
        # Settings end up in logs and tracebacks.
        return f"OperatorLogin({self.name!r})"


class Operators(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may operate the service through a client (IRC: OPER). See docs/operations/operators.md."""

    logins: Annotated[
        tuple[OperatorLogin, ...],
        setting(
            "Operators, each by `OPER name password`. `password` is what `imdctl operator-password` prints; "
            "`account`, `certificate` (SHA-256, in hex) and `networks` are further conditions, or stand in for the "
            "password; `may` says what for, and without it everything.",
            allowed="a list of tables with name, and password, account or certificate; networks as addresses or "
            "CIDR; may of kill, ban, rehash, wallops, rooms, see",
            example='[{name = "root", account = "alice", may = ["kill", "ban"]}]',
            secret=True,
        ),
    ] = ()
    accounts: Annotated[
        tuple[str, ...],
        setting(
            "Accounts that may operate the service, in everything: `OPER name`, with no password but that of the "
            "account's own sign-on.",
            allowed="a list of names of accounts",
            example='["alice"]',
        ),
    ] = ()


class Carriers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ways out of IM. None of them is part of this release: turning one on is an error."""

    email: Annotated[bool, setting("Messages by e-mail.", allowed="false", live=False)] = False
    sms: Annotated[bool, setting("Messages by SMS.", allowed="false", live=False)] = False
    fax: Annotated[bool, setting("Messages by fax.", allowed="false", live=False)] = False


class Log(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the daemon writes to its log. Never bodies of messages, never passwords."""

    level: Annotated[
        Literal["debug", "info", "warn", "error"],
        setting("The least important events that are logged.", example='"debug"'),
    ] = "info"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings. `Settings()` is what holds without a settings file, with paths still relative."""

    domain: Annotated[
        str,
        setting(
            "The part of addresses after the @.",
            allowed="a host name in lower case, such as example.org",
            example='"example.org"',
            live=False,
        ),
    ] = "localhost"
    data: Annotated[
        Path,
        setting(
            "Folder for the embedded store, certificates and the control socket.",
            example='"/var/lib/imd"',
            live=False,
        ),
    ] = Path("imd-data")
    listen: Listen = Listen()
    tls: Tls = Tls()
    store: Store = Store()
    accounts: Accounts = Accounts()
    guests: Guests = Guests()
    delivery: Delivery = Delivery()
    offline: Offline = Offline()
    history: History = History()
    rooms: Rooms = Rooms()
    irc: Irc = Irc()
    web: Web = Web()
    limits: Limits = Limits()
    operators: Operators = Operators()
    ledger: Ledger = Ledger()
    carriers: Carriers = Carriers()
    log: Log = Log()

    def everything_on_loopback(self) -> bool:
        """Whether only programs of this machine can connect, through whatever listener, and for nobody else."""
        return not self.listen.proxies and all(listener.loopback for listener in self.listen.everything())

    @property
    def registration(self) -> Literal["open", "invite", "closed"]:
        """Who may register, with "auto" decided."""
        if self.accounts.registration != "auto":
            return self.accounts.registration
        return "open" if self.everything_on_loopback() else "invite"

    @property
    def guests_allowed(self) -> bool:
        """Whether guests may sign on, with "auto" decided."""
        if self.accounts.guests == "auto":
            return self.everything_on_loopback()
        return self.accounts.guests
