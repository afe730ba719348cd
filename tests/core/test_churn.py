"""P6 over time: people come, do everything there is to do, and go; nothing of them stays in memory.

Everything that can be reached from the hub is looked at, so that what is added later is, too.
"""

import gc
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from typing import Any, Final

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Draft
from imd.core.past import Part
from imd.core.refusal import Kicked
from imd.core.session import Account, Mark, Person, Presence, Session, State
from imd.core.talk import ListChange, ListKind, Room
from tests.house import HouseTestCase, Recorder

#: What stays for a time, or until it is full: each has a bound.
BOUNDED: Final = frozenset(
    {
        # How often each limit was met, by the name of a setting.
        "Tally.met",
        # `limits.traces`, `limits.whowas`, `limits.recipients`.
        "Trace._ways",
        "WhoWas._entries",
        "WhoWas._by_name",
        "Recipients._known",
        # Names asked for (`Accounts`, `remember`).
        "Accounts._cache",
        "Accounts._looks",
        # Lines that may be said again, and what was taken back lately (`history._REMEMBERED`).
        "History._recent",
        "History._forgotten",
    }
)


def _parts(thing: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object of ours, with their names."""
    kind = type(thing)
    names = set(getattr(thing, "__dict__", ()))
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        names.update((slots,) if isinstance(slots, str) else slots)
    for name in names - {"__dict__", "__weakref__"}:
        if hasattr(thing, name):
            yield f"{kind.__name__}.{name}", getattr(thing, name)


def sizes(root: object) -> Counter[str]:
    """How much each container holds, of all that can be reached from `root`, by class and attribute."""
    found: Counter[str] = Counter()
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        where, thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, str | bytes | int | float | type):
            continue
        seen.add(id(thing))
        if isinstance(thing, dict | OrderedDict):
            found[where] += len(thing)
            waiting += [(where, each) for pair in thing.items() for each in pair]
        elif isinstance(thing, list | tuple | set | frozenset | deque):
            found[where] += len(thing)
            waiting += [(where, each) for each in thing]
        elif type(thing).__module__.startswith("imd.") and not type(thing).__module__.startswith("imd.storage."):
            # What is durable has its own times and bounds.
            waiting += _parts(thing)
    return found


def alive() -> Counter[str]:
    """How many people, sessions and rooms there are in the process."""
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, Person | Session | Room))


class ChurnTests(HouseTestCase):
    policy = Policy(limits=Limits(traces=20, whowas=20, recipients=2), history_talks="always")

    def setUp(self) -> None:
        super().setUp()
        self.host_account = self.house.person("host")
        self.host = self.house.on(self.host_account)
        self.house.hub.rooms.join(self.host.session, "#lobby")
        self.house.hub.people.mark(self.host.session, Mark.ACCOUNTS_ONLY, True)

    def crowd(self, number: int) -> None:
        """Twenty people come, do what there is to do, with each other too, and go in one way or another."""
        guests = [self.house.on(f"g{number}-{each}") for each in range(20)]
        becoming = self.house.person(f"a{number}")
        for at, guest in enumerate(guests):
            self.live(guest, guests[at - 1], f"#r{number}-{at}")
        other = self.house.on(becoming)
        self.house.wait(self.house.hub.people.promote(guests[0].session, becoming))
        self.devices(becoming)
        for at, guest in enumerate(guests):
            self.go(guest, at)
        self.house.off(other)
        self.house.wait(self.house.accounts.remove(becoming))
        for each in self.host, *guests:
            for told in (each.envelopes, each.receipts, each.views, each.events, each.shown, each.read_marks):
                told.clear()
            each.redactions.clear()
        self.house.turn(30)

    def live(self, guest: Recorder, other: Recorder, room: str) -> None:
        hub, session, wait = self.house.hub, guest.session, self.house.wait
        for name in ("#lobby", room):
            hub.rooms.join(session, name)
        hub.rooms.set_topic(session, room, "Tea")
        hub.rooms.change(session, room, [ListChange(ListKind.BAN, "x!*@*", True)])
        said = hub.rooms.say(session, room, Draft(room, "hello", client_id=""))
        self.house.turn()
        wait(hub.history.read(session, room, Part(limit=5)))
        wait(hub.history.redact(session, room, said.id, ""))
        wait(hub.read_marks.mark(session, room, 5))
        hub.rooms.rename(session, room, f"{room}-new")
        hub.metadata.set_room(session, f"{room}-new", "url", "http://a.invalid")
        hub.rooms.invite(session, f"{room}-new", other.session.address.name)
        wait(hub.metadata.set_own(session, "avatar", "http://b.invalid"))
        wait(hub.read_marks.mark(session, other.session.address.name, 7))
        hub.presence.watch(session, other.session.address.name)
        hub.presence.watch(session, "nobody")
        hub.presence.update(session, Presence(State.AWAY, "gone"))
        hub.people.set_realname(session, "Somebody")
        hub.people.mark(session, Mark.ACCOUNTS_ONLY, True)
        hub.people.accept(session, other.session.address.name, True)
        hub.people.accept(self.host.session, session.address.name, True)
        hub.offers.make(session, "host", "a.pdf")
        for to in ("host", other.session.address.name, "nobody"):
            told = self.house.send(guest, to, "hello")
            if to == "host":
                wait(hub.history.redact(session, to, told[0].id, ""))
        self.house.send(self.host, session.address.name, "hello yourself")
        wait(hub.people.rename_guest(session, session.address.name + "x"))

    def devices(self, account: Account) -> None:
        """She stays while she is away, with several devices, and reads; until she does not any more."""
        hub, wait = self.house.hub, self.house.wait
        phone = self.house.on(account, reads_nothing=True)
        hub.history.want(phone.session)
        wait(hub.people.set_always_on(phone.session, True))
        wait(hub.read_marks.mark(phone.session, "host", 9))
        wait(hub.rosters.ask(phone.session, "host"))
        self.house.send(phone, "host", "hello")
        self.house.off(phone)

    def go(self, guest: Recorder, at: int) -> None:
        hub, session = self.house.hub, guest.session
        if at % 4 == 0:
            hub.rooms.part(session, "#lobby", "bye")
        if at % 4 == 1:
            hub.people.end(session.person, Kicked("Out."), "killed")
        elif at % 4 == 2:
            hub.rooms.remove_member(self.host.session, "#lobby", session.address.name)
        self.house.off(guest, "quit" if at % 2 else "lost")

    def test_two_thousand(self) -> None:
        """Twice as many leave no more behind than half of them did."""
        self.crowd(0)
        before, people = sizes(self.house.hub), alive()
        for number in range(1, 101):
            self.crowd(number)
        after = sizes(self.house.hub)
        grown = {name: (before[name], size) for name, size in after.items() if size > before[name]}
        self.assertEqual({name: both for name, both in grown.items() if name not in BOUNDED}, {})
        self.assertEqual(alive(), people)
        self.assertLess(len(self.house.reactor.getDelayedCalls()), 10)
        self.assertTrue(self.house.hub.idle)

    def test_bounds(self) -> None:
        """What is said to have one is there."""
        self.crowd(0)
        self.assertEqual(BOUNDED - set(sizes(self.house.hub)), set())
