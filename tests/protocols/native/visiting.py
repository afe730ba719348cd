"""A shop that has the chat in its pages: the real core and user database, the real native session, and who visits."""

import base64
from typing import Any, cast

import msgspec
from twisted.internet.task import Clock
from twisted.logger import Logger

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Draft, Receipt
from imd.core.session import Peer
from imd.core.sites import DeskRule, Site
from imd.core.tally import Tally
from imd.credentials.front import CredentialsFront
from imd.credentials.hashing import Hashing
from imd.credentials.operators import OperatorLogin
from imd.credentials.rules import CredentialRules
from imd.credentials.site_tokens import TokenSite
from imd.protocols.native.door import Door
from imd.protocols.native.session import NativeSession
from imd.protocols.native.settings import NativeSettings
from imd.protocols.native.wire.codec import decode_server
from tests.house import House, Recorder
from tests.protocols.native.world import RecordingSink
from tests.tokens import message

SHOP = Site(
    name="shop",
    origins=frozenset({"https://shop.example"}),
    staff=("sales", "Alice"),
    staff_folded=frozenset({"sales", "alice"}),
    rooms=frozenset({"#help"}),
)
BANK = Site(name="bank", origins=frozenset({"https://bank.example"}), staff=("bob",), staff_folded=frozenset({"bob"}))
SALES = DeskRule(name="sales", agents=("carol",))

PAGE = Peer("web", "192.0.2.7", 50000, secure=True, origin="https://shop.example")


class Shop(House):
    """A house with two sites, and the native door of it."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        keep: float = 30 * 86_400.0,
        per_hour: int = 60,
        token_sites: tuple[TokenSite, ...] = (),
        operators: tuple[OperatorLogin, ...] = (),
    ) -> None:
        self.token_sites = token_sites
        self.operators = operators
        self.tally = Tally()
        limits = msgspec.structs.replace(limits or Limits(), tally=self.tally)
        self.per_hour = per_hour
        super().__init__(Policy(sites=(SHOP, BANK), desks=(SALES,), visitors_keep=keep, limits=limits))

    def restart(self) -> None:
        super().restart()
        self.credentials = CredentialsFront(
            self.store,
            self.accounts,
            Hashing(cast(Any, Clock()), 1),
            self.environment.clock,
            self.rules(),
            visitors=self.hub.visitors,
        )
        settings = NativeSettings(commands_per_second=0, messages_per_second=0, sign_on_delay=0)
        self.door = Door(self.hub, self.credentials, settings, self.environment.spawn, Logger())

    def rules(self) -> CredentialRules:
        """What the user database goes by."""
        return CredentialRules(
            domain="localhost",
            visitors_per_address=self.per_hour,
            sign_on_delay=0,
            token_sites=self.token_sites,
            operators=self.operators,
            tally=self.tally,
        )

    def page(self, peer: Peer = PAGE) -> "Page":
        return Page(self, peer)

    def visitor(self, name: str = "Anna", peer: Peer = PAGE) -> "Page":
        """Somebody who has come, and is welcome."""
        page = self.page(peer)
        page.visit(name=name)
        return page


class Page:
    """The chat in a page."""

    def __init__(self, shop: Shop, peer: Peer) -> None:
        self.shop = shop
        self.sink = RecordingSink()
        self.session = NativeSession(shop.door, peer, self.sink)
        self.secret = ""
        #: A member's, with which she may resume.
        self.ticket = ""
        self.address = ""
        self.unasked: list[dict[str, Any]] = []
        self._ref = 0

    @property
    def name(self) -> str:
        return self.address.partition("@")[0]

    def ask(self, type: str, **fields: Any) -> dict[str, Any]:
        """The answer to one request."""
        self._ref += 1
        self.session.receive(msgspec.json.encode({"type": type, "ref": self._ref, **fields}))
        for _ in range(3):
            self.shop.turn(0.1)
        answers = [message for message in self.heard() if message.get("ref") == self._ref]
        assert len(answers) == 1, answers
        return answers[0]

    def heard(self) -> list[dict[str, Any]]:
        payloads, self.sink.payloads = self.sink.payloads, []
        for payload in payloads:
            decode_server(payload)
        messages: list[dict[str, Any]] = [msgspec.json.decode(payload) for payload in payloads]
        self.unasked += [message for message in messages if "ref" not in message]
        return messages

    def visit(self, **fields: Any) -> dict[str, Any]:
        """To the welcome."""
        answer = self.ask("visit", **fields)
        assert answer["type"] == "authenticated", answer
        self.secret, self.address = answer["secret"], answer["address"]
        welcome = self.ask("session", client="imd-web", version="1")
        assert welcome["type"] == "welcome", welcome
        return welcome

    def show(self, token: str, identity: str = "") -> dict[str, Any]:
        """The answer to a site's token."""
        data = base64.b64encode(message(token, identity)).decode()
        return self.ask("authenticate", mechanism="OAUTHBEARER", data=data)

    def send(self, to: str, body: str = "Hello?") -> dict[str, Any]:
        self._ref += 1
        return self.ask("send", to=to, body=body, client_id=f"c{self._ref}")

    def leave(self) -> None:
        self.session.lost()
        self.shop.turn(0.1)


def told(shop: Shop, sender: Recorder, to: str, body: str = "Hi") -> Receipt:
    """What becomes of a message."""
    outcomes: list[Receipt] = []
    shop.hub.delivery.send(sender.session, Draft(to, body), outcomes.append)
    # Whoever does not acknowledge has the store take it, after one to two times `ack_wait`.
    for _ in range(3):
        shop.turn(0.1)
    (outcome,) = outcomes
    return outcome
