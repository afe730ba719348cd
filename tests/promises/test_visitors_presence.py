"""P4 and P5 for visitors and desks: a desk is seen as its agents are, by every door and of agents behind every door; a
visitor is seen by the agents she talks with, and by nobody else; and she cannot find out who there is."""

from typing import Any

from tests.daemon import RunningDaemon
from tests.doors import VISITORS, Change, Driver, IrcDriver, NativeDriver, UdpDriver, VisitorDriver, WebDriver
from tests.promises import probes
from tests.promises.house import PromiseTestCase, on_both_stores
from tests.promises.talking import AGENTS
from tests.promises.test_privacy import OBSERVERS, together
from tests.tokens import site

OFFLINE, ONLINE, AWAY = ("offline", ""), ("available", ""), ("away", "")

#: Who watches a desk, besides a visitor.
WATCHING: dict[str, type[Driver]] = {"native": NativeDriver, "udp": UdpDriver, "irc": IrcDriver, "web": WebDriver}

#: What an agent does, and how the desk is then if nobody else is there.
STEPS = (
    ("on", ONLINE),
    ("away", AWAY),
    ("available", ONLINE),
    ("invisible", OFFLINE),
    ("available", ONLINE),
    ("off", OFFLINE),
    ("on", ONLINE),
    ("cut", OFFLINE),
)
#: By UDP and by polling only silence tells that a client is gone.
SOON_MISSED = (
    'limits.native_ping_interval="1 s"',
    'limits.native_ping_timeout="1 s"',
    'limits.poll_idle="2 s"',
    'limits.poll_wait="1 s"',
)


def settings(*more: str) -> tuple[str, ...]:
    """A desk for each door of an agent, and one that several answer."""
    desks = [f'{{name="desk-{door}", agents=["agent-{door}"]}}' for door in AGENTS]
    desks.append(f'{{name="sales", agents=[{", ".join(chr(34) + f"agent-{door}" + chr(34) for door in AGENTS)}]}}')
    staff = [*(f"desk-{door}" for door in AGENTS), "sales"]
    return (site(staff, ["#help"]), f"web.desks=[{', '.join(desks)}]", *more)


