"""Several devices of one person at the native door, over a real core: each reads what the others have seen."""

from typing import Any, cast

from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from imd.core.ports import Credentials
from imd.core.session import Account, Peer
from imd.protocols.native.door import Door
from imd.protocols.native.settings import NativeSettings
from tests.house import House
from tests.protocols.native.fake_credentials import FakeCredentials
from tests.protocols.native.recorder import LOOPBACK, Recorder
from tests.protocols.native.world import Talker, World


class RealCredentials(FakeCredentials):
    """Whoever says the password is this account."""

    def __init__(self, account: Account) -> None:
        super().__init__(Recorder())
        self.account = account

    async def plain(self, name: str, password: str, peer: Peer) -> Account:
        return self.account


class SeveralDevicesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = House()
        self.alice = self.house.person("alice")
        self.bob = self.house.on(self.house.person("bob"))

    def device(self, name: str) -> Talker:
        """Alice signs on with this device."""
        credentials = cast(Credentials, RealCredentials(self.alice))
        door = Door(self.house.hub, credentials, NativeSettings(), self.house.environment.spawn, Logger())
        world: Any = World()
        world.door = door
        talker = Talker(world, LOOPBACK)
        talker.say("authenticate", ref=1, mechanism="PLAIN", data="AGFsaWNlAHNlc2FtZQ==")
        talker.say("session", ref=2, client="test", version="1", device=name)
        self.house.turn()
        talker.heard()
        return talker

    def test_second_device_reads_what_the_first_acknowledged(self) -> None:
        """The phone was off; the laptop acknowledged. The phone asks for the talk and has both sides of it."""
        self.device("phone").session.lost()
        self.house.turn()
        laptop = self.device("laptop")
        told = self.house.send(self.bob, "alice", "lunch?")
        (shown,) = laptop.heard()
        self.assertEqual(told, [])
        laptop.say("ack", ids=[shown.id])
        self.house.turn()
        self.assertEqual(len(told), 1)
        laptop.say("send", ref=3, to="bob", body="at one", client_id="c1")
        self.house.turn()
        laptop.session.lost()
        self.house.turn()
        phone = self.device("phone")
        (answer,) = phone.say("get-history", ref=4, **{"with": "bob"})
        self.assertEqual(
            [(line.from_, line.body, line.id) for line in answer.messages][:1],
            [("bob@localhost", "lunch?", shown.id)],
        )
        self.assertEqual([(line.from_, line.body) for line in answer.messages][1:], [("alice@localhost", "at one")])

    def test_nobody(self) -> None:
        """The talk with somebody who does not exist is an error with its code."""
        (answer,) = self.device("laptop").say("get-history", ref=4, **{"with": "nobody"})
        self.assertEqual((answer.ref, answer.code), (4, "no-such-account"))
