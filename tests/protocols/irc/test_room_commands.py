"""Tests of rooms as commands that came with the ranks: RENAME, STATUSMSG, invitations, NAMES after JOIN."""

from tests.protocols.irc.world import NOW, IrcTestCase, numerics

HOST = "localhost"


class RenameTests(IrcTestCase):
    """https://ircv3.net/specs/extensions/channel-rename"""

    def setUp(self) -> None:
        super().setUp()
        self.alice = self.world.guest("alice", "draft/channel-rename")
        self.alice.said("JOIN #tea")
        self.source = self.alice.session.source

    def test_who_knows_it(self) -> None:
        """One line, which always has a reason, be it an empty one."""
        bob = self.world.guest("bob", "draft/channel-rename")
        bob.said("JOIN #tea")
        self.alice.take()
        expected = [f":{self.source} RENAME #tea #coffee :up to date"]
        self.assertEqual(self.alice.said("RENAME #tea #coffee :up to date"), expected)
        self.assertEqual(bob.take(), expected)
        self.assertEqual(self.alice.said("RENAME #coffee #milk"), [f":{self.source} RENAME #coffee #milk :"])

    def test_who_does_not(self) -> None:
        """PART and JOIN, with all that follows; of another spelling nothing."""
        self.alice.said("TOPIC #tea :Assam?")
        bob = self.world.guest("bob", "extended-join")
        bob.said("JOIN #tea")
        self.alice.said("RENAME #tea #coffee :up to date")
        source = bob.session.source
        self.assertEqual(
            bob.take(),
            [
                f":{source} PART #tea :up to date",
                f":{source} JOIN #coffee * :Bob",
                f":{HOST} 332 bob #coffee :Assam?",
                f":{HOST} 333 bob #coffee {self.source} {int(NOW)}",
                f":{HOST} 353 bob = #coffee :@alice bob",
                f":{HOST} 366 bob #coffee :End of /NAMES list",
            ],
        )
        self.assertEqual(len(self.alice.said("RENAME #coffee #Coffee")), 1)
        self.assertEqual(bob.take(), [])
        bob.said("PRIVMSG #coffee :hello")
        self.assertEqual(self.alice.take(), [f":{source} PRIVMSG #Coffee :hello"])

    def test_refused(self) -> None:
        """461, 403, 442, 482, and FAIL with both names."""
        bob = self.world.guest("bob")
        bob.said("JOIN #milk")
        self.assertEqual(numerics(bob.said("RENAME #tea", "RENAME #none #x", "RENAME #tea #x")), ["461", "403", "442"])
        bob.said("JOIN #tea")
        self.assertEqual(numerics(bob.said("RENAME #tea #x")), ["482"])
        for new, code in {
            "#MILK": "CHANNEL_NAME_IN_USE",
            "coffee": "CANNOT_RENAME",
            "#a\x07b": "CANNOT_RENAME",
        }.items():
            (answer,) = self.alice.said(f"RENAME #tea {new}")
            self.assertEqual(answer.split(" ")[:6], [f":{HOST}", "FAIL", "RENAME", code, "#tea", new])

    def test_the_founder_alone(self) -> None:
        """Of a room that an account founded."""
        carol, dave = self.world.member("carol"), self.world.member("dave")
        carol.said("JOIN #kept")
        dave.said("JOIN #kept")
        carol.said("MODE #kept +o dave")
        dave.take()
        self.assertEqual(dave.said("RENAME #kept #x")[0].split(" ")[1:4], ["FAIL", "RENAME", "CANNOT_RENAME"])
        self.assertEqual(numerics(carol.said("RENAME #kept #x"))[:2], ["PART", "JOIN"])


