"""Delivery under everything at once: a seeded random life of a daemon, checked against promises P1, P2 and P3.

`python -m tests.core.test_simulation FIRST LAST [STEPS]` runs as many lives as one likes; a failure names its seed.
"""

import random
import sys
from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from imd.core.contact import RosterChange
from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Draft, Envelope, Message, Outcome, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.ports import Hub
from imd.core.refusal import Refusal
from imd.core.session import Account, ClientInfo, Peer, PresenceView, Session
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLines
from imd.storage.memory.store import MemoryStore
from tests.house import House, TestEnvironment

#: How a client confirms what it is shown.
HABITS = ("at once", "at once", "later", "in parts", "never", "cannot")

SETTLING = (Outcome.ACCEPTED, Outcome.KEPT, Outcome.REFUSED, Outcome.UNKNOWN)


class Sent:
    """One message as its sender knows it."""

    def __init__(self, number: int, sender: str, to: str, client_id: str) -> None:
        self.number = number
        self.sender = sender
        self.to = to
        self.client_id = client_id
        self.id = ""
        #: One list of receipts per time it was sent.
        self.told: list[list[Receipt]] = []
        #: Lives of the daemon in which it was sent; the answers of a daemon that was killed do not come.
        self.lives: list[int] = []
        self.blocked = False
        #: The recipient was known to have several devices whenever it was sent: it must be in their history.
        self.recorded = True

    @property
    def outcomes(self) -> list[Outcome]:
        return [receipt.outcome for told in self.told for receipt in told]


class Device:
    """A client of an account, with its habit of confirming."""

    def __init__(self, life: "Life", who: str, habit: str, number: int) -> None:
        self.life = life
        self.who = who
        self.habit = habit
        self.number = number
        self.session: Session | None = None
        self.began = life.moment()
        self.unconfirmed: list[str] = []
        self.seen: set[str] = set()
        self.first: dict[str, int] = {}
        self.over = False

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            self.life.show(self, envelope)
        ids = [envelope.message.id for envelope in envelopes]
        if self.habit == "at once":
            self.confirm(ids)
        elif self.habit != "cannot":
            self.unconfirmed += ids

    def confirm(self, ids: list[str]) -> None:
        assert self.session is not None
        for id in ids:
            self.life.confirmed.setdefault((self.who, id), self.life.moment())
        self.life.house.hub.delivery.acknowledge(self.session, ids)

    def end(self, reason: Refusal) -> None:
        self.over = True

    takes_receipts = True

    def receipt(self, receipt: Receipt) -> None: ...
    def presence_changed(self, views: Sequence[PresenceView]) -> None: ...
    def roster_changed(self, change: RosterChange) -> None: ...
    def room_lines(self, told: RoomLines) -> None: ...

    def room_crowd(self, crowd: Crowd) -> None: ...
    def room_event(self, event: RoomEvent) -> None: ...

    takes_missed = False

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None: ...
    def probe(self) -> None: ...
    def backlog(self) -> int:
        return 0

    def message_redacted(self, redaction: Redaction) -> None: ...
    def message_read(self, mark: ReadMark) -> None: ...

    def metadata_changed(self, change: MetadataChange) -> None: ...


class Wrong(AssertionError):
    """A promise was broken."""


