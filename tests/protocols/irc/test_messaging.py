"""Messages from and to IRC clients, over the real core: what is said, kept, echoed, confirmed, refused."""

from imd.core.hub import Policy
from imd.core.message import Draft
from imd.core.session import Presence, State
from imd.protocols.irc.settings import IrcLimits, IrcSettings
from imd.protocols.irc.wire.line import parse
from tests.protocols.irc.world import IrcTestCase, User, World, numerics

TAGS = ("message-tags", "server-time", "account-tag", "echo-message", "batch", "labeled-response")


def untagged(lines: list[str]) -> list[str]:
    """The lines without their tags and sources."""
    found = []
    for line in lines:
        line = line.partition(" ")[2] if line.startswith("@") else line
        found.append(line.partition(" ")[2] if line.startswith(":") else line)
    return found


def tags_of(line: str) -> dict[str, str]:
    if not line.startswith("@"):
        return {}
    return dict(tag.partition("=")[::2] for tag in line[1:].partition(" ")[0].split(";"))


class Talks(IrcTestCase):
    def test_plain(self) -> None:
        """A message reaches its recipient; a sender without echo-message hears nothing."""
        ann, bob = self.world.guest("ann"), self.world.member("bob")
        self.assertEqual(ann.said("PRIVMSG bob :hello there"), [])
        (line,) = bob.take()
        self.assertTrue(line.startswith(":ann!ann@guest/"))
        self.assertTrue(line.endswith(" PRIVMSG bob :hello there"))

    def test_tags(self) -> None:
        """Id, time and account of a message are for those who negotiated them, the id the same as in the echo."""
        ann, bob = self.world.member("ann", *TAGS), self.world.member("bob", *TAGS)
        (echo,) = ann.said("@+draft/react=x;nonsense=y;+imd/ctcp=z PRIVMSG bob :hi")
        (line,) = bob.take()
        self.assertEqual(tags_of(line), tags_of(echo))
        self.assertEqual(tags_of(line)["time"], "2026-11-22T10:15:00.000Z")
        self.assertEqual(tags_of(line)["account"], "ann")
        self.assertEqual(set(tags_of(line)), {"time", "account", "msgid", "+draft/react"})
        self.assertEqual(untagged([echo]), ["PRIVMSG bob :hi"])

    def test_forms(self) -> None:
        """ACTION and NOTICE keep their form, other CTCP passes both ways, also to guests."""
        ann, bob = self.world.guest("ann"), self.world.member("bob")
        for line in ("PRIVMSG bob :\x01ACTION waves\x01", "NOTICE bob :psst", "PRIVMSG bob :\x01VERSION\x01"):
            self.assertEqual(ann.said(line), [])
            self.assertEqual(untagged(bob.take()), [line])
        self.assertEqual(bob.said("NOTICE ann :\x01VERSION imd test\x01"), [])
        self.assertEqual(untagged(ann.take()), ["NOTICE ann :\x01VERSION imd test\x01"])

    def test_tagmsg(self) -> None:
        """TAGMSG passes between those who have message-tags, and is nothing to others."""
        ann, bob, old = self.world.guest("ann", *TAGS), self.world.member("bob", *TAGS), self.world.member("old")
        (echo,) = ann.said("@+typing=active TAGMSG bob,old")[:1]
        self.assertEqual(untagged([echo]), ["TAGMSG bob"])
        (line,) = bob.take()
        self.assertEqual(tags_of(line)["+typing"], "active")
        self.assertEqual(untagged([line]), ["TAGMSG bob"])
        self.assertEqual(old.take(), [])
        self.assertEqual(numerics(old.said("TAGMSG bob")), ["421"])

    def test_several_targets(self) -> None:
        """Each target once, as many as TARGMAX says; each counts and answers for itself."""
        self.world = World(IrcSettings(limits=IrcLimits(targets=3)))
        ann, bob = self.world.guest("ann"), self.world.guest("bob")
        self.assertEqual(numerics(ann.said("PRIVMSG bob,bob,nobody,ann,#x :hi")), ["407", "401", "PRIVMSG"])
        self.assertEqual(len(bob.take()), 1)

    def test_contexts(self) -> None:
        """A refusal of something with spaces in it does not shift the parameters of its answer."""
        ann = self.world.guest("ann", "standard-replies")
        for line in ("AWAY :" + "x y " * 110, "TOPIC #a :" + "x " * 200, "PRIVMSG :a b,c,d,e,f,g,h,i,j,k,l m,n"):
            for answer in ann.said(line):
                *_, last = parse(answer.encode()).params
                self.assertTrue(last[0].isupper(), answer)

    def test_errors(self) -> None:
        """What is missing or wrong has its numeric; NOTICE is never answered."""
        ann = self.world.guest("ann")
        self.assertEqual(
            ann.said("PRIVMSG", "PRIVMSG nobody", "PRIVMSG nobody :", "PRIVMSG nobody :x", "PRIVMSG #none :x"),
            [
                ":localhost 411 ann :No recipient given (PRIVMSG)",
                ":localhost 412 ann :No text to send",
                ":localhost 412 ann :No text to send",
                ":localhost 401 ann nobody :No such nick/channel",
                ":localhost 403 ann #none :No such channel",
            ],
        )
        self.assertEqual(ann.said("NOTICE", "NOTICE nobody", "NOTICE nobody :x", "NOTICE #none :x"), [])

    def test_to_oneself(self) -> None:
        """A note to oneself arrives, and with echo-message the echo besides."""
        ann = self.world.member("ann", "echo-message")
        self.assertEqual(untagged(ann.said("PRIVMSG ann :note")), ["PRIVMSG ann :note"] * 2)

    def test_away(self) -> None:
        """Who writes to somebody who is away is told so; the text of it is for contacts (P5)."""
        ann, bob = self.world.guest("ann"), self.world.member("bob")
        bob.send("AWAY :at lunch")
        self.assertEqual(ann.said("PRIVMSG bob :hi"), [":localhost 301 ann bob :Away"])
        self.assertEqual(ann.said("NOTICE bob :hi"), [])

    def test_sessions(self) -> None:
        """Every session of the recipient hears a message, and one confirmation is enough."""
        ann = self.world.guest("ann")
        one, two = self.world.member("bob"), self.world.member("bob", confirms=False)
        ann.send("PRIVMSG bob :hi")
        self.assertEqual((len(one.take()), len(two.take())), (1, 1))
        two.lose()
        self.assertEqual(self.waiting(one), 0)

    def test_long_and_many_lines(self) -> None:
        """A native message that does not fit a line becomes several, the first with the id; nothing is injected."""
        ann, bob = self.world.member("ann"), self.world.member("bob", *TAGS)
        body = "one\r\nQUIT :x\n\n" + "word " * 150 + "\x01VERSION\x01"
        self.world.hub.delivery.send(ann.session.me, Draft("bob", body), lambda receipt: None)
        lines = bob.take()
        self.assertEqual(untagged(lines)[:2], ["PRIVMSG bob :one", "PRIVMSG bob :QUIT :x"])
        self.assertEqual(["msgid" in tags_of(line) for line in lines], [True] + [False] * (len(lines) - 1))
        self.assertTrue(all("time" in tags_of(line) for line in lines))
        self.assertNotIn("\x01", "".join(lines))
        said = " ".join(line.partition(" :")[2].partition(" :")[2] for line in lines[2:])
        self.assertEqual(said.split()[:150], ["word"] * 150)

    def waiting(self, user: User) -> int:
        async def ask() -> int:
            return await self.world.hub.delivery.waiting(user.session.me)

        count: int = self.world.run(ask())
        return count


