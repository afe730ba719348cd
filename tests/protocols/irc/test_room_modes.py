"""Tests of `imd.protocols.irc.room_modes`: MODE for rooms."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.protocols.irc.wire.line import MAX_BODY
from tests.protocols.irc.world import NOW, IrcTestCase, World, numerics

HOST = "localhost"


class SettingsTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.world.guest("alice"), self.world.guest("bob")
        self.alice.said("JOIN #tea")
        self.source = self.alice.session.source

    def changed(self, parameters: str) -> list[str]:
        """What the operator hears after ``MODE #tea``."""
        return [line.removeprefix(f":{self.source} MODE #tea ") for line in self.alice.said(f"MODE #tea {parameters}")]

    def test_what_is_set(self) -> None:
        """324 and 329; outsiders are not told the key."""
        self.alice.said("MODE #tea +kl sesame 5")
        self.assertEqual(
            self.alice.said("MODE #tea"),
            [f":{HOST} 324 alice #tea +ntkl sesame 5", f":{HOST} 329 alice #tea {int(NOW)}"],
        )
        self.assertEqual(self.bob.said("MODE #tea")[0], f":{HOST} 324 bob #tea +ntkl * 5")

    def test_nothing_set(self) -> None:
        """An empty set is ``+``."""
        self.assertEqual(self.changed("-nt"), ["-nt"])
        self.assertEqual(self.alice.said("MODE #tea")[0], f":{HOST} 324 alice #tea +")

    def test_changes_are_told_to_all_members(self) -> None:
        """One line by the operator."""
        self.bob.said("JOIN #tea")
        self.alice.take()
        self.assertEqual(self.changed("+im-t+ov bob bob"), ["+im-t+ov bob bob"])
        self.assertEqual(self.bob.take(), [f":{self.source} MODE #tea +im-t+ov bob bob"])
        self.assertEqual(self.alice.said("NAMES #tea")[0], f":{HOST} 353 alice = #tea :@alice @bob")

    def test_what_changes_nothing_is_not_told(self) -> None:
        """Setting what is set is no change."""
        self.assertEqual(self.changed("+n"), [])

    def test_key_and_limit(self) -> None:
        """Type B has its parameter also when unset, type C only when set."""
        self.assertEqual(self.changed("+k sesame"), ["+k sesame"])
        self.assertEqual(self.changed("-k whatever"), ["-k *"])
        self.assertEqual(self.changed("+l 10"), ["+l 10"])
        self.assertEqual(self.changed("-l"), ["-l"])

    def test_lists(self) -> None:
        """Masks are completed; asked for, a list has its rows and its end."""
        self.assertEqual(self.changed("+b mallory"), ["+b mallory!*@*"])
        self.assertEqual(self.changed("+eI *@trusted.example friend"), ["+eI *!*@trusted.example friend!*@*"])
        self.assertEqual(
            self.alice.said("MODE #tea b", "MODE #tea +e", "MODE #tea I"),
            [
                f":{HOST} 367 alice #tea mallory!*@* {self.source} {int(NOW)}",
                f":{HOST} 368 alice #tea :End of channel ban list",
                f":{HOST} 348 alice #tea *!*@trusted.example {self.source} {int(NOW)}",
                f":{HOST} 349 alice #tea :End of channel exception list",
                f":{HOST} 346 alice #tea friend!*@* {self.source} {int(NOW)}",
                f":{HOST} 347 alice #tea :End of Channel Invite Exception List",
            ],
        )
        self.assertEqual(self.changed("-b MALLORY!*@*")[0].split(" ")[0], "-b")
        self.assertEqual(numerics(self.alice.said("MODE #tea b")), ["368"])

    def test_who_may_not(self) -> None:
        """403, 442, 482 once, and what is asked beside it is answered."""
        self.alice.said("JOIN #secret", "MODE #secret +s")
        self.assertEqual(
            numerics(self.bob.said("MODE #none", "MODE #secret", "MODE #tea +i", "MODE #tea b")),
            ["403", "403", "482", "442"],
        )
        self.bob.said("JOIN #tea")
        self.assertEqual(numerics(self.bob.said("MODE #tea +im-t")), ["482"])
        self.assertEqual(numerics(self.bob.said("MODE #tea b+i")), ["368", "482"])

    def test_outsiders_do_not_learn_who_is_in(self) -> None:
        """P5: a role for a member, for somebody elsewhere, for nobody: the same answer."""
        self.world.guest("carol")
        answers = {tuple(self.bob.said(f"MODE #tea +o {nick}")) for nick in ("alice", "carol", "nobody")}
        self.assertEqual(answers, {(f":{HOST} 482 bob #tea :You're not channel operator",)})

    def test_what_cannot_be_understood(self) -> None:
        """472 for each unknown letter once; 696 for wrong or missing parameters. The rest is done."""
        self.assertEqual(
            self.alice.said("MODE #tea +XXiY"),
            [
                f":{HOST} 472 alice X :is unknown mode char to me",
                f":{HOST} 472 alice Y :is unknown mode char to me",
                f":{self.source} MODE #tea +i",
            ],
        )
        for parameters, letter in {"+k": "k", "+k :two words": "k", "+k :": "k", "+l x": "l", "+o": "o"}.items():
            (answer,) = self.alice.said(f"MODE #tea {parameters}")
            shown = "x" if parameters == "+l x" else "*"
            self.assertEqual(answer.split(" ")[1:6], ["696", "alice", "#tea", letter, shown])

    def test_roles_of_those_who_are_not_there(self) -> None:
        """441 for who is elsewhere, 401 for nobody."""
        self.assertEqual(
            self.alice.said("MODE #tea +o bob", "MODE #tea +v nobody"),
            [
                f":{HOST} 441 alice bob #tea :They aren't on that channel",
                f":{HOST} 401 alice nobody :No such nick/channel",
            ],
        )

    def test_a_full_list(self) -> None:
        """478 with the letter."""
        self.world = World(policy=Policy(limits=Limits(room_masks=1)))
        alice = self.world.guest("alice")
        alice.said("JOIN #tea")
        self.assertEqual(
            alice.said("MODE #tea +bbb a b c"),
            [
                f":{alice.session.source} MODE #tea +b a!*@*",
                f":{HOST} 478 alice #tea b :Channel list is full",
            ],
        )

    def test_many_changes_take_several_lines(self) -> None:
        """Each line of at most 512 bytes."""
        masks = [f"{'m' * 60}{number}!*@*" for number in range(6)]
        bob = self.bob
        bob.said("JOIN #tea")
        for half in (masks[:3], masks[3:]):
            self.alice.said(f"MODE #tea +bbb {' '.join(half)}")
        bob.take()
        self.alice.said(f"MODE #tea -bbbbbb {' '.join(masks)}")
        lines = bob.take()
        self.assertTrue(all(len(line.encode()) + 2 <= MAX_BODY for line in lines))
        self.assertEqual([word for line in lines for word in line.split(" ")[4:]], masks)

    def test_exceptions_are_for_those_who_set_them(self) -> None:
        """Any member may read the bans; the lists of exceptions are 482 to who cannot alter them."""
        self.bob.said("JOIN #tea")
        self.assertEqual(numerics(self.bob.said("MODE #tea +beI")), ["368", "482"])
        self.assertEqual(numerics(self.bob.said("MODE #tea I")), ["482"])
        self.alice.said("MODE #tea +h bob")
        self.assertEqual(numerics(self.bob.said("MODE #tea beI")), ["368", "349", "347"])

    def test_extended_bans(self) -> None:
        """ISUPPORT EXTBAN: ``m:`` mutes a mask, ``a:`` means an account; 696 for what is neither."""
        self.bob.said("JOIN #tea")
        self.assertEqual(self.changed("+bb m:bob a:mallory"), ["+bb m:bob!*@* a:mallory"])
        self.assertEqual(self.changed("+b m:a:x"), ["+b m:a:x"])
        self.assertEqual(numerics(self.bob.said("PRIVMSG #tea :hello")), ["404"])
        self.assertEqual(self.changed("+e m:bob"), ["+e m:bob!*@*"])
        self.bob.take()
        self.assertEqual(self.bob.said("PRIVMSG #tea :hello"), [])
        for mask in ("m:", "a:", "m:m:bob"):
            self.assertEqual(numerics(self.alice.said(f"MODE #tea +b {mask}")), ["696"], mask)

    def test_no_ctcp(self) -> None:
        """``C``: 404 for CTCP; ACTION is talk; of what NOTICE answers nothing is said."""
        self.bob.said("JOIN #tea", "PRIVMSG #tea :\x01VERSION\x01")
        self.alice.said("MODE #tea +C")
        self.bob.take()
        self.assertEqual(numerics(self.bob.said("PRIVMSG #tea :\x01VERSION\x01")), ["404"])
        self.assertEqual(self.bob.said("NOTICE #tea :\x01VERSION 1\x01", "PRIVMSG #tea :\x01ACTION waves\x01"), [])
        self.assertEqual([line.partition(" :")[2] for line in self.alice.take()], ["\x01ACTION waves\x01"])

    def test_every_role_has_its_sign(self) -> None:
        """NAMES shows the highest, with multi-prefix all, in descending order."""
        carol = self.world.guest("carol", "multi-prefix")
        self.bob.said("JOIN #tea")
        carol.said("JOIN #tea")
        self.alice.said("MODE #tea +hv bob bob", "MODE #tea +ov carol carol")
        names = "353 {} = #tea :@alice {}bob {}carol"
        self.assertEqual(self.bob.said("NAMES #tea")[-2], f":{HOST} " + names.format("bob", "%", "@"))
        self.assertEqual(carol.said("NAMES #tea")[-2], f":{HOST} " + names.format("carol", "%+", "@+"))


class FounderTests(IrcTestCase):
    def test_the_founder_of_a_durable_room(self) -> None:
        """An account that makes a room is its founder, with the prefix ``~``."""
        alice = self.world.member("alice")
        self.assertEqual(alice.said("JOIN #tea")[1], f":{HOST} 353 alice = #tea :~alice")