class Life:
    """What happens to one store and the daemons on it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = chance = random.Random(seed)
        self.store = MemoryStore()
        self.few_traces = chance.random() < 0.2
        #: Some lives know no trouble: what is promised only for them is checked there.
        self.calm = chance.random() < 0.25
        self.mortality = chance.choice([0.1, 0.5, 1.0])
        policy = Policy(
            offline_max_messages=chance.choice([8, 40, 1000]),
            guest_messages=chance.choice([2, 20]),
            limits=Limits(window=chance.choice([2, 8, 70, 256]), traces=25 if self.few_traces else 20_000),
            history_keep=chance.choice([0.0, 86400.0]),
        )
        self.house = House(policy, self.store)
        # The fewer they are the more happens to each.
        people = ("ann", "bob", "cat", "dan")[: chance.choice([2, 2, 3, 4])]
        self.accounts: dict[str, Account] = {name: self.house.person(name) for name in people}
        self.devices: list[Device] = []
        self.coming = 0
        self.sent: list[Sent] = []
        self.by_id: dict[str, Sent] = {}
        #: (account, id) → when a client confirmed it first.
        self.confirmed: dict[tuple[str, str], int] = {}
        #: (account, id) → devices it was shown to.
        self.shown: dict[tuple[str, str], list[Device]] = {}
        self.generation = 0
        self._moment = 0
        self._numbers = 0
        #: Daemons that were killed: nothing of them may run, not even their clearing up.
        self.graveyard: list[Hub] = []
        self.crashes: list[int] = []
        #: Generations of daemons that were killed.
        self.killed: set[int] = set()
        self.log: list[str] = []
        self.blocked: set[tuple[str, str]] = set()
        self.times: dict[str, float] = {}
        self.sending: Sent | None = None
        #: By account, the ids in its history.
        self.history: dict[str, set[str]] = {}
        self.recorded = 0
        self.failure: Wrong | None = None
        if chance.random() < 0.3:
            bob = self.house.on(self.accounts["bob"])
            self.house.wait(self.house.hub.rosters.block(bob.session, "ann"))
            self.house.off(bob)
            self.blocked.add(("bob", "ann"))

    def moment(self) -> int:
        self._moment += 1
        return self._moment

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def wrong(self, what: str, id: str = "") -> None:
        way = [f"{step.step}: {step.why}" for step in self.house.hub.delivery.trace.get(id) or ()]
        tail = "\n".join(self.log[-60:])
        # Kept as well as raised: whoever calls a client catches what it raises.
        self.failure = self.failure or Wrong(f"seed {self.seed}: {what}\nway: {way}\n{tail}")
        raise self.failure

    # ------------------------------------------------------------ what may happen

    def step(self) -> None:
        chance = self.chance
        here = [device for device in self.devices if not device.over]
        acts = ["send"] * 8 + ["come"] * 3 + ["confirm"] * 5 + ["go", "turn", "turn", "time", "repeat", "work", "work"]
        if not self.calm:
            acts += ["defer", "prompt", "work", "die", "back", "back", "fetch"]
            acts = ["crash"] if chance.random() < 0.015 else ["wait"] if chance.random() < 0.02 else acts
        act = chance.choice(acts)
        if not self.meddle(act):
            self.live(act, here)

    def live(self, act: str, here: list[Device]) -> None:
        """What people do, and time."""
        chance = self.chance
        match act:
            case "send":
                self.send(here)
            case "repeat":
                self.repeat(here)
            case "come" if len(here) < 9:
                self.come(chance.choice([*self.accounts, "guest"]), chance.choice(HABITS))
            case "go" if here:
                self.go(chance.choice(here))
            case "confirm" if here:
                self.confirm(chance.choice(here))
            case "fetch" if here:
                self.fetch(chance.choice(here))
            case "turn":
                self.house.turn()
            case "time":
                self.house.turn(chance.choice([0.004, 0.006, 0.02]))
            case "wait":
                # Longer than a sender waits for a store that failed.
                self.house.turn(11)

    def meddle(self, act: str) -> bool:
        """What happens to store and daemon; whether `act` was such a thing."""
        chance = self.chance
        match act:
            case "work":
                self.store.work(chance.randint(1, 6))
            case "defer":
                self.store.deferring = True
            case "prompt":
                self.store.work()
                self.store.deferring = False
            case "die" if chance.random() < self.mortality:
                self.note(f"store dies with {self.store.waiting}")
                self.store.die(chance.randint(0, self.store.waiting))
            case "back":
                self.note("store back")
                self.store.available = True
                # A daemon notices that at once, or some time later.
                if chance.random() < 0.7:
                    self.house.hub.store_back()
            case "crash":
                self.crash()
            case _:
                return False
        return True

    def fetch(self, device: Device) -> None:
        if device.session is not None:
            fetched = Deferred.fromCoroutine(self.house.hub.delivery.fetch(device.session))
            fetched.addErrback(lambda why: why.trap(Refusal))

    def note(self, text: str) -> None:
        self.log.append(text)

    def come(self, who: str, habit: str) -> None:
        device = Device(self, who, habit, self.number())
        account = self.accounts.get(who)
        generation = self.generation

        def arrived(session: Session) -> None:
            if generation != self.generation:
                return
            device.session = session
            device.began = self.moment()
            if late is None:
                there(session)
                self.house.hub.people.begin(session)
            else:
                self.house.hub.people.begin(session)
                promotion = Deferred.fromCoroutine(self.house.hub.people.promote(session, late))
                promotion.addCallbacks(lambda _: there(session), refused)

        def there(session: Session) -> None:
            if generation == self.generation:
                self.devices.append(device)
                self.note(f"{who}/{device.number} comes, confirms {habit}")

        def refused(why: Failure) -> None:
            why.trap(Refusal)

        # In some lives people have been guests until now; in others chance goes as it did before there was that.
        late = account if self.seed % 5 == 0 and account is not None and self.chance.random() < 0.3 else None
        account = account if late is None else None
        nick = f"guest{device.number}" if account is None else ""
        if account is None and late is None:
            device.who = nick
        Deferred.fromCoroutine(
            self.house.hub.people.sign_on(
                account,
                nick,
                Peer("native", f"192.0.2.{device.number % 3}", 40000),
                ClientInfo(device=f"device{device.number % 3}" if self.seed % 2 else ""),
                device,
                confirms=habit != "cannot",
            )
        ).addCallbacks(arrived, refused)

    def go(self, device: Device) -> None:
        device.over = True
        self.note(f"{device.who}/{device.number} goes")
        if device.session is not None:
            self.house.hub.people.sign_off(device.session, "lost")

    def confirm(self, device: Device) -> None:
        waiting = device.unconfirmed
        if device.habit == "later" and waiting:
            device.unconfirmed = []
            self.note(f"{device.who}/{device.number} confirms all {len(waiting)}")
            device.confirm(waiting)
        elif device.habit == "in parts" and waiting:
            some = self.chance.sample(waiting, self.chance.randint(1, len(waiting)))
            device.unconfirmed = [id for id in waiting if id not in some]
            self.note(f"{device.who}/{device.number} confirms {self.names(some)}")
            device.confirm(some)

    def names(self, ids: list[str]) -> list[int]:
        return [self.by_id[id].number for id in ids]

    def send(self, here: list[Device]) -> None:
        here = [device for device in here if device.session is not None]
        if not here:
            return
        device = self.chance.choice(here)
        to = self.chance.choice([*self.accounts])
        with_id = device.who in self.accounts and self.chance.random() < 0.6
        number = self.number()
        sent = Sent(number, device.who, to, f"c{number}" if with_id else "")
        sent.blocked = (to, device.who) in self.blocked
        self.sent.append(sent)
        self.give(device, sent)

    def repeat(self, here: list[Device]) -> None:
        """A client sends again what it had no good answer to, or now and then what it had one to."""
        if self.few_traces:
            return
        for sent in self.chance.sample(self.sent, min(len(self.sent), 10)):
            devices = [device for device in here if device.who == sent.sender and device.session is not None]
            good = Outcome.ACCEPTED in sent.outcomes or Outcome.KEPT in sent.outcomes
            if (
                sent.client_id
                and devices
                and Outcome.REFUSED not in sent.outcomes
                and (not good or self.chance.random() < 0.2)
            ):
                self.give(self.chance.choice(devices), sent)
                return

    def give(self, device: Device, sent: Sent) -> None:
        told: list[Receipt] = []
        generation = self.generation

        def outcome(receipt: Receipt) -> None:
            if generation == self.generation:
                told.append(receipt)
                self.note(f"{sent.number} is {receipt.outcome.value}")
                if len(told) > 1:
                    self.wrong(f"{sent.number} settled twice", sent.id)
                if receipt.outcome not in SETTLING:
                    self.wrong(f"{sent.number} settled as {receipt.outcome}", sent.id)
                if receipt.outcome is Outcome.REFUSED and (sent.to, receipt.id) in self.shown and len(sent.told) == 1:
                    self.wrong(f"{sent.number} refused and shown", sent.id)

        sent.told.append(told)
        sent.lives.append(generation)
        self.note(f"{device.who}/{device.number} sends {sent.number} to {sent.to}" + " again" * (len(sent.told) > 1))
        assert device.session is not None
        # Its id is known before the outcome, which may come before `send` returns.
        draft = Draft(sent.to, str(sent.number), client_id=sent.client_id)
        self.sending = sent
        recipient = self.house.hub.people.find(sent.to)
        several = recipient is not None and recipient.account is not None and len(recipient.account.devices) > 1
        sent.recorded = sent.recorded and several
        id = self.house.hub.delivery.send(device.session, draft, outcome)
        if sent.id and sent.id != id:
            self.wrong(f"{sent.number} had the id {sent.id} and now {id}")
        sent.id = id
        self.by_id[id] = sent

    def crash(self) -> None:
        """The daemon is killed; another one starts on the same store."""
        self.note(f"crash with {self.store.waiting}")
        self.store.abandon(self.chance.randint(0, self.store.waiting))
        self.killed.add(self.generation)
        self.generation += 1
        self.crashes.append(self.moment())
        for call in self.house.reactor.getDelayedCalls():
            call.cancel()
        self.graveyard.append(self.house.hub)
        for device in self.devices:
            device.over = True
        # Sequence numbers are microseconds: starting takes longer than reading the last messages did.
        self.house.reactor.advance(0.1)
        self.start()

    def start(self) -> None:
        self.house.environment = TestEnvironment(self.house.reactor)
        deferring, self.store.deferring, self.store.available = self.store.deferring, False, True
        self.house.restart()
        self.store.deferring = deferring

    # ------------------------------------------------------------ what may be shown

    def show(self, device: Device, envelope: Envelope) -> None:
        message = envelope.message
        sent = next(one for one in (self.by_id.get(message.id), self.sending) if one is not None)
        if sent.sender == device.who != sent.to:
            self.show_copy(device, sent, envelope)
            return
        self.note(f"{device.who}/{device.number} is shown {sent.number}" + " (repeat)" * envelope.repeat)
        for wrong in (self.not_to_be_shown(device, sent, message), self.not_once_more(device, sent, envelope)):
            if wrong:
                self.wrong(f"{sent.number} {wrong}", message.id)
        before = self.shown.setdefault((device.who, message.id), [])
        if not before and len(sent.told) == 1:
            last = device.first.get(sent.sender, 0)
            if sent.number < last:
                self.wrong(f"{sent.number} of {sent.sender} shown after {last}", message.id)
            device.first[sent.sender] = sent.number
        before.append(device)
        device.seen.add(message.id)

    def show_copy(self, device: Device, sent: Sent, envelope: Envelope) -> None:
        """To another device of its sender: once to each, and never what was refused."""
        if self.crashes and device.began < self.crashes[-1]:
            # The killed daemon's own timers.
            return
        self.note(f"{device.who}/{device.number} is shown its own {sent.number}")
        reasons = {
            "shown under another id": str(sent.number) != envelope.message.body,
            "shown to a client that has gone": device.over,
            "refused and shown": len(sent.told) == 1 and Outcome.REFUSED in sent.outcomes,
            "shown twice in one session": envelope.message.id in device.seen,
            "marked as a repeat": envelope.repeat,
        }
        for wrong in (reason for reason, true in reasons.items() if true):
            self.wrong(f"own {sent.number} {wrong}", envelope.message.id)
        device.seen.add(envelope.message.id)

    def not_to_be_shown(self, device: Device, sent: Sent, message: Message) -> str:
        """Why this message is not to be shown to this client at all, or ""."""
        reasons = {
            "shown under another id": str(sent.number) != message.body,
            "shown to a client that has gone": device.over,
            "shown to somebody else": sent.to != device.who,
            "shown though its sender was blocked": sent.blocked,
            "refused and shown": len(sent.told) == 1 and Outcome.REFUSED in sent.outcomes,
        }
        return next((reason for reason, true in reasons.items() if true), "")

    def not_once_more(self, device: Device, sent: Sent, envelope: Envelope) -> str:
        """Why it is not to be shown once more, or not so, or ""."""
        id, time = envelope.message.id, envelope.message.time
        before = self.shown.get((device.who, id), [])
        confirmed = self.confirmed.get((device.who, id))
        # An acknowledgement may be lost with the daemon; and a client that repeats a message to another daemon is
        # recognised by its recipient, and by the store if that still has it.
        crashed = bool(self.crashes) and confirmed is not None and self.crashes[-1] > confirmed
        resent = len(set(sent.lives)) > 1
        known = confirmed is not None and device.began > confirmed
        reasons = {
            "shown twice in one session": id in device.seen,
            "shown again after it was confirmed": known and not crashed and not resent,
            "marked as a repeat, and never shown before": envelope.repeat and not before,
            "not marked as a repeat": self.calm and not envelope.repeat and any(other.over for other in before),
            "shown with another time": not resent and time != self.times.setdefault(id, time),
        }
        return next((reason for reason, true in reasons.items() if true), "")

    # ------------------------------------------------------------ the end

    def finish(self) -> None:
        """Quiet: everything that was accepted is there or was confirmed, and nothing is left over."""
        store, house = self.store, self.house
        store.available, store.deferring = True, False
        store.work()
        for _ in range(3):
            house.hub.store_back()
            house.turn(11)
        self.all_shown()
        for device in [device for device in self.devices if not device.over]:
            self.go(device)
        house.turn(1)
        house.hub.store_back()
        house.turn(11)
        counts = house.hub.delivery.counts()
        if any(counts.values()) or not house.hub.idle:
            self.wrong(f"left over: {counts}, idle {house.hub.idle}")
        if self.chance.random() < 0.5:
            self.generation += 1
            self.graveyard.append(house.hub)
            house.reactor.advance(0.1)
            self.start()
        for name in self.accounts:
            self.come(name, "at once")
            house.turn(1)
            device = self.devices[-1]
            assert device.who == name
            assert device.session is not None
            house.wait(house.hub.delivery.fetch(device.session))
            house.turn(1)
            if house.wait(house.hub.delivery.waiting(device.session)):
                self.wrong(f"something still waits for {name}")
        names = {account.id: name for name, account in self.accounts.items()}
        for target, lines in store.history._lines.items():
            self.history.setdefault(names[target.split()[0]], set()).update(lines)
        self.check()
        if self.few_traces and len(house.hub.delivery.trace._ways) > 25:
            self.wrong("too many traces")

    def all_shown(self) -> None:
        """Whoever is on and confirms at once, or need not, has been given everything by now."""
        for device in self.devices:
            if not device.over and device.habit in ("at once", "cannot") and device.who in self.accounts:
                others = [other for other in self.devices if other.who == device.who and not other.over]
                waiting = self.store.inbox._waiting.get(self.accounts[device.who].id, {})
                for id, queued in waiting.items():
                    # After five attempts it waits until asked for; others may have been too slow to confirm it.
                    if queued.attempts < 5 and not any(id in other.seen for other in others):
                        self.wrong(f"{queued.message.body} was not shown to {device.who}, who is on", id)

    def check(self) -> None:
        for sent in self.sent:
            for life, told in zip(sent.lives, sent.told, strict=True):
                if not told and life not in self.killed:
                    self.wrong(f"{sent.number} was never settled", sent.id)
            good = Outcome.ACCEPTED in sent.outcomes or Outcome.KEPT in sent.outcomes
            key = (sent.to, sent.id)
            there = key in self.confirmed or any(device.habit == "cannot" for device in self.shown.get(key, ()))
            if good and not sent.blocked and not there:
                self.wrong(f"{sent.number} was {sent.outcomes} and is lost", sent.id)
            refused = len(sent.told) == 1 and Outcome.REFUSED in sent.outcomes
            if refused and key in self.shown:
                self.wrong(f"{sent.number} was refused and shown", sent.id)
            history = self.history.get(sent.to, set())
            if good and sent.recorded and not sent.blocked and self.house.policy.history_keep:
                if sent.id not in history:
                    self.wrong(f"{sent.number} is not in history", sent.id)
                self.recorded += 1
            if (refused or sent.blocked) and sent.id in history:
                self.wrong(f"{sent.number} was refused and is in history", sent.id)


def live(seed: int, steps: int) -> Life:
    life = Life(seed)
    for _ in range(steps):
        life.step()
        if life.failure is not None:
            raise life.failure
    life.finish()
    if life.failure is not None:
        raise life.failure
    return life


class SimulationTests(SynchronousTestCase):
    def test_lives(self) -> None:
        """Whatever happens: accepted is confirmed or waits, nothing is shown twice or out of order, all is settled."""
        for seed in range(400):
            live(seed, 150)

    def test_known_trouble(self) -> None:
        """Lives that once went wrong."""
        for seed, steps in REGRESSIONS:
            live(seed, steps)


#: (seed, steps)
REGRESSIONS = [(1572, 150), (17, 1000), (53, 1000), (97, 1000), (102, 1000), (2336, 150), (11748, 150), (12164, 150)]


def main(arguments: list[str]) -> None:

    first, last, steps = (int(argument) for argument in [*arguments, "200"][:3])
    recorded = 0
    failed: dict[str, list[int]] = {}
    for seed in range(first, last):
        try:
            recorded += live(seed, steps).recorded
        except Exception as error:
            what = " ".join(word for word in str(error).splitlines()[0].split()[2:] if not word.isdigit())
            failed.setdefault(type(error).__name__ + " " + what, []).append(seed)
    sys.stdout.write(f"{recorded} checked in history\n")
    for what, seeds in sorted(failed.items(), key=lambda one: -len(one[1])):
        sys.stdout.write(f"{len(seeds):5} {what}: {seeds[:8]}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