class Rooms(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.world.guest("ann", *TAGS), self.world.guest("bob")
        for user in (self.ann, self.bob):
            user.send("JOIN #a")
            user.take()

    def test_said(self) -> None:
        """What is said in a room reaches the others as it was, and the sender by echo alone."""
        (echo,) = self.ann.said("PRIVMSG #a :hello room")
        self.assertEqual(untagged([echo]), ["PRIVMSG #a :hello room"])
        self.assertIn("msgid", tags_of(echo))
        self.assertEqual(untagged(self.bob.take()), ["PRIVMSG #a :hello room"])
        self.assertEqual(self.bob.said("PRIVMSG #a :hello ann"), [])
        self.assertEqual(untagged(self.ann.take()), ["PRIVMSG #a :hello ann"])

    def test_no_barrier(self) -> None:
        """No PING follows a room line."""
        self.ann.said("PRIVMSG #a :hello room")
        self.assertEqual(self.bob.pings, [])

    def test_may_not(self) -> None:
        """Who may not speak gets 404."""
        carl = self.world.guest("carl")
        self.assertEqual(numerics(carl.said("PRIVMSG #a :hi")), ["404"])
        self.assertEqual(carl.said("NOTICE #a :hi"), [])

    def test_other_session(self) -> None:
        """A second session of the sender sees what the first said in a room."""
        one, two = self.world.member("carol"), self.world.member("carol")
        one.send("JOIN #a")
        two.take()
        one.send("PRIVMSG #a :hi")
        self.assertEqual(untagged(two.take()), ["PRIVMSG #a :hi"])
        self.assertEqual(one.said("PING x")[-1:], [":localhost PONG localhost :x"])


class Offline(IrcTestCase):
    def test_kept(self) -> None:
        """A message for somebody offline is kept; the sender hears so; it comes at sign-on with its id and time."""
        ann = self.world.member("ann")
        self.world.account("bob")
        (line,) = ann.said("PRIVMSG bob :see you")
        self.assertEqual(untagged([line]), ["NOTICE ann :bob is not here; your message is kept until bob signs on."])
        self.world.advance(3600)
        bob = self.world.member_lines("bob", *TAGS)
        (queued,) = [line for line in bob.take() if " PRIVMSG " in line]
        self.assertEqual(tags_of(queued)["time"], "2026-11-22T10:15:00.000Z")
        self.assertEqual(untagged([queued]), ["PRIVMSG bob :see you"])
        bob.lose()
        again = self.world.member_lines("bob", *TAGS)
        self.assertEqual([line for line in again.take() if " PRIVMSG " in line], [])

    def test_readable_time(self) -> None:
        """Without server-time the text of an old message says when it was written."""
        ann = self.world.member("ann")
        self.world.account("bob")
        ann.send("PRIVMSG bob :see you", "PRIVMSG bob :\x01ACTION waves\x01")
        self.world.advance(61)
        bob = self.world.member_lines("bob")
        lines = [line for line in untagged(bob.take()) if line.startswith("PRIVMSG")]
        self.assertEqual(
            lines,
            ["PRIVMSG bob :[2026-11-22 10:15] see you", "PRIVMSG bob :\x01ACTION [2026-11-22 10:15] waves\x01"],
        )

    def test_unconfirmed(self) -> None:
        """What a client did not confirm comes again, marked as a repeat, under its id, and with its time."""
        ann, bob = self.world.member("ann"), self.world.member("bob", *TAGS, confirms=False)
        ann.send("PRIVMSG bob :one")
        self.world.advance(1)
        (first,) = bob.take()
        bob.lose()
        self.world.advance(1)
        bob = self.world.member_lines("bob", *TAGS)
        (second,) = [line for line in bob.take() if " PRIVMSG " in line]
        self.assertEqual(tags_of(second), {**tags_of(first), "imd/repeat": ""})

    def test_invisible(self) -> None:
        """Writing to somebody invisible looks like writing to somebody who is off, and she has it at once (P5)."""
        ann, bob = self.world.member("ann", *TAGS), self.world.member("bob")
        self.world.account("carl")
        plain = self.world.member("dora")
        self.world.hub.presence.update(bob.session.me, Presence(State.INVISIBLE))
        heard = []
        for name in ("bob", "carl"):
            lines: list[str] = []
            for user in (ann, plain):
                lines += user.said(f"PRIVMSG {name} :hi", f"NOTICE {name} :hi", f"PRIVMSG {name} :\x01VERSION\x01")
                self.world.advance(1)
                lines += user.take()
            heard.append([line.replace(name, "NAME") for line in untagged(lines)])
        self.assertEqual(heard[0], heard[1])
        self.assertEqual(len([line for line in bob.take() if line.endswith("PRIVMSG bob :hi")]), 2)

    def test_signals_are_not_kept(self) -> None:
        """NOTICE, CTCP and TAGMSG to somebody offline are dropped without a word."""
        ann = self.world.member("ann", "message-tags")
        self.world.account("bob")
        self.assertEqual(ann.said("NOTICE bob :x", "PRIVMSG bob :\x01VERSION\x01", "@+typing=active TAGMSG bob"), [])
        bob = self.world.member_lines("bob", *TAGS)
        self.assertFalse([line for line in bob.take() if "!ann@" in line])

    def test_full(self) -> None:
        """When the queue is full the sender is told."""
        self.world = World(policy=Policy(offline_max_messages=1))
        ann = self.world.member("ann", "standard-replies", "echo-message")
        self.world.account("bob")
        lines = ann.said("PRIVMSG bob :one", "PRIVMSG bob :two")
        self.assertEqual(untagged(lines)[0], "PRIVMSG bob :one")
        self.assertTrue(untagged(lines)[1].startswith("FAIL PRIVMSG QUEUE_FULL bob :"))


class Order(IrcTestCase):
    """Answers on one connection leave in command order, whatever the store takes its time for."""

    def test_echoes_hold_what_follows(self) -> None:
        """Echoes of kept messages come in command order when the store has them, and a later PONG after them."""
        ann = self.world.member("ann", "echo-message")
        self.world.account("bob")
        ann.send("PRIVMSG bob :zero")
        ann.take()
        self.world.database.held = []
        self.assertEqual(
            ann.said("PRIVMSG bob :one", "PRIVMSG ann :two", "PING x", "PRIVMSG bob :three"),
            [":ann!ann@user/ann PRIVMSG ann :two"],
        )
        self.world.database.release()
        self.world.turn()
        self.assertEqual(
            untagged(ann.take()),
            ["PRIVMSG bob :one", "PRIVMSG ann :two", "PONG localhost :x", "PRIVMSG bob :three"],
        )

    def test_bad_lines_too(self) -> None:
        """The answer to a bad line waits for its turn like any other."""
        ann = self.world.member("ann", "echo-message")
        self.world.account("bob")
        self.world.database.held = []
        self.assertEqual(ann.said("PRIVMSG bob :one", "PRIVMSG bob :" + "x" * 600, "PRIVMSG bob :\0"), [])
        self.world.database.release()
        self.world.turn()
        self.assertEqual(numerics(ann.take()), ["PRIVMSG", "417", "NOTICE"])

    def test_labels(self) -> None:
        """Each labelled command has its one answer under its label: echo, numeric, batch or ACK."""
        ann, plain = self.world.member("ann", *TAGS), self.world.guest("bob", "batch", "labeled-response")
        (echo,) = ann.said("@label=1 PRIVMSG bob :hi")
        self.assertEqual(tags_of(echo)["label"], "1")
        self.assertEqual(plain.take(), [":ann!ann@user/ann PRIVMSG bob :hi"])
        self.assertEqual(
            plain.said("@label=a PRIVMSG ann :hi", "@label=b PRIVMSG nobody :x", "@label=c PONG x", "@label=d PING y"),
            [
                "@label=a :localhost ACK",
                "@label=b :localhost 401 bob nobody :No such nick/channel",
                "@label=c :localhost ACK",
                "@label=d :localhost PONG localhost :y",
            ],
        )
        lines = plain.said("@label=m MOTD", "@label=j JOIN #x", "@label=" + "x" * 65 + " PING z")
        self.assertTrue(lines[0].startswith("@label=m "))
        self.assertEqual(lines[1], "@label=j :localhost BATCH +r1 labeled-response")
        self.assertTrue(all(line.startswith("@batch=r1 ") for line in lines[2:-2]))
        self.assertEqual(lines[-2:], [":localhost BATCH -r1", ":localhost PONG localhost :z"])

    def test_pong_is_heard_past_the_queue(self) -> None:
        """A PONG is taken although commands before it wait: two who write to each other do not wait for each other."""
        ann, bob = self.world.member("ann", "echo-message"), self.world.member("bob", confirms=False)
        ann.send("PRIVMSG bob :hi", "PING x")
        bob.take()
        self.world.database.held = []
        bob.send("WHOIS nobody_the_store_knows", "PONG " + bob.pings[0].partition(" ")[2])
        self.assertEqual(untagged(ann.take()), ["PRIVMSG bob :hi", "PONG localhost :x"])
        self.world.database.release()

    def test_too_many_waiting(self) -> None:
        """A connection whose commands wait is not read from beyond a bound, and goes on when they have run."""
        ann = self.world.member("ann")
        self.world.account("bob")
        self.world.database.held = []
        ann.send("PRIVMSG bob :one", *(f"PING {number}" for number in range(200)))
        self.assertEqual(ann.transport.producerState, "paused")
        self.assertEqual(ann.take(), [])
        self.world.database.release()
        self.world.turn()
        self.assertEqual(ann.transport.producerState, "producing")
        lines = ann.take()
        self.assertEqual([line.rpartition(":")[2] for line in lines[1:]], [str(number) for number in range(200)])

    def test_store_away(self) -> None:
        """While the store is away a message for the offline is refused, and the client goes on."""
        ann = self.world.member("ann", "standard-replies")
        self.world.account("bob")
        self.world.database.away = True
        lines = ann.said("PRIVMSG bob :one", "PING x")
        self.world.advance(20)
        lines += ann.take()
        self.assertTrue(untagged(lines)[0].startswith("FAIL PRIVMSG STORE_UNAVAILABLE bob :"), lines)
        self.assertEqual(untagged(lines)[1], "PONG localhost :x")

    def test_unknown(self) -> None:
        """When the store dies with a message, the sender hears that nobody knows, and what sending again may do."""
        ann = self.world.member("ann", "standard-replies", "echo-message")
        self.world.account("bob")
        ann.said("PRIVMSG bob :zero")
        self.world.database.dead = True
        lines = ann.said("PRIVMSG bob :one", "PING x")
        for _ in range(30):
            self.world.advance(1)
        lines += ann.take()
        self.assertTrue(untagged(lines)[0].startswith("FAIL PRIVMSG OUTCOME_UNKNOWN bob :"), lines)
        self.assertEqual(untagged(lines)[1:], ["PONG localhost :x"])


class Confirmation(IrcTestCase):
    def test_only_for_accounts(self) -> None:
        """Guests are sent no barrier, accounts one PING for what is in flight."""
        ann, bob = self.world.guest("ann"), self.world.member("bob", confirms=False)
        bob.send("PRIVMSG ann :hi", "PRIVMSG ann :hi")
        ann.send("PRIVMSG bob :hi", "PRIVMSG bob :hi", "NOTICE bob :hi")
        self.assertEqual((len(ann.pings), len(bob.pings)), (0, 1))

    def test_switched_off(self) -> None:
        """With ``irc.confirm = false`` nothing is asked of clients, and what was shown does not come again."""
        self.world = World(IrcSettings(confirm=False))
        ann, bob = self.world.member("ann"), self.world.member("bob")
        self.assertEqual(ann.said("PRIVMSG bob :hi"), [])
        self.assertEqual(untagged(bob.take()), ["PRIVMSG bob :hi"])
        self.assertEqual(bob.pings, [])
        bob.lose()
        self.world.advance(1)
        self.assertFalse([line for line in self.world.member_lines("bob").take() if " PRIVMSG " in line])

    def test_cut_at_every_byte(self) -> None:
        """Whichever byte of the PONG the connection dies at: the message is confirmed whole or comes again."""
        for cut in range(0, 23):
            world = World()
            ann, bob = world.member("ann"), world.member("bob", confirms=False)
            ann.send("PRIVMSG bob :hi")
            bob.take()
            pong = ("PONG " + bob.pings[0].partition(" ")[2] + "\r\n").encode()
            bob.send_bytes(pong[:cut])
            bob.lose()
            world.advance(1)
            again = [line for line in world.member_lines("bob").take() if " PRIVMSG " in line]
            # CR ends a line as well as LF does.
            self.assertEqual(len(again), 0 if cut >= len(pong) - 1 else 1, cut)


class BadInput(IrcTestCase):
    def test_answers(self) -> None:
        """What is too long, not UTF-8, or no message is answered, and the connection goes on."""
        ann = self.world.guest("ann", "standard-replies")
        ann.send_bytes(b"PRIVMSG ann :" + b"x" * 600 + b"\r\nPRIVMSG ann :\xff\r\nPRIVMSG ann :\0\r\nPING x\r\n")
        self.assertEqual(
            ann.take(),
            [
                ":localhost 417 ann :Input line was too long",
                ":localhost FAIL PRIVMSG INVALID_UTF8 :Your line was dropped: this server takes UTF-8 only.",
                ":localhost FAIL PRIVMSG INVALID_LINE :Your line was dropped: it is no IRC message.",
                ":localhost PONG localhost :x",
            ],
        )

    def test_tags_limit(self) -> None:
        """The limit on tags of the settings holds."""
        self.world = World(IrcSettings(limits=IrcLimits(tags_size=10)))
        ann = self.world.guest("ann", *TAGS)
        lines = ann.said("@+a=123456 PRIVMSG ann :x", "@+a=12345678 PRIVMSG ann :x", "@" + "x" * 5000 + " PING a")
        self.assertEqual(sorted(numerics(lines)), ["417", "417", "PRIVMSG", "PRIVMSG"])

    def test_fault(self) -> None:
        """A fault of our own is logged with its stack and answered; the connection goes on."""
        ann = self.world.guest("ann")
        self.patch(self.world.hub.delivery, "send", None)
        lines = ann.said("PRIVMSG ann :x", "PING x")
        self.assertEqual(numerics(lines), ["400", "PONG"])
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)
