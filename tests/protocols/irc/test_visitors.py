"""A visitor of a site, as IRC clients see her: staff answers her by her nick, and nobody else can find her out."""

import msgspec

from imd.core.hub import Policy
from imd.core.message import Draft
from imd.core.session import ClientInfo, Peer, Session
from tests.house import Recorder
from tests.protocols.irc.world import IrcTestCase, World
from tests.protocols.native.visiting import PAGE, SALES, SHOP

#: A name as long as a visitor's, which nobody has.
NOBODY = "nobody-here"


class VisitorTests(IrcTestCase):
    def setUp(self) -> None:
        rooms = msgspec.structs.replace(SHOP, rooms=frozenset({"#help"}))
        self.world = World(policy=Policy(sites=(rooms,), desks=(SALES,)))
        self.alice = self.world.member("alice")
        self.bob = self.world.member("bob")
        self.guest = self.world.guest("gus")
        self.page = Recorder()
        self.anna = self.come(PAGE)

    def come(self, peer: Peer) -> Session:
        account, _ = self.world.run(self.world.credentials.visit(peer, "", "", "Anna", ""))
        hub = self.world.hub
        info = ClientInfo(name="imd-web", realname="Anna")
        session: Session = self.world.run(hub.people.sign_on(account, account.name, peer, info, self.page))
        self.page.hub, self.page.session = hub, session
        hub.people.begin(session)
        self.world.turn()
        return session

    def test_talk(self) -> None:
        """She writes to staff, and staff to her, as people do."""
        name = self.anna.address.name
        self.world.hub.delivery.send(self.anna, Draft("alice", "Are you open?"), lambda _: None)
        self.world.turn()
        self.assertEqual(self.alice.take(), [f":{name}!{name}@user/{name} PRIVMSG alice :Are you open?"])
        self.alice.send(f"PRIVMSG {name} :Till six.")
        self.world.turn()
        self.assertEqual(self.page.bodies, ["Till six."])

    def test_found_out_by_nobody(self) -> None:
        """Whatever a stranger asks of her name is answered as of a name that nobody has."""
        name = self.anna.address.name
        for user, who in ((self.bob, "bob"), (self.guest, "gus")):
            for command in (
                "WHOIS {}",
                "WHOIS {0} {0}",
                "WHO {}",
                "ISON {}",
                "USERHOST {}",
                "MONITOR + {}",
                "PRIVMSG {} :Hi",
                "NOTICE {} :Hi",
                "NickServ INFO {}",
                "BuddyServ ADD {}",
                "INVITE {} #bobs",
                "METADATA {} LIST",
            ):
                user.take()
                about_her = user.said(command.format(name))
                about_nobody = user.said(command.format(NOBODY))
                self.assertEqual([line.replace(name, NOBODY) for line in about_her], about_nobody, f"{who}: {command}")
            user.send("MONITOR C")

    def test_in_a_room(self) -> None:
        """In a room of her site she is seen as anybody; those in it may not write to her for that."""
        self.bob.send("JOIN #help")
        self.world.hub.rooms.join(self.anna, "#help")
        self.world.turn()
        name = self.anna.address.name
        self.assertIn(f":{name}!{name}@user/{name} JOIN #help", self.bob.take())
        self.assertIn(" 401 ", self.bob.said(f"PRIVMSG {name} :Psst")[0])
