"""Tests of `imd.protocols.irc.room_events`: what members hear."""

from imd.core.address import Address
from imd.core.message import Draft, Kind
from imd.core.session import State
from imd.core.talk import FlagChange, MemberRenamed, RoomEvent, RoomFlag
from imd.protocols.irc import room_events
from imd.protocols.irc.room_events import away_text
from imd.protocols.irc.session import IrcSession
from tests.protocols.irc.other_door import sign_on
from tests.protocols.irc.world import IrcTestCase, User, numerics

HOST = "localhost"
TIME = "@time=2026-11-22T10:15:00.000Z"


class EventsTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.world.member("alice")
        self.alice.said("JOIN #tea")

    def watcher(self, *caps: str) -> User:
        """Somebody in the room who has these capabilities."""
        user = self.world.guest("watcher", *caps)
        user.said("JOIN #tea")
        self.alice.take()
        return user

    def test_extended_join(self) -> None:
        """https://ircv3.net/specs/extensions/extended-join: account and real name."""
        watcher = self.watcher("extended-join")
        bob, carol = self.world.member("bob"), self.world.guest("carol")
        bob.said("JOIN #tea")
        carol.said("JOIN #tea")
        self.assertEqual(
            watcher.take(),
            [f":{bob.session.source} JOIN #tea bob :Bob", f":{carol.session.source} JOIN #tea * :Carol"],
        )
        self.assertEqual(self.alice.take(), [f":{bob.session.source} JOIN #tea", f":{carol.session.source} JOIN #tea"])

    def test_tags(self) -> None:
        """server-time and account-tag for who has them; guests have no account."""
        watcher = self.watcher("account-tag", "server-time")
        carol = self.world.guest("carol")
        carol.said("JOIN #tea")
        self.alice.said("TOPIC #tea :x")
        self.assertEqual(
            watcher.take(),
            [
                f"{TIME} :{carol.session.source} JOIN #tea",
                f"{TIME};account=alice :{self.alice.session.source} TOPIC #tea :x",
            ],
        )

    def test_a_line_is_encoded_once_for_each_flavour(self) -> None:
        """However many members hear of an event."""
        users = [self.world.guest(f"plain{n}") for n in range(3)]
        users += [self.world.guest(f"timed{n}", "server-time") for n in range(3)]
        for user in users:
            user.said("JOIN #tea")
        seen: list[RoomEvent] = []
        told = room_events.room_event

        def tell(session: IrcSession, event: RoomEvent) -> None:
            seen.append(event)
            told(session, event)

        self.patch(room_events, "room_event", tell)
        self.alice.said("PART #tea")
        self.assertEqual(len(seen), 7)
        self.assertEqual({id(event) for event in seen}, {id(seen[0])})
        self.assertEqual(len(seen[0].encoded), 2)

    def test_rooms_belong_to_the_person(self) -> None:
        """Another session of an account is in the same rooms, at sign-on and later; one's JOIN is everybody's."""
        self.alice.said("TOPIC #tea :Earl Grey")
        second = self.world.user()
        second.send("PASS secret", "NICK alice", "USER alice 0 * :Alice")
        lines = second.take()
        joined = [line for line in lines if " JOIN " in line]
        self.assertEqual(joined, [f":{second.session.source} JOIN #tea"])
        self.assertEqual(numerics(lines[lines.index(joined[0]) :])[:5], ["JOIN", "332", "333", "353", "366"])
        self.assertEqual(self.alice.take(), [])
        second.said("JOIN #coffee")
        self.assertEqual(numerics(self.alice.take()), ["JOIN", "353", "366"])
        self.alice.said("PART #coffee")
        self.assertEqual(numerics(second.take()), ["PART"])

    def test_quit_is_told_once_for_all_shared_rooms(self) -> None:
        """And not while another session of the person is there."""
        watcher = self.watcher()
        for user in (self.alice, watcher):
            user.said("JOIN #coffee")
        watcher.take()
        second = self.world.member("alice")
        source = self.alice.session.source
        self.alice.said("QUIT :bye")
        self.assertEqual(watcher.take(), [])
        second.said("QUIT :really")
        self.assertEqual([line.partition(" ")[2] for line in watcher.take()], ["QUIT :Quit: really"])
        self.assertTrue(source.startswith("alice!"))

    def test_a_quit_comes_from_where_its_person_was(self) -> None:
        """The prefix of QUIT is that of all that went before."""
        watcher = self.watcher()
        for user in (self.world.guest("bob"), self.alice):
            user.said("JOIN #tea")
            watcher.take()
            source = user.session.source
            user.said("QUIT :bye")
            self.assertEqual(watcher.take(), [f":{source} QUIT :Quit: bye"])

    def test_a_lost_connection_is_a_quit(self) -> None:
        """With a reason of the server."""
        watcher = self.watcher()
        self.alice.lose()
        (line,) = watcher.take()
        self.assertEqual(line.split(" ")[1:], ["QUIT", ":Connection", "closed"])

    def test_a_new_nick(self) -> None:
        """NICK by the old name, once to each who shares a room; the client itself hears it too."""
        watcher, bob = self.watcher(), self.world.guest("bob")
        for user in (bob, watcher):
            user.said("JOIN #tea,#coffee")
        watcher.take()
        source = bob.session.source
        self.assertEqual(bob.said("NICK robert"), [f":{source} NICK :robert"])
        self.assertEqual(watcher.take(), [f":{source} NICK :robert"])

    def test_a_renamed_account(self) -> None:
        """An operator renames an account: its clients and room mates hear of a new nick."""
        watcher = self.watcher()
        account = self.alice.session.me.account
        assert account is not None
        self.world.run(self.world.accounts.rename(account, "alicia"))
        self.world.turn()
        self.assertEqual(numerics(self.alice.take()), ["NICK"])
        self.assertEqual(self.alice.session.nick, "alicia")
        (line,) = watcher.take()
        self.assertTrue(line.startswith(":alice!") and line.endswith(" NICK :alicia"))

    def test_a_renamed_account_by_account_notify(self) -> None:
        """https://ircv3.net/specs/extensions/account-notify: behind the new nick is an account of a new name; a guest
        has none."""
        watcher, bob = self.watcher("account-notify"), self.world.guest("bob")
        bob.said("JOIN #tea")
        watcher.take()
        bob.said("NICK robert")
        self.assertEqual(numerics(watcher.take()), ["NICK"])
        account = self.alice.session.me.account
        assert account is not None
        self.world.run(self.world.accounts.rename(account, "alicia"))
        self.world.turn()
        _, line = watcher.take()
        self.assertEqual(line, f":{self.alice.session.source} ACCOUNT alicia")

    def test_setname(self) -> None:
        """https://ircv3.net/specs/extensions/setname: those who have it, and who did it, once each."""
        watcher, bob = self.watcher("setname"), self.world.guest("bob", "setname")
        bob.said("JOIN #tea")
        watcher.take()
        self.alice.take()
        expected = [f":{bob.session.source} SETNAME :Robert the Great"]
        self.assertEqual(bob.said("SETNAME :Robert the Great"), expected)
        self.assertEqual(watcher.take(), expected)
        self.assertEqual(self.alice.take(), [])

    def test_away_notify(self) -> None:
        """https://ircv3.net/specs/extensions/away-notify: changes, and the state of who comes in."""
        watcher, bob = self.watcher("away-notify"), self.world.guest("bob")
        bob.said("AWAY :lunch", "JOIN #tea")
        self.assertEqual(
            watcher.take(),
            [f":{bob.session.source} JOIN #tea", f":{bob.session.source} AWAY :lunch"],
        )
        bob.said("AWAY")
        bob.said("AWAY :tea")
        self.assertEqual(watcher.take(), [f":{bob.session.source} AWAY", f":{bob.session.source} AWAY :tea"])
        self.alice.take()
        bob.said("AWAY")
        self.assertEqual(self.alice.take(), [])

    def test_modes_by_another_door(self) -> None:
        """What an application changes is a MODE line."""
        second = sign_on(self.world, "alice")
        self.world.hub.rooms.change(second.session, "#tea", [FlagChange(RoomFlag.SECRET, True)])
        self.assertEqual(self.alice.take(), [f":{self.alice.session.source} MODE #tea +s"])

    def test_what_is_said(self) -> None:
        """With id, time and account for who wants them; ACTION is CTCP, a notice stays one."""
        watcher = self.watcher("message-tags", "server-time", "account-tag")
        bob = sign_on(self.world, "bob")
        rooms = self.world.hub.rooms
        rooms.join(bob.session, "#tea")
        watcher.take()
        origin = self.world.hub.people.origin(bob.session.person)
        for kind, line in {
            Kind.TEXT: "PRIVMSG #tea :hello",
            Kind.ACTION: "PRIVMSG #tea :\x01ACTION hello\x01",
            Kind.NOTICE: "NOTICE #tea :hello",
        }.items():
            message = rooms.say(bob.session, "#tea", Draft("#tea", "hello", kind))
            self.assertEqual(watcher.take(), [f"{TIME};account=bob;msgid={message.id} :bob!{origin} {line}"])
        self.alice.take()
        rooms.say(bob.session, "#tea", Draft("#tea", "", Kind.SIGNAL, tags={"typing": "active"}))
        (line,) = watcher.take()
        self.assertTrue(line.endswith("TAGMSG #tea"))
        self.assertIn("+typing=active", line)
        self.assertEqual(self.alice.take(), [])

    def test_the_sender_hears_herself_only_with_echo_message(self) -> None:
        """Other sessions of hers do in any case."""
        second = self.world.member("alice")
        echoing = self.world.member("alice", "echo-message")
        self.assertEqual(self.alice.said("PRIVMSG #tea :hi"), [])
        source = self.alice.session.source
        self.assertEqual(second.take(), [f":{source} PRIVMSG #tea :hi"])
        self.assertEqual(echoing.take(), [f":{source} PRIVMSG #tea :hi"])
        self.assertEqual(echoing.said("PRIVMSG #tea :ho"), [f":{source} PRIVMSG #tea :ho"])


