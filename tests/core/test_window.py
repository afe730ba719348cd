"""How much is under way to a client that has not confirmed it: the window, in messages and in bytes."""

from collections.abc import Awaitable
from typing import Any

from twisted.internet.defer import Deferred

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Outcome
from imd.core.refusal import StoreUnavailable
from imd.core.session import ClientInfo, Peer
from tests.house import HouseTestCase, Recorder

#: A message of these tests, and how many of them fill the window.
LARGE = "x" * 9_500
FULL = 5


class ByteWindowTests(HouseTestCase):
    policy = Policy(limits=Limits(window_bytes=FULL * 10_012))

    def bodies(self, count: int) -> list[str]:
        return [f"{number:03} {LARGE}"[:9_500] for number in range(count)]

    def test_catching_up(self) -> None:
        """A large inbox is handed over as the client confirms, in order and once, never much more than the window."""
        bob_account = self.house.person("bob")
        alice = self.house.on(self.house.person("alice"))
        bodies = self.bodies(100)
        for body in bodies:
            self.house.send(alice, "bob", body)
        bob = self.house.on(bob_account, prompt=False)
        most = 0
        for _ in range(200):
            before = len(bob.bodies)
            self.house.turn(0.1)
            most = max(most, len(bob.bodies) - before)
            bob.acknowledge()
        self.assertEqual(bob.bodies, bodies)
        self.assertLessEqual(most, 2 * FULL)

    def test_live(self) -> None:
        """A client that confirms nothing gets as much as the window holds; the rest follows when it confirms."""
        alice = self.house.on(self.house.person("alice"))
        bob = self.house.on(self.house.person("bob"), prompt=False)
        bodies = self.bodies(40)
        for body in bodies:
            self.house.send(alice, "bob", body)
        self.house.turn(1)
        self.assertLessEqual(len(bob.bodies), FULL + 1)
        for _ in range(100):
            bob.acknowledge()
            self.house.turn(0.1)
        self.assertEqual(bob.bodies, bodies)

    def test_one_too_large(self) -> None:
        """A message larger than the whole window is handed over all the same."""
        self.house.hub.delivery.limits = Limits(window_bytes=100)
        alice = self.house.on(self.house.person("alice"))
        bob = self.house.on(self.house.person("bob"))
        for body in ("one", LARGE, "three"):
            self.house.send(alice, "bob", body)
            self.house.turn(1)
        self.assertEqual(bob.bodies, ["one", LARGE, "three"])


class UnconfirmedTests(HouseTestCase):
    """A session that never confirms, as that of an IRC client with `irc.confirm = false`."""

    policy = Policy(limits=Limits(window_bytes=FULL * 10_012))

    def setUp(self) -> None:
        super().setUp()
        alice = self.house.on(self.house.person("alice"))
        self.bob = self.house.person("bob")
        self.bodies = [f"{number:03} {LARGE}"[:9_500] for number in range(5 * FULL)]
        for body in self.bodies:
            self.assert_settled(self.house.send(alice, "bob", body), Outcome.KEPT)

    def reader(self) -> Recorder:
        """Bob's client, of which nothing leaves the connection yet."""
        reader = Recorder()
        reader.hub, reader.prompt, reader.unread = self.house.hub, False, 10**6
        people = self.house.hub.people
        signing_on = people.sign_on(self.bob, "", Peer("irc", "192.0.2.1", 1), ClientInfo(), reader, confirms=False)
        reader.session = self.house.wait(signing_on)
        people.begin(reader.session)
        self.house.turn(1)
        return reader

    def test_as_fast_as_it_reads(self) -> None:
        """Its inbox is handed over page by page, each when the one before has nearly left; the rest waits in the
        store."""
        reader = self.reader()
        self.assertEqual(reader.bodies, self.bodies[:FULL])
        reader.unread = FULL * 10_012 // 2
        for _ in range(5):
            self.house.turn(0.1)
        self.assertEqual(reader.bodies, self.bodies)

    def test_gone_meanwhile(self) -> None:
        """Who goes gets no more, and the next session the rest."""
        self.house.off(self.reader())
        self.house.turn(1)
        self.assertEqual(self.house.on(self.bob).bodies, self.bodies[FULL:])


class PassedTests(HouseTestCase):
    policy = Policy(limits=Limits(window=8))

    def test_other_device(self) -> None:
        """What one device has confirmed before another one's window had room for it is shown by that one, too."""
        alice = self.house.on(self.house.person("alice"))
        account = self.house.person("bob")
        laptop, phone = self.house.on(account, prompt=False), self.house.on(account, prompt=False)
        bodies = [str(number) for number in range(30)]
        for body in bodies:
            self.house.send(alice, "bob", body, turn=False)
        laptop.prompt = True
        laptop.acknowledge()
        self.house.turn(1)
        self.assertEqual(laptop.bodies, bodies)
        self.assertEqual(phone.bodies, bodies)
        phone.acknowledge()
        self.house.turn(1)
        self.assertEqual(len(phone.bodies), 30)


class RoomSoonTests(HouseTestCase):
    """A full inbox whose owner is just signing on: its first page is being read."""

    policy = Policy(offline_max_messages=2)

    def setUp(self) -> None:
        super().setUp()
        self.account, self.alice = self.house.person("bob"), self.house.on(self.house.person("alice"))
        for body in ("1", "2"):
            self.house.send(self.alice, "bob", body)
        inbox = self.house.store.inbox
        self.read: Deferred[None] = Deferred()
        first, read = [self.read], inbox.read

        def waiting(*which: Any) -> Awaitable[Any]:
            return first.pop().addCallback(lambda _: read(*which)) if first else read(*which)

        self.patch(inbox, "read", waiting)
        self.bob = self.house.on(self.account)
        self.told = self.house.send(self.alice, "bob", "3")
        self.assertEqual((self.told, self.bob.bodies), ([], []))

    def test_handed(self) -> None:
        """What comes meanwhile is handed over behind what waits, and is not refused for want of room."""
        self.read.callback(None)
        self.house.turn()
        self.assertEqual(self.bob.bodies, ["1", "2", "3"])
        self.assert_settled(self.told, Outcome.ACCEPTED)
        self.assertTrue(self.house.hub.idle)

    def test_gone(self) -> None:
        """If its client goes before that it is refused."""
        self.house.off(self.bob)
        self.assert_settled(self.told, Outcome.REFUSED)
        self.read.callback(None)
        self.house.turn()
        self.assertEqual(self.bob.bodies, [])
        self.assertEqual(self.house.on(self.account).bodies, ["1", "2"])

    def test_store_away(self) -> None:
        """The same if the store cannot be reached."""
        self.house.store.available = False
        self.read.errback(StoreUnavailable())
        self.house.turn()
        self.assert_settled(self.told, Outcome.REFUSED)
        self.house.store.available = True
        self.house.hub.store_back()
        self.house.turn()
        self.assertEqual(self.bob.bodies, ["1", "2"])
        self.assertTrue(self.house.hub.idle)
