"""The pages of the house: templates, and for each a Content-Security-Policy that lets it load what it needs.

In a `template` there can be:

    host          the site by the name under which it was asked for, as ``chat.example.org`` or ``127.0.0.1:8080``
    hostname      the same without a port, as other protocols want it
    scheme, ws    ``https`` and ``wss``, or ``http`` and ``ws``, as the site is best asked for
    other         the same site by another name of this machine, if it has one: to a browser that is another origin, and
                  the demonstration loads the chat as ``//{{other}}/imd.js``
    NAME.SUFFIX   the path of the file in ``assets/`` that is called NAME-HASH.SUFFIX
    domain        of addresses here
    irc, irc_tls  ports of IRC, plain and with TLS; empty where there is none
    register      not empty where anybody may make an account
    demo          not empty where there is a demonstration
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from twisted.web.server import Request

from imd.net.peer import peer_of
from imd.net.web.pages import Branch, asked, keep, put, say
from imd.protocols.web.template import Template

#: The Content-Security-Policy of a page, by the name under which it was asked for.
Policy = Callable[[str], str]
#: What is so at the moment, whatever it was asked for.
Texts = Callable[[], Mapping[str, str]]

#: A host as a URL has it (RFC 3986 section 3.2.2, and RFC 9110 section 7.2): nothing else may get into a header.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")

#: Names of this machine that are different origins.
_OTHERS = {"localhost": "127.0.0.1", "127.0.0.1": "localhost", "[::1]": "localhost"}


class Page(Branch):
    """One page. What depends on the request is the name of the host alone."""

    def __init__(self, template: str, policy: Policy, texts: Texts) -> None:
        super().__init__()
        self._template = Template(template)
        self._policy = policy
        self._texts = texts
        missing = self._template.names - {*_by_host("", secure=False), *texts()}
        if missing:
            raise ValueError(f"nothing is known to be put in the place of {', '.join(sorted(missing))}")

    def getChild(self, path: bytes, request: Request) -> Any:
        # "/demo/" is the page, "/demo/more" is nothing.
        return self if not path and not request.postpath else super().getChild(path, request)

    def render_GET(self, request: Request) -> Any:
        host = host_of(request)
        if not host:
            return say(request, 400, "One Host is needed.")
        connection: Any = request.connection  # type: ignore[attr-defined]
        keep(request)
        texts = {**self._texts(), **_by_host(host, secure=peer_of(connection.transport, "web").secure)}
        body = self._template.fill(texts).encode()
        fields = (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", self._policy(host)),
            ("Cache-Control", "no-cache"),
            ("Referrer-Policy", "strict-origin-when-cross-origin"),
            ("Content-Length", str(len(body))),
        )
        put(request, fields)
        return b"" if request.method == b"HEAD" else body


class Folder(Branch):
    """Pages that belong together, there while `shown` says so: the one without a name at ``/folder/``, others at
    ``/folder/NAME.html``."""

    def __init__(self, pages: Mapping[str, Page], shown: Callable[[], bool]) -> None:
        super().__init__()
        self._pages = {f"{name}.html".encode() if name else b"": page for name, page in pages.items()}
        self._shown = shown

    def getChild(self, path: bytes, request: Request) -> Any:
        page = self._pages.get(path) if self._shown() and not request.postpath else None
        return super().getChild(path, request) if page is None else page

    def render_GET(self, request: Request) -> Any:
        if not self._shown():
            return super().render_GET(request)
        # Relative links count from there.
        where = b"/" + b"/".join(request.prepath or ()) + b"/"
        request.setHeader(b"Location", where)
        return say(request, 308, f"The page is at {where.decode('ascii', 'replace')}")


def host_of(request: Request) -> str:
    """Under which name the site was asked for, in small letters; "" if none can be told."""
    hosts = asked(request, "Host")
    if len(hosts) != 1:
        return ""
    host = hosts[0].strip().lower()
    return host if _HOST.fullmatch(host) else ""


def _by_host(host: str, *, secure: bool) -> dict[str, str]:
    name, port = _without_port(host)
    # Who ends TLS in front of us has the port of https, so that browsers name none.
    plain = not secure and (name in _OTHERS or bool(port))
    return {
        "host": host,
        "hostname": name.strip("[]"),
        "other": other_name(host),
        "scheme": "http" if plain else "https",
        "ws": "ws" if plain else "wss",
    }


def _without_port(host: str) -> tuple[str, str]:
    name, colon, port = host.rpartition(":")
    return (host, "") if not colon or port.endswith("]") else (name, port)


def other_name(host: str) -> str:
    """Another name of the same site, if it is on this machine; otherwise the same."""
    name, port = _without_port(host)
    other = _OTHERS.get(name, name)
    return f"{other}:{port}" if port else other


def own_policy(host: str) -> str:
    """A page of ours: scripts, styles, pictures and sounds of this host; connections to it, WebSockets too."""
    return _policy(host, "'self'")


def tuning_policy(host: str) -> str:
    """The tuner: a page of ours that talks to nobody, and shows the picture a site owner names, wherever it is."""
    return _policy(host, "'self'", connecting="'none'", pictures=" http: https:")


def visiting_policy(host: str) -> str:
    """A page as other sites have them: its own look, and of the chat what docs/embed.md asks a site to allow."""
    return _policy(other_name(host), "")


def _policy(chat: str, own: str, *, connecting: str = "", pictures: str = "") -> str:
    # A source without a scheme has that of the page, which behind a proxy only the browser knows; a WebSocket's must
    # be named (https://www.w3.org/TR/CSP3/#match-url-to-source-expression).
    self_ = f"{own} " if own else ""
    if not connecting:
        connecting = f"{self_}{chat} ws://{chat} wss://{chat}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {self_}{chat}",
            f"connect-src {connecting}",
            "style-src 'self'",
            f"img-src 'self' data:{pictures}",
            "media-src 'self'",
            "font-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
