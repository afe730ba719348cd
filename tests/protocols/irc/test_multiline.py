"""Messages of several lines, from and to IRC clients; transcripts/messages shows what is said."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Draft, Kind
from imd.protocols.irc.settings import IrcLimits, IrcSettings
from imd.protocols.irc.wire.line import parse
from imd.protocols.irc.wire.multiline import Part, joined
from tests.protocols.irc.other_door import sign_on
from tests.protocols.irc.test_messaging import tags_of, untagged
from tests.protocols.irc.world import IrcTestCase, User, World

CAPS = ("batch", "draft/multiline", "message-tags")


def read(lines: list[str]) -> str:
    """The text of a batch, as a client puts it together."""
    opening, *inner, end = [parse(line.encode()) for line in lines]
    reference = opening.params[0][1:]
    assert opening.command == end.command == "BATCH", lines
    assert end.params[0] == f"-{reference}", lines
    assert all(line.tags["batch"] == reference for line in inner), lines
    return joined([Part(line.params[1], "draft/multiline-concat" in line.tags) for line in inner])[0]


class ReceivingTests(IrcTestCase):
    def test_native(self) -> None:
        """What another door sends in several lines, or in too long a one, comes as a batch, exactly; for others as
        lines; and what IRC sends comes there with its line ends."""
        ann, bob = self.world.member("ann", *CAPS), self.world.member("bob")
        carol = sign_on(self.world, "carol")
        for body in ("one\n\ntwo ", "word " * 300, "é" * 600, "a\r\nb\rc"):
            for name in ("ann", "bob"):
                self.world.hub.delivery.send(carol.session, Draft(name, body), lambda receipt: None)
            self.assertEqual(read(ann.take()), body.replace("\r\n", "\n").replace("\r", "\n"))
            self.assertTrue(all(untagged([line])[0].startswith("PRIVMSG bob :") for line in bob.take()))
        self.world.hub.delivery.send(carol.session, Draft("ann", "waves\nagain", Kind.ACTION), lambda receipt: None)
        self.assertEqual(read(ann.take()), "\x01ACTION waves\nagain\x01")
        self.write(ann, "carol", "x", "y")
        self.assertEqual([message.body for message in carol.messages], ["x\ny"])

    def write(self, user: User, to: str, *lines: str) -> None:
        user.send(f"BATCH +1 draft/multiline {to}", *[f"@batch=1 PRIVMSG {to} :{line}" for line in lines], "BATCH -1")

    def test_kept(self) -> None:
        """It waits for the offline as one message with one id, is cut as its sender cut it, and confirmed once."""
        ann = self.world.member("ann", *CAPS, "echo-message")
        self.world.account("bob")
        ann.send(
            "BATCH +1 draft/multiline bob",
            "@batch=1 PRIVMSG bob :one ",
            "@batch=1;draft/multiline-concat PRIVMSG bob :and a half",
            "@batch=1 PRIVMSG bob :two",
            "BATCH -1",
        )
        self.world.advance(1)
        echo = ann.take()
        self.assertEqual(read(echo), "one and a half\ntwo")
        for caps, expected in (
            (CAPS, None),
            (("message-tags",), ["PRIVMSG bob :one ", "PRIVMSG bob :and a half", "PRIVMSG bob :two"]),
        ):
            bob = self.world.member_lines("bob", *caps, confirms=expected is not None)
            lines = [line for line in bob.take() if ":ann!" in line or "BATCH" in line]
            self.assertEqual(tags_of(lines[0])["msgid"], tags_of(echo[0])["msgid"])
            if expected is None:
                self.assertEqual(read(lines), "one and a half\ntwo")
            else:
                self.assertEqual(untagged(lines), expected)
            bob.lose()
        bob = self.world.member_lines("bob", *CAPS)
        self.assertFalse([line for line in bob.take() if ":ann!" in line])

    def test_needs_batch(self) -> None:
        """Without the capability batch there are no batches, whatever else was asked for."""
        ann, bob = self.world.member("ann", *CAPS), self.world.member("bob", "draft/multiline")
        self.write(ann, "bob", "one", "two")
        self.assertEqual(untagged(bob.take()), ["PRIVMSG bob :one", "PRIVMSG bob :two"])
        self.assertEqual(untagged(bob.said("BATCH +1 draft/multiline ann")), ["421 bob BATCH :Unknown command"])

    def test_one_encoding(self) -> None:
        """Ten members who see it alike share the bytes."""
        ann = self.world.member("ann", *CAPS)
        members = [self.world.guest(f"guest{at}", *CAPS) for at in range(10)]
        for user in (ann, *members):
            user.said("JOIN #house")
        for user in (ann, *members):
            user.take()
        self.write(ann, "#house", "one", "two")
        self.assertEqual(len({tuple(user.take()) for user in members}), 1)

    def test_services(self) -> None:
        """Each line to a service is a command."""
        ann = self.world.member("ann", *CAPS)
        self.write(ann, "BuddyServ", "ADD bob", "ADD carol")
        self.assertEqual(len([line for line in untagged(ann.take()) if "There is nobody called" in line]), 2)


class BoundsTests(IrcTestCase):
    def test_kept_bytes(self) -> None:
        """What has come of a message counts as what waits on this connection, until it is complete, fails or ends."""
        ann = self.world.member("ann", *CAPS)
        ann.send("BATCH +1 draft/multiline bob", f"@batch=1 PRIVMSG bob :{'x' * 300}")
        self.assertEqual(ann.session.kept, 300)
        ann.send("BATCH -1")
        self.assertEqual(ann.session.kept, 0)
        ann.send("BATCH +1 draft/multiline bob", f"@batch=1 PRIVMSG bob :{'x' * 300}", "@batch=1 PRIVMSG eve :x")
        self.assertEqual(ann.session.kept, 0)
        ann.send("BATCH +2 draft/multiline bob", f"@batch=2 PRIVMSG bob :{'x' * 300}")
        self.world.advance(61)
        self.assertEqual(ann.session.kept, 0)
        ann.send("BATCH +3 draft/multiline bob", f"@batch=3 PRIVMSG bob :{'x' * 300}")
        ann.lose()
        self.assertEqual(ann.session.kept, 0)
        self.assertIsNone(ann.session.multiline)

    def test_rate(self) -> None:
        """The lines of a batch are one message to the rate of messages, and commands to that of commands."""
        limits = IrcLimits(messages_per_second=1, message_burst=5, command_burst=40, commands_per_second=2)
        self.world = World(IrcSettings(limits=limits), Policy(limits=Limits()))
        ann, bob = self.world.guest("ann", *CAPS), self.world.guest("bob", *CAPS)
        ann.send("BATCH +1 draft/multiline bob", *[f"@batch=1 PRIVMSG bob :{at}" for at in range(20)], "BATCH -1")
        self.assertEqual(read(bob.take()), "\n".join(map(str, range(20))))
        # Tags are no way around the rate.
        ann.send(*[f"@batch=9 PRIVMSG bob :{at}" for at in range(60)])
        self.assertLess(len(ann.take()), 40)

    def test_value(self) -> None:
        """CAP LS tells the limits, and CAP NEW when they have changed."""
        ann = self.world.user()
        ann.send("CAP LS 302", "NICK ann", "USER ann 0 * :Ann", "CAP END")
        self.assertIn("draft/multiline=max-bytes=16384,max-lines=100", " ".join(ann.take()).split())
        self.world.gateway.reload(IrcSettings(limits=IrcLimits(multiline_lines=0, message_size=500)))
        (line,) = ann.take()
        self.assertTrue(line.endswith(" NEW :draft/multiline=max-bytes=500"), line)


class AnyBytesTests(SynchronousTestCase):
    @settings(max_examples=15)
    @given(
        st.lists(st.text(st.sampled_from("ab é:@"), max_size=8), min_size=1, max_size=4).filter(any),
        st.lists(st.integers(1, 40), max_size=30),
    )
    def test_chopped_up(self, lines: list[str], cuts: list[int]) -> None:
        """However its bytes arrive, the message is the same."""
        world = World()
        ann, bob = world.guest("ann", *CAPS), world.guest("bob", *CAPS)
        wire = ["BATCH +1 draft/multiline bob", *[f"@batch=1 PRIVMSG bob :{line}" for line in lines], "BATCH -1"]
        data = "".join(f"{line}\r\n" for line in wire).encode()
        for size in cuts:
            if data:
                ann.send_bytes(data[:size])
                data = data[size:]
        if data:
            ann.send_bytes(data)
        self.assertEqual(ann.take(), [])
        heard = bob.take()
        if len(lines) > 1:
            self.assertEqual(read(heard), "\n".join(lines))
        else:
            self.assertEqual(untagged(heard), [f"PRIVMSG bob :{lines[0]}"])
