"""P4: who may see somebody sees what becomes of them, once, whatever doors the two are behind.

One table: a row for each way of watching (`tests.doors.WATCHERS`), a column for each door of the person watched and
each transition. It is printed; a cell is ``ok``, or what was seen instead.
"""

import base64
import sys
from typing import NamedTuple

from tests.daemon import RunningDaemon
from tests.doors import DOORS, WATCHERS, Change, Driver, IrcDriver, Seen
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores

#: Where some watchers meet the person.
ROOM = "#together"
#: By UDP and by polling only silence tells that a client is gone.
SOON_MISSED = (
    'limits.native_ping_interval="1 s"',
    'limits.native_ping_timeout="1 s"',
    'limits.poll_wait="1 s"',
    'limits.poll_idle="2 s"',
)

OFFLINE = ("offline", "")
ONLINE = ("available", "")


class Step(NamedTuple):
    """One transition: what the person does, and how she is then, to who may see everything."""

    title: str
    now: tuple[str, str]
    #: ``on``, ``say``, ``quit``, ``cut``, ``rename``, ``remove``; ``twin``: a second session of the account comes and
    #: goes, at each door; ``resume``: the session goes on over another connection.
    deed: str = "say"


STEPS = (
    Step("on", ONLINE, "on"),
    Step("away", ("away", "lunch")),
    Step("text", ("away", "tea")),
    Step("busy", ("busy", "")),
    Step("xa", ("extended-away", "")),
    Step("back", ONLINE),
    Step("chat", ("available", "bored")),
    Step("unsaid", ONLINE),
    Step("invisible", ("invisible", "")),
    Step("visible", ONLINE),
    Step("off", OFFLINE, "quit"),
    Step("on 2", ONLINE, "on"),
    Step("twin", ONLINE, "twin"),
    Step("resumed", ONLINE, "resume"),
    Step("lost", OFFLINE, "cut"),
    Step("on 3", ONLINE, "on"),
    Step("gone", ("away", "out")),
    Step("renamed", ("away", "out"), "rename"),
    Step("removed", OFFLINE, "remove"),
)


#: How a guest becomes an account: by the same client, after its welcome.
BECOMING = {
    "sasl": ("CAP REQ :sasl", "AUTHENTICATE PLAIN", "AUTHENTICATE {plain}"),
    "nickserv": ("PRIVMSG NickServ :IDENTIFY {name} {password}",),
    "own": ("REGISTER * * :{password}",),
}


def plain(name: str) -> str:
    """RFC 4616."""
    return base64.b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()


def can(door: str, step: Step, before: tuple[str, str]) -> bool:
    """Whether a client of this door can say so."""
    state, text = step.now
    driver = DOORS[door]
    if step.deed == "resume":
        return driver.resumes
    if step.deed != "say" or state == "invisible":
        return True
    return state in driver.states and (driver.texts or state == "away" or not text) and step.now != before


def to_stranger(shown: tuple[str, str]) -> tuple[str, str]:
    """A stranger sees only online and away (P5)."""
    state = shown[0]
    return (state if state in ("available", "offline") else "away", "")


