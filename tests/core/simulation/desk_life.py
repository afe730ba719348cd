"""A simulated life of a desk: people ask, agents answer, take and hand on, and everything goes wrong."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from imd.core.desks.words import word
from imd.core.hub import Policy
from imd.core.message import DESK_TAG, FOR_DESK_TAG, Draft, Envelope, Kind, Outcome, Receipt
from imd.core.past import Redaction
from imd.core.refusal import Refusal
from imd.core.session import Account, ClientInfo, Peer, Presence, Session, State
from imd.core.sites import DeskRule
from tests.core.simulation.daemons import Daemons
from tests.house import House, Recorder

AGENTS = ("alice", "bob", "carol")
PEOPLE = ("anna", "ben")
RULES = (DeskRule(name="sales", agents=AGENTS[:2]), DeskRule(name="support", agents=AGENTS[1:]))
DESKS = tuple(rule.name for rule in RULES)
GOOD = (Outcome.ACCEPTED, Outcome.KEPT)
_STATES = (State.AVAILABLE, State.AVAILABLE, State.AWAY, State.BUSY, State.INVISIBLE)


class Said:
    """A message as its sender knows it."""

    def __init__(self, number: int, sender: str, to: str, client_id: str) -> None:
        self.number = number
        self.sender = sender
        self.to = to
        self.client_id = client_id
        self.id = ""
        #: Outcomes, each of one time that it was sent; and the daemons it was sent to.
        self.outcomes: list[Outcome] = []
        self.lives: list[int] = []


class Client(Recorder):
    """Somebody's client, with its habit of confirming."""

    def __init__(self, life: "DeskLife", who: str, habit: str, number: int) -> None:
        super().__init__()
        self.life = life
        self.who = who
        self.habit = habit
        self.number = number
        self.here: Session | None = None
        self.over = False
        self.unconfirmed: list[str] = []
        self.seen: set[str] = set()
        self.last: dict[tuple[str, str], int] = {}
        self.began = life.number()

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        kept = [envelope for envelope in envelopes if envelope.message.kind is not Kind.NOTICE]
        for envelope in kept:
            self.life.show(self, envelope)
        ids = [envelope.message.id for envelope in kept]
        if self.habit == "at once":
            self.confirm(ids)
        else:
            self.unconfirmed += ids

    def confirm(self, ids: list[str]) -> None:
        assert self.here is not None
        for id in ids:
            self.life.confirmed.setdefault((self.who, id), (self.life.generation, self.life.number()))
        self.life.house.hub.delivery.acknowledge(self.here, ids)

    def probe(self) -> None: ...

    def message_redacted(self, redaction: Redaction) -> None:
        self.life.show_redacted(self, redaction)

    def end(self, reason: Refusal) -> None:
        self.over = True


