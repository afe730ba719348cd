"""Signing on, outside the core (`imd.credentials`)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from imd.core.session import (
    Account,
    Peer,
    Privilege,
    Session,
    Vouched,
)


class ScramExchange(Protocol):
    """One SCRAM-SHA-256 conversation on the server's side (RFC 5802 section 5)."""

    def first(self, client_first: bytes) -> Awaitable[bytes]:
        """client-first-message → server-first-message."""

    def final(self, client_final: bytes) -> bytes:
        """client-final-message → server-final-message; then `account` is set. Raises `SignOnFailed`."""

    account: Account | None


class Credentials(Protocol):
    """The user database's front. Every failure takes the same time and says the same, known name or not."""

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        """SASL mechanisms offered to this peer, best first, out of SCRAM-SHA-256, EXTERNAL, PLAIN, OAUTHBEARER."""

    async def plain(self, name: str, password: str, peer: Peer) -> Account:
        """Raises `SignOnFailed`, `MechanismRefused`, `TooFast`, `Suspended`, `StoreUnavailable`."""

    def scram(self, peer: Peer, account: Callable[[str], str] | None = None) -> ScramExchange:
        """`account` makes the account's name of what the client calls itself, where the protocol has it say more."""

    async def external(self, name: str, peer: Peer) -> Account:
        """By the peer's certificate; `name` may be "" (RFC 4422 appendix A)."""

    async def token(self, token: str, peer: Peer) -> tuple[Account, Vouched | None]:
        """By a resume token, which is used up; and by whose word, as `issue_token` was told."""

    async def bearer(self, message: bytes, peer: Peer) -> tuple[Account, Vouched]:
        """By a token of a site, in the client's message of OAUTHBEARER (RFC 7628); the account is made if need be. Also
        for how long, and by which key.
        Raises `SignOnFailed`, `TokenExpired`, `MechanismRefused`, `TooFast`, `Suspended`, `StoreUnavailable`."""

    async def visit(self, peer: Peer, site: str, secret: str, name: str, email: str) -> tuple[Account, str]:
        """Somebody in a page comes without an account: the visitor whom `secret` proves, or with "" a new one who calls
        herself `name`; and her secret. `site` is a site's name, or "" for the one whose page it is.

        Raises `MechanismRefused` by other doors, `NotAllowed` for pages that are not the site's, `NoSuchVisitor`,
        `TooFast`, `Malformed`, `TooLong`, `StoreUnavailable`.
        """

    async def issue_token(self, account: Account, device: str, vouched: Vouched | None = None) -> str:
        """A resume token. Where a site has `vouched`, neither it nor those issued to who has signed on by it are good
        for longer than that. Raises `SignOnFailed` if the key is gone meanwhile."""

    def stands(self, vouched: Vouched) -> bool:
        """Whether the key still is the site's, whose settings may have changed."""

    async def register(self, name: str, password: str, peer: Peer, invitation: str = "") -> Account:
        """In-band registration, when settings allow. Raises `RegistrationRefused`, `NameInUse`, `InvalidName`,
        `TooFast`."""

    async def change_password(self, account: Account, password: str) -> None:
        """A new password; all resume tokens of the account end. Raises `NotAllowed` for one that cannot be used, and
        where passwords are kept elsewhere."""

    async def add_certificate(self, account: Account, fingerprint: str) -> Account:
        """The client certificate of this SHA-256 fingerprint (hex, with or without colons) may sign on as the account.
        Raises `Malformed`, `TooMany`, `NameInUse` where it is another account's, `NotAllowed`."""

    async def remove_certificate(self, account: Account, fingerprint: str) -> Account:
        """It may no longer. Raises `Malformed`, `NotAllowed` where the account has no such certificate."""

    async def remove_account(self, account: Account) -> None:
        """The account and all that belongs to it; its sessions end. Raises `NotAllowed` where users are kept
        elsewhere."""

    async def operator(self, name: str, password: str, session: Session) -> str:
        """Let a session operate the service under `name`, which is returned as the settings spell it.

        Raises `SignOnFailed` when name, password, account or certificate is wrong, `NotAllowed` when the place is,
        `TooFast`.
        """

    async def gateway(self, password: str, peer: Peer) -> str:
        """The name of the gateway that this peer is, which may say whose connection it passes on (IRC WEBIRC). Raises
        `SignOnFailed`, `TooFast`."""

    def operators(self) -> Sequence[str]:
        """The names the settings know of operators."""

    def privileges(self, operator: str) -> frozenset[Privilege]:
        """What the operator of this name may do now; nothing when the settings know no such operator (any more)."""

    def registration(self, peer: Peer) -> str:
        """``"open"``, ``"invite"`` or ``"closed"``, for this peer (never open without TLS off loopback)."""
