"""Lives of desks in which everything changes meanwhile: settings, accounts, who blocks whom; and what was said is taken
back, and read again."""

from collections.abc import Awaitable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from imd.core.address import Address
from imd.core.desks.words import word
from imd.core.hub import Policy
from imd.core.message import Envelope, Outcome
from imd.core.past import Redaction, guest, talk
from imd.core.refusal import Refusal
from imd.core.session import Account
from imd.core.sites import DeskRule, Site
from tests.core.simulation.desk_life import DESKS, GOOD, RULES, Client, DeskLife, Said

SITE = Site(name="shop", staff=("sales", "support"), staff_folded=frozenset({"sales", "support"}))

#: Who answers at the desks, as the settings have it now; dave has no account at first.
SALES = (("alice", "bob"), ("alice",), ("bob", "carol"), ("alice", "bob", "carol", "dave"))
SUPPORT = (("bob", "carol"), ("carol",), ("dave",), ("carol", "dave"), ())


class Upheaval(DeskLife):
    """Anna is a visitor of a site, and ben has an account; other visitors come when one is gone."""

    def __init__(self, seed: int) -> None:
        #: What need not reach anybody: by id.
        self.excused: set[str] = set()
        #: What was taken back: by id, when, and how often it had been said by then.
        self.taken_back: dict[str, tuple[int, int]] = {}
        #: (agent, person) since when.
        self.blocks: dict[tuple[str, str], int] = {}
        #: By id: whoever is on its asker's side has several devices, so that it is in history once it is accepted.
        self.recorded: dict[str, bool] = {}
        self.crashed = -1
        super().__init__(seed)

    def policy(self) -> Policy:
        return Policy(
            desks=RULES,
            sites=(SITE,),
            history_keep=self.chance.choice([0.0, 86400.0]),
            guest_messages=self.chance.choice([3, 20]),
        )

    def accounts_made(self) -> dict[str, Account]:
        made = {name: self.house.person(name) for name in [*self.agents, "ben"]}
        return {**made, "anna": self.visitor("anna")}

    def visitor(self, name: str) -> Account:
        made: Account = self.house.wait(
            self.house.accounts.create(name, None, self.house.reactor.seconds(), visitor=True, site="shop")
        )
        return made

    def acts(self) -> list[str]:
        acts = super().acts()
        if self.chance.random() < 0.12:
            return ["settings", "settings", "regret", "regret", "remove", "hire", "block", "want", "suspend"]
        return acts

    def crash(self, here: list[Client]) -> None:
        self.crashed = self.number()
        super().crash(here)
        for name, account in list(self.accounts.items()):
            self.accounts[name] = self.store.accounts.account(account.id) or account

    def going(self, what: Awaitable[Any], done: Any = None) -> None:
        """Something that the store is asked for; it may refuse."""
        generation = self.generation

        def succeeded(result: Any) -> None:
            if done is not None and generation == self.generation:
                done(result)

        def failed(why: Failure) -> None:
            why.trap(Refusal)

        coroutine: Any = what
        Deferred.fromCoroutine(coroutine).addCallbacks(succeeded, failed)

    # ------------------------------------------------------------ the settings, and the accounts

    def settings(self, here: list[Client]) -> None:
        chance = self.chance
        rules = [DeskRule(name="sales", agents=chance.choice(SALES))]
        if chance.random() < 0.8:
            rules.append(DeskRule(name="support", agents=chance.choice(SUPPORT)))
        self.apply(tuple(rules))

    def apply(self, rules: tuple[DeskRule, ...]) -> None:
        self.note(f"settings: {[(rule.name, rule.agents) for rule in rules]}")
        self.house.policy = Policy(
            desks=rules,
            sites=(SITE,),
            history_keep=self.house.policy.history_keep,
            guest_messages=self.house.policy.guest_messages,
        )
        self.house.hub.change_policy(self.house.policy)

    def hire(self, here: list[Client]) -> None:
        if "dave" not in self.accounts and not self.store.deferring and self.store.available and not self.store.waiting:
            self.note("dave has an account")
            self.agents.append("dave")
            self.accounts["dave"] = self.house.person("dave")

    def suspend(self, here: list[Client]) -> None:
        name = self.chance.choice(self.agents)
        suspended = self.chance.random() < 0.6
        self.note(f"{name} is {'suspended' if suspended else 'let in again'}")
        self.going(
            self.house.accounts.suspend(self.accounts[name], suspended), partial(self.accounts.__setitem__, name)
        )

    def remove(self, here: list[Client]) -> None:
        """An agent, as long as there are others; or a person, and then another one comes."""
        removable = [*self.people, *(self.agents if len(self.agents) > 2 else ())]
        if self.chance.random() < 0.5 and self.store.available and not self.store.deferring and not self.store.waiting:
            name = self.chance.choice(removable)
            self.note(f"{name}'s account is removed")
            self.excuse(name)
            for client in self.clients:
                if client.who == name:
                    client.over = True
            self.house.wait(self.house.accounts.remove(self.accounts[name]))
            self.gone(name)

    def excuse(self, name: str) -> None:
        """What need not reach anybody, now that this account goes: what was said to it, and what it had alone."""
        account = self.accounts[name]
        self.excuse_unserved([name])
        for said in self.said:
            if said.to == name:
                self.excused.add(said.id)
            elif name in self.agents and said.to in DESKS and said.sender in self.accounts:
                conversation = self.house.hub.desks.conversations.of(self.accounts[said.sender].id, said.to)
                over = conversation is None or not conversation.open or said.id not in self.unheard(conversation)
                if over and self.waits_for(account, said.id):
                    self.excused.add(said.id)

    def close(self, here: list[Client]) -> None:
        self.excuse_unserved(self.people)
        super().close(here)

    def excuse_unserved(self, people: list[str]) -> None:
        """What these have said where no agent was is dropped when they end the conversation."""
        conversations = self.house.hub.desks.conversations
        ids = {self.accounts[name].id for name in people}
        for conversation in [each for each in conversations if each.person in ids]:
            self.excused |= {each.message.id for each in conversations.unheard(conversation) if not each.agents}

    def unheard(self, conversation: Any) -> set[str]:
        return {spread.message.id for spread in self.house.hub.desks.conversations.unheard(conversation)}

    def waits_for(self, account: Account, id: str) -> bool:
        return id in self.store.inbox._waiting.get(account.id, {})

    def gone(self, name: str) -> None:
        if name not in self.accounts:
            return
        for client in self.clients:
            if client.who == name:
                client.over = True
        del self.accounts[name]
        if name in self.agents:
            self.agents.remove(name)
            return
        self.people.remove(name)
        new = f"visitor{self.number()}"
        self.accounts[new] = self.visitor(new)
        self.people.append(new)

    def block(self, here: list[Client]) -> None:
        agents = [client for client in here if client.who in self.agents]
        if agents and self.chance.random() < 0.3:
            client, person = self.chance.choice(agents), self.chance.choice(self.people)
            self.note(f"{client.who} blocks {person}")
            assert client.here is not None
            # Whether it has come so far or not.
            self.excused |= {said.id for said in self.said if said.sender == person}
            self.blocks.setdefault((client.who, person), 2**60)
            blocked = (client.who, person)
            self.going(
                self.house.hub.rosters.block(client.here, person),
                lambda _: self.blocks.__setitem__(blocked, self.number()),
            )

    # ------------------------------------------------------------ what was said, again

    def want(self, here: list[Client]) -> None:
        """A client reads history: from now on the account has copies of its talks."""
        if here:
            client = self.chance.choice(here)
            assert client.here is not None
            self.note(f"{client.who}/{client.number} reads history")
            self.house.hub.history.want(client.here)

    def regret(self, here: list[Client]) -> None:
        """Somebody takes back what she has said."""
        if not here:
            return
        client = self.chance.choice(here)
        mine = [said for said in self.said[-15:] if said.sender == client.who and said.id]
        if mine and client.here is not None:
            said = self.chance.choice(mine)
            self.excused.add(said.id)
            self.note(f"{client.who}/{client.number} takes back {said.number}")

            def done(_: None) -> None:
                self.taken_back[said.id] = self.number(), len(said.lives)
                self.note(f"{said.number} is taken back")

            self.going(self.house.hub.history.redact(client.here, said.to, said.id, ""), done)

    def still_back(self, said: Said) -> bool:
        """Taken back, not said again since, and the daemon that did it has not been killed."""
        when, times = self.taken_back.get(said.id, (0, -1))
        return len(said.lives) == times and self.crashed < when

    def say(self, client: Client, said: Said) -> None:
        assert client.here is not None
        account = client.here.account
        new = not said.lives
        super().say(client, said)
        known = account is not None and len(account.devices) > 1
        self.recorded[said.id] = known and (new or self.recorded.get(said.id, False))
        if said.to in DESKS and any(person == said.sender for _, person in self.blocks):
            self.excused.add(said.id)

    # ------------------------------------------------------------ checks

    def show(self, client: Client, envelope: Envelope) -> None:
        said = self.by_id.get(envelope.message.id) or self.saying
        if said is None and word(envelope.message.body) is not None:
            # It was no word any more when it came that far: whoever said it is no agent now.
            return
        assert said is not None
        if self.still_back(said):
            self.wrong(f"{said.number} is shown to {client.who} though it was taken back", said.id)
        blocked = self.blocks.get((client.who, said.sender))
        if blocked is not None and said.sender != client.who and blocked < said.number:
            self.wrong(f"{said.number} is shown to {client.who}, who blocks {said.sender}", said.id)
        account = self.accounts.get(client.who)
        way = None if account is None else self.house.hub.delivery.trace.of(said.id or envelope.message.id, account.id)
        if way is not None and any(step == "withdrawn" or why == "done" for _, step, why in way.steps):
            # It was taken from her, and the conversation came back to her: it is shown as soon as she is there.
            client.last.pop((said.sender, said.to), None)
        super().show(client, envelope)

    def show_redacted(self, client: Client, redaction: Redaction) -> None:
        said = self.by_id[redaction.message]
        if redaction.by.name != said.sender:
            self.wrong(f"{said.number} was taken back by {redaction.by}", said.id)
        if said.to in DESKS and client.who not in (said.sender, *self.agents):
            self.wrong(f"that {said.number} was taken back is told to {client.who}", said.id)

    def finish(self) -> None:
        self.store.available, self.store.deferring = True, False
        self.store.work()
        self.house.turn(11)
        self.house.hub.store_back()
        self.house.turn(11)
        for name in self.agents:
            self.going(
                self.house.accounts.suspend(self.accounts[name], False), partial(self.accounts.__setitem__, name)
            )
        self.apply(RULES)
        self.house.turn(1)
        super().finish()

    def check(self) -> None:
        desks = self.house.hub.desks.staff.desks.values()
        unserved = [desk.folded for desk in desks if not any(map(desk.serves, desk.agents.values()))]
        for conversation in self.house.hub.desks.conversations:
            if conversation.desk in unserved:
                # It waits for the first agent.
                self.excused |= self.unheard(conversation)
        for said in self.said:
            if len(said.outcomes) < sum(life not in self.killed for life in said.lives):
                self.wrong(f"{said.number} was never settled", said.id)
            reached = [who for who, id in self.confirmed if id == said.id]
            good = any(outcome in GOOD for outcome in said.outcomes)
            if good and not reached and said.id not in self.excused:
                self.wrong(f"{said.number} was {said.outcomes} and is lost", said.id)
            self.check_history(said, good)

    def check_history(self, said: Said, good: bool) -> None:
        """Of what was asked and answered, whoever asked has in history what was accepted, and not what was not."""
        asker = said.sender if said.to in DESKS else said.to
        if asker not in self.accounts or not self.house.policy.history_keep:
            return
        account = self.accounts[asker]
        lines = self.store.history._lines
        desks = [guest(Address(rule.name, "localhost")) for rule in RULES]
        found = [desk for desk in desks if said.id in lines.get(talk(account.id, desk), {})]
        if said.to in DESKS and good and said.id not in self.excused and self.recorded[said.id] and not found:
            self.wrong(f"{said.number} was accepted and is not in {asker}'s history", said.id)
        if len(found) > 1:
            self.wrong(f"{said.number} is in {asker}'s talks with {found}", said.id)
        refused = said.outcomes == [Outcome.REFUSED] and len(said.lives) == 1
        if found and (refused or self.still_back(said)):
            self.wrong(f"{said.number} was {said.outcomes}, and is in history", said.id)
