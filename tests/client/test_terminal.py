"""The terminal client without a terminal: lines and keys, against the real door in memory, and what the desk has."""

import asyncio
from collections.abc import Awaitable, Callable

from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from imd.client.library import Client
from imd.client.signing_on import Details, Identity
from imd.client.terminal.commands import completions, execute
from imd.client.terminal.commands.table import COMMANDS, Mistake
from imd.client.terminal.desk import Desk
from imd.client.terminal.errands import Errands
from imd.client.terminal.screen import Screen
from imd.core.hub import Policy
from imd.core.message import Draft, Kind
from imd.core.session import Presence, Session, State, Visibility
from imd.core.sites import DeskRule, Site
from imd.core.talk import Role
from imd.messages.messaging import Read
from tests.client.world import World, WorldTestCase, at_once

SHOP = Site(name="shop", staff=("sales",), staff_folded=frozenset({"sales"}))
SALES = DeskRule(name="sales", agents=("bob",))


class Sitting:
    """Somebody at the desk."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.rings = 0
        details = Details()
        self.desk = Desk(world.house.reactor.seconds, lambda: None, self._ring)
        self.client = Client(world.reach, Identity(name, "sesame"), details, self.desk, world.house.reactor, at_once)
        self.errands = Errands(self.desk, self.client, details)
        Deferred.fromCoroutine(self.client.start())
        self.turn()

    def _ring(self) -> None:
        self.rings += 1

    def turn(self) -> None:
        """Time passes, and the screen is drawn."""
        self.world.settle()
        self.desk.shown()
        self.world.settle()

    def type(self, *lines: str) -> None:
        for line in lines:
            execute(self.errands, line)
            self.turn()

    @property
    def said(self) -> list[str]:
        """The talk in front: who says what, with its mark."""
        return [
            " ".join(filter(None, [self.desk.short(line.sender), line.body, line.mark]))
            for line in self.desk.current.lines
        ]


class CommandsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.world.account("alice")
        self.world.account("bob")
        self.alice, self.bob = Sitting(self.world, "alice"), Sitting(self.world, "bob")

    def signed_on(self, name: str) -> Session:
        person = self.world.house.hub.people.find(name)
        assert person is not None
        return person.sessions[0]

    def both(self) -> None:
        self.alice.turn()
        self.bob.turn()

    def test_talk(self) -> None:
        """A talk opens by itself at the other side, with a sign; marks follow the message: delivered, then read."""
        self.alice.type("/msg bob Hello there")
        self.both()
        self.assertEqual([talk.title for talk in self.bob.desk.talks], ["imc", "alice"])
        self.assertEqual((self.bob.desk.unread, self.bob.rings), (1, 1))
        self.assertEqual(self.alice.said[-1], "alice Hello there ✓✓")
        self.bob.desk.next_unread()
        self.both()
        self.assertEqual(self.bob.said, ["alice Hello there"])
        self.assertEqual(self.alice.said[-1], "alice Hello there ✓✓ read")
        self.bob.type("Hi", "/me waves")
        self.both()
        self.assertEqual(self.alice.said[-2:], ["bob Hi", "bob waves"])

    def test_refused(self) -> None:
        """A message that is refused shows it."""
        self.alice.type("/msg nobody Hello")
        line = self.alice.desk.current.lines[-1]
        self.assertEqual((line.mark, line.why), ("✗", "There is nobody called nobody here."))

    def test_buddies(self) -> None:
        """Asked, approved on both sides: both see each other come and go."""
        self.alice.type("/add bob")
        self.both()
        self.assertIn("alice asks to see when you are here", self.bob.said[-1])
        self.bob.type("/approve alice", "/add alice")
        self.both()
        self.alice.type("/approve bob")
        self.both()
        contacts = {name: contact.subscription for name, contact in self.alice.desk.contacts.items()}
        self.assertEqual(contacts, {"bob@localhost": "both"})
        self.assertEqual(self.alice.desk.state_of("bob"), "available")
        self.assertEqual(self.bob.desk.state_of("alice"), "available")
        self.bob.type("/away lunch")
        self.both()
        self.assertEqual(self.alice.desk.presence["bob@localhost"].text, "lunch")
        self.bob.type("/invisible")
        self.both()
        self.assertEqual(self.alice.desk.state_of("bob"), "offline")
        self.bob.type("/back")
        self.both()
        self.alice.type("/buddies")
        self.assertIn("available", self.alice.said[-1])
        self.alice.type("/remove bob")
        self.both()
        self.assertEqual(self.alice.desk.contacts, {})

    def test_desk(self) -> None:
        """Who answers for a desk sees that a visitor is there until she goes, and nothing more once it is closed."""
        self.world = World(Policy(sites=(SHOP,), desks=(SALES,)))
        self.world.account("bob")
        self.bob = Sitting(self.world, "bob")
        house = self.world.house
        made = house.accounts.create("anna-k3f9", None, 0.0, visible_to=Visibility.NOBODY, visitor=True, site="shop")
        visitor = house.wait(made)
        anna = house.on(visitor)
        house.send(anna, "sales", "How much?")
        self.bob.turn()
        self.assertEqual(self.bob.desk.state_of("anna-k3f9"), "available")
        self.bob.type("/msg anna-k3f9 Ten.")
        self.assertEqual([message.body for message in anna.messages if message.kind is Kind.TEXT], ["Ten."])
        house.hub.presence.update(anna.session, Presence(State.AWAY))
        self.bob.turn()
        self.assertEqual(self.bob.desk.state_of("anna-k3f9"), "away")
        self.bob.type("!close")
        self.assertEqual(self.bob.desk.state_of("anna-k3f9"), "offline")
        self.assertFalse(house.hub.presence.watchers_of("anna-k3f9"))

    def test_block(self) -> None:
        """A blocked person is not heard."""
        self.bob.type("/block alice")
        self.alice.type("/msg bob Hello")
        self.both()
        self.assertEqual([talk.title for talk in self.bob.desk.talks], ["imc"])
        self.bob.type("/unblock alice")
        self.assertFalse(any(contact.blocked for contact in self.bob.desk.contacts.values()))

    def test_rooms(self) -> None:
        """Enter, talk, who is in, topic, leave; what is typed at once after /join goes to the room."""
        execute(self.bob.errands, "/join #tea")
        self.bob.type("Anybody?")
        self.alice.type("/join tea")
        self.both()
        self.assertIn("bob Anybody?", self.alice.said)
        self.bob.type("/topic Assam")
        self.alice.type("Tea?", "/who")
        self.both()
        self.assertIn("2 in #tea: ", self.alice.said[-1])
        self.assertIn("alice Tea?", self.bob.said)
        self.assertEqual(self.alice.desk.current.topic, "Assam")
        self.alice.type("/part Bye")
        self.both()
        self.assertEqual(self.bob.said[-1], "alice has left (Bye)")
        self.assertEqual(len(self.bob.desk.current.people), 1)
        self.assertEqual(self.alice.desk.current, self.alice.desk.home)
        self.alice.type("/rooms")
        self.assertIn("#tea", self.alice.said[-1])

    def test_renamed(self) -> None:
        """A room that gets another name is the same talk."""
        for sitting in (self.alice, self.bob):
            sitting.type("/join #tea")
        self.alice.type("Hello")
        self.both()
        hub = self.world.house.hub
        hub.rooms.rename(self.signed_on("alice"), "#tea", "#coffee", "late")
        self.both()
        self.assertEqual(self.bob.said[-1], "alice has renamed #tea to #coffee (late)")
        self.bob.type("Here?")
        self.both()
        self.assertEqual([talk.title for talk in self.bob.desk.talks], ["imc", "#coffee"])
        self.assertTrue(any(line.startswith("bob Here?") for line in self.bob.said))

    def test_for_some_only(self) -> None:
        """What is for those with a role says so."""
        for sitting in (self.alice, self.bob):
            sitting.type("/join #tea")
        self.both()
        hub = self.world.house.hub
        hub.rooms.say(self.signed_on("bob"), "#tea", Draft("#tea", "psst"), least=Role.OPERATOR)
        self.both()
        self.assertEqual(self.alice.said[-1], "bob [operator and above] psst")

    def test_taken_back(self) -> None:
        """What somebody takes back is off all screens; it says who did, if that was somebody else."""
        for sitting in (self.alice, self.bob):
            sitting.type("/join #tea")
        self.bob.type("Hallo", "/me waves")
        self.both()
        hub, (first, second) = self.world.house.hub, [line.id for line in self.alice.desk.current.lines if line.id]
        self.world.house.wait(hub.history.redact(self.signed_on("bob"), "#tea", first, "typo"))
        self.world.house.wait(hub.history.redact(self.signed_on("alice"), "#tea", second, ""))
        self.both()
        for sitting in (self.alice, self.bob):
            said = [line.body for line in sitting.desk.current.lines if line.id]
            self.assertEqual(said, ["(taken back: typo)", "(taken back by alice)"])
        self.alice.type("/msg bob Hello")
        self.both()
        line = self.alice.desk.current.lines[-1]
        self.world.house.wait(hub.history.redact(self.signed_on("alice"), "bob", line.id, ""))
        self.both()
        self.assertEqual([self.bob.desk.talk("alice").lines[-1].body, line.body], ["(taken back)"] * 2)

    def test_read_elsewhere(self) -> None:
        """What another device has read of a room or talk is unread no longer; what has come since is."""
        for sitting in (self.alice, self.bob):
            sitting.type("/join #tea")
        phone = Sitting(self.world, "bob")
        self.bob.desk.show(self.bob.desk.home)
        for text in ("one", "two", "bob, three"):
            self.alice.type(text)
            self.world.turn(1)
        self.both()
        talk = self.bob.desk.talk("#tea")
        self.assertEqual((talk.unread, talk.called), (3, True))
        times = [line.time for line in talk.lines if line.id]
        talk.note("somebody has come in", self.bob.desk.time())
        for at, left in ((times[1], (1, True)), (times[0], (1, True)), (times[2], (0, False))):
            phone.client.tell(Read(with_="#tea", time=at))
            phone.turn()
            self.both()
            self.assertEqual((talk.unread, talk.called), left)

    def test_invited(self) -> None:
        """An invitation says how to follow it."""
        self.alice.type("/join #tea", "/invite bob")
        self.both()
        self.assertIn("/join #tea", self.bob.said[-1])

    def test_room_refused(self) -> None:
        """A room one may not enter leaves no page behind."""
        self.alice.type("/join #" + "x" * 200)
        self.assertEqual([talk.title for talk in self.alice.desk.talks], ["imc"])
        self.assertTrue(self.alice.said[-1])

    def test_back_after_a_loss(self) -> None:
        """After a lost connection rooms are entered again, and what was written meanwhile is sent."""
        self.alice.type("/join #tea")
        self.bob.type("/join #tea")
        self.alice.type("/away lunch")
        self.world.restart()
        self.alice.type("/msg bob Still here?")
        self.assertEqual(self.alice.said[-1], "alice Still here? …")
        self.world.turn(1)
        self.both()
        self.both()
        self.assertEqual(self.alice.said[-1], "alice Still here? ✓✓")
        self.assertEqual(sorted(self.alice.desk.talk("#tea").people), ["alice@localhost", "bob@localhost"])
        self.bob.type("/whois alice")
        self.assertIn("away", self.bob.said[-1])

    def test_what_was_said_in_a_room_meanwhile(self) -> None:
        """After an absence the room has what was said, in its place and once."""
        self.bob.type("/join #tea", "one")
        self.alice.type("/join #tea", "two")
        self.world.links[0].cut()
        self.bob.type("three", "four")
        self.world.turn(1)
        self.both()
        self.bob.type("five")
        self.both()
        said = [line.body for line in self.alice.desk.current.lines if line.sender]
        self.assertEqual(said, ["one", "two", "three", "four", "five"])

    def test_typing(self) -> None:
        """That somebody is writing is seen, and no longer once the message is there."""
        self.alice.type("/msg bob Hello")
        self.alice.errands.typing("W")
        self.both()
        talk = self.bob.desk.talk("alice")
        self.assertGreater(talk.typing, self.bob.desk.time())
        self.alice.type("Well")
        self.both()
        self.assertEqual(talk.typing, 0.0)

    def test_help(self) -> None:
        """The help names every command; each also has a help of its own."""
        self.alice.type("/help")
        said = "\n".join(self.alice.said)
        for name in COMMANDS:
            self.assertIn(f"/{name}", said)
        self.alice.type("/help msg")
        self.assertIn("NAME", self.alice.said[-1])

    def test_every_command_alone(self) -> None:
        """No command fails in silence: each has an answer, a consequence, or a word on how it is used."""
        for name in COMMANDS:
            if name == "quit":
                continue
            before = len(self.alice.desk.home.lines), self.alice.desk.state
            try:
                self.alice.type(f"/{name}")
            except Mistake as mistake:
                self.assertTrue(str(mistake))
            else:
                after = len(self.alice.desk.home.lines), self.alice.desk.state
                self.assertTrue(after != before, name)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_mistakes(self) -> None:
        """What makes no sense is answered with what would."""
        for line, hint in {
            "/nonsense": "/help",
            "Hello": "/msg",
            "/msg #tea Hi": "/join #tea",
            "/privacy all": "everyone",
        }.items():
            with self.subTest(line):
                self.assertIn(hint, str(self.assertRaises(Mistake, execute, self.alice.errands, line)))

    def test_completion(self) -> None:
        """Commands, and the names one knows."""
        self.alice.type("/msg bob Hello")
        self.assertEqual(completions(self.alice.errands, "/in"), ["/invisible", "/invite"])
        self.assertEqual(completions(self.alice.errands, "/whois b"), ["bob"])
        self.assertEqual(completions(self.alice.errands, ""), [])


class ScreenTests(WorldTestCase):
    def sit(self, act: Callable[[Sitting, Callable[..., Awaitable[None]]], Awaitable[None]]) -> Sitting:
        """Run the screen on a made-up terminal while `act` types keys on it."""
        sitting = Sitting(self.world, "alice")

        async def play() -> None:
            with create_pipe_input() as keys:
                screen = Screen(sitting.desk, sitting.errands, input=keys, output=DummyOutput())
                sitting.desk.changed = screen.changed
                running = asyncio.ensure_future(screen.run())

                async def press(text: str, until: Callable[[], object]) -> None:
                    keys.send_text(text)
                    async with asyncio.timeout(10):
                        while not until():
                            await asyncio.sleep(0.01)
                            self.world.settle()

                await act(sitting, press)
                keys.send_text("\x04")
                async with asyncio.timeout(10):
                    await running

        asyncio.run(play())
        return sitting

    def test_keys(self) -> None:
        """Typing, switching, completing, scrolling; Ctrl-D leaves."""

        async def act(sitting: Sitting, press: Callable[..., Awaitable[None]]) -> None:
            desk = sitting.desk
            await press("/msg bob Hello\r", lambda: desk.current.title == "bob")
            await press("How are you?\r", lambda: len(desk.current.lines) == 2)
            await press("\x10", lambda: desk.current is desk.home)
            await press("\x1b2", lambda: desk.current.title == "bob")
            await press("/whoi\tb\t\r", lambda: "bob" in desk.current.lines[-1].body)
            await press("\x0e", lambda: desk.current is desk.home)
            await press("half a line\x03", lambda: True)
            await press("/nonsense\r", lambda: desk.home.lines and "/help" in desk.home.lines[-1].body)

        sitting = self.sit(act)
        self.assertEqual(sitting.desk.leaving, "")

    def test_shown_is_acknowledged(self) -> None:
        """A message counts as received once the screen has been drawn with it."""
        sent = self.bob().client.send

        async def act(sitting: Sitting, press: Callable[..., Awaitable[None]]) -> None:
            settled = sent("alice", "Hello")
            await press("", lambda: settled.called and sitting.desk.unread == 1)
            await press("\x1ba", lambda: sitting.desk.current.title == "bob")
            await press("", lambda: sitting.desk.current.read)

        self.sit(act)
        self.assertEqual(self.alice().bodies, [])
