"""The site that embeds the widget: a web server of its own, which knows nothing of the daemon.

It runs in a thread, for all tests of this process. Every name that ends in ``.localhost`` leads to it and is an origin
of its own, which browsers trust as they do https; ``plain.example`` is one they do not.
"""

import html
import itertools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

_STYLE = Path(__file__).parent / "site.css"

_PAGE = """\
<!doctype html>
<html lang="{lang}" dir="{dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body class="{look}">
<header><strong>{title}</strong> <a href="/">{home}</a> <a href="/prices">{prices}</a></header>
<main>
{body}
</main>
{tags}
</body>
</html>
"""

BODY = """\
<h1>Teas of the season</h1>
<p>Picked by hand, packed by friends, and tasted by everybody here at least twice.</p>
<ul class="teas">
<li><b>Darjeeling, first flush</b><span>flowery, a little green</span></li>
<li><b>White peony</b><span>from Fujian, soft as rain</span></li>
<li><b>Lapsang souchong</b><span>divides families</span></li>
</ul>
<p>We ship on Tuesdays and Fridays. Ask us anything.</p>
<p><button type="button">Add to basket</button></p>
"""


class Answer(NamedTuple):
    """What the server has at a path."""

    kind: str
    body: bytes
    policy: str = ""


class HostSite:
    """Pages by host name and path. `reports` are violations of the policy that browsers have reported."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}
        self._numbers = itertools.count(1)
        self.reports: list[str] = []
        site = self

        class Requests(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                name = (self.headers["Host"] or "").partition(":")[0]
                path = self.path.partition("?")[0]
                answer = site._answers.get((name, path)) or site._answers.get(("", path))
                self.send_response(404 if answer is None else 200)
                answer = answer or Answer("text/plain", b"There is no such page.")
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
                self.send_header("Cache-Control", "no-store")
                if answer.policy:
                    self.send_header("Content-Security-Policy", f"{answer.policy}; report-uri /violated")
                self.end_headers()
                self.wfile.write(answer.body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if self.path == "/violated":
                    site.reports.append(body.decode(errors="replace"))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        server.daemon_threads = True
        self.port: int = server.server_address[1]
        threading.Thread(target=server.serve_forever, name="host site", daemon=True).start()
        # Browsers ask for it by themselves.
        self._answers["", "/favicon.ico"] = Answer("image/x-icon", b"")
        self._answers["", "/style.css"] = Answer("text/css", _STYLE.read_bytes())

    def name(self) -> str:
        """A host name nobody has used yet: browsers keep things by origin, and a test shall find nothing."""
        return f"shop{next(self._numbers)}.localhost"

    def origin(self, name: str) -> str:
        return f"http://{name}:{self.port}"

    def page(
        self,
        name: str,
        path: str,
        tags: str,
        policy: str,
        *,
        title: str = "The Tea Shop",
        links: tuple[str, str] = ("Home", "Prices"),
        body: str = BODY,
        look: str = "",
        lang: str = "en",
        dir: str = "ltr",
    ) -> str:
        """Put a page at a path of a host; its URL. `tags` stand at its end, `policy` is its CSP."""
        home, prices = links
        text = _PAGE.format(
            title=html.escape(title), home=home, prices=prices, body=body, tags=tags, look=look, lang=lang, dir=dir
        )
        self._answers[name, path] = Answer("text/html; charset=utf-8", text.encode(), policy)
        return self.origin(name) + path


def tag(chat: str, **data: str) -> str:
    """The tag a site owner pastes: `data` become its ``data-`` attributes."""
    attributes = "".join(f' data-{key.replace("_", "-")}="{html.escape(value)}"' for key, value in data.items())
    return f'<script async src="{chat}/imd.js"{attributes}></script>'


def strict_policy(chat: str) -> str:
    """What docs/embed.md asks of a site, and nothing more; scripts that make markup of strings are refused, too.

    ``style-src`` is for the page's own style sheet.
    """
    socket = chat.replace("http", "ws", 1)
    return (
        f"default-src 'none'; style-src 'self'; script-src {chat}; connect-src {chat} {socket}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


#: One for all tests of this process.
SITE = HostSite()
