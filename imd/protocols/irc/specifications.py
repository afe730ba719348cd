"""Where each command is specified, how far we go, and what of the specifications is left out and why: for the page.

Capabilities, numerics and RPL_ISUPPORT tokens carry their references in their own tables.
"""

import re
from typing import NamedTuple

_MODERN = "https://modern.ircdocs.horse/#{}-message"
_IRCV3 = "https://ircv3.net/specs/extensions/{}"
_SOLANUM = "https://github.com/solanum-ircd/solanum/blob/main/doc/features/modeg.txt"
_RFC2812 = "https://www.rfc-editor.org/rfc/rfc2812#section-{}"

#: Commands of the Modern IRC Client Protocol document.
MODERN = frozenset(
    re.findall(
        r"\w+",
        """
        ADMIN AUTHENTICATE AWAY CAP CONNECT ERROR HELP INFO INVITE JOIN KICK KILL LINKS LIST LUSERS MODE MOTD NAMES NICK
        NOTICE OPER PART PASS PING PONG PRIVMSG QUIT SQUIT STATS TIME TOPIC USER USERHOST VERSION WALLOPS WHO
        WHOIS WHOWAS
        """,
    )
)

#: Commands of other specifications; "" for our own, and those that are a custom without a document.
ELSEWHERE: dict[str, str] = {
    "ACCEPT": _SOLANUM,
    "BATCH": _IRCV3.format("client-batch"),
    "BUDDY": "",
    "CHATHISTORY": _IRCV3.format("chathistory"),
    "CS": "",
    "DEOPER": "",
    "DLINE": "",
    "HISTSERV": "",
    "HELPOP": _MODERN.format("help"),
    "ISON": _RFC2812.format("4.9"),
    "ISUPPORT": _IRCV3.format("extended-isupport"),
    "KLINE": "",
    "MARKREAD": _IRCV3.format("read-marker"),
    "METADATA": _IRCV3.format("metadata"),
    "MONITOR": _IRCV3.format("monitor"),
    "NS": "",
    "REDACT": _IRCV3.format("message-redaction"),
    "REGISTER": _IRCV3.format("account-registration"),
    "REHASH": _RFC2812.format("4.2"),
    "RENAME": _IRCV3.format("channel-rename"),
    "SETNAME": _IRCV3.format("setname"),
    "TAGMSG": _IRCV3.format("message-tags"),
    "UNDLINE": "",
    "SAJOIN": "",
    "SAMODE": "",
    "SAPART": "",
    "UNKLINE": "",
    "VERIFY": _IRCV3.format("account-registration"),
    "WEBIRC": _IRCV3.format("webirc"),
}

#: What a command or a capability does less, or otherwise, than its specification says; all others do the whole of it.
PARTLY: dict[str, str] = {
    "CONNECT": "there is one server to connect",
    "draft/account-registration": "no e-mail is verified, so that `VERIFY` has nothing to do",
    "draft/channel-rename": "nobody is sent on from the old name",
    "NICK": "the nick of an account is its name, and cannot be changed",
    "PASS": "signs on to an account; there is no password for connecting",
    "SQUIT": "there is one server to disconnect",
    "STATS": "some of the letters",
    "VERIFY": "there is nothing to verify: it answers so",
    "WHOWAS": "not told: when somebody went",
}


class LeftOut(NamedTuple):
    what: str
    specification: str
    why: str


_ONE_SERVER = "there is one server"
_OUT_OF_USE = "no longer in use"

#: What a client may know from elsewhere and will not find here.
LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut("`TRACE`, `SERVLIST`, `SQUERY`", "RFC 2812", _ONE_SERVER),
    LeftOut("`SUMMON`, `USERS`, `SERVICE`", "RFC 2812", _OUT_OF_USE),
    LeftOut("`DIE`, `RESTART`", "RFC 2812", "the daemon is ended and started where it runs"),
    LeftOut(
        "`STARTTLS`, capability `tls`", _IRCV3.format("tls-3.1"), "deprecated: `ircs://` is TLS from the first byte"
    ),
    LeftOut("`WATCH`", "", "`MONITOR` has taken its place"),
    LeftOut("`SILENCE`, `CALLERID`", "", "`BLOCK` of BuddyServ, which holds behind every door; mode `R` with `ACCEPT`"),
    LeftOut("`KNOCK`", "", "a message to an operator of the room does the same"),
    LeftOut("`&rooms`", "RFC 2811", _ONE_SERVER),
    LeftOut("010 `RPL_BOUNCE`, 105 `RPL_REMOTEISUPPORT`", "Modern IRC", _ONE_SERVER),
    LeftOut("263 `RPL_TRYAGAIN`", "Modern IRC", "who is too fast is read more slowly; no command is dropped"),
    LeftOut("300 `RPL_NONE`, 436 `ERR_NICKCOLLISION`", "Modern IRC", _ONE_SERVER),
    LeftOut("307 `RPL_WHOISREGNICK`", "Modern IRC", "330 says more: whose account it is"),
    LeftOut("378 `RPL_WHOISHOST`", "Modern IRC", "338 says the same"),
    LeftOut("670 `RPL_STARTTLS`, 691 `ERR_STARTTLS`", _IRCV3.format("tls-3.1"), "deprecated"),
)


def state(name: str) -> str:
    """How far a command or a capability is done."""
    return f"partly: {PARTLY[name]}" if name in PARTLY else "whole"


def of_command(name: str) -> str | None:
    """The address of the page that defines a command, "" where there is none, None where we have not said."""
    if name.endswith("SERV"):
        # Services are a custom.
        return ""
    return _MODERN.format(name.lower()) if name in MODERN else ELSEWHERE.get(name)


_NUMERICS = {
    "Modern IRC": "https://modern.ircdocs.horse/#{name}-{number}",
    "RFC 2812": _RFC2812.format("5"),
    "RFC 1459": "https://www.rfc-editor.org/rfc/rfc1459#section-6",
    "Solanum modeg": _SOLANUM,
}


def of_numeric(number: str, name: str, reference: str) -> str:
    """The reference of a numeric, as a link where there is a page."""
    if reference.startswith("IRCv3 "):
        link = _IRCV3.format(reference.removeprefix("IRCv3 "))
    else:
        link = _NUMERICS.get(reference, "").format(name=name.lower().replace("_", ""), number=number)
    return f"[{reference}]({link})" if link else reference
