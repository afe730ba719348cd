"""P1, P2, P3 between visitors of a site and the agents of its desks, for every way of visiting and agents behind every
kind of door: whatever dies in the middle of a talk, what was accepted is shown, once and in order, to both."""

import sys
from typing import Any

from tests.daemon import RunningDaemon, moments
from tests.promises.house import PromiseTestCase, on_both_stores
from tests.promises.talking import AGENT, VISITOR, Talk, settings, talks

#: Messages of each side in one spell.
SPELL = 8


class TalksWithDesksPromise(PromiseTestCase):
    __test__ = False
    timeout = 600

    async def settle(self, running: list[Talk]) -> None:
        """Until everything that was accepted was shown."""
        for talk in running:
            for side in (VISITOR, AGENT):
                await talk.all_shown(side)

    def audited(self, running: list[Talk], what: str) -> None:
        shown = sum(talk.audit() for talk in running)
        said = sum(len(talk.said[side]) for talk in running for side in (VISITOR, AGENT))
        print(f"\n{what} on {self.store}: {said} said, {shown} shown, 0 lost, 0 doubled", file=sys.stderr)

    async def nothing_left(self, daemon: RunningDaemon, running: list[Talk]) -> None:
        """Everything shown has been confirmed."""
        for talk in running:
            for side in (VISITOR, AGENT):
                await talk.people[side].barrier()
                await talk.people[side].barrier()
                rows = (await daemon.ask("queue", name=talk.name(side)))["rows"]
                self.assertEqual(rows, [], f"left over for {side}: {talk}")

    async def test_cut(self) -> None:
        """The connection of one side dies in the middle, then the other's, then both: who comes back is shown what was
        missed, and the talk is still theirs."""
        daemon = await self.house(*settings()).start()
        running = await talks(self, daemon)
        for number, sides in enumerate([(VISITOR,), (AGENT,), (VISITOR, AGENT), (VISITOR,)]):
            for talk in running:
                for side in (VISITOR, AGENT):
                    talk.say(side, SPELL)
                for side in sides:
                    await talk.cut(side)
                for side in {VISITOR, AGENT} - set(sides):
                    talk.say(side, SPELL)
            for talk in running:
                for side in sides:
                    await talk.come(side, resume=side == VISITOR and number == 0)
                    talk.say(side, 1)
        await self.settle(running)
        await self.nothing_left(daemon, running)
        self.audited(running, "visitors and agents cut")

    async def test_killed(self) -> None:
        """``kill -9`` in the middle of all talks, with both there, with one of them away, and with nobody there."""
        daemon = await self.house(*settings()).start()
        running = await talks(self, daemon)
        for away in ((), (VISITOR,), (AGENT,), (VISITOR, AGENT)):
            for talk in running:
                for side in (VISITOR, AGENT):
                    talk.say(side, SPELL)
                for side in away:
                    await talk.cut(side)
                for side in {VISITOR, AGENT} - set(away):
                    talk.say(side, SPELL)
            await self.half(running)
            await daemon.kill()
            for talk in running:
                for side in {VISITOR, AGENT} - set(away):
                    await talk.gone(side)
                talk.life += 1
            await daemon.start()
            for talk in running:
                for side in (AGENT, VISITOR):
                    await talk.come(side)
                    talk.say(side, 1)
        await self.settle(running)
        await self.nothing_left(daemon, running)
        self.audited(running, "visitors and agents, the daemon killed")

    async def half(self, running: list[Talk]) -> None:
        """Until some of what is under way is told."""
        talk = running[0]
        for side in (VISITOR, AGENT):
            driver: Any = talk.people[side]
            if driver.stream.alive:
                wanted = min(len(talk.told[side]) + 2, len(talk.said[side]))
                await driver.until("some told", lambda side=side, wanted=wanted: len(talk.told[side]) >= wanted)

    async def test_restarted_between(self) -> None:
        """Who has taken a visitor has her after a restart, and she is known by her secret however she comes."""
        daemon = await self.house(*settings()).start()
        running = await talks(self, daemon)
        self.assertEqual(await daemon.stop(), 0, daemon.log)
        for talk in running:
            for side in (VISITOR, AGENT):
                await talk.gone(side)
            talk.life += 1
        await daemon.start()
        for talk in running:
            name = talk.visitor.name
            await talk.come(AGENT)
            await talk.come(VISITOR)
            self.assertEqual(talk.visitor.name, name)
            await talk.visitor.barrier()
            state = [each["state"] for each in talk.visitor.events if each["type"] == "conversation"]
            self.assertEqual(state[-1:], ["taken"], str(talk))
            for side in (VISITOR, AGENT):
                talk.say(side, 2)
        await self.settle(running)
        self.audited(running, "visitors and agents, restarted between")


class RedisKilledTests(PromiseTestCase):
    """Redis killed and started again in the middle of talks; the daemon lives."""

    store = "redis"
    timeout = 600

    async def test_redis_killed(self) -> None:
        """With both there the talk goes on; who writes to somebody away is told honestly; nothing accepted is lost."""
        daemon = await self.house(*settings()).start()
        assert self.server is not None
        running = await talks(self, daemon)
        for talk in running[::2]:
            await talk.cut(VISITOR)
        for talk in running:
            talk.say(AGENT, SPELL)
        self.server.kill()
        for talk in running:
            talk.say(AGENT, SPELL)
            if talk not in running[::2]:
                talk.say(VISITOR, SPELL)
        await running[0].people[AGENT].until("told", lambda: len(running[0].told[AGENT]) == 1 + 2 * SPELL)
        self.server.start()
        await self.store_back(daemon)
        for talk in running:
            if talk in running[::2]:
                await talk.come(VISITOR)
            for side in (VISITOR, AGENT):
                talk.say(side, 2)
        for talk in running:
            for side in (VISITOR, AGENT):
                await talk.all_shown(side)
        shown = sum(talk.audit() for talk in running)
        print(f"\nvisitors and agents, Redis killed: {shown} shown, 0 lost, 0 doubled", file=sys.stderr)

    async def store_back(self, daemon: RunningDaemon) -> None:
        """Wait until the daemon has its store again."""
        for _ in range(200):
            if (await daemon.ask("status"))["store"]["available"]:
                return
            await moments(0.1)
        self.fail("the daemon did not find Redis again")


globals().update(on_both_stores(TalksWithDesksPromise))
del TalksWithDesksPromise
