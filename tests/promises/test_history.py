"""P1 to P3 for history: what was accepted can be read again after the daemon was killed, once per id, in order."""

import collections
import sys
from typing import Any

from tests.doors.irc import CAPABILITIES, IrcDriver
from tests.promises.audit import AuditedTestCase, Ledger
from tests.promises.house import on_both_stores

TEA = "#tea"
#: Messages to each of the room and the person, and on one page.
MANY, PAGE = 1000, 300


class Reader(IrcDriver):
    """A client that reads history."""

    capabilities = f"{CAPABILITIES} draft/chathistory"

    async def page(self, text: str) -> list[tuple[str, str]]:
        """(id, body) of what CHATHISTORY answers."""
        lines = await self.command(f"CHATHISTORY {text}")
        self_made = [line for line in lines if line.command == "FAIL"]
        assert not self_made, self_made[0].params
        return [
            (line.tags["msgid"], line.params[1]) for line in lines if line.command == "PRIVMSG" and "batch" in line.tags
        ]

    async def history(self, target: str) -> list[tuple[str, str]]:
        """All of it, from the latest page back to the first."""
        found = page = await self.page(f"LATEST {target} * {PAGE}")
        while page:
            page = await self.page(f"BEFORE {target} msgid={found[0][0]} {PAGE}")
            found = page + found
        return found


class HistoryPromise(AuditedTestCase):
    __test__ = False

    async def test_killed(self) -> None:
        """``kill -9`` while a room and a talk go on: both sides read all that was accepted, under the ids that the
        sender was told, each once and in order, and nothing that was never said."""
        daemon = await self.house().start()
        await self.people(daemon, "alice", "bob")
        alice: Any = await self.entered(daemon, Reader, "alice")
        bob: Any = await self.entered(daemon, Reader, "bob")
        await alice.join(TEA)
        await bob.join(TEA)
        ledger = Ledger()
        for number in range(MANY):
            for target in (TEA, "bob"):
                ledger.send(alice, target, f"{target} {number}")
        await alice.until("half of it accepted", lambda: len(ledger.told) >= MANY)
        await daemon.kill()
        await alice.lost
        promised = {target: ledger.promised(target) for target in (TEA, "bob")}
        self.assertGreaterEqual(sum(map(len, promised.values())), MANY)
        await daemon.start()
        alice = await self.entered(daemon, Reader, "alice")
        bob = await self.entered(daemon, Reader, "bob")
        await alice.join(TEA)
        await bob.join(TEA)
        read = 0
        for reader, target, where in ((alice, TEA, TEA), (bob, TEA, TEA), (alice, "bob", "bob"), (bob, "bob", "alice")):
            read += self.checked(promised[target], target, await reader.history(where))
        print(
            f"\nhistory on {self.store}: {2 * MANY} sent, killed; {sum(map(len, promised.values()))} were accepted, "
            f"{read} read by two, 0 lost, 0 doubled",
            file=sys.stderr,
        )

    def checked(self, promised: dict[str, str], target: str, found: list[tuple[str, str]]) -> int:
        ids = dict((body, id) for id, body in found)
        self.assertEqual([body for body in promised if body not in ids], [], f"lost of {target}")
        self.assertEqual([body for body, id in promised.items() if ids[body] != id], [], "other ids than were told")
        doubled = [id for id, count in collections.Counter(id for id, _ in found).items() if count > 1]
        self.assertEqual(doubled, [])
        numbers = [int(body.split()[1]) for _, body in found]
        self.assertEqual(numbers, sorted(set(numbers)), "out of order")
        self.assertTrue(all(body.startswith(f"{target} ") for _, body in found))
        return len(found)


globals().update(on_both_stores(HistoryPromise))
del HistoryPromise
