"""Debian's Chromium, driven by Playwright in a thread of its own, so that the reactor goes on meanwhile."""

import asyncio
import atexit
import contextlib
import os
import shutil
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from playwright.async_api import Browser, Playwright, async_playwright
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests.peers.peer import ProgramMissing, reactor

_T = TypeVar("_T")

#: Seconds the browser may take to end when the tests do.
_FAREWELL = 10.0

#: Under which name it is installed.
_NAMES = ("chromium", "chromium-browser")
_ARGUMENTS = (
    # Pictures and widths of text are the same on every machine.
    "--font-render-hinting=none",
    "--disable-lcd-text",
    # Nothing is asked of the network but what pages ask for.
    "--disable-background-networking",
    "--disable-component-update",
    # A site of the plain web, for what browsers withhold from pages without https.
    "--host-resolver-rules=MAP plain.example 127.0.0.1",
)


class Chromium:
    """One browser process. What it does is a coroutine of Playwright's, run by `do`."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def do(self, what: Coroutine[Any, Any, _T]) -> Deferred[_T]:
        """Run `what` in the browser's thread; its result, or its error, comes in the reactor's."""
        future: Future[_T] = asyncio.run_coroutine_threadsafe(what, self._loop or self._begin())

        def give_up(_: Deferred[_T]) -> None:
            future.cancel()

        answer: Deferred[_T] = Deferred(give_up)

        def arrive() -> None:
            if future.cancelled() or answer.called:
                return
            error = future.exception()
            if error is None:
                answer.callback(future.result())
            else:
                answer.errback(Failure(error))

        def arrived(_: Any) -> None:
            # When the tests end, the reactor may be gone before the browser is.
            with contextlib.suppress(RuntimeError):
                reactor.callFromThread(arrive)

        future.add_done_callback(arrived)
        return answer

    async def browser(self) -> Browser:
        """The browser, started. To be run by `do`. Raises `ProgramMissing`."""
        if self._browser is None:
            path = _program()
            self._playwright = await async_playwright().start()
            if path is None:
                path = self._playwright.chromium.executable_path
                if not os.path.exists(path):  # noqa: PTH110
                    raise ProgramMissing(
                        "chromium is missing, and these tests need the real one: "
                        "apt install chromium fonts-noto-cjk fonts-noto-color-emoji, "
                        "or without root or on macOS: .venv/bin/python -m playwright install chromium"
                    )
            self._browser = await self._playwright.chromium.launch(
                executable_path=path,
                args=_ARGUMENTS,
                # Chromium refuses root a sandbox.
                chromium_sandbox=os.geteuid() != 0,
            )
        return self._browser

    async def _farewell(self) -> None:
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()

    def _begin(self) -> asyncio.AbstractEventLoop:
        self._loop = loop = asyncio.new_event_loop()
        # Debug mode (python -X dev) reports each callback that took 100 ms, which on a busy machine are many.
        loop.slow_callback_duration = 10.0
        thread = threading.Thread(target=loop.run_forever, name="chromium", daemon=True)
        thread.start()

        def end() -> None:
            with contextlib.suppress(Exception):
                asyncio.run_coroutine_threadsafe(self._farewell(), loop).result(_FAREWELL)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_FAREWELL)
            loop.close()

        atexit.register(end)
        return loop


def _program() -> str | None:
    """Debian's; None: there is none, and the one of ``playwright install`` is meant."""
    for name in _NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    return None


#: One for all tests of this process: it takes a second to start.
CHROMIUM = Chromium()
