"""Several devices of one account at the IRC door: their names, and what each of them is told."""

import base64

from twisted.trial.unittest import SynchronousTestCase

from imd.net.scram_client import ScramClient
from imd.protocols.irc.devices import named
from tests.protocols.irc.world import IrcTestCase, User


class Names(SynchronousTestCase):
    def test_forms(self) -> None:
        """``account@device`` and ``account/device``; our own domain is none, and what is unfit is left out."""
        for text, found in {
            "alice": ("alice", ""),
            "alice@phone": ("alice", "phone"),
            "alice/my phone": ("alice", "myphone"),
            "alice@localhost": ("alice@localhost", ""),
            "alice@LOCALHOST": ("alice@LOCALHOST", ""),
            "alice@phone@localhost": ("alice@localhost", "phone"),
            "alice/phone@home": ("alice", "phone@home"),
            "alice@": ("alice", ""),
            "": ("", ""),
            "alice@" + "ü" * 40: ("alice", "ü" * 32),
        }.items():
            self.assertEqual(named(text, "localhost"), found)


class Devices(IrcTestCase):
    def device(self, user: User) -> str:
        return user.session.me.info.device

    def plain(self, *parts: str) -> User:
        user = self.world.user()
        text = base64.b64encode("\0".join(parts).encode()).decode()
        user.send("CAP REQ sasl", "AUTHENTICATE PLAIN", f"AUTHENTICATE {text}")
        user.send("NICK alice", "USER alice 0 * :Alice", "CAP END")
        return user

    def test_sasl(self) -> None:
        """PLAIN names a device in authcid or authzid; who it is, is not the device's business."""
        self.world.account("alice")
        self.assertEqual(self.device(self.plain("", "alice@phone", "secret")), "phone")
        self.assertEqual(self.device(self.plain("alice@phone", "alice@phone", "secret")), "phone")
        self.assertEqual(self.device(self.plain("alice", "alice/phone", "secret")), "phone")
        self.assertEqual(self.device(self.plain("", "alice", "secret")), "")
        wrong = self.plain("bob@phone", "alice@phone", "secret")
        self.assertTrue(any(" 904 " in line for line in wrong.take()))

    def test_scram(self) -> None:
        """SCRAM signs what the client says, with the device in it."""
        self.world.account("alice")
        user = self.world.user()
        user.send("CAP REQ sasl", "AUTHENTICATE SCRAM-SHA-256")
        scram = ScramClient("alice@phone", "secret")
        user.take()
        user.send("AUTHENTICATE " + base64.b64encode(scram.first()).decode())
        (line,) = user.take()
        user.send("AUTHENTICATE " + base64.b64encode(scram.final(base64.b64decode(line.split()[1]))).decode())
        user.send("AUTHENTICATE +", "NICK alice", "USER alice 0 * :Alice", "CAP END")
        self.assertEqual(self.device(user), "phone")

    def test_pass_and_user(self) -> None:
        """PASS names a device with the account, USER behind the user's own name; PASS goes first."""
        self.world.account("alice")
        for password, name, device in (
            ("alice@phone:secret", "a", "phone"),
            ("secret", "a@tablet", "tablet"),
            ("alice@phone:secret", "a@tablet", "phone"),
            ("alice@localhost:secret", "a", ""),
        ):
            user = self.world.user()
            user.send(f"PASS {password}", "NICK alice", f"USER {name} 0 * :Alice")
            self.assertEqual((self.device(user), user.session.me.info.user), (device, "a"))

    def test_known(self) -> None:
        """A named device is one of the account's, and an unnamed one is the door's."""
        self.world.account("alice")
        for name in ("alice@phone", "alice"):
            user = self.world.user()
            user.send(f"PASS {name}:secret", "NICK alice", "USER alice 0 * :Alice")
        account = self.world.run(self.world.accounts.by_name("alice"))
        self.assertEqual(account.devices, ("phone", "irc"))

    def test_copies_are_confirmed(self) -> None:
        """A copy on another device costs its sender nothing, and does not count as the recipient's confirmation."""
        self.world.account("alice")
        alice, phone = self.world.member("alice"), self.world.member("alice")
        bob = self.world.member("bob", confirms=False)
        alice.send("PRIVMSG bob :hello")
        self.world.advance(1)
        self.world.advance(1)
        self.assertEqual(len(phone.take()), 1)
        bob.lose()
        again = [line for line in self.world.member_lines("bob").take() if " PRIVMSG bob " in line]
        self.assertEqual(len(again), 1)
