"""P5: who may not know does not learn, by any command of any door.

A person who hides, however she does it, is compared with one who is off: every question there is (`probes`) must be
answered with the same words. And what tells where somebody is reaches mutual contacts who opted in, and nobody else.
"""

import re
from collections.abc import Coroutine, Iterable
from typing import Any, NamedTuple, TypeVar

from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import SynchronousTestCase

from tests.daemon import RunningDaemon
from tests.doors import (
    DOORS,
    BareIrcDriver,
    Driver,
    IrcDriver,
    IrcWebDriver,
    NativeDriver,
    NativeWebDriver,
    UdpDriver,
    WebDriver,
    WebPollDriver,
)
from tests.promises import probes
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores

T = TypeVar("T")

#: Where people who hide connect from, and what their clients say of themselves: nobody else's, so easily found.
SOURCE = "127.0.0.77"
DETAILS = {"client": "tell-tale-client", "version": "9.8.7", "tcp_port": 61111, "udp_port": 62222}
# Ports stand alone: not within the digits of a time.
GIVEAWAY = re.compile(r"127\.0\.0\.77|tell-tale|9\.8\.7|(?<![\d.])(61111|62222)(?!\d)")


class Hiding(NamedTuple):
    """How somebody hides, and as whom she must look."""

    like: str
    #: Whether she is on, by a native and by an IRC client.
    on: bool = True
    state: str = "available"
    visible_to: str = "everyone"
    blocks: bool = False


#: Somebody who is off looks as her settings say (`visible_to` decides whether *kept* is told), so each is compared
#: with an account of the same settings. One who blocks, or is invisible, looks like anybody who is off.
HIDINGS = {
    "off": Hiding("off", on=False),
    "invisible": Hiding("off", state="invisible"),
    "blocking": Hiding("off", blocks=True),
    "blocking, and off": Hiding("off", on=False, blocks=True),
    "blocking, and invisible": Hiding("off", state="invisible", blocks=True),
    "to nobody, and off": Hiding("to nobody, and off", on=False, visible_to="nobody"),
    "to nobody": Hiding("to nobody, and off", visible_to="nobody"),
    "to nobody, and blocking": Hiding("to nobody, and off", visible_to="nobody", blocks=True),
    "to contacts, and off": Hiding("to contacts, and off", on=False, visible_to="contacts"),
    "to contacts": Hiding("to contacts, and off", visible_to="contacts"),
}

#: Who asks: with which client, and as what. A guest has no buddy list, and cannot be blocked.
OBSERVERS: dict[str, type[Driver]] = {
    "native": NativeDriver,
    "udp": UdpDriver,
    "websocket": NativeWebDriver,
    "irc-websocket": IrcWebDriver,
    "web": WebDriver,
    "web-poll": WebPollDriver,
    "irc": IrcDriver,
    "bare irc": BareIrcDriver,
}
RELATIONS = ("stranger", "contact", "sharing contact", "guest")


def hides(relation: str, hiding: Hiding) -> bool:
    """Whether this is hiding from such a person at all, and possible."""
    if relation == "guest":
        return not hiding.blocks
    return relation == "stranger" or hiding.visible_to != "contacts"


