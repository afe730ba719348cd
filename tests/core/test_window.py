"""How much is under way to a client that has not confirmed it: the window, in messages and in bytes."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from tests.house import HouseTestCase

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
