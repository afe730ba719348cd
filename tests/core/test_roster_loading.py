"""Rosters in memory: read together, never stale, and there as long as somebody needs them."""

from collections.abc import Awaitable, Sequence

from twisted.internet.defer import Deferred

from imd.core.contact import Contact
from imd.core.session import ClientInfo, Peer
from tests.house import HouseTestCase, Recorder


class LoadingTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.accounts = [self.house.person(f"person{number}") for number in range(20)]
        self.reads: list[list[str]] = []
        #: What the store answers later, when a test holds it back.
        self.held: list[tuple[Deferred[dict[str, list[Contact]]], dict[str, list[Contact]]]] = []
        self.holding = False
        read = self.house.store.rosters.load

        def load(accounts: Sequence[str]) -> Awaitable[dict[str, list[Contact]]]:
            self.reads.append(list(accounts))
            answer = read(accounts)
            if not self.holding:
                return answer
            assert isinstance(answer, Deferred)
            later: Deferred[dict[str, list[Contact]]] = Deferred()
            self.held.append((later, self.successResultOf(answer)))
            return later

        self.house.store.rosters.load = load  # type: ignore[method-assign]

    def coming(self, number: int) -> "Deferred[object]":
        """A sign-on under way."""
        peer = Peer("native", "192.0.2.1", 40000)
        client = Recorder()
        client.hub = self.house.hub
        return Deferred.fromCoroutine(
            self.house.hub.people.sign_on(self.accounts[number], "", peer, ClientInfo(), client)
        )

    def test_read_together(self) -> None:
        """Twenty people who sign on in one turn cost one reading."""
        coming = [self.coming(number) for number in range(20)]
        self.house.turn()
        self.assertEqual(len(self.reads), 1)
        self.assertEqual(sorted(self.reads[0]), sorted(account.id for account in self.accounts))
        for each in coming:
            self.assertIsNotNone(self.successResultOf(each))

    def test_changed_while_it_is_read(self) -> None:
        """Somebody is asked to be a friend in the moment she signs on: her list has it."""
        alice = self.house.on(self.accounts[0])
        self.holding = True
        coming = self.coming(1)
        self.house.turn()
        asking = Deferred.fromCoroutine(self.house.hub.rosters.ask(alice.session, "person1"))
        self.house.turn()
        self.holding = False
        # First the reading that the request needed, then the one of her sign-on, which knows nothing of it.
        while self.held:
            later, rosters = self.held.pop()
            later.callback(rosters)
            self.house.turn()
        self.successResultOf(asking)
        self.successResultOf(coming)
        contact = self.house.hub.rosters.contact(self.accounts[1].id, self.accounts[0].id)
        assert contact is not None
        self.assertTrue(contact.asked)

    def test_back_within_the_turn(self) -> None:
        """Whoever signs on again in the turn in which the last session ended still has a roster."""
        bob, alice = self.house.on(self.accounts[1]), self.house.on(self.accounts[0])
        self.house.friends(alice, bob)
        self.house.hub.people.sign_off(alice.session, "lost")
        coming = self.coming(0)
        self.house.turn()
        self.successResultOf(coming)
        self.assertTrue(self.house.hub.rosters.cached(self.accounts[0].id))
