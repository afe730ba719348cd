"""P1, P2, P3 while several agents are rung: all of them see what is said, under one id; who answers first has the talk,
and after that the others are shown nothing of it, whatever dies; when she goes it rings again."""

from typing import Any

from tests.daemon import RunningDaemon
from tests.doors import VISITORS, Driver, Outcome
from tests.promises.house import PromiseTestCase, on_both_stores
from tests.tokens import site

#: Behind which doors the two agents sit, and how the visitor comes.
PAIRS = (("irc", "native", "web"), ("native", "udp", "web-poll"), ("udp", "irc", "web"))


class Ringing:
    """One visitor, and the two agents of her desk; what each of them was shown of hers, by id."""

    visitor: Any

    def __init__(self, case: PromiseTestCase, daemon: RunningDaemon, number: int) -> None:
        self.case = case
        self.daemon = daemon
        first, second, self.kind = PAIRS[number]
        self.desk = f"desk{number}"
        self.doors = {f"first{number}": first, f"second{number}": second}
        self.first, self.second = self.doors
        self.on: dict[str, Driver] = {}
        self.shown: dict[str, dict[str, str]] = {name: {} for name in self.doors}
        self.told: dict[str, Outcome] = {}

    async def come(self, name: str) -> None:
        self.on[name] = await self.case.on(self.daemon, self.doors[name], name)

    async def say(self, *bodies: str) -> None:
        """She says something, and is told of it."""
        outcomes = [self.visitor.send(self.desk, body, body) for body in bodies]
        for body, outcome in zip(bodies, outcomes, strict=True):
            self.told[body] = await outcome
            self.case.assertIn(self.told[body].how, ("accepted", "kept"), f"{self.doors}: {body}")

    async def answer(self, name: str, body: str) -> None:
        outcome = await self.on[name].send(self.visitor.name, body)
        self.case.assertEqual(outcome.how, "accepted")
        await self.visitor.until("the answer", lambda: body in [each.body for each in self.visitor.received])

    async def seen(self, name: str, *bodies: str) -> None:
        """This agent has been shown these and, of hers, nothing else since the last time; in order."""
        driver = self.on[name]
        ours = self.visitor.name.lower()

        def now() -> list[str]:
            return [each.body for each in driver.received if each.sender.lower() == ours]

        await driver.until(f"{bodies}", lambda: len(now()) >= len(bodies))
        await driver.barrier()
        await driver.barrier()
        new = [each for each in driver.received if each.sender.lower() == ours and each.id not in self.shown[name]]
        self.case.assertEqual([each.body for each in new], list(bodies), f"{name} of {self.doors}")
        for each in new:
            self.shown[name][each.id] = each.body
            self.case.assertEqual(each.id, self.told[each.body].id, "another id than she was told")
        driver.received.clear()


class RingingPromise(PromiseTestCase):
    __test__ = False
    timeout = 300

    async def begun(self) -> tuple[RunningDaemon, list[Ringing]]:
        """A daemon, and in each house two agents and a visitor who has said nothing yet."""
        desks = [f'{{name="desk{n}", agents=["first{n}", "second{n}"]}}' for n in range(len(PAIRS))]
        names = [f"desk{n}" for n in range(len(PAIRS))]
        daemon = await self.house(site(names), f"web.desks=[{', '.join(desks)}]").start()
        all_of_them = [Ringing(self, daemon, number) for number in range(len(PAIRS))]
        for each in all_of_them:
            await self.people(daemon, *each.doors)
            for name in each.doors:
                await each.come(name)
            each.visitor = await VISITORS[each.kind].visit(daemon, "Anna")
            self.addCleanup(each.visitor.cut)
        return daemon, all_of_them

    async def test_taken_and_killed(self) -> None:
        """Rung, taken, killed, gone on with; the agent who has it goes, and it rings with the other one."""
        daemon, all_of_them = await self.begun()
        for each in all_of_them:
            await each.say("one", "two")
            for name in each.doors:
                await each.seen(name, "one", "two")
            await each.answer(each.second, "I have you")
            await each.say("three")
            await each.seen(each.second, "three")
            await each.seen(each.first)
        await daemon.kill()
        for each in all_of_them:
            for driver in (*each.on.values(), each.visitor):
                await driver.lost
        await daemon.start()
        for each in all_of_them:
            each.visitor = await each.visitor.again(daemon)
            self.addCleanup(each.visitor.cut)
            # Nobody is there: it waits for who has her, and for nobody else.
            await each.say("four")
            await each.come(each.first)
            await each.come(each.second)
            await each.seen(each.second, "four")
            await each.seen(each.first)
            await each.on[each.second].quit()
            await each.say("five")
            await each.seen(each.first, "five")
            await each.answer(each.first, "so have I")
            await each.come(each.second)
            await each.say("six")
            await each.seen(each.first, "six")
            await each.seen(each.second)
            for name in (*each.doors, each.visitor.name):
                self.assertEqual((await daemon.ask("queue", name=name))["rows"], [], f"left over for {name}")

    async def test_killed_while_ringing(self) -> None:
        """What was said while nobody was there, and while agents who were rung did not confirm it, is shown to each of
        them once the daemon is back, in order; and is taken from one when the other has it."""
        daemon, all_of_them = await self.begun()
        for each in all_of_them:
            for driver in each.on.values():
                driver.confirming = False
            await each.say("one")
            for driver in each.on.values():
                driver.cut()
                await driver.lost
            await each.say("two")
        await daemon.kill()
        await daemon.start()
        for each in all_of_them:
            await each.visitor.lost
            each.visitor = await each.visitor.again(daemon)
            self.addCleanup(each.visitor.cut)
            await each.say("three")
            await each.come(each.first)
            await each.seen(each.first, "one", "two", "three")
            await each.answer(each.first, "I have you")
            await each.come(each.second)
            await each.seen(each.second)
            await each.say("four")
            await each.seen(each.first, "four")
            for name in (*each.doors, each.visitor.name):
                self.assertEqual((await daemon.ask("queue", name=name))["rows"], [], f"left over for {name}")


globals().update(on_both_stores(RingingPromise))
del RingingPromise
