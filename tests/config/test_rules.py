"""What one setting demands of another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.config.load import check, load
from imd.config.rules import check_store_url

# Overrides, the key that is blamed, and words of the reason.
BROKEN: list[tuple[list[str], str, str]] = [
    (['domain=""'], "domain", "no host name"),
    (['domain="Example.org"'], "domain", "no host name in lower case"),
    (['domain="a b"'], "domain", "no host name"),
    (['domain="-a.org"'], "domain", "no host name"),
    (['domain="a..org"'], "domain", "no host name"),
    (['domain="café.example"'], "domain", "xn--"),
    ([f'domain="{"a" * 64}.org"'], "domain", "no host name"),
    ([f'domain="{"a." * 125}orgs"'], "domain", "no host name"),
    (['irc.network="two words"'], "irc.network", "no spaces"),
    (['irc.network=""'], "irc.network", "1 to 50"),
    ([f'irc.network="{"n" * 51}"'], "irc.network", "1 to 50"),
    (['irc.first_modes="io"'], "irc.first_modes", "other letters"),
    (['irc.first_modes="ii"'], "irc.first_modes", "one twice"),
    (['irc.motd="a\\u0000b"'], "irc.motd", "NUL"),
    (['irc.deny_client_tags=["+typing"]'], "irc.deny_client_tags", "no tag name"),
    (['irc.deny_client_tags=["a,b"]'], "irc.deny_client_tags", "no tag name"),
    (['irc.deny_client_tags=["typing", "*"]'], "irc.deny_client_tags", "in the first place"),
    (['irc.deny_client_tags=["-typing"]'], "irc.deny_client_tags", "after a"),
    (['irc.motd="a\\rb"'], "irc.motd", "CR"),
    (['irc.filehost="ftp://example.org/"'], "irc.filehost", "no https:// or http:// URL"),
    (['irc.filehost="https://example.org/a b"'], "irc.filehost", "no https:// or http:// URL"),
    (['web.origins=["example.org"]'], "web.origins", "no origin as browsers write it"),
    (['web.origins=["https://example.org/"]'], "web.origins", "nothing after it"),
    (['web.origins=["https://Example.org"]'], "web.origins", "in lower case"),
    (['irc.admin_location="a\\nb"'], "irc.admin_location", "control"),
    (['irc.admin_organisation="a\\u0000b"'], "irc.admin_organisation", "control"),
    (['irc.admin_email="a\\rb"'], "irc.admin_email", "control"),
    (['irc.icon="https://example.org/a b"'], "irc.icon", "spaces"),
    (['tls.certificate="a.pem"'], "tls.certificate", "set tls.key too"),
    (['tls.key="a.pem"'], "tls.key", "set tls.certificate too"),
    (['store.url="rediss://h"', 'store.certificate="a.pem"'], "store.certificate", "set store.key too"),
    (['store.url="rediss://h"', 'store.key="a.pem"'], "store.key", "set store.certificate too"),
    (['store.ca="a.pem"'], "store.ca", "rediss:// store only"),
    (['store.url="redis://h"', 'store.ca="a.pem"'], "store.ca", "rediss:// store only"),
    (['store.url="mysql://h"'], "store.url", "a store is"),
    (['store.reply_timeout="0"'], "store.reply_timeout", "longer than 0"),
    (['store.reply_timeout="0 ms"'], "store.reply_timeout", "longer than 0"),
    (["carriers.email=true"], "carriers.email", "no carriers yet"),
    (["carriers.sms=true"], "carriers.sms", "no carriers yet"),
    (["carriers.fax=true"], "carriers.fax", "no carriers yet"),
    (['limits.line_length="8 KiB"'], "limits.line_length", "cannot carry a message of 16 KiB"),
    (['limits.message_size="32 KiB"'], "limits.message_size", "cannot carry a message of 32 KiB"),
    (["limits.message_size=0"], "limits.message_size", "cannot be unlimited while"),
    (['limits.send_queue="63 KiB"'], "limits.send_queue", "cannot hold one line"),
    (["limits.line_length=0"], "limits.line_length", "cannot hold one line"),
    (['listen.irc=["tcp:4000"]'], "listen.irc", "that listen.native already takes"),
    (['listen.irc=["tcp:7000", "tls:7000"]'], "listen.irc", "that listen.irc already takes"),
    (['listen.irc=["tcp:4001:interface=0.0.0.0"]'], "listen.irc", "that listen.native already takes"),
    (['listen.udp=["127.0.0.1:1", "0.0.0.0:1"]'], "listen.udp", "that listen.udp already takes"),
]

KEPT: list[list[str]] = [
    ['domain="localhost"'],
    ['domain="xn--caf-dma.example"'],
    ['domain="192.0.2.7"'],
    [f'domain="{"a." * 125}org"'],
    [f'domain="{"a" * 63}.org"'],
    [f'irc.network="{"n" * 50}"'],
    ['irc.deny_client_tags=["*", "-typing", "-draft/reply"]'],
    ['irc.deny_client_tags=["typing", "example.org/a-b"]'],
    ['store.reply_timeout="1 ms"'],
    ['limits.send_queue="64 KiB"'],
    ['irc.motd="two\\nlines\\tand a tab"'],
    ['store.url="rediss://h"'],
    # Port 0 is another port each time; datagrams and streams have ports of their own; so have the families.
    ['listen.irc=["tcp:0", "tls:0"]'],
    ['listen.udp=["127.0.0.1:6667"]'],
    ['listen.irc=["tcp:7000:interface=127.0.0.1", "tcp:7000:interface=127.0.0.2"]'],
    ['listen.irc=["tcp:7000:interface=0.0.0.0", "tcp:7000:interface=\\\\:\\\\:"]'],
    ['listen.irc=["unix:/a", "unix:/b"]'],
    ["limits.line_length=0", "limits.message_size=0", "limits.send_queue=0"],
    ['limits.line_length="33 KiB"'],
]

URLS: dict[str, str] = {
    "sqlite": "sqlite",
    "redis://localhost": "redis",
    "redis://localhost/": "redis",
    "redis://localhost:6379/0": "redis",
    "redis://user:pass%40word@localhost:6379/15": "redis",
    "redis://:secret@[::1]:6379": "redis",
    "redis://localhost:65535/99999": "redis",
    "rediss://redis.example.org:6380/1": "rediss",
    "redis+sentinel://a:26379/main": "redis+sentinel",
    "redis+sentinel://u:p@a:26379,b:26379,[::1]:26379/main/2": "redis+sentinel",
}

WRONG_URLS: dict[str, str] = {
    "": "a store is",
    "SQLite": "a store is",
    "redis": "a store is",
    "redis:localhost": "a store is",
    "http://localhost": "a store is",
    "redis://": "names no single host",
    "redis:///0": "names no single host",
    "redis://:6379": "names no single host",
    "redis://a,b:6379": "names no single host",
    "redis://u:p@ss@h": "write %40",
    "redis://localhost:port": "the port is no whole number",
    "redis://localhost:65536": "the port is no whole number",
    "redis://localhost:0": "a port from 1 to 65535",
    "redis://localhost/x": "number of a database",
    "redis://localhost/100000": "number of a database",
    "redis://localhost/0/1": "number of a database",
    "redis://local host": "no spaces",
    "redis://[::1": "IPv6 address stands in brackets",
    "redis://localhost?db=1": "no ? or #",
    "redis://u:p#w@localhost": "no ? or #",
    "redis+sentinel://a:26379": "names its service",
    "redis+sentinel://a/main": "each host needs a port",
    "redis+sentinel://a:26379,/main": "each host needs a port",
    "redis+sentinel://a:26379/main/x": "number of a database",
}


class RulesTests(SynchronousTestCase):
    """Rules between settings."""

    def test_broken(self) -> None:
        """Each broken rule gives exactly one error, which blames the setting and says why."""
        for overrides, key, words in BROKEN:
            errors = check(None, overrides)
            self.assertEqual([(error.file, error.key) for error in errors], [("--set", key)], overrides)
            self.assertIn(words, str(errors[0]), overrides)

    def test_kept(self) -> None:
        """What is allowed passes."""
        for overrides in KEPT:
            self.assertEqual([str(error) for error in check(None, overrides)], [], overrides)

    def test_store_urls(self) -> None:
        """The forms of the contract are known by their scheme."""
        for url, scheme in URLS.items():
            self.assertEqual(check_store_url(url), scheme)

    def test_wrong_store_urls(self) -> None:
        """Each wrong URL is refused with its own reason."""
        for url, words in WRONG_URLS.items():
            with self.assertRaises(ValueError, msg=url) as caught:
                check_store_url(url)
            self.assertIn(words, str(caught.exception), url)

    @given(st.text(alphabet="redis+nl:/@[]%,.0123456789?# é\n").map("redis://{}".format))
    def test_any_url_is_a_scheme_or_a_reason(self, url: str) -> None:
        """Whatever follows redis://, the answer is its scheme or a ValueError."""
        try:
            self.assertEqual(check_store_url(url), "redis")
        except ValueError as reason:
            self.assertTrue(str(reason))


