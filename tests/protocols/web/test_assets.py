"""What browsers load: types, caching, compression, and names that lead nowhere."""

import gzip
from pathlib import Path

import msgspec

from imd.protocols.web.assets import matches, takes_gzip
from imd.protocols.web.mount import front, mount
from imd.protocols.web.pages import other_name
from imd.protocols.web.shelf import asset, read
from tests.net.web.site_case import SiteCase, ask
from tests.protocols.web.shelves import APP, FILES, LOADER, PICTURE, fill, shelf


class Answer:
    """One response."""

    def __init__(self, said: bytes) -> None:
        head, _, self.body = said.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


class LoadingCase(SiteCase):
    def setUp(self) -> None:
        super().setUp()
        # Everything but the doors, which are put below some of the same paths.
        self.shelf = shelf(Path(self.mktemp()))
        before, self.site.root.children = self.site.root.children, {}
        self.site.root.putChild(b"health", before[b"health"])
        mount(self.site, self.shelf)
        self.site.settings = msgspec.structs.replace(self.site.settings, demo=True)
        self.site.attach(self.doors, front(self.site, self.shelf))

    def get(self, path: str, *headers: str, method: str = "GET", host: str = "a.example") -> Answer:
        more = "".join(f"{each}\r\n" for each in headers)
        self.come(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode())
        return Answer(self.said())


class AssetTests(LoadingCase):
    def test_loader(self) -> None:
        """The loader is a script, for pages of all origins, and soon asked for again."""
        answer = self.get("/imd.js")
        self.assertEqual((answer.status, answer.body), (200, LOADER))
        for name, value in (
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", "public, max-age=300"),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-content-type-options", "nosniff"),
            ("vary", "Accept-Encoding"),
            ("content-length", str(len(LOADER))),
        ):
            self.assertEqual(answer.headers.get(name), value)
        self.assertNotIn("content-encoding", answer.headers)

    def test_compressed(self) -> None:
        """Who takes gzip gets it; each form has an ETag of its own (RFC 9110 section 8.8.3.3)."""
        plain = self.get("/imd.js")
        small = self.get("/imd.js", "Accept-Encoding: br, gzip")
        self.assertEqual(small.headers["content-encoding"], "gzip")
        self.assertEqual(gzip.decompress(small.body), LOADER)
        self.assertEqual(small.headers["content-length"], str(len(small.body)))
        self.assertNotEqual(small.headers["etag"], plain.headers["etag"])
        self.assertEqual(small.headers["vary"], "Accept-Encoding")
        # A picture gains nothing.
        picture = self.get("/embed/assets/cat-0a1b2c3d.png", "Accept-Encoding: gzip")
        self.assertEqual((picture.body, picture.headers["content-type"]), (PICTURE, "image/png"))
        self.assertNotIn("content-encoding", picture.headers)

    def test_not_modified(self) -> None:
        """Who has it already is told so, without a body (RFC 9110 section 15.4.5)."""
        tag = self.get("/imd.js").headers["etag"]
        for said in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = self.get("/imd.js", f"If-None-Match: {said}")
            self.assertEqual((answer.status, answer.body), (304, b""))
            self.assertEqual(answer.headers["etag"], tag)
            self.assertNotIn("content-length", answer.headers)
            self.assertNotIn("transfer-encoding", answer.headers)
        for said in ('"x"', tag.strip('"')):
            self.assertEqual(self.get("/imd.js", f"If-None-Match: {said}").status, 200)
        # The compressed form is another one.
        self.assertEqual(self.get("/imd.js", f"If-None-Match: {tag}", "Accept-Encoding: gzip").status, 200)

    def test_hashed_names(self) -> None:
        """What has its hash in its name may be kept for ever."""
        answer = self.get("/embed/assets/app-DqopUP7K.js")
        self.assertEqual((answer.status, answer.body), (200, APP))
        self.assertEqual(answer.headers["cache-control"], "public, max-age=31536000, immutable")
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")
        odd = self.get("/embed/assets/odd.thing")
        self.assertEqual((odd.status, odd.headers["content-type"]), (200, "application/octet-stream"))

    def test_another_version(self) -> None:
        """A name of before an update leads to what has it now, for pages of all origins; a name of nothing does not."""
        answer = self.get("/embed/assets/app-00000000.js")
        self.assertEqual((answer.status, answer.headers["location"]), (307, "app-DqopUP7K.js"))
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        for name in ("app-0000000.js", "app.js", "-00000000.js", "app-00000000.css"):
            self.assertEqual(self.get(f"/embed/assets/{name}").status, 404, name)

    def test_head(self) -> None:
        """HEAD is GET without the body (RFC 9110 section 9.3.2)."""
        for path in ("/imd.js", "/embed/assets/app-DqopUP7K.js", "/embed/"):
            got, head = self.get(path), self.get(path, method="HEAD")
            self.assertEqual((head.status, head.body), (200, b""))
            same = {"date"}
            self.assertEqual(
                {name: value for name, value in head.headers.items() if name not in same},
                {name: value for name, value in got.headers.items() if name not in same},
            )

    def test_nowhere(self) -> None:
        """Names that are no file, and ways out of the folder."""
        for path in (
            "/embed/assets/",
            "/embed/assets",
            "/embed/assets/nothing-00000000.js",
            "/embed/assets/../imd.js",
            "/embed/assets/..%2fimd.js",
            "/embed/assets/%2e%2e/manifest.json",
            "/embed/assets/%2e%2e%2fmanifest.json",
            "/embed/assets/..%5cmanifest.json",
            "/embed/assets//etc/passwd",
            "/embed/assets/app-DqopUP7K.js/",
            "/embed/assets/app-DqopUP7K.js%00",
            "/embed/manifest.json",
            "/manifest.json",
            "/pages/index.html",
            "/imd.js/",
            "//imd.js",
            "/demo/../imd.js",
        ):
            answer = self.get(path)
            self.assertEqual((answer.status, answer.body), (404, b"There is nothing here.\n"), path)
            self.assertEqual(answer.headers["content-type"], "text/plain; charset=utf-8")
        self.assertEqual(self.get("/imd.js", method="PUT").status, 405)

    def test_accept_encoding(self) -> None:
        """RFC 9110 section 12.5.3."""
        for said, takes in (
            ("", False),
            ("gzip", True),
            ("GZip;q=0.5", True),
            ("deflate, gzip;q=1.0, *;q=0.5", True),
            ("gzip;q=0", False),
            ("gzip; q=0.000", False),
            ("*", True),
            ("*;q=0", False),
            ("identity, *;q=0, gzip", True),
            ("br", False),
            ("x-gzip", True),
            ("gzip;q=nonsense", True),
        ):
            self.assertEqual(takes_gzip(said), takes, said)
        self.assertFalse(matches("", '"x"'))

    def test_short_files(self) -> None:
        """Compression that gains nothing is not kept."""
        self.assertEqual(asset("a.js", b"1").gzip, b"")
        self.assertEqual(asset("a.js", b"1"), asset("b.js", b"1"))

    def test_nothing_built(self) -> None:
        """Without files there is a site all the same."""
        empty = read(Path(self.mktemp()))
        self.assertEqual((empty.loader, empty.assets, empty.pages), (None, {}, {}))
        self.assertIsNone(front(self.site, empty))


