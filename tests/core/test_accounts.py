"""Accounts: looked up by name, kept at hand, changed."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from imd.core.accounts import UNKNOWN, AccountChange, Accounts, new_account_id
from imd.core.refusal import InvalidName, NameInUse, NoSuchAccount, Refusal, StoreUnavailable
from imd.core.session import Visibility
from imd.core.stores import AccountStore, OutcomeUnknown
from tests.core.memory_accounts import MemoryAccounts

_T = TypeVar("_T")


class AccountsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = MemoryAccounts()
        store: AccountStore = self.store
        self.accounts = Accounts(store, remember=3)
        self.told: list[AccountChange] = []
        self.accounts.observers.append(self.told.append)

    def now(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self.successResultOf(Deferred.fromCoroutine(coroutine))

    def refused(self, coroutine: Coroutine[Any, Any, object], refusal: type[Refusal]) -> None:
        self.failureResultOf(Deferred.fromCoroutine(coroutine), refusal)

    def test_created_is_known(self) -> None:
        """A new account is at hand at once, under every spelling of its name, and observers hear of it."""
        alice = self.now(self.accounts.create("Alice", None, 5.0))
        self.assertEqual((alice.name, alice.created, alice.visible_to), ("Alice", 5.0, Visibility.EVERYONE))
        self.assertIs(self.accounts.cached("alice"), alice)
        self.assertIs(self.now(self.accounts.resolve("ALICE")), alice)
        self.assertEqual(self.store.calls, ["create"])
        self.assertEqual(self.told, [AccountChange(None, alice)])

    def test_names(self) -> None:
        """A name that is taken, however spelt, or not possible, is refused; a taken one stays its owner's."""
        alice = self.now(self.accounts.create("alice", None, 5.0))
        self.refused(self.accounts.create("ALICE", None, 6.0), NameInUse)
        self.refused(self.accounts.create("al ice", None, 6.0), InvalidName)
        self.refused(self.accounts.create("\u00e4lice", None, 6.0), InvalidName)
        self.assertEqual(self.now(self.accounts.by_name("alice")), alice)
        self.assertEqual(len(self.told), 1)

    def test_nobody_is_remembered(self) -> None:
        """That nobody has a name is asked of the store once, until somebody takes the name."""
        self.assertIs(self.accounts.cached("bob"), UNKNOWN)
        self.refused(self.accounts.resolve("bob"), NoSuchAccount)
        self.refused(self.accounts.resolve("Bob"), NoSuchAccount)
        self.assertIsNone(self.accounts.cached("bob"))
        self.assertEqual(self.store.calls, ["by_name"])
        bob = self.now(self.accounts.create("bob", None, 1.0))
        self.assertEqual(self.accounts.cached("bob"), bob)

    def test_bounded(self) -> None:
        """No more names are remembered than allowed; those used last stay, and endless names are not kept at all."""
        for name in ("a", "b", "c"):
            self.refused(self.accounts.resolve(name), NoSuchAccount)
        self.accounts.cached("a")
        self.refused(self.accounts.resolve("d"), NoSuchAccount)
        known = [name for name in "abcd" if self.accounts.cached(name) is not UNKNOWN]
        self.assertEqual(known, ["a", "c", "d"])
        self.refused(self.accounts.resolve("x" * 1000), NoSuchAccount)
        self.assertIs(self.accounts.cached("x" * 1000), UNKNOWN)

    def test_late_answer_is_not_remembered(self) -> None:
        """An answer that a change has overtaken is given to who asked, but not remembered."""
        self.store.held = []
        asked = Deferred.fromCoroutine(self.accounts.by_name("alice"))
        held, self.store.held = self.store.held, None
        alice = self.now(self.accounts.create("alice", None, 5.0))
        held[0].callback(None)
        self.assertIsNone(self.successResultOf(asked))
        self.assertEqual(self.accounts.cached("alice"), alice)

    def test_rename(self) -> None:
        """A renamed account is found under the new name only; to a taken name it is not renamed."""
        alice = self.now(self.accounts.create("alice", None, 5.0))
        self.now(self.accounts.create("bob", None, 5.0))
        self.refused(self.accounts.rename(alice, "Bob"), NameInUse)
        carol = self.now(self.accounts.rename(alice, "carol"))
        self.assertEqual((carol.id, carol.name), (alice.id, "carol"))
        self.assertIsNone(self.now(self.accounts.by_name("alice")))
        self.assertEqual(self.now(self.accounts.by_name("carol")), carol)
        self.assertEqual(self.told[2:], [AccountChange(alice, carol)])
        self.assertTrue(self.told[2].renamed)

    def test_respelt(self) -> None:
        """An account may change the spelling of its own name."""
        alice = self.now(self.accounts.create("alice", None, 5.0))
        self.now(self.accounts.rename(alice, "Alice"))
        self.assertEqual(self.now(self.accounts.resolve("alice")).name, "Alice")

    def test_remove(self) -> None:
        """A removed account is gone, once."""
        alice = self.now(self.accounts.create("alice", None, 5.0))
        self.now(self.accounts.remove(alice))
        self.now(self.accounts.remove(alice))
        self.assertIsNone(self.now(self.accounts.by_name("alice")))
        self.assertEqual(self.told[1:], [AccountChange(alice, None)])
        self.refused(self.accounts.suspend(alice), NoSuchAccount)

    def test_alterations_add_up(self) -> None:
        """Two changes under way at the same time are both there in the end."""
        alice = self.now(self.accounts.create("alice", None, 5.0))
        self.store.held = []
        first = Deferred.fromCoroutine(self.accounts.suspend(alice))
        second = Deferred.fromCoroutine(self.accounts.set_privacy(alice, Visibility.NOBODY))
        while self.store.held:
            self.store.held.pop(0).callback(None)
        self.successResultOf(first)
        self.successResultOf(second)
        self.store.held = None
        now = self.now(self.accounts.resolve("alice"))
        self.assertEqual((now.suspended, now.visible_to), (True, Visibility.NOBODY))

    def test_privacy(self) -> None:
        """Each part of the privacy can be set alone."""
        alice = self.now(self.accounts.create("alice", None, 5.0))
        alice = self.now(self.accounts.set_privacy(alice, share_location=True))
        alice = self.now(self.accounts.set_privacy(alice, Visibility.CONTACTS))
        self.assertEqual((alice.visible_to, alice.share_location), (Visibility.CONTACTS, True))

    def test_certificates(self) -> None:
        """A certificate leads to its account, and to one account only."""
        alice = self.now(self.accounts.create("alice", None, 5.0))
        bob = self.now(self.accounts.create("bob", None, 5.0))
        self.now(self.accounts.add_certificate(alice, "ab"))
        self.now(self.accounts.add_certificate(alice, "ab"))
        self.refused(self.accounts.add_certificate(bob, "ab"), NameInUse)
        found = self.now(self.accounts.by_certificate("ab"))
        assert found is not None
        self.assertEqual((found.id, found.certificates), (alice.id, ("ab",)))
        self.now(self.accounts.remove_certificate(alice, "ab"))
        self.assertIsNone(self.now(self.accounts.by_certificate("ab")))

    def test_outcome_unknown(self) -> None:
        """A write of unknown outcome is repeated once; if that fails, too, the store is unavailable."""
        self.store.failures = [OutcomeUnknown()]
        alice = self.now(self.accounts.create("alice", None, 5.0))
        self.assertEqual(self.store.calls, ["create", "create"])
        self.assertEqual(self.now(self.accounts.by_id([alice.id])), {alice.id: alice})
        self.store.failures = [OutcomeUnknown(), OutcomeUnknown()]
        self.refused(self.accounts.create("bob", None, 5.0), StoreUnavailable)
        self.assertEqual(len(self.told), 1)

    def test_store_away(self) -> None:
        """A lookup that fails is not remembered as "nobody"."""
        self.store.failures = [StoreUnavailable()]
        self.refused(self.accounts.by_name("alice"), StoreUnavailable)
        self.assertIs(self.accounts.cached("alice"), UNKNOWN)

    def test_ids(self) -> None:
        """Ids are 16 plain characters, and no two are alike."""
        ids = {new_account_id() for _ in range(100)}
        self.assertEqual(len(ids), 100)
        for id in ids:
            self.assertRegex(id, r"\AA[a-z2-7]{15}\Z")