class VisitorsPresencePromise(PromiseTestCase):
    __test__ = False

    async def visitor(self, daemon: RunningDaemon, kind: str = "web", name: str = "Anna") -> VisitorDriver:
        """Somebody who has come."""
        visitor: VisitorDriver = await VISITORS[kind].visit(daemon, name)
        self.addCleanup(visitor.cut)
        return visitor

    async def test_desks(self) -> None:
        """Whatever the only agent of a desk does is seen of the desk, once, by accounts at every door and by visitors;
        nothing says who she is."""
        daemon = await self.house(*settings(*SOON_MISSED)).start()
        await self.people(daemon, *(f"agent-{door}" for door in AGENTS), *(f"watcher-{door}" for door in WATCHING))
        watchers: dict[str, Driver] = {
            door: await self.entered(daemon, kind, f"watcher-{door}") for door, kind in WATCHING.items()
        }
        for kind in VISITORS:
            watchers[f"visitor by {kind}"] = await self.visitor(daemon, kind)
        wrong = []
        for door in AGENTS:
            for watcher in watchers.values():
                await watcher.watch(f"desk-{door}")
            wrong += await self.through_all(daemon, door, watchers)
        self.assertEqual(wrong, [])

    async def through_all(self, daemon: RunningDaemon, door: str, watchers: dict[str, Driver]) -> list[str]:
        """All an agent does; what was seen of it wrongly."""
        desk, agent, shown, wrong = f"desk-{door}", f"agent-{door}", OFFLINE, []
        person: Any = None
        for step, now in STEPS:
            for watcher in watchers.values():
                await watcher.barrier()
                watcher.seen.clear()
                watcher.stream.transcript.clear()
            if step == "on":
                person = await self.on(daemon, door, agent)
            elif step == "cut":
                person.cut()
                native = watchers["native"]
                await native.until("the agent gone", lambda native=native: bool(native.seen))
            elif step == "off":
                await person.quit()
            else:
                await person.set_presence(step, "at lunch" if step == "away" else "")
                await person.barrier()
            for name, watcher in watchers.items():
                await watcher.barrier()
                wanted = watcher.shows(Change(desk, shown, now), contact=False, watched=True, together=False)
                if watcher.seen != wanted:
                    wrong.append(f"{name}, desk of {door}, {step}: saw {watcher.seen}, not {wanted}")
                said = "\n".join(watcher.stream.transcript)
                if agent in said or "at lunch" in said:
                    wrong.append(f"{name}, desk of {door}, {step}: told who it was:\n{said}")
            shown = now
        return wrong

    async def test_several_agents(self) -> None:
        """A desk is what the most available of its agents is; the others come and go unseen."""
        daemon = await self.house(*settings()).start()
        await self.people(daemon, *(f"agent-{door}" for door in AGENTS))
        visitor = await self.visitor(daemon)
        await visitor.watch("sales")
        await visitor.barrier()
        agents = {}
        for door in AGENTS:
            agents[door] = await self.on(daemon, door, f"agent-{door}")
            await agents[door].barrier()
        await agents["native"].set_presence("away", "out")
        await agents["irc"].set_presence("away", "out")
        await agents["udp"].quit()
        await agents["native"].set_presence("available")
        await agents["native"].quit()
        await agents["irc"].quit()
        await visitor.barrier()
        seen = [each.state for each in visitor.seen if each.name == "sales"]
        self.assertEqual(seen, ["available", "away", "available", "away", "offline"])
        self.assertEqual({each.text for each in visitor.seen}, {""})

    async def test_visitors(self) -> None:
        """A visitor who has a talk with a desk is seen by its agents as she comes and goes, at every door and however
        she comes; to agents of other desks and to strangers she is not there."""
        daemon = await self.house(*settings(*SOON_MISSED)).start()
        names = [f"agent-{door}" for door in AGENTS]
        await self.people(daemon, *names, *(f"stranger-{door}" for door in AGENTS))
        agents = {door: await self.on(daemon, door, f"agent-{door}") for door in AGENTS}
        strangers = {door: await self.on(daemon, door, f"stranger-{door}") for door in AGENTS}
        wrong = []
        for kind in VISITORS:
            for door in AGENTS:
                visitor = await self.visitor(daemon, kind)
                await visitor.send(f"desk-{door}", f"hello from {kind}")
                watchers = {f"agent {each}": driver for each, driver in agents.items()}
                watchers |= {f"stranger {each}": driver for each, driver in strangers.items()}
                for watcher in watchers.values():
                    await watcher.watch(visitor.name)
                    await watcher.barrier()
                    watcher.seen.clear()
                await visitor.quit()
                back = await visitor.again(daemon)
                self.addCleanup(back.cut)
                await back.barrier()
                for name, watcher in watchers.items():
                    await watcher.barrier()
                    seen = [each.state for each in watcher.seen if each.name.lower() == visitor.name.lower()]
                    wanted = ["offline", "available"] if name == f"agent {door}" else []
                    if seen != wanted:
                        wrong.append(f"{name} of a visitor by {kind} who talks with {door}: saw {seen}, not {wanted}")
                await back.quit()
        self.assertEqual(wrong, [])

    async def asked(self, observer: Driver, name: str, room: str) -> list[tuple[str, str]]:
        """Every question about somebody of this name."""
        await observer.barrier()
        observer.stream.transcript.clear()
        words = {"t": name, "T": name.upper(), "r": room, "share": "off"}
        heard = await probes.ask_everything(observer, words)
        return [(question, probes.normal(said, words, observer.name)) for question, said in heard]

    async def test_nobody_else_sees_visitors(self) -> None:
        """A visitor who is there, and talks with a desk, cannot be told from one who is not, by any question at any
        door of one who is not an agent of hers."""
        daemon = await self.house(*settings()).start()
        await self.people(daemon, *(f"agent-{door}" for door in AGENTS))
        agent = await self.on(daemon, "native", "agent-native")

        async def pair(number: int, kind: type[Driver]) -> list[str]:
            wrong, heard = [], []
            for here in (True, False):
                asker = f"otto{number}-{'on' if here else 'off'}"
                await self.people(daemon, asker)
                visitor = await self.visitor(daemon, list(VISITORS)[number % len(VISITORS)])
                self.assertEqual((await visitor.send("desk-native", "hello")).how, "accepted")
                if not here:
                    await visitor.quit()
                observer = await self.entered(daemon, kind, asker)
                room = f"#room{2 * number + here}"
                await observer.join(room)
                heard.append(await self.asked(observer, visitor.name, room))
                if here:
                    await visitor.barrier()
                    self.assertEqual(visitor.received, [], "said to a visitor by a stranger")
            for (question, answer), (_, wanted) in zip(*heard, strict=True):
                if answer != wanted:
                    wrong.append(f"{kind.__name__}, {question}:\n{answer}\n-- of one who is not there:\n{wanted}")
            return wrong

        wrong = await together(pair(number, kind) for number, kind in enumerate(OBSERVERS.values()))
        await agent.barrier()
        found = [each for some in wrong for each in some]
        self.assertEqual(found, [], "\n\n".join(found))

    async def test_visitors_cannot_find_out(self) -> None:
        """To a visitor somebody who is no staff of her site is nobody, whether there, away, or never heard of; so are
        another visitor, a room that is not hers, and the staff's own accounts."""
        daemon = await self.house(*settings()).start()
        await self.people(daemon, "there", "gone", *(f"agent-{door}" for door in AGENTS))
        await self.on(daemon, "native", "there")
        await self.on(daemon, "native", "agent-native")
        other = await self.visitor(daemon, name="Berta")
        await other.send("sales", "hello")
        about = ["never", "there", "gone", "agent-native", "agent-udp", other.name]
        wrong = []
        for kind in VISITORS:
            heard = {}
            for name in about:
                visitor = await self.visitor(daemon, kind)
                heard[name] = await self.asked(visitor, name, "#help")
                self.assertEqual(visitor.received, [])
                # Nobody is left in the room.
                await visitor.quit()
            for name in about[1:]:
                for (question, answer), (_, wanted) in zip(heard[name], heard["never"], strict=True):
                    if answer != wanted:
                        wrong.append(f"by {kind}, {question}, of {name}:\n{answer}\n-- of nobody:\n{wanted}")
        self.assertEqual(wrong, [], "\n\n".join(wrong))


globals().update(on_both_stores(VisitorsPresencePromise))
del VisitorsPresencePromise
