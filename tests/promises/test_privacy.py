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
from tests.doors import DOORS, BareIrcDriver, Driver, IrcDriver, NativeDriver
from tests.promises import probes
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores

T = TypeVar("T")

#: Where people who hide connect from, and what their clients say of themselves: nobody else's, so easily found.
SOURCE = "127.0.0.77"
DETAILS = {"client": "tell-tale-client", "version": "9.8.7", "tcp_port": 61111, "udp_port": 62222}
GIVEAWAY = re.compile(r"127\.0\.0\.77|tell-tale|9\.8\.7|61111|62222")


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
OBSERVERS: dict[str, type[Driver]] = {"native": NativeDriver, "irc": IrcDriver, "bare irc": BareIrcDriver}
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


class Stage(NamedTuple):
    """One observer and one person, and the clients the person has on."""

    observer: Driver
    name: str
    clients: list[Driver]
    room: str


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
        if isinstance(observer, NativeDriver):
            await observer.must({"type": "join", "room": room})
        else:
            assert isinstance(observer, IrcDriver)
            await observer.command(f"JOIN {room}")
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
            if hides(relation, hiding) and not (relation == "guest" and kind is NativeDriver)
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


class CoverageTests(SynchronousTestCase):
    def test_every_command_is_asked(self) -> None:
        """A command that is not tried is a failure; so is a door whose commands are not."""
        self.assertEqual({door: left for door, left in probes.uncovered().items() if left}, {})
        self.assertEqual(set(DOORS), probes.DOORS_ASKED)
        self.assertEqual(DOORS.keys(), {kind.door for kind in OBSERVERS.values()})


globals().update(on_both_stores(PrivacyPromise))
del PrivacyPromise
