"""What senders were told and what recipients were shown: the books that P1, P2 and P3 are audited by."""

import collections
from typing import Any

from twisted.internet.defer import Deferred

from tests.doors import Driver, Outcome, Received
from tests.promises.house import PromiseTestCase


class Ledger:
    """What the senders were told, by recipient and in order of sending."""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[str, Deferred[Outcome]]]] = collections.defaultdict(list)
        self.told: dict[tuple[str, str], Outcome] = {}

    def send(self, sender: Driver, to: str, body: str) -> None:
        outcome = sender.send(to, body)
        self.sent[to].append((body, outcome))
        outcome.addCallback(lambda answer: self.told.__setitem__((to, body), answer))
        # A connection that dies leaves the fate open; that is the point.
        outcome.addErrback(lambda failure: None)

    def promised(self, to: str) -> dict[str, str]:
        """Bodies that were accepted (or kept), with the id the sender was told."""
        return {
            body: self.told[to, body].id
            for body, _ in self.sent[to]
            if (to, body) in self.told and self.told[to, body].how in ("accepted", "kept")
        }


class AuditedTestCase(PromiseTestCase):
    """Real daemons, real stores, and the audit."""

    timeout = 600

    def check(self, ledger: Ledger, to: str, shown: list[Received]) -> None:
        """P1: all that was promised is there. P2: once per id. P3: in order. And under the ids that were told."""
        promised = ledger.promised(to)
        bodies = [received.body for received in shown]
        lost = [body for body in promised if body not in bodies]
        self.assertEqual(lost, [], f"lost for {to}")
        ids = [received.id for received in shown]
        doubled = [id for id, count in collections.Counter(ids).items() if count > 1]
        self.assertEqual(doubled, [], f"shown twice to {to}")
        self.assertEqual(len(bodies), len(set(bodies)), f"shown twice to {to} under different ids")
        order = {body: number for number, (body, _) in enumerate(ledger.sent[to])}
        numbers = [order[body] for body in bodies]
        self.assertEqual(numbers, sorted(numbers), f"out of order for {to}")
        ids_of = {received.body: received.id for received in shown}
        wrong = [body for body, id in promised.items() if id and ids_of[body] != id]
        self.assertEqual(wrong, [], f"other ids than were told for {to}")

    async def inbox(self, daemon: Any, door: str, name: str, expected: int) -> list[Received]:
        """Sign on, take what waits, and make sure that nothing more comes."""
        driver = await self.on(daemon, door, name)
        await driver.until(f"{expected} messages", lambda: len(driver.received) >= expected)
        for _ in range(3):
            await driver.barrier()
        await driver.quit()
        return driver.received
