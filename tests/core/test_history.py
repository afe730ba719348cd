"""Talks in history: for accounts with several devices, and for nobody else (DESIGN, "Several devices")."""

from typing import Any

from twisted.internet.defer import Deferred

from imd.core.hub import Policy
from imd.core.message import Draft, Kind, Message, Outcome
from imd.core.past import Part
from imd.core.refusal import NoSuchAccount, NotAMember, NotForGuests
from imd.core.session import Account, ClientInfo
from tests.house import HouseTestCase, Recorder


class HistoryCase(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice_account = self.house.person("alice")
        self.bob_account = self.house.person("bob")
        self.alice = self.house.on(self.alice_account)

    def device(self, account: Account, name: str, **more: Any) -> Recorder:
        return self.house.on(account, info=ClientInfo(device=name), **more)

    def history(self, reader: Recorder, name: str, before: int = 0, limit: int = 100) -> list[str]:
        found: list[Message] = self.house.wait(self.house.hub.history.latest(reader.session, name, before, limit))
        return [message.body for message in found]

    @property
    def lines(self) -> dict[str, dict[str, Message]]:
        """All that is in the store."""
        return self.house.store.history._lines

    def two_devices(self, account: Account) -> Recorder:
        """Have the account known with laptop and phone; the laptop is on."""
        self.house.off(self.device(account, "phone"))
        return self.device(account, "laptop")


class SeveralDevicesTests(HistoryCase):
    def test_one_device_records_nothing(self) -> None:
        """While both have one device, however often they sign on, nothing is written."""
        self.house.off(self.device(self.bob_account, "phone"))
        bob = self.device(self.bob_account, "phone")
        self.assert_settled(self.house.send(self.alice, "bob", "hello"), Outcome.ACCEPTED)
        self.assertEqual(self.lines, {})
        self.assertEqual(self.history(bob, "alice"), [])

    def test_second_device_reads_what_the_first_acknowledged(self) -> None:
        """The phone, off meanwhile, reads both sides of the talk; pages go back from `before`."""
        laptop = self.two_devices(self.bob_account)
        self.assert_settled(self.house.send(self.alice, "bob", "hello"), Outcome.ACCEPTED)
        self.house.send(laptop, "alice", "hello yourself")
        self.house.send(self.alice, "bob", "/me waves", kind=Kind.ACTION)
        self.house.send(self.alice, "bob", "beep", kind=Kind.NOTICE)
        self.house.off(laptop)
        phone = self.device(self.bob_account, "phone")
        self.assertEqual(phone.bodies, [])
        self.assertEqual(self.history(phone, "ALICE"), ["hello", "hello yourself", "/me waves", "beep"])
        found = self.house.wait(self.house.hub.history.latest(phone.session, "alice@localhost", 0, 1))
        self.assertEqual([message.body for message in found], ["beep"])
        self.assertEqual(self.history(phone, "alice", found[0].seq, 1), ["/me waves"])

    def test_daemon_dies_before_the_sender_has_it(self) -> None:
        """The daemon dies between queue and history; the recipient comes back before the sender, who then asks again:
        she hears *accepted* once her other device can read it."""
        laptop = self.two_devices(self.alice_account)
        self.house.turn(1)
        self.house.store.deferring = True
        self.assertEqual(self.house.send(laptop, "bob", "hello", client_id="c1"), [])
        while not self.house.store.inbox._waiting:
            self.assertEqual(self.house.store.work(1), 1)
            self.house.turn()
        self.house.store.abandon(0)
        self.house.store.deferring = False
        self.assertEqual(self.lines, {})
        self.house.restart()
        bob = self.house.on(self.bob_account)
        self.house.turn(1)
        self.assertEqual(bob.bodies, ["hello"])
        laptop = self.device(self.alice_account, "laptop")
        self.assert_settled(self.house.send(laptop, "bob", "hello", client_id="c1"), Outcome.ACCEPTED)
        self.assertEqual(bob.bodies, ["hello"])
        self.assertEqual(self.history(laptop, "bob"), ["hello"])
        self.assert_settled(self.house.send(laptop, "bob", "hello", client_id="c1"), Outcome.ACCEPTED)
        self.assertEqual(self.history(laptop, "bob"), ["hello"])

    def test_confirmed_while_the_sender_asks_again(self) -> None:
        """The recipient is back after the daemon had died, and confirms what waited for her just while its sender, who
        asks again, waits for her own history: it is off the inbox, and not shown at the next sign-on."""
        laptop = self.two_devices(self.alice_account)
        self.house.turn(1)
        self.house.store.deferring = True
        self.assertEqual(self.house.send(laptop, "bob", "hello", client_id="c1"), [])
        while not self.house.store.inbox._waiting:
            self.assertEqual(self.house.store.work(1), 1)
            self.house.turn()
        self.house.store.abandon(0)
        self.house.store.deferring = False
        self.house.restart()
        laptop = self.device(self.alice_account, "laptop")
        self.house.turn(1)
        history = self.house.store.history
        append, gate = history.append, Deferred[int]()
        self.patch(history, "append", lambda lines, most=0: gate)
        bob = self.house.on(self.bob_account, prompt=False)
        self.house.turn(1)
        self.assertEqual(bob.bodies, ["hello"])
        told = self.house.send(laptop, "bob", "hello", client_id="c1")
        bob.acknowledge()
        self.house.turn(1)
        self.patch(history, "append", append)
        gate.callback(0)
        self.house.turn(1)
        self.assert_settled(told, Outcome.ACCEPTED)
        self.house.off(bob)
        self.assertEqual(self.house.on(self.bob_account).bodies, [])

    def test_accepted_waits_for_the_commit(self) -> None:
        """Acknowledged, but not yet in history: the sender hears neither *accepted* nor *delivered*."""
        bob = self.two_devices(self.bob_account)
        self.house.turn(1)
        self.house.store.deferring = True
        told = self.house.send(self.alice, "bob", "hello")
        self.assertEqual(bob.bodies, ["hello"])
        self.assertEqual((told, self.alice.receipts), ([], []))
        self.assertFalse(self.house.hub.idle)
        self.house.store.work()
        self.assert_settled(told, Outcome.ACCEPTED)
        self.assertEqual([receipt.outcome for receipt in self.alice.receipts], [Outcome.DELIVERED])
        self.assertTrue(self.house.hub.idle)

    def test_store_away(self) -> None:
        """The history cannot be written: *unknown* after a while, never shown twice, and written in the end."""
        bob = self.two_devices(self.bob_account)
        self.house.store.available = False
        told = self.house.send(self.alice, "bob", "hello", client_id="c1")
        self.assertEqual(told, [])
        self.house.turn(11)
        self.assert_settled(told, Outcome.UNKNOWN)
        again = self.house.send(self.alice, "bob", "hello", client_id="c1")
        self.assertEqual(again, [])
        self.house.store.available = True
        self.house.hub.store_back()
        self.house.turn()
        self.assert_settled(again, Outcome.ACCEPTED)
        self.assertEqual(bob.bodies, ["hello"])
        self.assertEqual(self.history(bob, "alice"), ["hello"])
        self.assert_settled(self.house.send(self.alice, "bob", "hello", client_id="c1"), Outcome.ACCEPTED)
        self.assertEqual(self.house.hub.delivery.counts()["stuck"], 0)

    def test_died_before_the_commit(self) -> None:
        """The daemon died between queue and history: whoever takes the message from the queue has it recorded."""
        self.house.off(self.two_devices(self.bob_account))
        self.house.store.deferring = True
        told = self.house.send(self.alice, "bob", "hello", client_id="c1")
        for _ in range(20):
            if not self.house.store.inbox._waiting.get(self.bob_account.id):
                self.house.store.work(1)
                self.house.turn()
        self.house.store.abandon(0)
        self.assertEqual(told, [])
        self.house.store.deferring = False
        for call in self.house.reactor.getDelayedCalls():
            call.cancel()
        self.house.environment = type(self.house.environment)(self.house.reactor)
        self.house.restart()
        phone = self.device(self.bob_account, "phone")
        self.assertEqual(phone.bodies, ["hello"])
        self.assertEqual(self.history(phone, "alice"), ["hello"])

    def test_devices_are_remembered(self) -> None:
        """Known after a restart, a door without device names counting as one; no more than sixteen."""
        self.house.off(self.house.on(self.bob_account, door="irc"))
        self.house.off(self.device(self.bob_account, "phone"))
        self.house.restart()
        bob = self.house.wait(self.house.accounts.resolve("bob"))
        self.assertEqual(bob.devices, ("irc", "phone"))
        for number in range(20):
            self.house.off(self.device(self.house.wait(self.house.accounts.resolve("bob")), f"browser{number}"))
        bob = self.house.wait(self.house.accounts.resolve("bob"))
        self.assertEqual(bob.devices, tuple(f"browser{number}" for number in range(4, 20)))

    def test_talk_with_oneself(self) -> None:
        """A note to oneself is in history once."""
        laptop = self.two_devices(self.bob_account)
        self.house.send(laptop, "bob", "buy milk")
        self.assertEqual(self.history(laptop, "bob"), ["buy milk"])

    def test_renamed(self) -> None:
        """A talk follows a renamed account; whoever takes the old name inherits nothing."""
        laptop = self.two_devices(self.bob_account)
        self.house.send(self.alice, "bob", "hello")
        self.house.wait(self.house.accounts.rename(self.alice_account, "alicia"))
        self.house.person("alice")
        self.assertEqual(self.history(laptop, "alicia"), ["hello"])
        self.assertEqual(self.history(laptop, "alice"), [])


class ReaderTests(HistoryCase):
    """Accounts with one device and a client that reads history."""

    def test_from_then_on(self) -> None:
        """From the moment a client says that it reads history, both sides are there for it, and for nobody else."""
        self.house.send(self.alice, "bob", "before")
        bob = self.house.on(self.bob_account)
        self.house.hub.history.want(bob.session)
        self.assert_settled(self.house.send(self.alice, "bob", "hello"), Outcome.ACCEPTED)
        self.house.send(bob, "alice", "hello yourself")
        self.assertEqual(self.history(bob, "alice"), ["hello", "hello yourself"])
        self.assertEqual(self.history(self.alice, "bob"), [])

    def test_while_away(self) -> None:
        """It is remembered: what comes while the client is off, and after a restart, is there, too."""
        bob = self.house.on(self.bob_account)
        self.house.hub.history.want(bob.session)
        self.house.off(bob)
        self.house.restart()
        self.alice = self.house.on(self.house.wait(self.house.accounts.resolve("alice")))
        self.assert_settled(self.house.send(self.alice, "bob", "hello"), Outcome.KEPT)
        bob = self.house.on(self.house.wait(self.house.accounts.resolve("bob")))
        self.assertEqual(bob.bodies, ["hello"])
        self.assertEqual(self.history(bob, "alice"), ["hello"])

    def test_accepted_waits(self) -> None:
        """A reader counts as a device: what was accepted is in history."""
        bob = self.house.on(self.bob_account)
        self.house.hub.history.want(bob.session)
        self.house.turn(1)
        self.house.store.deferring = True
        told = self.house.send(self.alice, "bob", "hello")
        self.assertEqual((told, bob.bodies), ([], ["hello"]))
        self.house.store.work()
        self.assert_settled(told, Outcome.ACCEPTED)

    def test_under_way(self) -> None:
        """What was sent before the store has remembered that she reads, and is accepted after, is there, too."""
        bob = self.house.on(self.bob_account, prompt=False)
        self.house.store.deferring = True
        self.house.hub.history.want(bob.session)
        told = self.house.send(self.alice, "bob", "hello", turn=False)
        self.house.store.work()
        self.house.store.deferring = False
        self.house.turn()
        bob.acknowledge()
        self.house.turn()
        self.assert_settled(told, Outcome.ACCEPTED)
        self.assertEqual(self.history(bob, "alice"), ["hello"])

    def test_guests(self) -> None:
        """A talk with a guest is the account's; a guest has none."""
        guest = self.house.on("visitor")
        self.house.hub.history.want(guest.session)
        self.house.hub.history.want(self.alice.session)
        self.house.send(self.alice, "visitor", "hello")
        self.house.send(guest, "alice", "hello yourself")
        self.assertEqual(self.history(self.alice, "visitor"), ["hello", "hello yourself"])
        with self.assertRaises(NotForGuests):
            self.history(guest, "alice")

    def test_notice(self) -> None:
        """Notices and reactions are there, but nobody waits for that; typing is not."""
        bob = self.house.on(self.bob_account)
        self.house.hub.history.want(bob.session)
        self.house.send(self.alice, "bob", "beep", kind=Kind.NOTICE)
        for tag in ("draft/react", "typing"):
            draft = Draft("bob", "", Kind.SIGNAL, tags={tag: "x"})
            self.house.hub.delivery.send(self.alice.session, draft, lambda receipt: None)
        self.house.turn()
        self.assertEqual(self.history(bob, "alice"), ["beep"])
        part = Part(limit=9, events=True)
        past = self.house.wait(self.house.hub.history.read(bob.session, "alice", part))
        self.assertEqual([message.tags for message in past.messages], [{}, {"draft/react": "x"}])


class AlwaysTests(HistoryCase):
    policy = Policy(history_talks="always")

    def test_one_device(self) -> None:
        """Everybody has copies, and nobody with one device waits for them."""
        bob = self.house.on(self.bob_account)
        self.house.turn(1)
        self.house.store.deferring = True
        told = self.house.send(self.alice, "bob", "hello")
        self.assert_settled(told, Outcome.ACCEPTED)
        self.house.store.work()
        self.house.store.deferring = False
        self.assertEqual(self.history(bob, "alice"), ["hello"])
        self.assertEqual(self.history(self.alice, "bob"), ["hello"])


class PrivacyTests(HistoryCase):
    """Only one's own talks (P5)."""

    def test_own_talks_only(self) -> None:
        """Others' talks cannot be named; nobody learns from theirs how many devices somebody else has."""
        bob = self.two_devices(self.bob_account)
        carol = self.two_devices(self.house.person("carol"))
        self.house.send(self.alice, "bob", "secret")
        self.assertEqual(self.history(carol, "bob"), [])
        self.assertEqual(self.history(carol, "alice"), [])
        self.assertEqual(self.history(self.alice, "bob"), [])
        self.assertEqual(self.history(bob, "alice"), ["secret"])

    def test_unknown(self) -> None:
        """Nobody of that name, a room one is not in, a guest who asks: refused."""
        latest = self.house.hub.history.latest
        with self.assertRaises(NoSuchAccount):
            self.house.wait(latest(self.alice.session, "nobody", 0, 10))
        with self.assertRaises(NotAMember):
            self.house.wait(latest(self.alice.session, "#room", 0, 10))
        with self.assertRaises(NotForGuests):
            self.house.wait(latest(self.house.on("visitor").session, "bob", 0, 10))

    def test_blocked(self) -> None:
        """What a blocked person sends is in their own devices' history like anything else, and in nobody else's."""
        bob = self.two_devices(self.bob_account)
        alice = self.two_devices(self.alice_account)
        self.house.wait(self.house.hub.rosters.block(bob.session, "alice"))
        told = self.house.send(alice, "bob", "hello")
        self.house.turn(0.1)
        self.assertEqual(len(told), 1)
        self.assertEqual(self.history(alice, "bob"), ["hello"])
        self.assertEqual(self.history(bob, "alice"), [])

    def test_refused(self) -> None:
        """What was refused is in no history: it will never be shown."""
        alice = self.two_devices(self.alice_account)
        self.house.wait(self.house.accounts.suspend(self.bob_account))
        self.assert_settled(self.house.send(alice, "bob", "hello"), Outcome.REFUSED)
        self.assertEqual(self.lines, {})

    def test_guest(self) -> None:
        """What a guest says is found under the guest's address."""
        bob = self.two_devices(self.bob_account)
        guest = self.house.on("[Visitor]")
        self.assert_settled(self.house.send(guest, "bob", "hello"), Outcome.ACCEPTED)
        self.assertEqual(self.history(bob, "{visitor}@guest.localhost"), ["hello"])


class NoHistoryTests(HistoryCase):
    policy = Policy(history_keep=0)

    def test_nothing_recorded(self) -> None:
        """With ``history.keep = 0`` nothing is recorded and nothing waited for."""
        bob = self.two_devices(self.bob_account)
        self.house.turn(1)
        self.house.store.available = False
        self.assert_settled(self.house.send(self.alice, "bob", "hello"), Outcome.ACCEPTED)
        self.assertEqual(bob.bodies, ["hello"])
        self.assertEqual(self.lines, {})
