"""What the core writes on the side: the book of rooms, ends of sessions, and one at a time."""

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from imd.core.ledger import Ledger
from imd.core.message import Outcome
from imd.core.refusal import NoSuchAccount
from imd.core.roombook import RoomBook
from imd.core.stores import RoomRecord
from imd.core.talk import Room, Topic
from imd.core.turnstile import Turnstile
from imd.storage.memory.store import MemoryStore
from tests.house import HouseTestCase, TestEnvironment


class UpkeepCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Clock()
        self.environment = TestEnvironment(self.reactor)
        self.store = MemoryStore()


class RoomBookTests(UpkeepCase):
    def records(self) -> list[RoomRecord]:
        found = self.store.rooms.load()
        assert isinstance(found, Deferred)
        records: list[RoomRecord] = self.successResultOf(found)
        return records

    def test_changed_while_written(self) -> None:
        """A change made while the room is being written is written too."""
        book = RoomBook(self.environment, self.store.rooms)
        room = Room("#tea", 1.0)
        room.founder = "A1"
        self.store.deferring = True
        book.changed(room)
        self.reactor.advance(0)
        room.topic = Topic("later", "alice", 2.0)
        book.changed(room)
        self.reactor.advance(0)
        self.assertFalse(book.idle)
        self.store.work()
        self.store.deferring = False
        self.assertTrue(book.idle)
        self.assertEqual([record.topic for record in self.records()], [room.topic])

    def test_store_dies(self) -> None:
        """What the store died with is written again when it is back."""
        book = RoomBook(self.environment, self.store.rooms)
        room = Room("#tea", 1.0)
        room.founder = "A1"
        self.store.deferring = True
        book.changed(room)
        self.reactor.advance(0)
        self.store.die(0)
        self.assertFalse(book.idle)
        self.store.available, self.store.deferring = True, False
        book.retry()
        self.assertTrue(book.idle)
        self.assertEqual(len(self.records()), 1)


class LedgerTests(UpkeepCase):
    def test_an_outage_costs_little(self) -> None:
        """While the store is away each further end asks it once, not for all that wait; then all are written."""
        calls: list[str] = []
        ended = self.store.ledger.ended

        def counted(session: str, when: float, reason: str) -> Any:
            calls.append(session)
            return ended(session, when, reason)

        self.patch(self.store.ledger, "ended", counted)
        ledger = Ledger(self.environment, self.store.ledger)
        self.store.available = False
        for number in range(500):
            ledger.ended(f"s{number}", 1.0, "lost")
        self.assertEqual(len(calls), 500)
        self.store.available = True
        ledger.retry()
        self.assertTrue(ledger.idle)
        self.assertEqual(set(calls), {f"s{number}" for number in range(500)})


class TurnstileTests(UpkeepCase):
    def test_cancelled_in_the_queue(self) -> None:
        """Whoever is cancelled while waiting does not keep those behind from their turn."""
        turnstile = Turnstile(self.environment)
        entered: list[str] = []

        async def enter(name: str, until: "Deferred[None]") -> None:
            async with turnstile.alone(["key"]):
                entered.append(name)
                await until

        first: Deferred[None] = Deferred()
        holder = Deferred.fromCoroutine(enter("first", first))
        second = Deferred.fromCoroutine(enter("second", Deferred()))
        third = Deferred.fromCoroutine(enter("third", Deferred()))
        second.cancel()
        self.failureResultOf(second, CancelledError)
        first.callback(None)
        self.successResultOf(holder)
        self.assertEqual(entered, ["first", "third"])
        third.cancel()
        self.failureResultOf(third, CancelledError)
        fourth = Deferred.fromCoroutine(enter("fourth", Deferred()))
        self.assertEqual(entered[-1], "fourth")
        fourth.cancel()
        self.failureResultOf(fourth, CancelledError)


class RemovedTests(HouseTestCase):
    """Messages to an account that is removed while they are under way."""

    def test_handed(self) -> None:
        """A client may have it: *unknown*, and nothing is left in the store for nobody."""
        alice = self.house.on(self.house.person("alice"))
        account = self.house.person("bob")
        self.house.on(account, prompt=False)
        told = self.house.send(alice, "bob", "hello")
        self.house.wait(self.house.accounts.remove(account))
        self.house.turn(1)
        self.assert_settled(told, Outcome.UNKNOWN)
        self.assertEqual(self.house.wait(self.house.store.inbox.count(account.id)), 0)
        self.assertTrue(self.house.hub.idle)

    def test_on_its_way_into_the_store(self) -> None:
        """Nobody has it, nobody will: refused."""
        alice = self.house.on(self.house.person("alice"))
        account = self.house.person("bob")
        self.house.send(alice, "bob", "known")
        told = self.house.send(alice, "bob", "hello", turn=False)
        self.house.wait(self.house.accounts.remove(account))
        self.house.turn(1)
        self.assertEqual([type(receipt.reason) for receipt in told], [NoSuchAccount])
        self.assertEqual(self.house.wait(self.house.store.inbox.count(account.id)), 0)
        self.assertTrue(self.house.hub.idle)
