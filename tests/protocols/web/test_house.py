"""The pages that come with imd, as built: they are filled in, and what they name is there."""

import re

import msgspec

from imd.config.model import Settings
from imd.core.tally import Tally
from imd.policies import web_settings
from imd.protocols.web.mount import front, mount
from imd.protocols.web.shelf import read
from tests.net.web.site_case import SiteCase
from tests.protocols.web.test_assets import Answer

PAGES = ("/", "/embed/", "/demo/", "/demo/contact.html", "/demo/community.html")


class HouseCase(SiteCase):
    def setUp(self) -> None:
        super().setUp()
        # Everything but the doors, which are put below some of the same paths.
        self.site.root.children = {b"health": self.site.root.children[b"health"]}
        settings = web_settings(Settings(), Tally(), irc_ports={"tcp": 6667, "tls": 6697})
        self.site.settings = msgspec.structs.replace(settings, demo=True)
        shelf = read()
        mount(self.site, shelf)
        self.site.attach(self.doors, front(self.site, shelf))

    def get(self, path: str, host: str = "localhost:8080") -> Answer:
        self.come(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return Answer(self.said())

    def page(self, path: str, host: str = "localhost:8080") -> str:
        answer = self.get(path, host)
        self.assertEqual(answer.status, 200, path)
        return answer.body.decode()


class HouseTests(HouseCase):
    def test_pages_are_whole(self) -> None:
        """Nothing is left to be filled in, and every file and page that is named is there."""
        for path in PAGES:
            text = self.page(path)
            self.assertNotIn("{{", text)
            for link in re.findall(r'(?:href|src)="(/[^/"#][^"#]*|/)"', text):
                self.assertEqual(self.get(link).status, 200, f"{path}: {link}")

    def test_no_page_runs_what_stands_in_it(self) -> None:
        """Scripts and styles are files: the policy would refuse them otherwise."""
        for path in PAGES:
            text = self.page(path)
            self.assertNotRegex(text, r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:")

    def test_tag(self) -> None:
        """The landing page shows the tag with the name it was asked for, and the scheme that fits."""
        for host, start in (
            ("localhost:8080", "http://localhost:8080"),
            ("localhost", "http://localhost"),
            ("chat.example.org", "https://chat.example.org"),
            ("chat.example.org:8080", "http://chat.example.org:8080"),
        ):
            self.assertIn(f'&lt;script async src="{start}/imd.js" data-agents="sales"&gt;', self.page("/", host))

    def test_landing_page_needs_no_script(self) -> None:
        """All it says is there without one; what only works with one is hidden until then."""
        text = self.page("/")
        self.assertIn("/connect -tls localhost 6697", text)
        self.assertIn('href="//127.0.0.1:8080/demo/"', text)
        self.assertEqual(re.findall(r"<button(?![^>]* hidden)[^>]*>", text), [])

    def test_what_is_not_there_is_not_shown(self) -> None:
        """Doors that are shut, a demonstration that is switched off."""
        settings = self.site.settings
        self.site.settings = msgspec.structs.replace(
            settings, demo=False, texts={**settings.texts, "irc": "", "irc_tls": "", "register": ""}
        )
        text = self.page("/")
        for gone in ("irssi", "/demo/", "--register"):
            self.assertNotIn(gone, text)

    def test_shop_is_of_another_origin(self) -> None:
        """The shop opened as localhost has the chat from 127.0.0.1, and the other way round."""
        for host, other in (("localhost:8080", "127.0.0.1:8080"), ("127.0.0.1:8080", "localhost:8080")):
            for path in PAGES[2:]:
                self.assertIn(f'src="//{other}/imd.js"', self.page(path, host))