class SymmetryPromise(PromiseTestCase):
    """Every ordered pair of doors, every transition."""

    __test__ = False
    #: Sees everybody, so that one can wait for what nobody answers.
    witness: Driver

    def setUp(self) -> None:
        #: Ways and the names they watch.
        self.watched: set[tuple[str, str]] = set()

    async def watchers(self, daemon: RunningDaemon) -> dict[str, Driver]:
        """One client for each way of watching, of an account of its own."""
        await self.people(daemon, *(f"watcher{number}" for number in range(len(WATCHERS))))
        watchers = {}
        for number, (way, watcher) in enumerate(WATCHERS.items()):
            watchers[way] = await self.entered(daemon, watcher.driver, f"watcher{number}")
            if watcher.together:
                await watchers[way].join(ROOM)
        return watchers

    async def do(self, daemon: RunningDaemon, door: str, person: Driver, step: Step) -> Driver:
        """Have the person do it; done and answered when this returns."""
        match step.deed:
            case "on":
                person = await self.on(daemon, door, person.name)
                await person.join(ROOM)
            case "say":
                await person.set_presence(*step.now)
            case "quit":
                await person.quit()
            case "cut":
                person.cut()
                await self.signed_off(daemon, person.name)
            case "twin":
                for other in DOORS:
                    await (await self.on(daemon, other, person.name)).quit()
            case "resume":
                before, person = person, await person.resume(daemon)
                self.addCleanup(person.cut)
                await before.lost
            case "rename":
                name = f"{person.name}-two"
                await daemon.ask("user rename", name=person.name, new=name)
                person.name = name
            case "remove":
                await daemon.ask("user remove", name=person.name)
                await person.lost
        if person.stream.alive:
            await person.barrier()
        return person

    async def signed_off(self, daemon: RunningDaemon, name: str) -> None:
        """Wait until the daemon has noticed."""
        witness = self.witness
        await witness.until(f"{name} gone", lambda: Seen(name, "offline") in witness.seen)

    async def test_every_pair_and_every_transition(self) -> None:
        """The watcher who may see it sees it, once, translated as docs/presence.md says; the others see nothing."""
        daemon = await self.house(*SOON_MISSED).start()
        watchers = await self.watchers(daemon)
        await self.people(daemon, "witness")
        self.witness = await self.on(daemon, "native", "witness")
        table: dict[str, dict[str, str]] = {way: {} for way in WATCHERS}
        for door in DOORS:
            await self.people(daemon, f"of-{door}")
            person = await self.on(daemon, door, f"of-{door}")
            for way, watcher in watchers.items():
                if WATCHERS[way].contact:
                    await self.friends(person, watcher)
            await person.quit()
            await self.witness.watch(person.name)
            await self.watch(watchers, person.name)
            await self.through_all(daemon, door, person, watchers, table)
        self.show(table)
        wrong = [f"{way}, {at}: {cell}" for way, row in table.items() for at, cell in row.items() if cell != "ok"]
        self.assertEqual(wrong, [], "\n".join(["not as docs/presence.md says:", *wrong]))

    async def test_guest_becomes_account(self) -> None:
        """Who watches the guest's name sees it go, to the account's contacts she comes, and who may see the account
        sees it from then on. By SASL, by NickServ, and by an account of the guest's own name."""
        daemon = await self.house(*SOON_MISSED).start()
        watchers = await self.watchers(daemon)
        wrong = []
        for door in ("irc", "irc-websocket"):
            for way, commands in BECOMING.items():
                name = f"{way}-{door}"
                own = way == "own"
                if not own:
                    await self.known(daemon, door, name, watchers)
                guest = await DOORS[door].sign_on(daemon, name if own else f"g-{name}", "")
                self.addCleanup(guest.cut)
                await guest.join(ROOM)
                await self.watch(watchers, guest.name)
                if not own:
                    await self.watch(watchers, name)
                await self.settle(watchers)
                seen = [await self.become(watchers, guest, name, commands)]
                await guest.set_presence("away", "lunch")
                seen.append(await self.settle(watchers))
                await guest.quit()
                seen.append(await self.settle(watchers))
                for each in watchers:
                    expected = self.expected_of_guest(each, watchers[each], name, own=own)
                    told = [now[each] for now in seen]
                    if told != expected:
                        wrong.append(f"{each}, {name}: saw {told}, should have seen {expected}")
        self.assertEqual(wrong, [], "\n".join(["not as docs/presence.md says:", *wrong]))

    async def known(self, daemon: RunningDaemon, door: str, name: str, watchers: dict[str, Driver]) -> None:
        """An account, which is not on, with those for contacts who are."""
        await self.people(daemon, name)
        account = await self.on(daemon, door, name)
        for way, watcher in watchers.items():
            if WATCHERS[way].contact:
                await self.friends(account, watcher)
        await account.quit()

    async def become(
        self, watchers: dict[str, Driver], guest: Driver, name: str, commands: tuple[str, ...]
    ) -> dict[str, list[Seen]]:
        """The guest becomes the account `name`; what is seen of that."""
        assert isinstance(guest, IrcDriver)
        for command in commands:
            guest.say(command.format(name=name, plain=plain(name), password=PASSWORD))
        await guest.until("the account", lambda: any(line.command == "900" for line in guest.lines))
        guest.name = name
        await guest.barrier()
        return await self.settle(watchers)

    def expected_of_guest(self, way: str, watcher: Driver, name: str, *, own: bool) -> list[list[Seen]]:
        """When the guest becomes the account, is away, and gone."""
        contact, watches = WATCHERS[way].contact and not own, WATCHERS[way].watches
        away = ("away", "lunch") if contact else to_stranger(("away", "lunch"))
        becomes, *others = (
            watcher.shows(Change(name, *step), contact=contact, watched=watches, together=WATCHERS[way].together)
            for step in ((OFFLINE, ONLINE), (ONLINE, away), (away, OFFLINE))
        )
        if own:
            # The name is on before and after. That it is another's now only the native door says.
            becomes = [Seen(name, *ONLINE, name)] if watches and not isinstance(watcher, IrcDriver) else []
        elif watches:
            becomes = [Seen(f"g-{name}", "offline"), *becomes]
        return [becomes, *others]

    async def settle(self, watchers: dict[str, Driver]) -> dict[str, list[Seen]]:
        """What each has seen since the last time."""
        seen = {}
        for way, watcher in watchers.items():
            await watcher.barrier()
            seen[way], watcher.seen = watcher.seen, []
        return seen

    async def watch(self, watchers: dict[str, Driver], name: str, *, strangers_only: bool = False) -> None:
        """All watch this name who do watch names."""
        for way, watcher in watchers.items():
            if WATCHERS[way].watches and not (strangers_only and WATCHERS[way].contact):
                await watcher.watch(name)
                self.watched.add((way, name))

    async def through_all(
        self,
        daemon: RunningDaemon,
        door: str,
        person: Driver,
        watchers: dict[str, Driver],
        table: dict[str, dict[str, str]],
    ) -> None:
        """All transitions of one person, one after the other."""
        shown = OFFLINE
        for step in STEPS:
            if not can(door, step, shown):
                continue
            for watcher in (*watchers.values(), self.witness):
                await watcher.barrier()
                watcher.seen.clear()
            before, shown = shown, OFFLINE if step.now[0] == "invisible" else step.now
            name = person.name
            person = await self.do(daemon, door, person, step)
            for way, watcher in watchers.items():
                await watcher.barrier()
                expected = self.expected(way, watcher, name, person.name, before, shown)
                told = "ok" if watcher.seen == expected else f"saw {watcher.seen}, should have seen {expected}"
                table[way][f"{door} {step.title}"] = told
            if person.name != name:
                # A buddy list follows a person to her new name, a watch by name does not.
                await self.watch(watchers, person.name, strangers_only=True)

    def expected(
        self, way: str, watcher: Driver, old: str, new: str, before: tuple[str, str], now: tuple[str, str]
    ) -> list[Seen]:
        """What this watcher must have been told."""
        contact, watched, together = WATCHERS[way].contact, (way, old) in self.watched, WATCHERS[way].together
        if not contact:
            before, now = to_stranger(before), to_stranger(now)
            if old != new:
                # Who watches a name sees it go; whose it is now is not told.
                new, now = old, OFFLINE
        renamed_from = old if old != new else ""
        return watcher.shows(
            Change(new, before, now, renamed_from), contact=contact, watched=watched, together=together
        )

    def show(self, table: dict[str, dict[str, str]]) -> None:
        """Print the matrix."""
        width = max(map(len, table))
        for door in DOORS:
            titles = [step.title for step in STEPS]
            print(f"\n{'P4 on ' + self.store + ', of ' + door:{width}}  " + " ".join(titles), file=sys.stderr)
            for way, row in table.items():
                cells = [row.get(f"{door} {title}", "-") for title in titles]
                cells = [cell if cell in ("ok", "-") else "NO" for cell in cells]
                line = " ".join(f"{cell:{len(title)}}" for cell, title in zip(cells, titles, strict=True))
                print(f"{way:{width}}  {line}", file=sys.stderr)


globals().update(on_both_stores(SymmetryPromise))
del SymmetryPromise
