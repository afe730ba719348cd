"""One door of one daemon, where limits are met."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from tests.daemon import RunningDaemon
from tests.doors import DOORS, Driver, IrcDriver, NativeDriver, UdpDriver
from tests.doors.udp import Datagrams
from tests.promises.house import PASSWORD, PromiseTestCase

numbers = itertools.count(1)


class Meeting:
    """One door of one daemon."""

    def __init__(self, case: PromiseTestCase, daemon: RunningDaemon, door: str) -> None:
        self.case = case
        self.daemon = daemon
        self.door = door

    async def account(self) -> str:
        """The name of a new one."""
        name = f"p{next(numbers)}"
        await self.daemon.ask("user add", name=name, password=PASSWORD)
        return name

    async def on(self, name: str) -> Any:
        driver = await DOORS[self.door].sign_on(self.daemon, name, PASSWORD)
        self.case.addCleanup(driver.cut)
        return driver

    async def person(self) -> Any:
        """Somebody new, signed on."""
        return await self.on(await self.account())

    def room(self) -> str:
        """The name of a new one."""
        return f"#r{next(numbers)}"

    @staticmethod
    def address() -> str:
        """One of this machine's that nobody has used."""
        return f"127.0.1.{next(numbers) % 250 + 1}"

    async def stranger(self, source: str = "") -> Any:
        """Connected, from an address of its own, and not signed on."""
        source = source or self.address()
        if self.door == "udp":
            made: Driver = UdpDriver(Datagrams(self.daemon, dtls=False, source=source), "stranger")
        else:
            kind = DOORS[self.door]
            made = kind(await kind.dial(kind.port(self.daemon), source=source), "stranger")
        self.case.addCleanup(made.cut)
        if isinstance(made, NativeDriver):
            made.stream.say("")
            await made.until("hello", lambda: made.hello is not None)
        return made

    # ------------------------------------------------------------ what must be answered

    async def refused(self, driver: NativeDriver, code: str, type: str, **fields: Any) -> None:
        """A request that is answered with this error."""
        answer = await driver.ask({"type": type, **fields})
        self.case.assertEqual((answer["type"], answer.get("code")), ("error", code), answer)
        self.case.assertTrue(answer["text"])

    async def answered(self, driver: IrcDriver, line: str, *parts: str) -> None:
        """A line that is answered with one that has all these in it."""
        begin = len(driver.stream.transcript)
        driver.say(line)

        def there() -> bool:
            said = [each for each in driver.stream.transcript[begin:] if each.startswith("S: ")]
            return any(all(part in each for part in parts) for each in said)

        await driver.until(f"{parts} after {line[:60]}", there)


Deed = Callable[[Meeting], Awaitable[None]]


def alike(kind: str, code: str, *requests: dict[str, Any]) -> Deed:
    """On the native door: these requests, the last of which is refused. ``@`` is an account's name, another one each
    time, ``#`` a room of one's own, ``#new`` another one each time."""

    async def deed(here: Meeting) -> None:
        one = await here.person()
        room = here.room()
        if any(value == "#" for request in requests for value in request.values()):
            await one.must({"type": "join", "room": room})
        for number, request in enumerate(requests, 1):
            words = {"#": room, "#new": here.room()}
            filled = {
                key: await here.account() if value == "@" else words.get(value, value) for key, value in request.items()
            }
            if number < len(requests):
                await one.must({"type": kind, **filled})
            else:
                await here.refused(one, code, kind, **filled)

    return deed
