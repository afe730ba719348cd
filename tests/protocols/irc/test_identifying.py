"""Tests of `imd.protocols.irc.identifying`: host names and ident before the welcome."""

import msgspec
from twisted.internet.defer import Deferred

from imd.core.ban import Ban, BanKind
from tests.protocols.irc.world import IrcTestCase, User, numerics


class KnownNames:
    """Knows one name."""

    def __init__(self) -> None:
        self.waiting: Deferred[str] | None = None

    async def hostname(self, address: str) -> str:
        if self.waiting is not None:
            return await self.waiting
        return "host.example.org" if address == "192.0.2.7" else ""


class KnownUsers:
    """Knows who has connections from one address."""

    async def user(self, address: str, port: int, local_address: str, local_port: int) -> str:
        assert (port, bool(local_port)) == (40_000, True)
        return "stjohns" if address == "192.0.2.7" else ""


class IdentifyingTests(IrcTestCase):
    def using(self, **settings: bool) -> None:
        self.world.gateway.reload(msgspec.structs.replace(self.world.settings, **settings))
        self.names = KnownNames()
        self.world.hub.people.names = self.names if settings.get("lookup_hostnames") else None
        self.world.gateway.door.identification = KnownUsers()

    def coming(self, address: str) -> User:
        user = self.world.user(address)
        user.send("NICK alice", "USER ann 0 * :Alice")
        return user

    def notices(self, user: User) -> list[str]:
        lines = user.take()
        return [line.partition(" :")[2] for line in lines[: numerics(lines).index("001")]]

    def test_off(self) -> None:
        """Without the settings nothing is said and nobody asked."""
        self.using()
        self.assertEqual(self.notices(self.coming("192.0.2.7")), [])

    def test_names(self) -> None:
        """It is told that a name was found; the name itself is for bans and operators only."""
        self.using(lookup_hostnames=True)
        alice = self.coming("192.0.2.7")
        self.assertEqual(self.notices(alice), ["*** Looking up your hostname...", "*** Found your hostname"])
        self.assertNotIn("host.example.org", alice.session.source)
        self.assertEqual(alice.session.me.peer.hostname, "host.example.org")
        ban = Ban(kind=BanKind.MASK, target="*!*@*.example.org")
        self.assertEqual(self.world.run(self.world.hub.bans.add(ban)), 1)
        again = self.coming("192.0.2.7")
        self.assertIn("465", numerics(again.take()))
        bob = self.coming("192.0.2.8")
        self.assertEqual(self.notices(bob), ["*** Looking up your hostname...", "*** Couldn't look up your hostname"])

    def test_waits(self) -> None:
        """Who is looked up is welcomed after it, and may leave meanwhile."""
        self.using(lookup_hostnames=True)
        self.names.waiting = Deferred()
        alice = self.coming("192.0.2.7")
        self.assertEqual(numerics(alice.take()), ["NOTICE"])
        alice.lose()
        self.names.waiting.callback("late.example.org")
        self.names.waiting = None
        self.world.turn()
        self.assertIsNone(self.world.hub.people.find("alice"))

    def test_ident(self) -> None:
        """The answer stands in the prefix as it is, and what the client says of itself behind ~."""
        self.using(ident=True)
        alice = self.coming("192.0.2.7")
        self.assertEqual(self.notices(alice), ["*** Checking Ident", "*** Got Ident response"])
        self.assertTrue(alice.session.source.startswith("alice!stjohns@"))
        alice.send("QUIT")
        other = self.coming("192.0.2.8")
        self.assertEqual(self.notices(other), ["*** Checking Ident", "*** No Ident response"])
        self.assertTrue(other.session.source.startswith("alice!~ann@"))
