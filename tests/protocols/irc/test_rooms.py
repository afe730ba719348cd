"""Tests of `imd.protocols.irc.rooms`: what commands about rooms answer."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.protocols.irc.settings import IrcLimits, IrcSettings
from imd.protocols.irc.wire.line import MAX_BODY
from tests.protocols.irc.other_door import sign_on
from tests.protocols.irc.world import NOW, IrcTestCase, World, numerics

HOST = "localhost"


class JoinTests(IrcTestCase):
    def test_who_joins_hears_of_it_and_who_is_there(self) -> None:
        """RFC 2812 section 3.2.1: JOIN, the topic if there is one, and the names."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        source = alice.session.source
        self.assertEqual(
            alice.said("JOIN #tea"),
            [
                f":{source} JOIN #tea",
                f":{HOST} 353 alice = #tea :@alice",
                f":{HOST} 366 alice #tea :End of /NAMES list",
            ],
        )
        alice.said("TOPIC #tea :Earl Grey")
        self.assertEqual(
            bob.said("JOIN #TEA")[1:],
            [
                f":{HOST} 332 bob #tea :Earl Grey",
                f":{HOST} 333 bob #tea {source} {int(NOW)}",
                f":{HOST} 353 bob = #tea :@alice bob",
                f":{HOST} 366 bob #tea :End of /NAMES list",
            ],
        )
        self.assertEqual(alice.take(), [f":{bob.session.source} JOIN #tea"])

    def test_several_rooms_with_keys(self) -> None:
        """Keys belong to the rooms in their order."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #a,#b,#c", "MODE #a +k one", "MODE #b +k two")
        self.assertEqual(
            numerics(bob.said("JOIN #a,#b,#c one,wrong")), ["JOIN", "353", "366", "475", "JOIN", "353", "366"]
        )

    def test_joining_twice_says_nothing(self) -> None:
        """Who is in a room already is not told again."""
        alice = self.world.guest("alice")
        alice.said("JOIN #tea")
        self.assertEqual(alice.said("JOIN #tea"), [])

    def test_why_one_cannot_enter(self) -> None:
        """Each reason has its numeric (Modern IRC, "JOIN message")."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #i,#b,#k,#l,#R")
        alice.said("MODE #i +i", "MODE #b +b bob", "MODE #k +k sesame", "MODE #l +l 1", "MODE #R +R")
        for room, numeric in {
            "#i": "473",
            "#b": "474",
            "#k": "475",
            "#l": "471",
            "#R": "477",
            "nohash": "403",
            "#a\x07b": "476",
            f"#{'a' * 64}": "476",
        }.items():
            answer = bob.said(f"JOIN {room}")
            self.assertEqual(numerics(answer), [numeric], room)
            self.assertEqual(answer[0].split(" ")[3], room)
        self.assertEqual(alice.take(), [])

    def test_too_many_rooms(self) -> None:
        """A person may be in so many rooms at a time."""
        self.world = World(policy=Policy(limits=Limits(rooms_per_account=1)))
        alice = self.world.guest("alice")
        self.assertEqual(numerics(alice.said("JOIN #a,#b")), ["JOIN", "353", "366", "405"])

    def test_join_0_leaves_all(self) -> None:
        """RFC 2812 section 3.2.1: ``JOIN 0``."""
        alice = self.world.guest("alice")
        alice.said("JOIN #a,#b")
        source = alice.session.source
        self.assertEqual(alice.said("JOIN 0"), [f":{source} PART #a", f":{source} PART #b"])

    def test_the_parameter_is_needed(self) -> None:
        """461 without a room."""
        self.assertEqual(
            numerics(self.world.guest("alice").said("JOIN", "PART", "TOPIC", "KICK #a", "INVITE a")), ["461"] * 5
        )