class PageTests(LoadingCase):
    def test_pages(self) -> None:
        """Each has a policy of its own; what stands in it is escaped."""
        for path, part in (
            ("/", b"<title>a.example</title>"),
            ("/embed/", b'src="/embed/assets/app-DqopUP7K.js"'),
            ("/demo/", b'src="//a.example/imd.js"'),
        ):
            answer = self.get(path)
            self.assertEqual(answer.status, 200, path)
            self.assertIn(part, answer.body)
            self.assertEqual(answer.headers["content-type"], "text/html; charset=utf-8")
            policy = answer.headers["content-security-policy"]
            self.assertIn("default-src 'none'", policy)
            # The tuner talks to nobody; the landing page is left as much as any of ours.
            self.assertIn("connect-src 'none'" if path == "/embed/" else "ws://a.example", policy)
            self.assertNotIn("unsafe", policy)

    def test_landing_page_takes_websockets(self) -> None:
        """``/`` is still where generic clients look for WebSockets."""
        self.come(ask("/", "Sec-WebSocket-Protocol: native"))
        self.assertTrue(self.said().startswith(b"HTTP/1.1 101 "))

    def test_demonstration(self) -> None:
        """It is as on a foreign site: scripts and connections go to the other name of this machine, and only there."""
        answer = self.get("/demo/", host="localhost:8080")
        self.assertIn(b'src="//127.0.0.1:8080/imd.js"', answer.body)
        self.assertIn(b'href="/embed/assets/demo-A_-4bcd9.css"', answer.body)
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        self.assertEqual(policy["script-src"], "127.0.0.1:8080")
        self.assertEqual(policy["connect-src"], "127.0.0.1:8080 ws://127.0.0.1:8080 wss://127.0.0.1:8080")
        self.assertEqual(policy["style-src"], "'self'")
        for name, other in (
            ("127.0.0.1:8080", "localhost:8080"),
            ("localhost", "127.0.0.1"),
            ("[::1]:8080", "localhost:8080"),
            ("[::1]", "localhost"),
            ("chat.example.org", "chat.example.org"),
            ("[2001:db8::1]:80", "[2001:db8::1]:80"),
        ):
            self.assertEqual(other_name(name), other)

    def test_no_demonstration(self) -> None:
        """Where it is switched off there is none, from one moment to the next."""
        self.site.settings = msgspec.structs.replace(self.site.settings, demo=False)
        for path in ("/demo/", "/demo", "/demo/contact.html"):
            self.assertEqual(self.get(path).status, 404)

    def test_without_slash(self) -> None:
        """Sent on to where relative links count from (RFC 9110 section 15.4.9)."""
        for path in ("/embed", "/demo"):
            answer = self.get(path)
            self.assertEqual((answer.status, answer.headers["location"]), (308, path + "/"))
        self.assertEqual(self.get("/demo/more").status, 404)

    def test_further_pages(self) -> None:
        """The demonstration has several."""
        for host, name in (("localhost:8080", b"localhost"), ("[::1]:8080", b"::1"), ("a.example", b"a.example")):
            self.assertEqual(self.get("/demo/contact.html", host=host).body, name)
        for path in ("/demo/contact.html/", "/demo/contact", "/demo/demo.html", "/demo/.html"):
            self.assertEqual(self.get(path).status, 404, path)

    def test_hosts(self) -> None:
        """A Host that is none gets into no policy and no page."""
        for host in ("a b", "a;script-src *", "<script>", 'a"b', "", "[::1", "a:port", "a,b", "ä"):
            answer = self.get("/demo/", host=host)
            self.assertEqual(answer.status, 400, host)
        self.assertEqual(self.get("/demo/", "Host: b.example").status, 400)

    def test_unknown_marks(self) -> None:
        """A template with a mark nobody knows is found at the start, not by a visitor."""
        folder = fill(Path(self.mktemp()), {**FILES, "pages/demo.html": b"{{nothing.js}}"})
        with self.assertRaisesRegex(ValueError, r"nothing\.js"):
            mount(self.site, read(folder))
