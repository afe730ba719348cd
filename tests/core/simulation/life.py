"""A simulated life: what happens, by chance."""

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from imd.core.message import Draft, Outcome, Receipt
from imd.core.refusal import Refusal
from imd.core.session import ClientInfo, Peer, Session
from tests.core.simulation.cast import HABITS, SETTLING, Device, Sent
from tests.core.simulation.regrets import Regrets


class Life(Regrets):
    """What happens to one store and the daemons on it."""

    # ------------------------------------------------------------ what may happen

    def step(self) -> None:
        chance = self.chance
        here = [device for device in self.devices if not device.over]
        acts = ["send"] * 8 + ["come"] * 3 + ["confirm"] * 5 + ["go", "turn", "turn", "time", "repeat", "work", "work"]
        if self.regrets:
            acts += ["regret", "regret", "want"]
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
            case "regret" if here:
                self.regret(chance.choice(here))
            case "want" if here:
                self.want(chance.choice(here))
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
        account = None if recipient is None else recipient.account
        several = account is not None and (len(account.devices) > 1 or self.house.hub.history.read_by(account))
        sent.recorded = sent.recorded and several
        id = self.house.hub.delivery.send(device.session, draft, outcome)
        if sent.id and sent.id != id:
            self.wrong(f"{sent.number} had the id {sent.id} and now {id}")
        sent.id = id
        self.by_id[id] = sent

    def crash(self) -> None:
        """The daemon is killed; another one starts on the same store."""
        self.crashes.append(self.moment())
        for device in self.devices:
            device.over = True
        self.kill()

    # ------------------------------------------------------------ the end

    def finish(self) -> None:
        """Quiet: everything that was accepted is there or was confirmed, and nothing is left over."""
        house = self.house
        self.quiet()
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
            self.succeed()
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
        for target, lines in self.store.history._lines.items():
            self.history.setdefault(names[target.split()[0]], set()).update(lines)
        self.check()
        if self.few_traces and len(house.hub.delivery.trace._ways) > 25:
            self.wrong("too many traces")


def live(seed: int, steps: int) -> Life:
    life = Life(seed)
    for _ in range(steps):
        life.step()
        life.check_failure()
    life.finish()
    life.check_failure()
    return life