class PartTests(IrcTestCase):
    def test_all_members_hear_of_it(self) -> None:
        """With the reason, if there is one."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #tea")
        bob.said("JOIN #tea")
        alice.take()
        expected = [f":{bob.session.source} PART #tea :so long"]
        self.assertEqual(bob.said("PART #tea :so long"), expected)
        self.assertEqual(alice.take(), expected)

    def test_a_long_reason_is_cut(self) -> None:
        """Nobody is kept in a room for saying too much."""
        alice = self.world.guest("alice")
        alice.said("JOIN #tea")
        self.assertEqual(alice.said(f"PART #tea :{'x' * 450}")[0].partition(" :")[2], "x" * 300)

    def test_why_one_cannot_leave(self) -> None:
        """403 and 442."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #tea")
        self.assertEqual(
            bob.said("PART #tea,#none"),
            [f":{HOST} 442 bob #tea :You're not on that channel", f":{HOST} 403 bob #none :No such channel"],
        )


class TopicTests(IrcTestCase):
    def test_set_ask_clear(self) -> None:
        """TOPIC is heard by all members; asked for it is 332 and 333, or 331."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #tea")
        self.assertEqual(alice.said("TOPIC #tea"), [f":{HOST} 331 alice #tea :No topic is set"])
        expected = [f":{alice.session.source} TOPIC #tea :Earl Grey"]
        self.assertEqual(alice.said("TOPIC #tea :Earl Grey"), expected)
        self.assertEqual(numerics(alice.said("TOPIC #tea")), ["332", "333"])
        self.assertEqual(numerics(bob.said("TOPIC #tea")), ["332", "333"])
        self.assertEqual(alice.said("TOPIC #tea :"), [f":{alice.session.source} TOPIC #tea :"])
        self.assertEqual(numerics(alice.said("TOPIC #tea")), ["331"])

    def test_who_may_not(self) -> None:
        """442 for outsiders, 482 without rights under +t, 403 where there is no room or a secret one."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #tea,#secret", "MODE #secret +s")
        self.assertEqual(numerics(bob.said("TOPIC #tea :x")), ["442"])
        bob.said("JOIN #tea")
        self.assertEqual(numerics(bob.said("TOPIC #tea :x", "TOPIC #none", "TOPIC #secret")), ["482", "403", "403"])

    def test_a_long_topic_is_cut(self) -> None:
        """TOPICLEN, between characters."""
        alice = self.world.guest("alice")
        alice.said("JOIN #tea")
        (answer,) = alice.said("TOPIC #tea :" + "é" * 220)
        self.assertEqual(answer.partition(" :")[2], "é" * 195)


