"""A daemon with a site and people, and a browser whose tabs must have nothing to complain of."""

import contextlib
import functools
import json
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext
from twisted.internet.defer import Deferred

from tests.browser.chromium import CHROMIUM
from tests.browser.page import Tab
from tests.browser.site import SITE, strict_policy, tag
from tests.browser.sitting import Sitting
from tests.browser.widget import PATIENCE, Widget
from tests.daemon import RunningDaemon
from tests.peers.case import PeerTestCase, lasting_port
from tests.peers.irssi import Irssi

_Test = Callable[..., Coroutine[Any, Any, None]]

#: Where evidence of failures is kept.
EVIDENCE = Path(__file__).parents[2] / "build" / "browser"
TRACING = bool(os.environ.get("IMD_TRACE"))


def toml(value: Any) -> str:
    """A value as ``--set`` takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(toml, value)) + "]"
    # Strings and numbers are written alike in JSON and TOML.
    return json.dumps(value)


class BrowserTestCase(PeerTestCase):
    """Opens tabs in contexts of their own; all of them are closed, and none may have complained."""

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._tabs: list[Tab] = []
        #: Host name of this test's site.
        self.host = SITE.name()
        self.chat = ""

    def __init_subclass__(cls) -> None:
        for name, member in list(vars(cls).items()):
            if name.startswith("test_"):
                setattr(cls, name, cls._watched(member))

    @staticmethod
    def _watched(test: _Test) -> _Test:
        """Evidence is kept of a test that fails, and it fails if a tab has something to complain of."""

        @functools.wraps(test)
        async def watched(self: "BrowserTestCase") -> None:
            SITE.reports.clear()
            try:
                await test(self)
                self._quiet()
            except BaseException:
                await self._evidence()
                raise

        return watched

    def _quiet(self) -> None:
        for tab in self._tabs:
            self.assertEqual(tab.unexpected, [])
        self.assertEqual([each for each in SITE.reports if self.host in each], [])

    async def _evidence(self) -> None:
        for number, tab in enumerate(self._tabs):
            with contextlib.suppress(Exception):
                await tab.evidence(EVIDENCE / f"{self.id()}-{number}")

    # ------------------------------------------------------------ the browser

    async def context(self, **options: Any) -> BrowserContext:
        """A person's browser, as new: no cookies, nothing stored. `options` are those of ``new_context``."""
        context = await CHROMIUM.do(self._open(options))
        self.addCleanup(self._close, context)
        return context

    async def _open(self, options: dict[str, Any]) -> BrowserContext:
        browser = await CHROMIUM.browser()
        context = await browser.new_context(**{"viewport": {"width": 1000, "height": 720}, **options})
        context.set_default_timeout(PATIENCE)
        await Tab.prepare(context)
        if TRACING:
            await context.tracing.start(screenshots=True, snapshots=True)
        return context

    def _close(self, context: BrowserContext) -> Deferred[None]:
        async def close() -> None:
            if TRACING:
                await context.tracing.stop(path=EVIDENCE / f"{self.id()}.zip")
            await context.close()

        return CHROMIUM.do(close())

    async def tab(self, context: BrowserContext | None = None, **options: Any) -> Tab:
        """A new tab, of a new person's browser unless a context is given."""
        if context is None:
            context = await self.context(**options)
        tab = await CHROMIUM.do(Tab.open(context))
        self._tabs.append(tab)
        return tab

    # ------------------------------------------------------------ the daemon and the site

    @property
    def origin(self) -> str:
        """Of this test's site."""
        return SITE.origin(self.host)

    def page(self, path: str = "/", **more: Any) -> str:
        """Put a page with the tag, and the policy docs/embed.md promises to do with; its URL.

        `data` are the tag's attributes, `policy`, `tags`, `name` (of the host) and `chat` are for pages that differ.
        """
        chat = more.pop("chat", self.chat)
        data = more.pop("data", {})
        tags = more.pop("tags", None) or tag(chat, **data)
        return SITE.page(
            more.pop("name", self.host), path, tags, more.pop("policy", None) or strict_policy(chat), **more
        )

    async def shop(
        self, *names: str, site: Mapping[str, Any] | None = None, settings: Sequence[str] = (), **more: Any
    ) -> RunningDaemon:
        """A daemon with accounts of these names, who are all agents of the desk ``sales`` of this test's site.

        `site` has further settings of the site.
        """
        web = lasting_port()
        sites = [{"name": "shop", "origins": [self.origin], "staff": ["sales"], **(site or {})}]
        desks = [{"name": "sales", "title": "Sales", "agents": list(names)}]
        daemon = await self.house(
            *names,
            settings=(
                f'listen.web=["tcp:{web}:interface=127.0.0.1"]',
                f"web.sites={toml(sites)}",
                f"web.desks={toml(desks)}",
                *settings,
            ),
            **more,
        )
        self.chat = f"http://127.0.0.1:{web}"
        return daemon

    async def attended(self, **more: Any) -> RunningDaemon:
        """A shop with somebody at the desk, where it does not matter by which client."""
        daemon = await self.shop("alice", **more)
        await self.native(daemon, "alice")
        return daemon

    async def visitor(self, tab: Tab | None = None, **page: Any) -> Widget:
        """Somebody new on the page of the shop, before the chat is opened. `page` is as for `page`."""
        tab = tab or await self.tab()
        await tab.visit(self.page(**{"data": {"agents": "sales"}, **page}))
        return Widget(tab)

    async def talking(self, daemon: RunningDaemon, said: str = "one", **page: Any) -> tuple[Irssi, Widget, str]:
        """alice in irssi, a visitor who has opened the chat and said this, which alice has heard, and her nick."""
        alice = await self.irssi(daemon, "alice")
        anna = await self.visitor(**page)
        await anna.open()
        await anna.say(said)
        nick = await self.nick(daemon)
        await alice.hears(nick, nick, said)
        return alice, anna, nick

    async def sitting(self, daemon: RunningDaemon, name: str) -> Sitting:
        """imc on its full screen, signed on."""
        sitting = Sitting(daemon, name)
        self.addCleanup(sitting.close)
        await sitting.shows(f"{name} ● available")
        return sitting

    async def visitors(self, daemon: RunningDaemon, what: str = "name") -> list[str]:
        """This of all visitors who are on, one for each session: ``name``, ``door``."""
        return [row[what] for row in (await daemon.ask("who"))["rows"] if row["kind"] == "visitor"]

    async def nick(self, daemon: RunningDaemon) -> str:
        """How the one visitor of the site is called, once she is there."""
        found: list[str] = []

        async def there() -> bool:
            found[:] = await self.visitors(daemon)
            return bool(found)

        await self.until("a visitor", there)
        (name,) = found
        return name

    async def is_kept(self, daemon: RunningDaemon, name: str) -> bool:
        """Whether something waits for somebody who is off."""
        return bool(await self.waiting(daemon, name))
