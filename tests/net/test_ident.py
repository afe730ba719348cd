"""The Identification Protocol, by tables and at a real server: `imd.net.ident`."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor as installed
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import SynchronousTestCase, TestCase

from imd.net.ident import Ident, user_of

reactor: Any = installed


class ReplyTests(SynchronousTestCase):
    def test_replies(self) -> None:
        """RFC 1413 section 6; what is for other ports, an error, or cannot stand in a prefix, names nobody."""
        for line, user in (
            (b"6193, 23 : USERID : UNIX :stjohns", "stjohns"),
            (b"6193,23:USERID:OTHER,UTF-8: ann \r", "ann"),
            (b" 6193 , 23 : userid : UNIX : a-b_c", "a-b_c"),
            (b"6193, 24 : USERID : UNIX : stjohns", ""),
            (b"6195, 23 : ERROR : NO-USER", ""),
            (b"6193, 23 : ERROR : HIDDEN-USER", ""),
            (b"6193, 23 : USERID : UNIX", ""),
            (b"6193, 23 : USERID : UNIX : ", ""),
            (b"6193, 23 : USERID : UNIX : a b", ""),
            (b"6193, 23 : USERID : UNIX : a@b", ""),
            (b"6193, 23 : USERID : UNIX : *", ""),
            (b"6193, 23 : USERID : UNIX : \xff", ""),
            (b"x, y : USERID : UNIX : a", ""),
            (b"", ""),
        ):
            self.assertEqual(user_of(line, 6193, 23), user, repr(line))

    @given(st.binary(max_size=100))
    def test_anything(self, line: bytes) -> None:
        """Any bytes give a user that can stand in a prefix, or none."""
        user = user_of(b"1, 2 : USERID : UNIX : " + line, 1, 2)
        self.assertFalse(set(user) & set(" !@*?\r\n\0"))


class Answering(Protocol):
    """Answers as its factory says; None: not at all."""

    factory: "Server"

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.factory.asked.append(data)
        if self.factory.answer is not None:
            self.transport.write(self.factory.answer)


class Server(Factory[Answering]):
    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.asked: list[bytes] = []

    def buildProtocol(self, addr: IAddress | None) -> Answering:
        protocol = Answering()
        protocol.factory = self
        return protocol


class AskingTests(TestCase):
    timeout = 20

    async def ident(self, answer: bytes | None, seconds: float = 5.0) -> Ident:
        self.server = Server(answer)
        port = await serverFromString(reactor, "tcp:0:interface=127.0.0.1").listen(self.server)
        self.addCleanup(port.stopListening)
        return Ident(reactor, seconds, port=port.getHost().port)

    async def test_asked(self) -> None:
        """The question has their port and ours, from the address that they know."""
        ident = await self.ident(b"6193, 23 : USERID : UNIX : stjohns\r\n")
        self.assertEqual(await ident.user("127.0.0.1", 6193, "127.0.0.1", 23), "stjohns")
        self.assertEqual(self.server.asked, [b"6193, 23\r\n"])

    async def test_in_time(self) -> None:
        """One that does not answer is not waited for longer than the limit, nor one that never ends."""
        for answer in (None, b"x" * 10):
            ident = await self.ident(answer, seconds=0.1)
            self.assertEqual(await ident.user("127.0.0.1", 1, "127.0.0.1", 2), "")
        endless = await self.ident(b"x" * 5000)
        self.assertEqual(await endless.user("127.0.0.1", 1, "127.0.0.1", 2), "")

    async def test_nobody_there(self) -> None:
        """Most machines have no such server."""
        self.assertEqual(await Ident(reactor, 5.0, port=1).user("127.0.0.1", 1, "127.0.0.1", 2), "")
