"""Several devices of one account: one that comes back is shown exactly what it missed, whatever has died meanwhile."""

from typing import Any

from tests.doors.driver import Outcome
from tests.doors.irc import IrcDriver
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores


def lines(device: IrcDriver) -> list[tuple[str, str, bool]]:
    """(id, text, marked as a repeat) of what the device was shown, of Bob's, in rooms and to herself."""
    return [
        (line.tags["msgid"], line.params[1], "imd/repeat" in line.tags)
        for line in device.lines
        if line.command == "PRIVMSG" and line.nick == "bob"
    ]


class DevicesPromise(PromiseTestCase):
    __test__ = False
    timeout = 300

    async def device(self, daemon: Any, name: str) -> IrcDriver:
        driver = await IrcDriver.sign_on(daemon, "alice", f"alice@{name}:{PASSWORD}")
        assert isinstance(driver, IrcDriver)
        self.addCleanup(driver.cut)
        return driver

    def exactly(self, accepted: set[str], first: IrcDriver, second: IrcDriver) -> None:
        """What was accepted was shown by one or the other; by both only if the second says so."""
        before, after = lines(first), lines(second)
        for shown in (before, after):
            ids = [id for id, _, _ in shown]
            self.assertEqual(len(ids), len(set(ids)), "shown twice on one connection")
        self.assertEqual(accepted - {text for _, text, _ in (*before, *after)}, set(), "lost")
        seen = {id for id, _, _ in before}
        self.assertEqual([text for id, text, repeat in after if id in seen and not repeat], [], "twice, not marked")

    async def test_cut_and_killed(self) -> None:
        """The phone is cut in the middle of talk in a room and with its person, the daemon is killed in the middle of
        more of it; Alice is always on, so that she is in the room when the daemon has come up, and nothing is missing
        when the phone comes back."""
        daemon = await self.house().start()
        await self.people(daemon, "alice", "bob")
        laptop, phone = await self.device(daemon, "laptop"), await self.device(daemon, "phone")
        bob = await self.on(daemon, "irc", "bob")
        assert isinstance(bob, IrcDriver)
        await laptop.command("NS SET ALWAYS-ON on")
        for each in (laptop, bob):
            await each.join("#tea")
        told: dict[str, Outcome] = {}

        def say(number: int, prefix: str) -> None:
            to = ("#tea", "alice")[number % 2]
            text = f"{prefix} {number}"
            bob.send(to, text).addCallback(lambda outcome: told.__setitem__(text, outcome))

        for number in range(60):
            say(number, "first")
            if number == 30:
                await bob.until("half of it", lambda: len(told) > 20)
                phone.cut()
        await bob.until("all of it", lambda: len(told) == 60)
        again = await self.device(daemon, "phone")
        await again.until("the rest", lambda: len({text for _, text, _ in lines(phone) + lines(again)}) >= 60)
        self.exactly({text for text, outcome in told.items() if outcome.how == "accepted"}, phone, again)
        again.cut()
        await again.lost
        seen = set(told)
        for number in range(60):
            say(number, "second")
        await bob.until("half of it", lambda: len(told) > 90)
        await daemon.kill()
        accepted = {text for text, outcome in told.items() if outcome.how == "accepted"} - seen
        await daemon.start()
        bob = await self.on(daemon, "irc", "bob")
        assert isinstance(bob, IrcDriver)
        await bob.join("#tea")
        members = [line.params[-1] for line in await bob.command("NAMES #tea") if line.command == "353"]
        self.assertIn("alice", " ".join(members))
        for number in range(10):
            accepted.add(f"third {number}")
            await bob.send("#tea", f"third {number}")
        last = await self.device(daemon, "phone")
        await last.until("what it missed", lambda: accepted <= {text for _, text, _ in lines(again) + lines(last)})
        self.exactly(accepted, again, last)
        fresh = [text for _, text, repeat in lines(last) if not repeat and text.startswith("third")]
        self.assertEqual(fresh, [f"third {number}" for number in range(10)])


globals().update(on_both_stores(DevicesPromise))
