"""What fakes are asked, and who is there in their tests."""

from typing import Any

from twisted.internet.defer import Deferred

from imd.core.address import Address
from imd.core.session import Account, Peer, Visibility

DOMAIN = "example.org"
START = 1_000_000.0

ALICE = Account("1", "alice", 1000.0)
ANNA = Account("2", "anna-k3f9", 1000.0, Visibility.NOBODY, visitor=True, site="shop")
BOB = Address("bob", DOMAIN)

LOOPBACK = Peer("native", "127.0.0.1", 50000, loopback=True)
PLAIN_TEXT = Peer("native", "192.0.2.1", 50000)


class Recorder:
    """Remembers calls; `failing` makes the next call of that name raise; `held` makes it wait."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.failing: dict[str, Exception] = {}
        self.held: dict[str, Deferred[None]] = {}

    def note(self, name: str, *details: Any) -> None:
        self.calls.append((name, *details))
        if name in self.failing:
            raise self.failing.pop(name)

    async def wait(self, name: str, *details: Any) -> None:
        self.note(name, *details)
        if name in self.held:
            await self.held[name]

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]


class Fake:
    """A part that notes in a `Recorder` what is asked of it."""

    def __init__(self, record: Recorder) -> None:
        self.record = record
