"""The way of a message: accepted, kept, refused, unknown; order, repetition, several sessions."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Draft, Kind, Outcome, Receipt
from imd.core.refusal import NoSuchAccount, NotKept, QueueFull, StoreUnavailable
from imd.core.session import Presence, State, Visibility
from tests.house import HouseTestCase


class LiveTests(HouseTestCase):
    """Both are on."""

    def setUp(self) -> None:
        super().setUp()
        self.alice_account = self.house.person("alice")
        self.alice = self.house.on(self.alice_account)
        self.bob_account = self.house.person("bob")

    def test_acknowledged_costs_no_write(self) -> None:
        """A recipient who acknowledges within `ack_wait` makes the message accepted, and the store never sees it."""
        bob = self.house.on(self.bob_account)
        told = self.house.send(self.alice, "bob", "hello")
        self.assert_settled(told, Outcome.ACCEPTED)
        self.assertEqual(bob.bodies, ["hello"])
        self.assertEqual([receipt.outcome for receipt in self.alice.receipts], [Outcome.DELIVERED])
        self.assertEqual(self.house.store.inbox._waiting.get(self.bob_account.id, {}), {})
        self.assertEqual(self.house.store.inbox._done, {})

    def test_slow_acknowledgement(self) -> None:
        """Nobody is told anything before the recipient acknowledges or `ack_wait` is over; then the store has it."""
        bob = self.house.on(self.bob_account, prompt=False)
        told = self.house.send(self.alice, "bob", "hello")
        self.assertEqual(told, [])
        self.house.turn(0.02)
        self.house.turn(0.02)
        self.assert_settled(told, Outcome.ACCEPTED)
        self.assertEqual(self.house.wait(self.house.store.inbox.count(self.bob_account.id)), 1)
        bob.acknowledge()
        self.house.turn()
        self.assertEqual(self.house.wait(self.house.store.inbox.count(self.bob_account.id)), 0)
        self.assert_settled(told, Outcome.ACCEPTED)

    def test_lost_before_acknowledging(self) -> None:
        """What a connection had not confirmed when it died is kept, and comes again under its id, marked."""
        bob = self.house.on(self.bob_account, prompt=False)
        told = self.house.send(self.alice, "bob", "hello")
        self.house.off(bob)
        self.assertEqual(len(told), 1)
        again = self.house.on(self.bob_account)
        self.assertEqual([m.id for m in again.messages], [bob.messages[0].id])
        self.assertEqual(again.messages[0].time, bob.messages[0].time)
        self.assertTrue(again.envelopes[0].repeat)
        self.house.off(again)
        self.assertEqual(self.house.on(self.bob_account).bodies, [])

    def test_killed_before_acknowledging(self) -> None:
        """The daemon dies with an accepted message unconfirmed: after the restart it is delivered."""
        self.house.on(self.bob_account, prompt=False)
        told = self.house.send(self.alice, "bob", "hello")
        self.house.turn(0.02)
        self.house.turn(0.02)
        self.assert_settled(told, Outcome.ACCEPTED)
        self.house.restart()
        again = self.house.on(self.bob_account)
        self.assertEqual(again.bodies, ["hello"])

    def test_order_over_kinds_of_way(self) -> None:
        """What waited and what comes live arrive in the order of reading, once each."""
        self.house.send(self.alice, "bob", "1")
        self.house.send(self.alice, "bob", "2")
        bob = self.house.on(self.bob_account, prompt=False)
        self.house.send(self.alice, "bob", "3")
        self.assertEqual(bob.bodies, ["1", "2", "3"])
        phone = self.house.on(self.bob_account, prompt=False)
        self.house.send(self.alice, "bob", "4")
        self.assertEqual(phone.bodies, ["1", "2", "3", "4"])
        self.assertEqual(bob.bodies, ["1", "2", "3", "4"])
        phone.acknowledge()
        bob.acknowledge()
        self.house.turn(1)
        self.assertEqual(self.house.wait(self.house.store.inbox.count(self.bob_account.id)), 0)

    def test_repetition_is_recognised(self) -> None:
        """The same client id is the same message: while under way, once accepted, and after a restart."""
        bob = self.house.on(self.bob_account, prompt=False)
        first = self.house.send(self.alice, "bob", "hello", client_id="c1")
        second = self.house.send(self.alice, "bob", "hello", client_id="c1")
        bob.acknowledge()
        self.house.turn()
        third = self.house.send(self.alice, "bob", "hello", client_id="c1")
        ids = {told[0].id for told in (first, second, third)}
        self.assertEqual(len(ids), 1)
        self.assertEqual(bob.bodies, ["hello"])
        for told in (first, second, third):
            self.assert_settled(told, Outcome.ACCEPTED)

    def test_repetition_after_restart_and_acknowledgement(self) -> None:
        """Stored, restarted, delivered, acknowledged; then the sender repeats: accepted, not shown again."""
        first = self.house.send(self.alice, "bob", "hello", client_id="c1")
        self.house.restart()
        bob = self.house.on(self.bob_account)
        self.house.turn()
        alice = self.house.on(self.alice_account)
        second = self.house.send(alice, "bob", "hello", client_id="c1")
        self.house.turn(0.1)
        self.assertEqual(first[0].id, second[0].id)
        self.assertEqual({m.id for m in bob.messages}, {first[0].id})
        self.assertIn(second[0].outcome, (Outcome.ACCEPTED, Outcome.KEPT))

    def test_without_confirmation(self) -> None:
        """A door that cannot confirm gets each message only once the store has it."""
        bob = self.house.on(self.bob_account, confirms=False, prompt=False)
        self.house.store.available = False
        told = self.house.send(self.alice, "bob", "lost?")
        self.assert_settled(told, Outcome.REFUSED)
        self.assertEqual(bob.bodies, [])
        self.house.store.available = True
        told = self.house.send(self.alice, "bob", "stored")
        self.assert_settled(told, Outcome.ACCEPTED)
        self.assertEqual(bob.bodies, ["stored"])
        self.assertEqual(self.house.wait(self.house.store.inbox.count(self.bob_account.id)), 0)


class OfflineTests(HouseTestCase):
    """The recipient is off."""

    policy = Policy(offline_max_messages=3, guest_messages=2)

    def setUp(self) -> None:
        super().setUp()
        self.bob_account = self.house.person("bob")
        self.alice = self.house.on(self.house.person("alice"))

    def test_kept(self) -> None:
        """A message for somebody off is kept, told so, and delivered at the next sign-on."""
        told = self.house.send(self.alice, "BOB", "later")
        self.assert_settled(told, Outcome.KEPT)
        self.house.turn(3600)
        bob = self.house.on(self.bob_account)
        self.assertEqual(bob.bodies, ["later"])
        self.assertEqual(bob.messages[0].id, told[0].id)
        self.assertFalse(bob.envelopes[0].repeat)
        self.assertLess(bob.messages[0].time, self.house.reactor.seconds() - 3599)

    def test_nobody(self) -> None:
        """Nobody of that name: refused."""
        told = self.house.send(self.alice, "nobody", "hello")
        self.assert_settled(told, Outcome.REFUSED)
        self.assertIsInstance(told[0].reason, NoSuchAccount)

    def test_full(self) -> None:
        """The queue has a limit, and the sender hears of it."""
        for body in "123":
            self.assert_settled(self.house.send(self.alice, "bob", body), Outcome.KEPT)
        told = self.house.send(self.alice, "bob", "4")
        self.assert_settled(told, Outcome.REFUSED)
        self.assertIsInstance(told[0].reason, QueueFull)
        self.assertEqual(self.house.on(self.bob_account).bodies, ["1", "2", "3"])

    def test_full_and_in_doubt(self) -> None:
        """A message handed to a client that died while the queue was full is of unknown fate; sent again, it is shown
        with all its text, however long."""
        text = "x" * 1000
        bob = self.house.on(self.bob_account, prompt=False)
        for body in "123":
            self.house.send(self.alice, "bob", body)
        self.house.turn(1)
        told = self.house.send(self.alice, "bob", text, client_id="c1")
        self.house.off(bob)
        self.house.turn()
        self.assert_settled(told, Outcome.UNKNOWN)
        bob = self.house.on(self.bob_account)
        self.assertEqual(bob.bodies, ["1", "2", "3"])
        told = self.house.send(self.alice, "bob", text, client_id="c1")
        self.assert_settled(told, Outcome.ACCEPTED)
        self.assertEqual(bob.bodies, ["1", "2", "3", text])

    def test_a_sender_that_fails(self) -> None:
        """A door that fails to hear what became of its message keeps no others from hearing of theirs."""

        def fail(receipt: Receipt) -> None:
            raise ZeroDivisionError

        self.house.hub.delivery.send(self.alice.session, Draft("bob", "1"), fail)
        told = self.house.send(self.alice, "bob", "2")
        self.assert_settled(told, Outcome.KEPT)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(self.house.hub.idle)

    def test_guests_share(self) -> None:
        """A guest may leave only so many messages per recipient and address."""
        guest = self.house.on("visitor", address="198.51.100.7")
        self.house.send(guest, "bob", "1")
        self.house.send(guest, "bob", "2")
        self.assert_settled(self.house.send(guest, "bob", "3"), Outcome.REFUSED)
        self.assert_settled(self.house.send(self.alice, "bob", "4"), Outcome.KEPT)

    def test_notice_not_kept(self) -> None:
        """Notices are not kept, and who may know that the recipient is off hears so."""
        told = self.house.send(self.alice, "bob", "beep", kind=Kind.NOTICE)
        self.assert_settled(told, Outcome.REFUSED)
        self.assertIsInstance(told[0].reason, NotKept)
        self.assertEqual(self.house.on(self.bob_account).bodies, [])

    def test_five_attempts(self) -> None:
        """After five unconfirmed attempts a message waits until it is asked for."""
        self.house.send(self.alice, "bob", "hello")
        for attempt in range(5):
            bob = self.house.on(self.bob_account, prompt=False)
            self.assertEqual(bob.bodies, ["hello"], attempt)
            self.house.off(bob)
        bob = self.house.on(self.bob_account)
        self.assertEqual(bob.bodies, [])
        self.assertEqual(self.house.wait(self.house.hub.delivery.fetch(bob.session)), 1)
        self.assertEqual(bob.bodies, ["hello"])

    def test_expired(self) -> None:
        """What is older than ``offline.keep`` is not delivered."""
        self.house.send(self.alice, "bob", "hello")
        self.house.turn(self.house.hub.policy.offline_keep + 1)
        self.assertEqual(self.house.on(self.bob_account).bodies, [])


class WindowTests(HouseTestCase):
    """A client that does not confirm gets no more than the window; the rest waits in the store, in order."""

    policy = Policy(limits=Limits(window=70))

    def test_window(self) -> None:
        bob_account = self.house.person("bob")
        alice = self.house.on(self.house.person("alice"))
        bob = self.house.on(bob_account, prompt=False)
        bodies = [str(n) for n in range(300)]
        told = [self.house.send(alice, "bob", body) for body in bodies]
        self.house.turn(0.02)
        self.house.turn(0.02)
        self.assertEqual(len(bob.bodies), 70)
        self.assertTrue(all(len(each) == 1 and each[0].outcome is Outcome.ACCEPTED for each in told))
        for _ in range(10):
            bob.acknowledge()
            self.house.turn(0.1)
        self.assertEqual(bob.bodies, bodies)
        self.assertEqual(self.house.wait(self.house.store.inbox.count(bob_account.id)), 0)

    def test_long_queue(self) -> None:
        """Catching up goes on as the client confirms, and live messages queue behind."""
        bob_account = self.house.person("bob")
        alice = self.house.on(self.house.person("alice"))
        bodies = [str(n) for n in range(400)]
        for body in bodies[:300]:
            self.house.send(alice, "bob", body)
        bob = self.house.on(bob_account, prompt=False)
        for body in bodies[300:]:
            self.house.send(alice, "bob", body)
        for _ in range(30):
            bob.acknowledge()
            self.house.turn(0.1)
        self.assertEqual(bob.bodies, bodies)


class StoreAwayTests(HouseTestCase):
    """Honest while the store is away, and nothing lost."""

    def setUp(self) -> None:
        super().setUp()
        self.bob_account = self.house.person("bob")
        self.alice = self.house.on(self.house.person("alice"))
        self.house.send(self.alice, "bob", "known")

    def test_offline_recipient(self) -> None:
        """Nobody can take it and the store is away: refused, and never shown."""
        self.house.store.available = False
        told = self.house.send(self.alice, "bob", "hello")
        self.assert_settled(told, Outcome.REFUSED)
        self.assertIsInstance(told[0].reason, StoreUnavailable)
        self.house.store.available = True
        self.assertEqual(self.house.on(self.bob_account).bodies, ["known"])

    def test_live_recipient(self) -> None:
        """A recipient who acknowledges needs no store."""
        bob = self.house.on(self.bob_account)
        self.house.store.available = False
        told = self.house.send(self.alice, "bob", "hello")
        self.assert_settled(told, Outcome.ACCEPTED)
        self.assertEqual(bob.bodies, ["known", "hello"])

    def test_unknown(self) -> None:
        """Handed to a client that then died while the store was away: unknown, and repeating it shows it once."""
        bob = self.house.on(self.bob_account, prompt=False)
        bob.acknowledge()
        self.house.turn()
        self.house.store.available = False
        told = self.house.send(self.alice, "bob", "hello", client_id="c1")
        self.house.off(bob)
        self.assertEqual(told, [])
        self.house.turn(11)
        self.assert_settled(told, Outcome.UNKNOWN)
        self.house.store.available = True
        self.house.hub.store_back()
        self.house.turn()
        again = self.house.send(self.alice, "bob", "hello", client_id="c1")
        self.assertEqual(again[0].id, told[0].id)
        self.assertEqual(self.house.on(self.bob_account).bodies, ["hello"])

    def test_answer_lost(self) -> None:
        """The store took it and died before saying so: tried again when it is back, kept once."""
        self.house.store.dying = True
        told = self.house.send(self.alice, "bob", "hello")
        self.assertEqual(told, [])
        self.house.store.dying = False
        self.house.hub.store_back()
        self.house.turn()
        self.assert_settled(told, Outcome.KEPT)
        self.assertEqual(self.house.on(self.bob_account).bodies, ["known", "hello"])

    def test_acknowledgements_wait(self) -> None:
        """What is acknowledged while the store is away is taken off when it is back."""
        bob = self.house.on(self.bob_account, prompt=False)
        self.house.store.available = False
        bob.acknowledge()
        self.house.turn()
        self.house.store.available = True
        self.house.hub.store_back()
        self.house.turn()
        self.assertEqual(self.house.wait(self.house.store.inbox.count(self.bob_account.id)), 0)
        self.assertTrue(self.house.hub.idle)


class PrivacyTests(HouseTestCase):
    """What the sender hears tells no more than they may know (P5)."""

    def setUp(self) -> None:
        super().setUp()
        self.bob_account = self.house.person("bob")
        self.alice = self.house.on(self.house.person("alice"))

    def test_hidden_recipient(self) -> None:
        """Who may not see presence hears *accepted*, whether the recipient is on or off, and no more."""
        bob = self.house.on(self.bob_account)
        self.house.wait(self.house.hub.people.set_privacy(bob.session, visible_to=Visibility.NOBODY))
        self.assert_settled(self.house.send(self.alice, "bob", "on"), Outcome.ACCEPTED)
        self.house.off(bob)
        self.assert_settled(self.house.send(self.alice, "bob", "off"), Outcome.ACCEPTED)
        self.house.on(self.bob_account)
        self.assertEqual(self.alice.receipts, [])
        self.assertEqual(self.alice.views, [])

    def test_invisible_recipient(self) -> None:
        """Somebody invisible gets the message, and looks like somebody who is off."""
        bob = self.house.on(self.bob_account, presence=Presence(State.INVISIBLE))
        self.assert_settled(self.house.send(self.alice, "bob", "hello"), Outcome.KEPT)
        self.assertEqual(bob.bodies, ["hello"])
        self.assertEqual(self.alice.receipts, [])

    def test_blocked_sender(self) -> None:
        """What a blocked person sends looks like a message to somebody who is off, and is never shown."""
        bob = self.house.on(self.bob_account)
        self.house.wait(self.house.hub.rosters.block(bob.session, "alice"))
        told = self.house.send(self.alice, "bob", "hello")
        self.house.turn(0.1)
        self.assert_settled(told, Outcome.KEPT)
        self.house.off(bob)
        told = self.house.send(self.alice, "bob", "hello again")
        self.house.turn(0.1)
        self.assert_settled(told, Outcome.KEPT)
        self.assertEqual(self.house.on(self.bob_account).bodies, [])
        self.assertEqual(bob.bodies, [])
