"""The door of embedded pages: the native protocol at ``/embed/socket``, and by long polling at ``/embed/poll``.

Members sign on by a token that their site has signed, visitors say that they visit.
"""

from typing import Any

from tests.daemon import RunningDaemon
from tests.doors.native import NativeDriver
from tests.doors.polling import PollStream
from tests.doors.stream import Stream
from tests.doors.websocket import connected
from tests.tokens import ORIGIN, bearer, token

FROM_PAGE = (f"Origin: {ORIGIN}",)


class WebDriver(NativeDriver):
    """A member, from a page of the tests' site. What `sign_on` calls a password is not needed."""

    door = "web"
    listener = "web"

    @classmethod
    async def dial(cls, port: int, *, source: str = "") -> Stream:
        return await connected(port, "/embed/socket", "imd.native", source=source, headers=FROM_PAGE)

    async def enter(self, password: str, **more: Any) -> None:
        await self.until("hello", lambda: self.hello is not None)
        data = bearer(token(self.name))
        await self.prove({"type": "authenticate", "mechanism": "OAUTHBEARER", "data": data})
        await self.begin(**more)


class WebPollDriver(WebDriver):
    """The same by long polling."""

    door = "web-poll"

    @classmethod
    async def dial(cls, port: int, *, source: str = "") -> Stream:
        return PollStream(port, FROM_PAGE, source=source)


class VisitorDriver(WebDriver):
    """A visitor. Her `name` is what the daemon makes of the one she gives; with `secret` she comes back."""

    def __init__(self, stream: Stream, name: str) -> None:
        super().__init__(stream, name)
        self.secret = ""

    @classmethod
    async def visit(cls, daemon: RunningDaemon, name: str = "", *, secret: str = "", source: str = "") -> Any:
        """Come, or come back; raises `SignOnFailed`."""
        driver = cls(await cls.connect(daemon, source=source), name)
        driver.secret = secret
        return await driver.entered("")

    async def again(self, daemon: RunningDaemon, kind: "type[VisitorDriver] | None" = None) -> Any:
        """She comes back, by a connection of another kind if need be."""
        return await (kind or type(self)).visit(daemon, secret=self.secret)

    async def resume(self, daemon: RunningDaemon) -> Any:
        driver: Any = await super().resume(daemon)
        driver.secret = self.secret
        return driver

    async def enter(self, password: str, **more: Any) -> None:
        await self.until("hello", lambda: self.hello is not None)
        visit = {"type": "visit", **({"secret": self.secret} if self.secret else {"name": self.name})}
        answer = await self.prove(visit)
        self.secret = answer["secret"]
        self.name = answer["address"].partition("@")[0]
        await self.begin(**more)


class PollingVisitorDriver(VisitorDriver):
    """The same by long polling."""

    door = "web-poll"

    @classmethod
    async def dial(cls, port: int, *, source: str = "") -> Stream:
        return PollStream(port, FROM_PAGE, source=source)


#: Visitors by the name of their door.
VISITORS: dict[str, type[VisitorDriver]] = {"web": VisitorDriver, "web-poll": PollingVisitorDriver}

__all__ = ["FROM_PAGE", "VISITORS", "PollingVisitorDriver", "VisitorDriver", "WebDriver", "WebPollDriver"]