class AutoTests(SynchronousTestCase):
    """What "auto" means for registration and guests."""

    def test_open_on_loopback_only(self) -> None:
        """Registration is open and guests are welcome while every listener of every door is on loopback."""
        for overrides, loopback in (
            ([], True),
            (['listen.irc=["unix:/run/x", "tcp:6667:interface=\\\\:\\\\:1"]'], True),
            (['listen.irc=["tls:6697:interface=0.0.0.0"]'], False),
            (['listen.native=["tcp:4000", "tls:4001:interface=192.0.2.1"]'], False),
            (['listen.web=["tcp:8080:interface=0.0.0.0"]'], False),
            (['listen.udp=["0.0.0.0:4000"]'], False),
            (['listen.irc=["systemd:domain=INET:index=0"]'], False),
            (["listen={native=[], irc=[], web=[], udp=[]}"], True),
            (['listen.proxies=["127.0.0.1"]'], False),
            # What a gateway of this machine passes on comes from anywhere.
            ([f'irc.gateways=[{{name="kiwi", certificate="{"5f" * 32}"}}]'], False),
        ):
            settings = load(None, overrides)
            self.assertEqual(settings.everything_on_loopback(), loopback, overrides)
            self.assertEqual(settings.registration, "open" if loopback else "invite", overrides)
            self.assertIs(settings.guests_allowed, loopback, overrides)

    def test_said_outright(self) -> None:
        """What the settings say holds wherever the listeners are."""
        everywhere = 'listen.irc=["tcp:6667:interface=0.0.0.0"]'
        for overrides in ([], [everywhere]):
            for registration in ("open", "invite", "closed"):
                settings = load(None, [*overrides, f'accounts.registration="{registration}"'])
                self.assertEqual(settings.registration, registration)
            for guests in (True, False):
                settings = load(None, [*overrides, f"accounts.guests={str(guests).lower()}"])
                self.assertIs(settings.guests_allowed, guests)
