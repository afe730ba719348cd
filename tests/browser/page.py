"""One tab of the browser, and all it complains of."""

import json
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, WebSocket
from twisted.internet.defer import Deferred

from tests.browser.chromium import CHROMIUM
from tests.peers.peer import PATIENCE

_T = TypeVar("_T")

#: Run before a page's own scripts; leaves nothing in `window`.
_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event => console.error(
  `violated: ${event.effectiveDirective} by ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`));
"""

#: Looks at what a page has no event for.
_UNTIL = """
() => new Promise((done, failed) => {
  const end = performance.now() + %d;
  const look = () => {
    if (%s) done();
    else if (performance.now() > end) failed(new Error("waited in vain for " + %s));
    else setTimeout(look, 20);
  };
  look();
})
"""

#: How far things of the page were moved since it began (https://web.dev/articles/cls), also after a click.
_MOVED = """
() => new Promise(resolve => {
  const moved = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) moved.push(JSON.stringify(entry));
  }).observe({ type: "layout-shift", buffered: true });
  // Observers are told after the next frame.
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(moved))));
})
"""


class Tab:
    """`page` is Playwright's; what is done with it is run by `do`."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page
        #: What the console, scripts, the policy and the network complained of.
        self.complaints: list[str] = []
        #: All that was asked of any server, in order: ``GET http://…``; sockets as ``WS ws://…``.
        self.requests: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        page.on("websocket", self._socket)
        page.on("requestfailed", self._failed)
        page.on("dialog", self._dialog)

    @classmethod
    async def open(cls, context: BrowserContext) -> "Tab":
        """To be run by the browser."""
        return cls(context, await context.new_page())

    @staticmethod
    async def prepare(context: BrowserContext) -> None:
        """What each tab of a context begins with. To be run by the browser."""
        await context.add_init_script(_VIOLATIONS)

    def do(self, what: Coroutine[Any, Any, _T]) -> Deferred[_T]:
        """Run a coroutine of Playwright's."""
        return CHROMIUM.do(what)

    # ------------------------------------------------------------ complaints

    def expect(self, *patterns: str) -> None:
        """What it may complain of, by regular expressions."""
        self._expected += map(re.compile, patterns)

    @property
    def unexpected(self) -> list[str]:
        return [each for each in self.complaints if not any(pattern.search(each) for pattern in self._expected)]

    def _said(self, message: ConsoleMessage) -> None:
        # A widget has nothing to say on the console of somebody else's page.
        self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _failed(self, request: Request) -> None:
        self.complaints.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _socket(self, socket: WebSocket) -> None:
        self.requests.append(f"WS {socket.url}")

    async def _dialog(self, dialog: Dialog) -> None:
        # Whoever gets a script to run says alert(1).
        self.complaints.append(f"dialog {dialog.type}: {dialog.message}")
        await dialog.dismiss()

    # ------------------------------------------------------------ what a person does

    async def visit(self, url: str) -> None:
        """Go to a page, and wait until it is there."""
        answer = await self.do(self.page.goto(url, wait_until="load"))
        assert answer is None or answer.ok, f"{url}: {answer.status}"

    async def reload(self) -> None:
        """Have the page anew, and wait until it is there."""
        await self.do(self.page.reload())

    async def follow(self, link: str, path: str) -> None:
        """Go to another page of the site by a link."""
        await self.do(self.page.get_by_role("link", name=link).click())
        await self.do(self.page.wait_for_url(f"**{path}"))

    async def evaluate(self, script: str, argument: Any = None) -> Any:
        """What an expression or a function has to say in the page."""
        return await self.do(self.page.evaluate(script, argument))

    async def until(self, expression: str) -> None:
        """Wait until an expression is true in the page.

        Not by Playwright's wait_for_function, which a page that forbids `eval` stops.
        """
        await self.do(self.page.evaluate(_UNTIL % (int(PATIENCE * 1000), expression, json.dumps(expression))))

    async def moved(self) -> list[str]:
        """The layout shifts of the page."""
        found: list[str] = await self.evaluate(_MOVED)
        return found

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.do(self.page.keyboard.press(key))

    async def type(self, text: str) -> None:
        await self.do(self.page.keyboard.type(text))

    async def close(self) -> None:
        await self.do(self.page.close())

    async def evidence(self, where: Path) -> None:
        """A picture and what was said, for whom a test fails; best effort, since the page may be gone."""
        where.parent.mkdir(parents=True, exist_ok=True)
        lines = [self.page.url, *self.complaints, "", *self.requests]
        where.with_name(f"{where.name}.txt").write_text("\n".join(lines) + "\n")
        if not self.page.is_closed():
            await self.do(self.page.screenshot(path=where.with_name(f"{where.name}.png"), timeout=5000))
