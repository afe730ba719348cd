"""A house with a desk, for tests of `imd.core.desks`."""

from imd.core.desks.conversation import Conversation
from imd.core.hub import Policy
from imd.core.message import Kind, Outcome, Receipt
from imd.core.session import Account, Presence, State
from imd.core.sites import DeskRule
from tests.house import HouseTestCase, Recorder

SALES = DeskRule(name="sales", title="Sales", agents=("alice", "bob"))
SUPPORT = DeskRule(name="support", agents=("carol",))


def desks(*rules: DeskRule, **others: object) -> Policy:
    return Policy(desks=rules, **others)  # type: ignore[arg-type]


class DeskTestCase(HouseTestCase):
    """Desk sales of alice and bob, support of carol; anna, who asks."""

    policy = desks(SALES, SUPPORT)

    def setUp(self) -> None:
        super().setUp()
        self.accounts = {name: self.house.person(name) for name in ("alice", "bob", "carol", "anna")}

    def on(self, name: str, state: State = State.AVAILABLE, *, prompt: bool = True) -> Recorder:
        return self.house.on(self.accounts[name], presence=Presence(state), prompt=prompt)

    def account(self, name: str) -> Account:
        return self.accounts[name]

    def conversation(self, person: str = "anna", desk: str = "sales") -> Conversation | None:
        return self.house.hub.desks.conversations.of(self.accounts[person].id, desk)

    def ask(self, who: Recorder, body: str = "hello", *, to: str = "sales", client_id: str = "") -> list[Receipt]:
        told = self.house.send(who, to, body, client_id=client_id)
        self.house.turn(0.02)
        self.house.turn(0.02)
        return told

    def waiting(self, name: str) -> list[str]:
        """What waits in somebody's inbox."""
        queued = self.house.wait(self.house.store.inbox.read(self.accounts[name].id, -1, 2**62, 100))
        return [each.message.body for each in queued]

    @staticmethod
    def texts(client: Recorder) -> list[str]:
        """What people have said to it."""
        return [message.body for message in client.messages if message.kind is not Kind.NOTICE]

    @staticmethod
    def notices(client: Recorder, desk: str = "sales") -> list[str]:
        return [
            message.body
            for message in client.messages
            if message.kind is Kind.NOTICE and str(message.sender) == f"{desk}@localhost"
        ]

    def assert_accepted(self, told: list[Receipt]) -> None:
        self.assert_settled(told, Outcome.ACCEPTED)