class PrivacyTests(IrcTestCase):
    def test_invisible_members_are_members_and_nothing_more(self) -> None:
        """P5: turning invisible and back is not told to a room, nor that somebody invisible is away."""
        alice, watcher = sign_on(self.world, "alice"), self.world.guest("watcher", "away-notify")
        self.world.hub.rooms.join(alice.session, "#tea")
        watcher.said("JOIN #tea")
        alice.says(State.INVISIBLE)
        alice.says(State.INVISIBLE, "secretly away")
        alice.says(State.AVAILABLE)
        self.assertEqual(watcher.take(), [])


class TextTests(IrcTestCase):
    def test_away_is_never_empty(self) -> None:
        """An empty AWAY would say "back"."""
        self.assertEqual(
            [away_text(state, "") for state in State],
            [None, "Away", "Away for a while", "Busy", None, None],
        )
        self.assertEqual(away_text(State.BUSY, "in a meeting"), "in a meeting")
        self.assertIsNone(away_text(State.AVAILABLE, "in a good mood"))

    def test_events_of_no_room_do_no_harm(self) -> None:
        """A renamed person who shares no room is still told."""
        alice = self.world.guest("alice")
        person = alice.session.me.person
        room = self.world.hub.rooms.join(alice.session.me, "#tea")
        alice.take()
        event = MemberRenamed(room=room, time=0.0, by=Address("old", "d"), person=person, before=Address("old", "d"))
        room_events.room_event(alice.session, event)
        self.assertEqual(alice.take(), [])