class DeskLife(Daemons):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        #: Who answers, and who asks.
        self.agents, self.people = list(AGENTS), list(PEOPLE)
        self.house = House(self.policy(), self.store)
        self.accounts = self.accounts_made()
        self.clients: list[Client] = []
        self.said: list[Said] = []
        self.by_id: dict[str, Said] = {}
        self.saying: Said | None = None
        #: (who, id) → the daemon to which a client confirmed it first, and when; and how often it was shown.
        self.confirmed: dict[tuple[str, str], tuple[int, int]] = {}
        self.shown: dict[tuple[str, str], int] = {}

    def policy(self) -> Policy:
        return Policy(desks=RULES, history_keep=self.chance.choice([0.0, 86400.0]))

    def accounts_made(self) -> dict[str, Account]:
        return {name: self.house.person(name) for name in (*AGENTS, *PEOPLE)}

    # ------------------------------------------------------------ what is shown

    def show(self, client: Client, envelope: Envelope) -> None:
        message = envelope.message
        said = next(one for one in (self.by_id.get(message.id), self.saying) if one is not None)
        if said.sender == client.who:
            # Another device of whoever said it.
            if message.id in client.seen or str(message.recipient) != f"{said.to}@localhost":
                self.wrong(f"{said.number} is shown to {client.who}, who said it, twice or as to another", said.id)
            client.seen.add(message.id)
            return
        self.note(f"{client.who}/{client.number} is shown {said.number}" + " (repeat)" * envelope.repeat)
        key = (client.who, message.id)
        asked = said.to in DESKS
        # What a daemon that was killed had not written is not known to the next one.
        resent = len(set(said.lives)) > 1
        before = self.confirmed.get(key)
        reasons = {
            "shown under another id": str(said.number) != message.body,
            "shown to a client that has gone": client.over,
            "shown twice in one session": message.id in client.seen,
            "shown again after it was confirmed": before is not None
            and before[0] == self.generation
            and client.began > before[1]
            and not resent,
            "a repeat, and never shown before": envelope.repeat and key not in self.shown and not resent,
            "refused and shown": said.outcomes == [Outcome.REFUSED] and len(said.lives) == 1,
            "asked, and shown to no agent": asked and client.who not in self.agents,
            "answered, and shown to somebody else": not asked and client.who != said.to,
            "a copy without its tag": asked and FOR_DESK_TAG not in message.tags,
        }
        for wrong in (reason for reason, true in reasons.items() if true):
            self.wrong(f"{said.number} {wrong}", message.id)
        again = resent or Outcome.UNKNOWN in said.outcomes
        if key not in self.shown and not again and DESK_TAG not in message.tags:
            talk = (said.sender, said.to)
            if said.number < client.last.get(talk, 0):
                self.wrong(f"{said.number} of {said.sender} shown after {client.last[talk]}", message.id)
            client.last[talk] = said.number
        self.shown[key] = self.shown.get(key, 0) + 1
        client.seen.add(message.id)

    def show_redacted(self, client: Client, redaction: Redaction) -> None: ...

    # ------------------------------------------------------------ what may happen

    def step(self) -> None:
        here = [client for client in self.clients if not client.over and client.here is not None]
        getattr(self, self.chance.choice(self.acts()))(here)

    def acts(self) -> list[str]:
        """What may happen next; what stands there more than once is more likely."""
        chance = self.chance
        acts = ["ask"] * 5 + ["answer"] * 3 + ["come"] * 3 + ["confirm"] * 4 + ["turn"] * 3 + ["time"] * 2
        acts += ["go", "presence", "word", "word", "repeat", "repeat", "work", "work", "defer", "prompt", "close"]
        if chance.random() < 0.015:
            acts = ["crash"]
        elif chance.random() < 0.01:
            acts = ["die"]
        elif chance.random() < 0.05:
            acts = ["back"]
        return acts

    def ask(self, here: list[Client]) -> None:
        people = [client for client in here if client.who in self.people]
        if people:
            client = self.chance.choice(people)
            number = self.number()
            # Nearly always with an id of its own, as pages have it.
            client_id = f"c{number}" if self.chance.random() < 0.8 else ""
            self.say(client, Said(number, client.who, self.chance.choice(["sales", "sales", "support"]), client_id))

    def answer(self, here: list[Client]) -> None:
        agents = [client for client in here if client.who in self.agents]
        if agents:
            client, to = self.chance.choice(agents), self.chance.choice(self.people)
            number = self.number()
            self.say(client, Said(number, client.who, to, f"c{number}"))

    def word(self, here: list[Client]) -> None:
        """Of those who have, or may have, the conversation: what is no word is shown, and checked as anything else."""
        agents = [client for client in here if client.who in self.agents]
        if agents:
            client, to = self.chance.choice(agents), self.chance.choice(self.people)
            text = self.chance.choice(["!take", "!take", "!hand bob", "!hand support", "!hand carol", "!close", "!who"])
            agent, person = self.accounts[client.who], self.accounts[to]
            assert client.here is not None and word(text)
            if self.house.hub.desks.conversations.between(agent, person, in_any_case=True) is not None:
                self.note(f"{client.who} says {text} to {to}")
                self.house.hub.delivery.send(client.here, Draft(to, text), lambda receipt: None)

    def say(self, client: Client, said: Said) -> None:
        generation = self.generation

        def outcome(receipt: Receipt) -> None:
            if generation == self.generation:
                said.outcomes.append(receipt.outcome)
                self.note(f"{said.number} is {receipt.outcome.value}")
                if len(said.outcomes) > len(said.lives):
                    self.wrong(f"{said.number} settled twice", said.id)
                refused = receipt.outcome is Outcome.REFUSED and len(said.lives) == 1
                if refused and any(id == receipt.id for _, id in self.shown):
                    self.wrong(f"{said.number} refused and shown", said.id)

        if not said.lives:
            self.said.append(said)
        said.lives.append(generation)
        self.note(f"{client.who}/{client.number} says {said.number} to {said.to}" + " again" * (len(said.lives) > 1))
        assert client.here is not None
        self.saying = said
        id = self.house.hub.delivery.send(
            client.here, Draft(said.to, str(said.number), client_id=said.client_id), outcome
        )
        if said.id and said.id != id:
            self.wrong(f"{said.number} had the id {said.id} and now {id}")
        said.id = id
        self.by_id[id] = said
        self.saying = None

    def repeat(self, here: list[Client]) -> None:
        for said in self.chance.sample(self.said, min(len(self.said), 10)):
            clients = [client for client in here if client.who == said.sender]
            open_ = not any(outcome in GOOD for outcome in said.outcomes)
            if said.client_id and clients and Outcome.REFUSED not in said.outcomes and open_:
                self.say(self.chance.choice(clients), said)
                return

    def come(self, here: list[Client]) -> None:
        who = self.chance.choice([*self.agents, *self.people])
        if len(here) < 9:
            self.sign_on(who, self.chance.choice(["at once", "at once", "later", "never"]), self.chance.choice(_STATES))

    def sign_on(self, who: str, habit: str, state: State) -> None:
        client = Client(self, who, habit, self.number())
        generation = self.generation

        def arrived(session: Session) -> None:
            if generation == self.generation:
                client.here = client.session = session
                self.clients.append(client)
                self.note(f"{who}/{client.number} comes {state.value}, confirms {habit}")
                self.house.hub.people.begin(session)

        def refused(why: Failure) -> None:
            why.trap(Refusal)

        peer, info = Peer("native", "192.0.2.1", 40000), ClientInfo(device=f"device{client.number % 3}")
        coming = self.house.hub.people.sign_on(
            self.accounts[who], "", peer, info, client, presence=Presence(state), confirms=True
        )
        Deferred.fromCoroutine(coming).addCallbacks(arrived, refused)

    def go(self, here: list[Client]) -> None:
        if here:
            client = self.chance.choice(here)
            client.over = True
            self.note(f"{client.who}/{client.number} goes")
            assert client.here is not None
            self.house.hub.people.sign_off(client.here, "lost")

    def presence(self, here: list[Client]) -> None:
        if here:
            client = self.chance.choice(here)
            assert client.here is not None
            self.house.hub.presence.update(client.here, Presence(self.chance.choice(_STATES)))

    def confirm(self, here: list[Client]) -> None:
        waiting = [client for client in here if client.habit == "later" and client.unconfirmed]
        if waiting:
            client = self.chance.choice(waiting)
            ids, client.unconfirmed = client.unconfirmed, []
            client.confirm(ids)

    def close(self, here: list[Client]) -> None:
        people = [client for client in here if client.who in self.people]
        if people and self.chance.random() < 0.3:
            client = self.chance.choice(people)
            assert client.here is not None
            self.house.hub.desks.close(client.here, "sales")

    def turn(self, here: list[Client]) -> None:
        self.house.turn()

    def time(self, here: list[Client]) -> None:
        self.house.turn(self.chance.choice([0.004, 0.006, 0.02, 11 if self.chance.random() < 0.05 else 0.1]))

    def work(self, here: list[Client]) -> None:
        self.store.work(self.chance.randint(1, 6))

    def defer(self, here: list[Client]) -> None:
        self.store.deferring = True

    def prompt(self, here: list[Client]) -> None:
        self.store.work()
        self.store.deferring = False

    def die(self, here: list[Client]) -> None:
        self.note(f"store dies with {self.store.waiting}")
        self.store.die(self.chance.randint(0, self.store.waiting))

    def back(self, here: list[Client]) -> None:
        if not self.store.available:
            self.note("store back")
            self.store.available = True
            self.house.hub.store_back()

    def crash(self, here: list[Client]) -> None:
        for client in self.clients:
            client.over = True
        self.kill()

    # ------------------------------------------------------------ the end

    def finish(self) -> None:
        """Quiet: what was accepted reaches somebody, and nothing is left over."""
        house = self.house
        self.quiet()
        for client in [client for client in self.clients if not client.over]:
            self.go([client])
        house.turn(1)
        house.hub.store_back()
        house.turn(11)
        if self.chance.random() < 0.5:
            self.crash([])
        for who in self.accounts:
            self.sign_on(who, "at once", State.AVAILABLE)
            for _ in range(5):
                house.turn(0.1)
        for client in [client for client in self.clients if not client.over]:
            assert client.here is not None
            house.wait(house.hub.delivery.fetch(client.here))
            house.turn(0.1)
        house.turn(1)
        self.check()
        counts = house.hub.delivery.counts()
        if counts["open"] or counts["stuck"] or not house.hub.idle:
            self.wrong(f"left over: {counts}, idle {house.hub.idle}")
        self.check_failure()

    def check(self) -> None:
        for said in self.said:
            if len(said.outcomes) < sum(life not in self.killed for life in said.lives):
                self.wrong(f"{said.number} was never settled", said.id)
            reached = [who for who, id in self.confirmed if id == said.id]
            if any(outcome in GOOD for outcome in said.outcomes) and not reached:
                self.wrong(f"{said.number} was {said.outcomes} and is lost", said.id)


def live(seed: int, steps: int, kind: type[DeskLife] = DeskLife) -> DeskLife:
    life = kind(seed)
    for _ in range(steps):
        life.step()
        life.check_failure()
    life.finish()
    return life
