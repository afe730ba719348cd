"""Credentials that record what the door asks of them."""

from imd.core.refusal import NoSuchVisitor, SignOnFailed
from imd.core.session import Account, Peer, Vouched
from tests.protocols.native.recorder import ALICE, ANNA, START, Fake, Recorder


class FakeScram:
    account: Account | None = None

    async def first(self, client_first: bytes) -> bytes:
        return b"server-first of " + client_first

    def final(self, client_final: bytes) -> bytes:
        if client_final != b"proof":
            raise SignOnFailed
        self.account = ALICE
        return b"v=verified"


class FakeCredentials(Fake):
    """Alice's password is ``sesame``, her token ``ticket``."""

    def __init__(self, record: Recorder) -> None:
        super().__init__(record)
        self.open = "open"

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        return ("SCRAM-SHA-256", "EXTERNAL", "PLAIN") if peer.confidential else ("SCRAM-SHA-256",)

    async def plain(self, name: str, password: str, peer: Peer) -> Account:
        await self.record.wait("plain", name, password)
        if (name, password) != ("alice", "sesame"):
            raise SignOnFailed
        return ALICE

    def scram(self, peer: Peer) -> FakeScram:
        return FakeScram()

    async def external(self, name: str, peer: Peer) -> Account:
        await self.record.wait("external", name)
        return ALICE

    async def token(self, token: str, peer: Peer) -> tuple[Account, Vouched | None]:
        await self.record.wait("token", token)
        if token != "ticket":
            raise SignOnFailed
        return ALICE, None

    async def visit(self, peer: Peer, site: str, secret: str, name: str, email: str) -> tuple[Account, str]:
        await self.record.wait("visit", site, secret, name, email)
        if secret not in ("", "known"):
            raise NoSuchVisitor
        return ANNA, secret or "known"

    async def issue_token(self, account: Account, device: str, vouched: Vouched | None = None) -> str:
        await self.record.wait("issue_token", account.name, device)
        return "fresh ticket"

    async def register(self, name: str, password: str, peer: Peer, invitation: str = "") -> Account:
        await self.record.wait("register", name, password, invitation)
        return Account("9", name, START)

    async def change_password(self, account: Account, password: str) -> None:
        await self.record.wait("change_password", account.name, password)

    def registration(self, peer: Peer) -> str:
        return self.open
