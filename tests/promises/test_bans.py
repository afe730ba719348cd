"""A ban of an account, a mask or an address holds behind every door: for who is on, who comes, and after a restart."""

from tests.daemon import RunningDaemon
from tests.doors import DOORS
from tests.promises.house import PromiseTestCase, on_both_stores

TARGETS = ("mallory", "mallory!*@*", "*!*@user/mallory", "127.0.0.0/8")


class BansPromise(PromiseTestCase):
    __test__ = False

    async def kept_out(self, daemon: RunningDaemon, why: str) -> None:
        for door in DOORS:
            with self.assertRaises(AssertionError, msg=f"{door}, {why}"):
                await self.on(daemon, door, "mallory")

    async def test_bans(self) -> None:
        """Every kind of ban, through every door; nobody else is touched by those of a name."""
        daemon = await self.house().start()
        await self.people(daemon, "alice", "mallory")
        alice = await self.on(daemon, "irc", "alice")
        for target in TARGETS:
            there = [await self.on(daemon, door, "mallory") for door in DOORS]
            said = await daemon.ask("ban add", name=target, reason="enough")
            self.assertEqual(said["sessions"], len(there) + (target == TARGETS[-1]), target)
            for driver in there:
                await driver.lost
            await self.kept_out(daemon, target)
            if target != TARGETS[-1]:
                self.assertFalse(alice.lost.called, target)
                await daemon.ask("ban remove", name=target)
        await alice.lost
        await daemon.ask("ban add", name="mallory!*@*", reason="enough")
        await daemon.kill()
        await daemon.start()
        await self.kept_out(daemon, "restarted")
        listed = (await daemon.ask("ban list"))["rows"]
        self.assertEqual(
            {(row["kind"], row["name"]) for row in listed}, {("mask", "mallory!*@*"), ("address", TARGETS[-1])}
        )
        for row in listed:
            await daemon.ask("ban remove", name=row["name"])
        for door in DOORS:
            await self.on(daemon, door, "mallory")


globals().update(on_both_stores(BansPromise))