class StatusMessageTests(IrcTestCase):
    """ISUPPORT STATUSMSG (https://modern.ircdocs.horse/#statusmsg-parameter)."""

    def setUp(self) -> None:
        super().setUp()
        self.users = {name: self.world.guest(name, "message-tags") for name in ("alice", "bob", "carol", "dave")}
        for user in self.users.values():
            user.said("JOIN #tea")
        self.users["alice"].said("MODE #tea +hv bob carol")
        self.take()

    def take(self) -> dict[str, list[str]]:
        """What everybody has got, without tags."""
        taken = {name: user.take() for name, user in self.users.items()}
        return {
            name: [line.partition(" ")[2] if line[:1] == "@" else line for line in lines]
            for name, lines in taken.items()
            if lines
        }

    def test_who_gets_it(self) -> None:
        """Those of the role and above, and the target shows for whom it is."""
        dave = self.users["dave"]
        for sign, names in {"@": ["alice"], "%": ["alice", "bob"], "+": ["alice", "bob", "carol"], "~": []}.items():
            dave.send(f"PRIVMSG {sign}#tea :hello")
            line = f":{dave.session.source} PRIVMSG {sign}#tea :hello"
            self.assertEqual(self.take(), {name: [line] for name in names})

    def test_every_command(self) -> None:
        """NOTICE and TAGMSG too; of several signs the least counts."""
        dave = self.users["dave"]
        dave.send("NOTICE @#TEA :hello", "@+typing=active TAGMSG @#tea", "PRIVMSG @%#tea :both")
        source = dave.session.source
        self.assertEqual(
            self.take(),
            {
                "alice": [
                    f":{source} NOTICE @#tea :hello",
                    f":{source} TAGMSG @#tea",
                    f":{source} PRIVMSG %#tea :both",
                ],
                "bob": [f":{source} PRIVMSG %#tea :both"],
            },
        )

    def test_echo(self) -> None:
        """The sender's own copy has the target as it was written."""
        eve = self.world.guest("eve", "echo-message")
        eve.said("JOIN #tea")
        self.assertEqual(eve.said("PRIVMSG @#tea :hello"), [f":{eve.session.source} PRIVMSG @#tea :hello"])

    def test_refused(self) -> None:
        """As for the room itself: 403, and 404 for who may not speak."""
        eve = self.world.guest("eve")
        self.assertEqual(
            numerics(eve.said("PRIVMSG @#none :x", "PRIVMSG @#tea :x", "PRIVMSG @tea :x")), ["403", "404", "401"]
        )


class InvitationTests(IrcTestCase):
    def test_those_that_stand(self) -> None:
        """336 for each room, and 337 (Modern IRC, RPL_INVITELIST)."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        end = f":{HOST} 337 bob :End of /INVITE list"
        self.assertEqual(bob.said("INVITE"), [end])
        alice.said("JOIN #a,#b", "INVITE bob #a", "INVITE bob #b")
        self.assertEqual(bob.said("INVITE"), [f":{HOST} 336 bob #a", f":{HOST} 336 bob #b", end])
        bob.said("JOIN #a")
        self.assertEqual(bob.said("INVITE"), [f":{HOST} 336 bob #b", end])


class NoImplicitNamesTests(IrcTestCase):
    """https://ircv3.net/specs/extensions/no-implicit-names"""

    def test_names_are_for_who_asks(self) -> None:
        """None after JOIN, also of another session; as ever when asked for."""
        for capability in ("no-implicit-names", "draft/no-implicit-names"):
            alice = self.world.guest(f"alice{len(capability)}", capability)
            room = f"#{len(capability)}"
            self.assertEqual(numerics(alice.said(f"JOIN {room}")), ["JOIN"])
            self.assertEqual(numerics(alice.said(f"NAMES {room}")), ["353", "366"])


class ListTests(IrcTestCase):
    def test_conditions_in_the_second_parameter(self) -> None:
        """``LIST #room >1`` (https://modern.ircdocs.horse/#list-message); what is no condition is a server."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        alice.said("JOIN #a,#b")
        bob.said("JOIN #a")
        rooms = [line.split(" ")[3] for line in alice.said("LIST #* >1") if line.split(" ")[1] == "322"]
        self.assertEqual(rooms, ["#a"])
        rooms = [line.split(" ")[3] for line in alice.said("LIST #* localhost") if line.split(" ")[1] == "322"]
        self.assertEqual(rooms, ["#a", "#b"])
