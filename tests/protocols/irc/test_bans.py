"""Tests of `imd.protocols.irc.bans`: K-lines and D-lines, and what the banned are told."""

from imd.core.ban import BanKind
from imd.core.refusal import Banned
from imd.net.connections import ConnectionLimits, Connections
from tests.protocols.irc.test_operators import DENIED, HOST, OperatorCase
from tests.protocols.irc.world import User, numerics


class BanTests(OperatorCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = self.operator("root_")

    def notice(self, *lines: str) -> list[str]:
        """What the operator is told by NOTICE."""
        return [line.removeprefix(f":{HOST} NOTICE root_ :") for line in self.root.said(*lines)]

    def stranger(self, nick: str, address: str = "192.0.2.7", user: str = "") -> User:
        client = self.world.user(address)
        client.send(f"NICK {nick}", f"USER {user or nick} 0 * :x")
        return client

    def test_kline(self) -> None:
        """Who fits goes with 465 and ERROR, and comes back no more, until it is lifted."""
        eve = self.stranger("eve")
        eve.take()
        self.assertEqual(
            self.notice("KLINE eve!*@* :flooding|ticket 7"), ["Added K-Line for eve!*@*; 1 sessions ended"]
        )
        told = "You are banned from this server: flooding"
        self.assertEqual(eve.take(), [f":{HOST} 465 eve :{told}", f"ERROR :Closing Link: eve ({told})"])
        again = self.stranger("Eve")
        self.assertEqual(again.take(), [f":{HOST} 465 * :{told}", f"ERROR :Closing Link: * ({told})"])
        (shown,) = self.notice("KLINE LIST")
        self.assertEqual(shown, "Ban - eve!*@* - added by Root (root_) - for ever - flooding | ticket 7")
        self.assertEqual(
            self.root.said("STATS k"),
            [f":{HOST} 216 root_ K * * eve!* :flooding", f":{HOST} 219 root_ k :End of /STATS report"],
        )
        self.assertEqual(self.notice("UNKLINE EVE!*@*"), ["Removed K-Line for eve!*@*"])
        self.assertIn("001", numerics(self.stranger("eve").take()))

    def test_temporary(self) -> None:
        """With a duration it is over by itself."""
        self.assertEqual(
            self.notice("KLINE ANDKILL 1h30m eve!*@*"), ["Added temporary (1h30m) K-Line for eve!*@*; 0 sessions ended"]
        )
        self.assertIn("465", numerics(self.stranger("eve").take()))
        self.world.advance(5_401)
        self.assertIn("001", numerics(self.stranger("eve").take()))
        self.assertEqual(self.notice("KLINE LIST"), ["No K-Lines have been set!"])

    def test_dline(self) -> None:
        """An address or network, in normal form."""
        eve, alice = self.stranger("eve"), self.stranger("alice", "198.51.100.1")
        self.assertEqual(self.notice("DLINE 192.0.2.9/24 spam"), ["Added D-Line for 192.0.2.0/24; 1 sessions ended"])
        self.assertTrue(eve.gone)
        self.assertFalse(alice.gone)
        self.assertEqual(self.root.said("STATS d")[0], f":{HOST} 225 root_ D 192.0.2.0/24 :spam")
        self.assertIn("465", numerics(self.stranger("eve").take()))
        self.assertEqual(self.notice("UNDLINE 192.0.2.0/24"), ["Removed D-Line for 192.0.2.0/24"])

    def test_before_anything_is_spent(self) -> None:
        """A banned address is refused at connect, in the door's words."""
        self.root.said("DLINE 192.0.2.7 spam")
        connections = Connections(self.world.time, ConnectionLimits())
        ban = self.world.hub.bans.find(BanKind.ADDRESS, "192.0.2.7")
        assert ban is not None
        connections.barred = lambda address: Banned(ban) if self.world.hub.bans.address(address) else None
        refusal = self.assertRaises(Banned, connections.check_barred, "192.0.2.7")
        connections.check_barred("192.0.2.8")
        told = "You are banned from this server: spam"
        self.assertEqual(
            self.world.gateway.answer(refusal).decode(),
            f":{HOST} 465 * :{told}\r\nERROR :Closing Link: * ({told})\r\n",
        )
        self.assertEqual(connections.counts().refused, {"banned": 1})

    def test_oneself(self) -> None:
        """A ban that fits its setter needs MYSELF."""
        (answer,) = self.root.said("KLINE *!root_@*")
        self.assertTrue(answer.startswith(f":{HOST} 400 root_ KLINE :This ban matches you."))
        self.root.send("KLINE MYSELF *!root_@* :bye")
        self.assertTrue(self.root.gone)

    def test_wrong(self) -> None:
        """400 with the reason, 461, 481."""
        for line, said in (
            ("DLINE eve", "Could not parse IP address or CIDR network"),
            ("UNDLINE 192.0.2.1", "Could not remove ban [Ban does not exist]"),
            ("UNKLINE eve", "Could not remove ban [Ban does not exist]"),
            ("KLINE eve ON irc.example.org :x", "There are no other servers."),
        ):
            self.assertEqual(self.root.said(line), [f":{HOST} 400 root_ {line.split()[0]} :{said}"])
        self.assertEqual(numerics(self.root.said("KLINE", "KLINE ANDKILL", "KLINE MYSELF")), ["461"] * 3)
        eve = self.stranger("eve")
        eve.take()
        self.assertEqual(eve.said("KLINE root_", "UNDLINE"), [DENIED.format("eve")] * 2)