async def together(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run them side by side: most of their time they wait for the daemon."""
    running = [Deferred.fromCoroutine(coroutine) for coroutine in coroutines]
    results: list[T] = await gatherResults(running, consumeErrors=True)
    return results


#: What an IRC client can ask of a room, and of somebody in it.
ROOM_QUESTIONS = (
    "NAMES #den",
    "WHO #den",
    "WHO #den %na",
    "LIST #den",
    "MODE #den b",
    "MODE #den +v tina",
    "WHO tin*",
    "WHOIS tina",
    "ISON tina",
    "USERHOST tina",
)


class Stage(NamedTuple):
    """One observer and one person, and the clients the person has on."""

    observer: Driver
    name: str
    clients: list[Driver]
    room: str


class Observer(NamedTuple):
    """Somebody, and what she is to the person she looks at."""

    relation: str
    driver: Driver


class PrivacyPromise(PromiseTestCase):
    """Real daemons."""

    __test__ = False

    async def stage(
        self, daemon: RunningDaemon, number: int, kind: type[Driver], relation: str, hiding: Hiding
    ) -> Stage:
        """Two people who know nobody else, each in her condition."""
        name, asker = f"tina{number:03}", f"otto{number:03}"
        guest = relation == "guest"
        await self.people(daemon, name, *([] if guest else [asker]))
        observer = await kind.sign_on(daemon, asker, "" if guest else PASSWORD)
        self.addCleanup(observer.cut)
        person = await self.on(daemon, "native", name, source=SOURCE, **DETAILS)
        other = await self.on(daemon, "irc", name, source=SOURCE)
        await person.set_privacy(share_location=True)
        if "contact" in relation:
            await self.friends(person, observer)
        if relation == "sharing contact":
            await observer.set_privacy(share_location=True)
        if hiding.blocks:
            await person.block(asker)
        await person.set_privacy(visible_to=hiding.visible_to)
        clients = [person, other]
        for client in clients:
            if hiding.state != "available":
                await client.set_presence(hiding.state)
            if not hiding.on:
                await client.quit()
        room = f"#room{number:03}"
        await observer.join(room)
        return Stage(observer, name, clients if hiding.on else [], room)

    async def asked(self, stage: Stage, relation: str) -> list[tuple[str, str]]:
        """All questions and their answers, and what came after."""
        await stage.observer.barrier()
        stage.observer.stream.transcript.clear()
        words = {"t": stage.name, "T": stage.name.upper(), "r": stage.room}
        words["share"] = "on" if relation == "sharing contact" else "off"
        heard = await probes.ask_everything(stage.observer, words)
        for client in stage.clients:
            await client.barrier()
        await stage.observer.barrier()
        heard.append(("what came later", "\n".join(probes._said(stage.observer, 0).splitlines()[:-1])))
        for question, said in heard:
            found = GIVEAWAY.search(said)
            self.assertIsNone(found, f"{question} told a {relation} of {found}:\n{said}")
        return [(question, probes.normal(said, words, stage.observer.name)) for question, said in heard]

    async def compare(self, relation: str) -> None:
        """Every way to hide, from every kind of client."""
        daemon = await self.house().start()
        cases = [
            (asks, way)
            for asks, kind in OBSERVERS.items()
            for way, hiding in HIDINGS.items()
            if hides(relation, hiding)
            and not (relation == "guest" and issubclass(kind, NativeDriver))
            # They are answered by the same code as at the native door: once is enough.
            and not (relation != "stranger" and asks in ("websocket", "web-poll"))
        ]
        stages = await together(
            self.stage(daemon, number, OBSERVERS[asks], relation, HIDINGS[way])
            for number, (asks, way) in enumerate(cases)
        )
        # All who come have come: from here on the numbers of people and rooms stay.
        answers = await together(self.asked(stage, relation) for stage in stages)
        heard = dict(zip(cases, answers, strict=True))
        wrong = []
        for (asks, way), said in heard.items():
            like = HIDINGS[way].like
            for (question, answer), (_, wanted) in zip(said, heard[asks, like], strict=True):
                if answer != wanted:
                    case = f"{asks} {relation} of one who is {way}, {question}"
                    wrong.append(f"{case}:\n{answer}\n-- like {like}:\n{wanted}")
        self.assertEqual(wrong, [], "\n\n".join(["hiding can be told from being off:", *wrong]))

    async def test_strangers(self) -> None:
        """Nobody a stranger may not see can be told from somebody who is off."""
        await self.compare("stranger")

    async def test_contacts(self) -> None:
        """The same for an approved contact who has not opted in."""
        await self.compare("contact")

    async def test_contacts_who_share(self) -> None:
        """The same for a mutual contact, both of whom opted in: who hides, hides from her too."""
        await self.compare("sharing contact")

    async def test_guests(self) -> None:
        """The same for somebody without an account."""
        await self.compare("guest")

    async def observers(self, daemon: RunningDaemon, person: Driver, relations: Iterable[str]) -> list[Observer]:
        """One of each relation with each kind of client; all watch the person, and all but some share."""
        observers: list[Observer] = []
        for relation in relations:
            for kind in OBSERVERS.values():
                name = f"otto{len(observers)}-{person.door}"
                await self.people(daemon, name)
                driver = await self.entered(daemon, kind, name)
                await driver.set_privacy(share_location=relation != "contact")
                if "contact" in relation:
                    await self.friends(person, driver)
                elif relation == "admirer":
                    await driver.befriend(person.name)
                    await person.approve(driver.name)
                elif relation == "idol":
                    await person.befriend(driver.name)
                    await driver.approve(person.name)
                else:
                    await driver.watch(person.name)
                observers.append(Observer(relation, driver))
        return observers

    async def test_where_somebody_is(self) -> None:
        """Address, ports and client reach mutual contacts who both opted in, when the person signs on and when they
        ask, at every door; and nobody else: not a contact who keeps her own to herself, nor one-sided ones."""
        daemon = await self.house().start()
        for door in DOORS:
            name = f"tina-{door}"
            await self.people(daemon, name)
            person = await self.on(daemon, door, name)
            await person.set_privacy(share_location=True)
            relations = ("sharing contact", "contact", "admirer", "idol", "stranger")
            observers = await self.observers(daemon, person, relations)
            await person.quit()
            for observer in observers:
                await observer.driver.barrier()
                observer.driver.stream.transcript.clear()
            person = await self.on(daemon, door, name, source=SOURCE, **(DETAILS if door == "native" else {}))
            await person.barrier()
            for observer in observers:
                await observer.driver.barrier()
                self.check_where(observer, person, "at sign-on")
                await self.ask_where(observer.driver, name)
                self.check_where(observer, person, "asked")
            # Who opts out takes it back.
            await person.set_privacy(share_location=False)
            for observer in observers:
                await self.ask_where(observer.driver, name)
                self.assertIsNone(GIVEAWAY.search("\n".join(observer.driver.stream.transcript)))

    async def ask_where(self, driver: Driver, name: str) -> None:
        """By all ways there are."""
        driver.stream.transcript.clear()
        if isinstance(driver, NativeDriver):
            await driver.must({"type": "get-presence", "name": name})
        else:
            assert isinstance(driver, IrcDriver)
            await driver.command(f"WHOIS {name}")
            await driver.command(f"BUDDY INFO {name}")

    def check_where(self, observer: Observer, person: Driver, when: str) -> None:
        """All of it, or nothing of it."""
        said = "\n".join(line for line in observer.driver.stream.transcript if line.startswith("S: "))
        told = f"{observer.relation} at the {observer.driver.door} door, {when}:\n{said}"
        if observer.relation != "sharing contact":
            self.assertIsNone(GIVEAWAY.search(said), told)
            return
        details = [SOURCE, str(person.stream.port), person.door]
        details += ["61111", "62222", "tell-tale-client", "9.8.7"] if person.door == "native" else []
        self.assertEqual([detail for detail in details if detail not in said], [], told)

    async def test_what_a_sender_hears(self) -> None:
        """Who may not see somebody hears *accepted* and no more; of somebody invisible or blocking *kept*, as of
        somebody off; only who may see hears that it was delivered and read."""
        daemon = await self.house().start()
        wanted = {
            "seen": (Hiding("", on=True), "accepted", ["delivered", "read"]),
            "off": (HIDINGS["off"], "kept", []),
            "invisible": (HIDINGS["invisible"], "kept", []),
            "blocking": (HIDINGS["blocking"], "kept", []),
            "to nobody": (HIDINGS["to nobody"], "accepted", []),
            "to nobody, and off": (HIDINGS["to nobody, and off"], "accepted", []),
            "to contacts": (HIDINGS["to contacts"], "accepted", []),
            "to contacts, and off": (HIDINGS["to contacts, and off"], "accepted", []),
        }
        heard, shown = {}, {}
        for number, (way, (hiding, _, _)) in enumerate(wanted.items()):
            stage = await self.stage(daemon, number, NativeDriver, "stranger", hiding)
            sender = stage.observer
            assert isinstance(sender, NativeDriver)
            outcome = await sender.send(stage.name, "hello")
            for client in stage.clients:
                await client.barrier()
                for received in client.received:
                    if isinstance(client, NativeDriver):
                        await client.must({"type": "read", "id": received.id})
            await sender.barrier()
            receipts = [event["outcome"] for event in sender.events if event["type"] == "receipt"]
            heard[way] = (outcome.how, receipts)
            shown[way] = [received.body for client in stage.clients for received in client.received]
        self.assertEqual(heard, {way: (how, receipts) for way, (_, how, receipts) in wanted.items()})
        self.assertEqual(shown["blocking"], [])
        self.assertEqual(shown["invisible"], ["hello", "hello"])

    async def test_rooms(self) -> None:
        """Who is in a room is for its members, who see everybody there whatever their privacy; nobody else learns."""
        daemon = await self.house().start()
        everybody = [(door, place) for door in DOORS for place in ("member", "out")]
        await self.people(daemon, "founder", "tina", *(f"{place}-{door}" for door, place in everybody))
        founder = await self.on(daemon, "native", "founder")
        tina = await self.on(daemon, "irc", "tina", source=SOURCE)
        drivers = {f"{place}-{door}": await self.on(daemon, door, f"{place}-{door}") for door, place in everybody}
        await tina.set_privacy(visible_to="nobody")
        for driver in (founder, tina, *(drivers[f"member-{door}"] for door in DOORS)):
            await driver.join("#den")
        for name, driver in drivers.items():
            await driver.barrier()
            driver.stream.transcript.clear()
            if isinstance(driver, NativeDriver):
                for kind in ("get-room", "part", "get-masks", "get-history"):
                    room = {"with" if kind == "get-history" else "room": "#den"}
                    if name.startswith("out") or kind == "get-room":
                        await driver.ask({"type": kind, "list": "ban", **room})
                await driver.ask({"type": "get-rooms"})
            else:
                assert isinstance(driver, IrcDriver)
                for line in ROOM_QUESTIONS:
                    await driver.command(line)
            # What the server says of its own accord: not the question, nor an answer that repeats its words.
            said = [line for line in driver.stream.transcript if line.startswith("S: ")]
            told = [line for line in said if "tina" in line and not re.search(r" (401|318|315|303|441|442|366) ", line)]
            self.assertEqual(bool(told), name.startswith("member"), f"{name}:\n" + "\n".join(said))
            self.assertIsNone(GIVEAWAY.search("\n".join(said)))


class CoverageTests(SynchronousTestCase):
    def test_every_command_is_asked(self) -> None:
        """A command that is not tried is a failure; so is a door whose commands are not."""
        self.assertEqual({door: left for door, left in probes.uncovered().items() if left}, {})
        self.assertEqual(set(DOORS), probes.DOORS_ASKED)
        self.assertEqual(DOORS.keys(), {kind.door for kind in OBSERVERS.values()})


globals().update(on_both_stores(PrivacyPromise))
del PrivacyPromise
