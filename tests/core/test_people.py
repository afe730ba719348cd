"""Signing on: what has become of the account since its secret was checked."""

from twisted.internet.defer import Deferred

from imd.core.refusal import NoSuchAccount, Refusal, Suspended, TooMany
from imd.core.session import Account, ClientInfo, Peer, Session
from tests.house import HouseTestCase, Recorder


class ProvedBefore(HouseTestCase):
    """Between the proof and the welcome some time passes: a client takes as long as it likes."""

    def setUp(self) -> None:
        super().setUp()
        self.alice = self.house.person("alice")

    def sign_on(self, account: Account) -> Session:
        session: Session = self.house.wait(self.signing_on(account))
        return session

    def signing_on(self, account: Account) -> Deferred[Session]:
        people = self.house.hub.people
        return Deferred.fromCoroutine(
            people.sign_on(account, "", Peer("irc", "192.0.2.9", 1), ClientInfo(), Recorder())
        )

    def refused(self, kind: type[Refusal]) -> None:
        self.assertRaises(kind, self.sign_on, self.alice)
        self.assertEqual(list(self.house.hub.people.online()), [])
        self.assertTrue(self.house.hub.ledger.idle)

    def test_removed(self) -> None:
        """Nobody signs on to an account that has been removed since, or as a guest of an account gone."""
        self.house.wait(self.house.accounts.remove(self.alice))
        self.refused(NoSuchAccount)
        guest = self.house.on("al")
        promotion = self.house.hub.people.promote(guest.session, self.alice)
        self.assertRaises(NoSuchAccount, self.house.wait, promotion)
        self.assertTrue(guest.session.person.guest)

    def test_made_anew(self) -> None:
        """Nor to another account that has got its name."""
        self.house.wait(self.house.accounts.remove(self.alice))
        self.house.person("alice")
        self.refused(NoSuchAccount)

    def test_suspended(self) -> None:
        """Nor to one that may not sign on any more."""
        self.house.wait(self.house.accounts.suspend(self.alice))
        self.refused(Suspended)
        guest = self.house.on("al")
        self.assertRaises(Suspended, self.house.wait, self.house.hub.people.promote(guest.session, self.alice))

    def test_renamed(self) -> None:
        """One that was renamed has its new name, and its old one is free."""
        self.house.wait(self.house.accounts.rename(self.alice, "alicia"))
        self.assertEqual(self.sign_on(self.alice).address.name, "alicia")
        self.assertEqual(self.house.on("alice").session.address.name, "alice")

    def test_renamed_while_off(self) -> None:
        """A guest who carries the new name has to go at once, not when the account comes."""
        guest = self.house.on("alicia")
        self.house.wait(self.house.accounts.rename(self.alice, "Alicia"))
        self.assertIsNotNone(guest.ended)
        self.assertIsNone(self.house.hub.people.find("alicia"))

    def test_meanwhile(self) -> None:
        """Also while the store is asked in signing on."""
        coming = self.signing_on(self.alice)
        self.house.wait(self.house.accounts.suspend(self.alice))
        self.house.turn()
        self.failureResultOf(coming, Suspended)

    def test_many_at_once(self) -> None:
        """The limit of sessions holds for those that come at one time."""
        limit = self.house.hub.people.limits.sessions_per_account
        coming = [self.signing_on(self.alice) for _ in range(limit + 3)]
        self.house.turn()
        for each in coming[:limit]:
            self.successResultOf(each)
        for each in coming[limit:]:
            self.failureResultOf(each, TooMany)
