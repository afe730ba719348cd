"""A room of many: who comes, who vanishes, who asks who is in. Counted, not timed: twice the people, twice the work."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

from imd.net.sending import Outbox
from imd.protocols.irc import modes, room_events
from imd.protocols.irc.wire.line import encode
from tests.protocols.irc.world import IrcTestCase, User, numerics


class CrowdTests(IrcTestCase):
    def crowd(self, people: int, *caps: str) -> list[User]:
        return [self.world.guest(f"u{people}x{number}", *caps) for number in range(people)]

    def at_once(self, users: list[User], line: str) -> None:
        """All say this in one turn."""
        for user in users:
            user.connection.dataReceived(f"{line}\r\n".encode())
        self.world.turn()

    def counting(self, act: Callable[[], None]) -> Counter[str]:
        """Lines encoded of comings and goings, members looked at for NAMES, and writes to sockets."""
        counts: Counter[str] = Counter()

        def count(what: str, real: Callable[..., Any]) -> Callable[..., Any]:
            def counted(*args: Any, **kwargs: Any) -> Any:
                counts[what] += 1
                return real(*args, **kwargs)

            return counted

        with (
            mock.patch.object(room_events, "encode", count("encoded", encode)),
            mock.patch.object(modes, "prefix", count("looked at", modes.prefix)),
            mock.patch.object(Outbox, "flush", count("flushes", Outbox.flush)),
        ):
            act()
        return counts

    def storm(self, people: int) -> dict[str, Counter[str]]:
        """All enter; half vanish in one turn; as many others come in one turn."""
        room, users, others = f"#r{people}", self.crowd(people), self.crowd(people // 2 + 1)[1:]
        half = people // 2

        def vanish() -> None:
            for user in users[:half]:
                user.gone = True
                user.connection.connectionLost(mock.sentinel.reason)
            self.world.turn()

        told = {
            "enter": self.counting(lambda: self.at_once(users, f"JOIN {room}")),
            "vanish": self.counting(vanish),
            "return": self.counting(lambda: self.at_once(others, f"JOIN {room}")),
        }
        # Each has heard of all that concerns it, once.
        for number, user in enumerate(users[half:], half):
            heard = Counter(numerics(user.take()))
            self.assertEqual((heard["JOIN"], heard["QUIT"]), (people - number + half, half))
        for number, user in enumerate(others):
            self.assertEqual(Counter(numerics(user.take()))["JOIN"], half - number)
        return told

    def test_linear(self) -> None:
        """A line is encoded once, a member looked at once for all who ask, a socket written to once a turn."""
        few, many = self.storm(40), self.storm(80)
        self.assertEqual(few["enter"]["encoded"], 40)
        self.assertEqual(few["enter"]["looked at"], 40)
        self.assertEqual(few["vanish"]["encoded"], 20)
        for step, counts in few.items():
            self.assertEqual({what: 2 * count for what, count in counts.items()}, dict(many[step]), step)

    def test_names_are_right(self) -> None:
        """What is kept of an answer to NAMES is never out of date, whatever happens in the room."""
        alice, *others = self.crowd(30)
        alice.said("JOIN #tea")
        self.at_once(others, "JOIN #tea")
        extra = [self.world.guest("multi", "multi-prefix"), self.world.guest("full", "userhost-in-names")]
        self.at_once(extra, "JOIN #tea")

        def names(user: User) -> list[str]:
            lines = [line for line in user.said("NAMES #tea") if line.split(" ")[1] == "353"]
            self.assertTrue(all(len(line) <= 510 for line in lines))
            return [word.partition("!")[0] for line in lines for word in line.partition(" :")[2].split(" ")]

        nick = alice.session.nick
        steps: list[Callable[[], object]] = [
            lambda: alice.said(f"MODE #tea +v {others[0].session.nick}"),
            lambda: others[1].said("PART #tea"),
            lambda: others[1].said("JOIN #tea"),
            lambda: others[2].lose(),
            lambda: others[3].said("NICK somebody"),
            lambda: alice.said(f"KICK #tea {others[4].session.nick}"),
            lambda: alice.said(f"MODE #tea -o+h {nick} {others[5].session.nick}"),
            lambda: self.world.guest("late").said("JOIN #tea"),
        ]
        room = self.world.hub.rooms.find("#tea")
        assert room is not None
        for step in steps:
            step()
            for user, every in ((alice, False), (extra[0], True), (extra[1], False)):
                wanted = [modes.prefix(m, every=every) + m.person.address.name for m in room.members.values()]
                self.assertEqual(names(user), wanted)

    def test_labels(self) -> None:
        """Comings that are told while somebody's command runs are no part of its answer."""
        alice = self.world.guest("alice", "labeled-response", "batch")
        bob, carol = self.world.guest("bob"), self.world.guest("carol")
        for user in (alice, bob):
            user.said("JOIN #tea")
        alice.take()
        carol.connection.dataReceived(b"JOIN #tea\r\n")
        alice.connection.dataReceived(b"@label=x TOPIC #tea :Assam?\r\n")
        self.world.turn()
        source = alice.session.source
        self.assertEqual(alice.take(), [f":{carol.session.source} JOIN #tea", f"@label=x :{source} TOPIC #tea :Assam?"])

    def test_away(self) -> None:
        """With away-notify who comes in away is said to be."""
        alice = self.world.guest("alice", "away-notify")
        alice.said("JOIN #tea")
        bob, carol = self.world.guest("bob"), self.world.guest("carol")
        bob.said("AWAY :lunch")
        self.at_once([bob, carol], "JOIN #tea")
        self.assertEqual(
            alice.take(),
            [
                f":{bob.session.source} JOIN #tea",
                f":{bob.session.source} AWAY :lunch",
                f":{carol.session.source} JOIN #tea",
            ],
        )
