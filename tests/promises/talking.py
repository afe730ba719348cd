"""A visitor of a site and the agent of a desk, in the middle of a talk, and the books of what both say."""

from functools import partial
from typing import Any

from tests.daemon import RunningDaemon
from tests.doors import DOORS, VISITORS, Driver, NativeDriver, Outcome, Received, VisitorDriver
from tests.promises.house import PASSWORD, PromiseTestCase
from tests.tokens import site

#: Behind which doors agents sit.
AGENTS = ("native", "udp", "irc")

VISITOR, AGENT = "visitor", "agent"


class Talk:
    """One talk; each side may go and come back, by the same door. `desk` has one agent, of the name `agent`."""

    def __init__(self, case: PromiseTestCase, daemon: RunningDaemon, kind: str, door: str) -> None:
        self.case = case
        self.daemon = daemon
        self.kind = kind
        self.door = door
        self.agent = f"agent-{kind}-{door}"
        self.desk = f"desk-{kind}-{door}"
        self.people: dict[str, Any] = {}
        #: By side: what was said, what was said of it, and what the other side was shown, by id.
        self.said: dict[str, list[str]] = {VISITOR: [], AGENT: []}
        self.told: dict[str, dict[str, Outcome]] = {VISITOR: {}, AGENT: {}}
        self.shown: dict[str, dict[str, Received]] = {VISITOR: {}, AGENT: {}}
        #: Bodies that were said again in a later life of the daemon, and the life in which each was said first.
        self.said_again: set[str] = set()
        self._first: dict[str, int] = {}
        #: How many of what this connection received have been noted, and in which life of the daemon a message came.
        self._noted = {VISITOR: 0, AGENT: 0}
        self._lives: dict[str, int] = {}
        self.life = 0

    def __str__(self) -> str:
        return f"visitor by {self.kind}, agent by {self.door}"

    @property
    def visitor(self) -> VisitorDriver:
        visitor: VisitorDriver = self.people[VISITOR]
        return visitor

    def name(self, side: str) -> str:
        return self.visitor.name if side == VISITOR else self.agent

    async def begin(self) -> "Talk":
        """Both come, she writes, the agent answers: the talk is theirs."""
        await self.come(AGENT)
        self.people[VISITOR] = await VISITORS[self.kind].visit(self.daemon, "Anna")
        self.case.addCleanup(self.visitor.cut)
        for side in (VISITOR, AGENT):
            self.say(side, 1)
            await self.all_shown(side)
        return self

    async def come(self, side: str, *, resume: bool = False) -> None:
        """Come, or come back, and say again what had no answer, where the door knows how."""
        if side == AGENT:
            self.people[side] = await DOORS[self.door].sign_on(self.daemon, self.agent, PASSWORD)
        elif resume:
            self.people[side] = await self.visitor.resume(self.daemon)
        else:
            self.people[side] = await self.visitor.again(self.daemon)
        self.case.addCleanup(self.people[side].cut)
        self._noted[side] = 0
        if isinstance(self.people[side], NativeDriver):
            for body in self.said[side]:
                if body not in self.told[side]:
                    self._send(side, body)

    async def cut(self, side: str) -> None:
        """The connection dies without a word."""
        self.people[side].cut()
        await self.gone(side)

    async def gone(self, side: str) -> None:
        """The connection has ended; what came on it is noted."""
        await self.people[side].lost
        self.note(side)

    def say(self, side: str, count: int) -> None:
        for _ in range(count):
            body = f"{side} says {len(self.said[side])}"
            self.said[side].append(body)
            self._send(side, body)

    def _send(self, side: str, body: str) -> None:
        if self._first.setdefault(body, self.life) != self.life:
            self.said_again.add(body)
        driver: Driver = self.people[side]
        to = self.desk if side == VISITOR else self.visitor.name
        outcome = driver.send(to, body, body) if isinstance(driver, NativeDriver) else driver.send(to, body)
        # A connection that dies leaves the fate open; that is the point.
        outcome.addCallbacks(partial(self.told[side].__setitem__, body), lambda failure: None)

    def note(self, side: str) -> None:
        """What this side was shown since the last time: twice only what was unconfirmed, under its id, and marked."""
        other = AGENT if side == VISITOR else VISITOR
        sender = self.name(other).lower()
        new = self.people[side].received[self._noted[side] :]
        self._noted[side] += len(new)
        for received in new:
            if received.sender.lower() != sender:
                continue
            before = self.shown[side].setdefault(received.id, received)
            self.case.assertEqual(received.body, before.body, str(self))
            if before is not received and self._lives[received.id] == self.life:
                # Otherwise nobody may know it any more but who was shown it, by its id.
                self.case.assertEqual(received.time, before.time, str(self))
                self.case.assertTrue(received.repeat, f"{self}: shown again, not marked: {received}")
            self._lives[received.id] = self.life

    def bodies(self, side: str) -> list[str]:
        """What this side was shown, in order."""
        self.note(side)
        return [received.body for received in self.shown[side].values()]

    async def all_shown(self, side: str) -> None:
        """Until all that this side said is settled, and what was accepted is shown to the other one."""
        other = AGENT if side == VISITOR else VISITOR
        answered = self.said[side]
        if not isinstance(self.people[side], NativeDriver):
            # IRC has no way of asking what became of a line on a connection that died.
            answered = [body for body in answered if body in self.told[side]] + self.said[side][-1:]
        await self.people[side].until("all told", lambda: all(body in self.told[side] for body in answered))
        promised = {body for body, told in self.told[side].items() if told.how in ("accepted", "kept")}
        await self.people[other].until(f"all that {side} said", lambda: promised <= set(self.bodies(other)))

    def audit(self) -> int:
        """P1, P2, P3, and under the ids that were told. How many were shown."""
        case, count = self.case, 0
        for side, other in ((VISITOR, AGENT), (AGENT, VISITOR)):
            self.note(other)
            shown = list(self.shown[other].values())
            case.assertEqual(len({each.body for each in shown}), len(shown), f"{self}: twice, under other ids")
            order = [self.said[side].index(each.body) for each in shown]
            case.assertEqual(order, sorted(order), f"{self}: {side} out of order")
            ids = {each.body: each.id for each in shown}
            for body, told in self.told[side].items():
                if told.how in ("accepted", "kept"):
                    case.assertEqual(ids.get(body), told.id, f"{self}: {body}")
                elif told.how == "refused" and body not in self.said_again:
                    # The daemon that refuses may not know that the one before, which was killed, has shown it.
                    case.assertNotIn(body, ids, f"{self}: {side}, refused ({told.reason}), and shown all the same")
            count += len(shown)
        return count


def settings(*more: str) -> tuple[str, ...]:
    """A daemon's, with a desk for each kind of visitor and each door of an agent."""
    pairs = [(kind, door) for kind in VISITORS for door in AGENTS]
    desks = [f'{{name="desk-{kind}-{door}", agents=["agent-{kind}-{door}"]}}' for kind, door in pairs]
    staff = [f"desk-{kind}-{door}" for kind, door in pairs]
    return (site(staff, ["#help"]), f"web.desks=[{', '.join(desks)}]", *more)


async def talks(case: PromiseTestCase, daemon: RunningDaemon) -> list[Talk]:
    """One for each kind of visitor and each door of an agent, begun."""
    made = [Talk(case, daemon, kind, door) for kind in VISITORS for door in AGENTS]
    await case.people(daemon, *(talk.agent for talk in made))
    return [await talk.begin() for talk in made]