class NamesTests(IrcTestCase):
    def test_prefixes_and_hosts_as_negotiated(self) -> None:
        """multi-prefix and userhost-in-names."""
        alice = self.world.guest("alice")
        bob = self.world.guest("bob", "multi-prefix", "userhost-in-names")
        alice.said("JOIN #tea", "MODE #tea +v alice")
        bob.said("JOIN #tea")
        self.assertEqual(alice.said("NAMES #tea")[0], f":{HOST} 353 alice = #tea :@alice bob")
        self.assertEqual(
            bob.said("NAMES #tea")[0],
            f":{HOST} 353 bob = #tea :@+{alice.session.source} {bob.session.source}",
        )

    def test_outsiders_learn_of_nobody(self) -> None:
        """Membership is visible to members (P5); the answer is as for a room that is not there."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #tea")
        for name in ("#tea", "#none", "invalid"):
            self.assertEqual(bob.said(f"NAMES {name}"), [f":{HOST} 366 bob {name} :End of /NAMES list"])

    def test_without_a_room_those_one_is_in(self) -> None:
        """And one end for all; a secret room has another sign."""
        alice = self.world.guest("alice")
        alice.said("JOIN #a,#b", "MODE #b +s")
        self.assertEqual(
            alice.said("NAMES"),
            [
                f":{HOST} 353 alice = #a :@alice",
                f":{HOST} 353 alice @ #b :@alice",
                f":{HOST} 366 alice * :End of /NAMES list",
            ],
        )

    def test_many_names_take_several_lines(self) -> None:
        """Each fits, none is lost."""
        users = [self.world.guest(f"{'n' * 20}{number}") for number in range(60)]
        for user in users:
            user.said("JOIN #tea")
        lines = users[0].said("NAMES #tea")
        self.assertTrue(all(len(line.encode()) + 2 <= MAX_BODY for line in lines))
        names = [name.lstrip("@") for line in lines[:-1] for name in line.partition(" :")[2].split(" ")]
        self.assertEqual(names, [user.session.nick for user in users])
        self.assertGreater(len(lines), 3)

    def test_people_of_other_doors_are_members_like_any(self) -> None:
        """A room is the same behind all doors."""
        alice, carol = self.world.guest("alice"), sign_on(self.world, "carol")
        alice.said("JOIN #tea")
        self.world.hub.rooms.join(carol.session, "#tea")
        self.world.turn()
        origin = self.world.hub.people.origin(carol.session.person)
        self.assertEqual(alice.take(), [f":carol!{origin} JOIN #tea"])
        self.assertEqual(alice.said("NAMES #tea")[0], f":{HOST} 353 alice = #tea :@alice carol")


class ListTests(IrcTestCase):
    def test_rooms_with_topic_and_number_of_members(self) -> None:
        """321, 322, 323; secret rooms for members only."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #tea,#secret", "TOPIC #tea :Earl Grey", "MODE #secret +s")
        self.assertEqual(
            bob.said("LIST"),
            [
                f":{HOST} 321 bob Channel :Users  Name",
                f":{HOST} 322 bob #tea 1 :Earl Grey",
                f":{HOST} 323 bob :End of /LIST",
            ],
        )
        self.assertEqual(numerics(alice.said("LIST")), ["321", "322", "322", "323"])

    def test_conditions(self) -> None:
        """ELIST=CMNTU (Modern IRC): all conditions hold, of several masks any."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #chan1", "TOPIC #chan1 :x")
        self.world.advance(180)
        # Idle clients are asked for a sign of life meanwhile.
        alice.said("JOIN #chan2", "TOPIC #chan2 :x", "JOIN #other")
        bob.said("JOIN #chan2")
        for condition, expected in {
            "": {"#chan1", "#chan2", "#other"},
            "#chan1": {"#chan1"},
            "#CHAN1,#other": {"#chan1", "#other"},
            "*an?": {"#chan1", "#chan2"},
            "!*an1": {"#chan2", "#other"},
            "!*an1,!*an2": {"#other"},
            ">1": {"#chan2"},
            "<2": {"#chan1", "#other"},
            ">0,#chan*": {"#chan1", "#chan2"},
            "C>2": {"#chan1"},
            "C<2": {"#chan2", "#other"},
            "C<0": set(),
            "T>2": {"#chan1"},
            "T<2": {"#chan2"},
            "#none": set(),
            ">x": set(),
            "!": set(),
        }.items():
            lines = alice.said(f"LIST {condition}")
            found = {line.split(" ")[3] for line in lines if line.split(" ")[1] == "322"}
            self.assertEqual(found, expected, condition)
            self.assertEqual(numerics(lines)[-1], "323")


class KickTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob, self.carol = (self.world.guest(nick) for nick in ("alice", "bob", "carol"))
        for user in (self.alice, self.bob):
            user.said("JOIN #tea")
        self.alice.take()

    def test_all_members_hear_of_it_the_removed_included(self) -> None:
        """One line for each; without a reason the nick of who kicks stands there."""
        self.carol.said("JOIN #tea")
        self.alice.said("KICK #tea bob,carol :spilled it")
        source = self.alice.session.source
        self.assertEqual(self.bob.take()[1:], [f":{source} KICK #tea bob :spilled it"])
        self.assertEqual(
            self.carol.take(),
            [f":{source} KICK #tea bob :spilled it", f":{source} KICK #tea carol :spilled it"],
        )
        self.bob.said("JOIN #tea")
        self.assertEqual(self.alice.said("KICK #tea bob"), [f":{source} KICK #tea bob :alice"])

    def test_as_many_rooms_as_nicks(self) -> None:
        """They belong together in their order; other numbers are 461."""
        for user in (self.alice, self.bob):
            user.said("JOIN #coffee")
        self.alice.take()
        source = self.alice.session.source
        self.assertEqual(
            self.alice.said("KICK #tea,#coffee bob,bob :out"),
            [f":{source} KICK #tea bob :out", f":{source} KICK #coffee bob :out"],
        )
        self.assertEqual(numerics(self.alice.said("KICK #tea,#coffee bob")), ["461"])

    def test_why_one_cannot(self) -> None:
        """403, 442, 482, 441; for somebody elsewhere the same as for nobody (P5)."""
        self.assertEqual(numerics(self.carol.said("KICK #none bob", "KICK #tea bob")), ["403", "442"])
        self.assertEqual(numerics(self.bob.said("KICK #tea alice")), ["482"])
        self.assertEqual(
            self.alice.said("KICK #tea carol", "KICK #tea nobody"),
            [
                f":{HOST} 441 alice carol #tea :They aren't on that channel",
                f":{HOST} 441 alice nobody #tea :They aren't on that channel",
            ],
        )


class InviteTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.world.guest("alice"), self.world.guest("bob")
        self.alice.said("JOIN #tea", "MODE #tea +i")

    def test_the_invited_can_enter(self) -> None:
        """341 for who invites, INVITE for who is invited."""
        self.assertEqual(self.alice.said("INVITE bob #tea"), [f":{HOST} 341 alice bob #tea"])
        self.assertEqual(self.bob.take(), [f":{self.alice.session.source} INVITE bob #tea"])
        self.assertEqual(numerics(self.bob.said("JOIN #tea")), ["JOIN", "353", "366"])

    def test_operators_with_invite_notify_hear_of_it(self) -> None:
        """https://ircv3.net/specs/extensions/invite-notify; others do not."""
        oscar, victor = self.world.guest("oscar", "invite-notify"), self.world.guest("victor", "invite-notify")
        self.alice.said("MODE #tea -i")
        for user in (oscar, victor):
            user.said("JOIN #tea")
        self.alice.said("MODE #tea +o oscar")
        for user in (oscar, victor):
            user.take()
        self.alice.said("INVITE bob #tea")
        self.assertEqual(oscar.take(), [f":{self.alice.session.source} INVITE bob #tea"])
        self.assertEqual(victor.take(), [])

    def test_why_one_cannot(self) -> None:
        """401, 403, 442, 443, 482."""
        carol = self.world.guest("carol")
        self.assertEqual(
            numerics(self.alice.said("INVITE nobody #tea", "INVITE bob #none", "INVITE bob tea")), ["401", "403", "403"]
        )
        self.assertEqual(numerics(carol.said("INVITE bob #tea")), ["442"])
        self.alice.said("INVITE bob #tea")
        self.bob.said("JOIN #tea")
        self.assertEqual(self.alice.said("INVITE bob #tea")[-1], f":{HOST} 443 alice bob #tea :is already on channel")
        self.assertEqual(numerics(self.bob.said("INVITE carol #tea")), ["482"])


class SizeTests(IrcTestCase):
    def test_a_long_reason_is_cut(self) -> None:
        """KICKLEN; other settings than the defaults hold too."""
        self.world = World(IrcSettings(created=NOW, limits=IrcLimits(kick_length=5)))
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #tea")
        bob.said("JOIN #tea")
        self.assertEqual(alice.said("KICK #tea bob :goodbye")[-1].partition(" :")[2], "goodb")
