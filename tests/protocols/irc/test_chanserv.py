"""Tests of `imd.protocols.irc.chanserv`: what rooms are to accounts, said to ChanServ."""

from imd.credentials.rules import CredentialRules
from imd.protocols.irc.chanserv.service import CHANSERV
from tests.protocols.irc.test_operators import LOGINS
from tests.protocols.irc.world import IrcTestCase, User, numerics

HOST = "localhost"


class ChanServTestCase(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.world.member("alice"), self.world.member("bob")
        self.alice.said("JOIN #tea")

    def told(self, user: User, text: str) -> list[str]:
        """What ChanServ answers, and what else is heard, without what all its lines begin with."""
        prefix = f":ChanServ!service@{HOST} NOTICE {user.session.nick} :"
        return [line.removeprefix(prefix) for line in user.said(f"CS {text}")]

    def code(self, user: User, text: str) -> str:
        (answer,) = self.told(user, text)
        self.assertTrue(answer.startswith(f"To confirm, say: {text} "), answer)
        return answer.rpartition(" ")[2]


class FoundingTests(ChanServTestCase):
    def test_register(self) -> None:
        """What one made is one's own already; an operator makes hers what has no founder."""
        self.assertEqual(
            self.told(self.alice, "REGISTER #TEA"), ["#tea is yours already: what an account makes is kept."]
        )
        guest = self.world.guest("visitor")
        guest.said("JOIN #v")
        self.bob.said("JOIN #v")
        self.assertEqual(self.told(self.bob, "REGISTER #v"), ["Only an operator of #v may do that."])
        guest.said("MODE #v +o bob")
        self.assertEqual(
            self.told(self.bob, "REGISTER #v"),
            [f":{HOST} MODE #v +q bob", "#v is yours, and is kept with its settings."],
        )
        self.assertEqual(self.told(self.bob, "REGISTER #tea"), ["You are not in #tea."])
        self.assertEqual(self.told(guest, "REGISTER #v"), ["A room of one's own needs an account; sign on with one."])

    def test_info(self) -> None:
        """Whose it is, and what is locked; secret rooms are none to outsiders."""
        self.told(self.alice, "MLOCK #tea +s-i")
        self.assertEqual(
            self.told(self.alice, "INFO #tea"),
            ["#tea is kept. Founder: alice. Made: 2026-11-22 10:15 UTC.", "Locked modes: +s-i."],
        )
        self.assertEqual(self.told(self.bob, "INFO #tea"), ["There is no room called #tea."])
        self.assertEqual(self.told(self.alice, "INFO"), ["#tea is yours.", "End of your rooms: 1."])
        guest = self.world.guest("visitor")
        guest.said("JOIN #v")
        self.assertEqual(self.told(self.bob, "INFO #v"), ["#v belongs to no account."])

    def test_transfer(self) -> None:
        """With a code, and the word of the new founder, who is told."""
        code = self.code(self.alice, "TRANSFER #tea bob")
        self.assertEqual(code, self.code(self.alice, "TRANSFER #tea bob"))
        self.bob.take()
        self.told(self.alice, f"TRANSFER #tea bob {code}")
        self.assertEqual(
            self.bob.take(),
            [
                f":ChanServ!service@{HOST} NOTICE bob :alice offers you #tea."
                " To make it yours, say: TRANSFER ACCEPT #tea"
            ],
        )
        self.assertEqual(self.told(self.alice, "INFO #tea")[1], "It is offered to bob.")
        self.assertEqual(self.told(self.bob, "TRANSFER ACCEPT #tea"), ["#tea is yours."])
        self.assertEqual(self.alice.take(), [f":{HOST} MODE #tea -q alice"])
        self.assertEqual(self.told(self.bob, "TRANSFER ACCEPT #tea"), ["#tea is not offered to you."])
        self.assertEqual(self.told(self.bob, "TRANSFER #tea bob"), ["#tea stays yours."])

    def test_offered_by_somebody_blocked(self) -> None:
        """She hears nothing of it, as of an invitation (P5); the offer stands as one to somebody who is off."""
        self.bob.said("PRIVMSG BuddyServ :BLOCK alice")
        code = self.code(self.alice, "TRANSFER #tea bob")
        self.bob.take()
        self.assertIn("#tea is offered to bob", self.told(self.alice, f"TRANSFER #tea bob {code}")[0])
        self.assertEqual(self.bob.take(), [])

    def test_drop(self) -> None:
        """Only with its code, which is another for another room or person."""
        self.alice.said("JOIN #coffee")
        code = self.code(self.alice, "DROP #tea")
        self.assertNotEqual(code, self.code(self.alice, "DROP #coffee"))
        self.assertEqual(self.told(self.alice, "DROP #coffee " + code)[0].split(" ")[:2], ["To", "confirm,"])
        self.assertEqual(
            self.told(self.alice, f"UNREGISTER #tea {code}"),
            ["#tea belongs to nobody any more, and ends with its last member."],
        )
        self.assertEqual(self.told(self.alice, "DROP #tea"), ["#tea belongs to no account."])
        bobs = self.code(self.bob, "DROP #coffee")
        self.assertEqual(self.told(self.bob, f"DROP #coffee {bobs}"), ["Only the founder of #coffee may do that."])

    def test_clear(self) -> None:
        """Everybody else is removed, by the service."""
        self.bob.said("JOIN #tea")
        self.alice.take()
        kick = f":{HOST} KICK #tea bob :Cleared by ChanServ"
        self.assertEqual(self.told(self.alice, "CLEAR #tea users"), [kick, "1 removed from #tea."])
        self.assertEqual(self.bob.take(), [kick])
        self.assertEqual(self.told(self.alice, "CLEAR #tea all"), ["Use: CLEAR #room users|access"])


class AccessTests(ChanServTestCase):
    def test_amode(self) -> None:
        """Given, listed, effective at once, taken; in the spellings of other networks too."""
        self.bob.said("JOIN #tea")
        self.alice.take()
        self.assertEqual(
            self.told(self.alice, "AMODE #tea +h bob"),
            [f":{HOST} MODE #tea +h bob", "bob has +h in #tea for good."],
        )
        listed = ["alice has +q in #tea.", "bob has +h.", "End of the list: 1."]
        for text in ("AMODE #tea", "ACCESS #tea", "ACCESS #tea list", "FLAGS #tea"):
            self.assertEqual(self.told(self.alice, text), listed)
        self.bob.said("PART #tea", "JOIN #tea")
        self.assertEqual(self.alice.said("NAMES #tea")[-2], f":{HOST} 353 alice = #tea :~alice %bob")
        self.assertEqual(self.told(self.alice, "AMODE #tea -o bob"), ["Nothing has changed."])
        self.assertEqual(
            self.told(self.alice, "FLAGS #tea bob -h"),
            [f":{HOST} MODE #tea -h bob", "bob has no role in #tea for good."],
        )
        self.assertEqual(self.told(self.alice, "ACCESS #tea ADD bob voice")[-1], "bob has +v in #tea for good.")
        self.assertEqual(self.told(self.alice, "ACCESS #tea DEL bob")[-1], "bob has no role in #tea for good.")
        self.assertEqual(self.told(self.alice, "AMODE #tea +o nobody"), ["There is nobody called nobody here."])
        self.assertEqual(self.told(self.bob, "AMODE #tea +o bob"), ["Only an operator of #tea may do that."])
        for text in ("AMODE #tea +x bob", "AMODE #tea +o", "ACCESS #tea ADD bob king"):
            self.assertTrue(self.told(self.alice, text)[0].startswith("Use: "), text)

    def test_visits(self) -> None:
        """OP and DEOP with a nick, and alone for what one is by the book."""
        self.bob.said("JOIN #tea")
        self.alice.said("MODE #tea -q alice")
        self.assertEqual(self.told(self.alice, "OP #tea"), [f":{HOST} MODE #tea +q alice", "Done."])
        self.assertEqual(self.told(self.alice, "VOICE #tea bob"), [f":{HOST} MODE #tea +v bob", "Done."])
        self.assertEqual(self.told(self.alice, "DEVOICE #tea bob"), [f":{HOST} MODE #tea -v bob", "Done."])
        self.assertEqual(self.told(self.alice, "OP #tea bob"), [f":{HOST} MODE #tea +o bob", "Done."])
        self.assertEqual(self.told(self.alice, "OP #tea bob"), ["Nothing has changed."])
        self.bob.take()
        self.assertEqual(self.told(self.bob, "DEOP #tea"), [f":{HOST} MODE #tea -o bob", "Done."])
        self.assertEqual(self.told(self.bob, "OP #tea"), ["Only an operator of #tea may do that."])
        self.assertEqual(self.told(self.alice, "OP #tea nobody")[-1], "nobody is not in #tea.")


class LockTests(ChanServTestCase):
    def test_modes(self) -> None:
        """742 for who would turn what is locked (InspIRCd, Solanum)."""
        self.assertEqual(
            self.told(self.alice, "MLOCK #tea +C-s"), [f":{HOST} MODE #tea +C", "Locked modes of #tea: +C-s"]
        )
        (answer,) = self.alice.said("MODE #tea +s")
        self.assertEqual(answer.split(" :")[0], f":{HOST} 742 alice #tea s +C-s")
        self.assertEqual(self.told(self.alice, "MLOCK #tea"), ["Locked modes of #tea: +C-s"])
        self.assertEqual(self.told(self.alice, "MLOCK #tea +k"), ["k cannot be locked."])
        self.assertEqual(self.told(self.alice, "SET #tea MLOCK +"), ["Locked modes of #tea: +"])
        self.assertEqual(numerics(self.alice.said("MODE #tea +s")), ["MODE"])

    def test_topic(self) -> None:
        """482 for operators while it is locked."""
        self.bob.said("JOIN #tea")
        self.alice.said("MODE #tea +o bob")
        self.assertEqual(self.told(self.alice, "TOPICLOCK #tea on"), ["The topic of #tea is locked."])
        self.bob.take()
        self.assertEqual(numerics(self.bob.said("TOPIC #tea :mine")), ["482"])
        self.assertEqual(numerics(self.alice.said("TOPIC #tea :mine")), ["TOPIC"])
        self.told(self.alice, "SET #tea topiclock OFF")
        self.bob.take()
        self.assertEqual(numerics(self.bob.said("TOPIC #tea :hers")), ["TOPIC"])

    def test_how_to_ban(self) -> None:
        """An account by its name, a guest by the cloak; for those who may."""
        self.world.guest("visitor").said("JOIN #tea")
        self.assertEqual(self.told(self.bob, "HOWTOBAN #tea alice"), ["Only an operator of #tea may do that."])
        self.bob.said("JOIN #tea")
        self.alice.take()
        self.assertEqual(self.told(self.alice, "HOWTOBAN #tea bob")[0], "MODE #tea +b a:bob")
        self.assertTrue(self.told(self.alice, "HOWTOBAN #tea visitor")[0].startswith("MODE #tea +b *!*@guest/"))
        self.assertEqual(self.told(self.alice, "HOWTOBAN #tea nobody"), ["There is nobody called nobody here."])


class ServiceTests(ChanServTestCase):
    def test_for_operators_of_the_service(self) -> None:
        """What is theirs is refused to others."""
        for text in ("LIST", "PURGE LIST", "PURGE ADD #x"):
            self.assertTrue(self.told(self.alice, text)[0].startswith("That is for operators of the service."), text)

    def test_closing(self) -> None:
        """PURGE empties a room and keeps everybody out, until it is undone; LIST shows what is kept."""
        self.world.credentials.apply(
            CredentialRules(domain="localhost", scram_iterations=4096, sign_on_delay=0, operators=LOGINS)
        )
        root = self.world.guest("root")
        root.said("OPER root sesame")
        self.assertEqual(self.told(root, "LIST"), ["#tea", "End of the list: 1."])
        self.assertEqual(self.told(root, "LIST #x*"), ["End of the list: 0."])
        self.assertEqual(self.told(root, "PURGE ADD #tea much spam"), ["#tea is closed; 1 were removed."])
        self.assertEqual(self.alice.take(), [f":{HOST} KICK #tea alice :much spam"])
        (answer,) = self.alice.said("JOIN #tea")
        self.assertEqual(answer.split(" ")[1:4], ["437", "alice", "#tea"])
        self.assertEqual(self.told(root, "PURGE LIST"), ["#tea: much spam", "End of the list: 1."])
        self.assertEqual(self.told(root, "INFO #tea")[0], "#tea is closed: much spam")
        self.assertEqual(self.told(root, "PURGE DEL #tea"), ["#tea is open again."])
        self.assertEqual(numerics(self.alice.said("JOIN #tea")), ["JOIN", "353", "366"])
        # An operator of the service needs no role in the room.
        self.assertEqual(self.told(root, "AMODE #tea +o bob"), ["bob has +o in #tea for good."])

    def test_every_verb_has_help(self) -> None:
        """HELP names all that is listed; nothing is too long for a line."""
        lines = self.told(self.alice, "HELP")
        for verb in CHANSERV.verbs.values():
            self.assertEqual(any(verb.usage in line for line in lines), verb.listed, verb.usage)
        self.assertTrue(all(len(line) < 400 for line in lines))
