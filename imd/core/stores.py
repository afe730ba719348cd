"""The storage contract: what the core needs kept, as `typing.Protocol`s. `imd.storage` implements it twice.

Rules for every method that returns an awaitable:

* When it fires without error the change is as durable as the store can make it (SQLite: fsynced commit; Redis: the
  reply, which with ``appendfsync always`` follows the fsync).
* It raises `StoreUnavailable` when the store is away and nothing was handed to it, and `OutcomeUnknown` when the
  connection died with the command in flight. Every write is idempotent: repeating it is always safe.
* It never blocks the reactor. Calls made in one reactor turn travel together (one commit, one write), in call order.
"""

import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

import msgspec

from imd.core.ban import Ban, BanKind
from imd.core.contact import Contact
from imd.core.message import Message
from imd.core.past import END
from imd.core.refusal import StoreUnavailable
from imd.core.session import Account
from imd.core.talk import BanEntry, ListKind, Role, RoomFlag, Topic

T = TypeVar("T")

REMEMBER: Final = 7 * 86_400.0
"""Seconds for which the id of an acknowledged message is remembered."""


class OutcomeUnknown(Exception):
    """The store died with this write in flight: it may or may not have happened. Repeating it is safe."""


async def surely(write: Callable[[], Awaitable[T]]) -> T:
    """Do a write, and once more where its outcome is unknown. Raises `StoreUnavailable`, also where that stays so."""
    try:
        return await write()
    except OutcomeUnknown:
        try:
            return await write()
        except OutcomeUnknown:
            raise StoreUnavailable from None


class StoreLocked(Exception):
    """Another daemon holds the lease on this store. `holder` says who (host, process id, since when)."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"the store is in use by {holder}")
        self.holder = holder


class SchemaTooNew(Exception):
    """The store was written by a newer imd; it is left untouched."""


class Durability(enum.Enum):
    """How much the store survives; shown in ``imdctl status``."""

    STRONG = "strong"
    #: Redis without ``appendonly yes`` and ``appendfsync always``: a crash of Redis can lose what was accepted.
    WEAK = "weak"


class Verifier(msgspec.Struct, frozen=True):
    """SCRAM-SHA-256 verifier (RFC 5802 section 3, RFC 7677); one stored form serves SCRAM and PLAIN."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


class AccountStore(Protocol):
    """Accounts and their verifiers. Names are unique under `fold` (the caller folds)."""

    def create(self, account: Account, folded: str, verifier: Verifier | None, skeleton: str = "") -> Awaitable[bool]:
        """False when the folded name is taken, or the skeleton ("": it may look like any). Creating the same account
        id again is a success (idempotent)."""

    def by_name(self, folded: str) -> Awaitable[Account | None]: ...

    def by_skeleton(self, skeleton: str) -> Awaitable[Account | None]:
        """The account whose name looks so (`imd.core.lookalike`)."""

    def by_id(self, ids: Sequence[str]) -> Awaitable[dict[str, Account]]: ...
    def by_certificate(self, fingerprint: str) -> Awaitable[Account | None]: ...
    def verifier(self, account: str) -> Awaitable[Verifier | None]: ...
    def set_verifier(self, account: str, verifier: Verifier) -> Awaitable[None]: ...

    def update(self, account: Account) -> Awaitable[bool]:
        """Replace everything but name and verifier. False when there is no such account."""

    def rename(self, account: str, name: str, folded: str, skeleton: str = "") -> Awaitable[bool]:
        """False when the new folded name, or the skeleton, is another's."""

    def remove(self, account: str) -> Awaitable[None]:
        """The account, its verifier, roster (on both sides), tokens and inbox; its ledger stays until it expires."""

    def page(self, after: str, limit: int) -> Awaitable[list[Account]]:
        """Up to `limit` accounts in order of folded name, beginning behind folded name `after` ("" from the start)."""

    def count(self) -> Awaitable[int]: ...


class TokenStore(Protocol):
    """Resume tokens, kept only as SHA-256 digests; and invitations for registration."""

    def add(self, digest: bytes, account: str, device: str, expires: float) -> Awaitable[None]: ...

    def take(self, digest: bytes, now: float) -> Awaitable[tuple[str, str] | None]:
        """(account id, device) and the token is used up; None when unknown or expired."""

    def revoke(self, account: str) -> Awaitable[None]:
        """All tokens of the account (after a change of password)."""


class RosterStore(Protocol):
    """Contacts, by owner's and contact's account ids. `Contact.address` is filled in from the accounts."""

    def load(self, accounts: Sequence[str]) -> Awaitable[dict[str, list[Contact]]]:
        """Rosters of several accounts in one go; every account asked for is a key."""

    def put(self, changes: Sequence[tuple[str, Contact]]) -> Awaitable[None]:
        """Write (owner, contact) pairs, all or nothing: both sides of a subscription change together."""

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Awaitable[None]:
        """Drop (owner, contact account) pairs, all or nothing."""


class LedgerEntry(msgspec.Struct, frozen=True):
    """One sign-on, and once it is over its end. `session` is the key."""

    session: str
    account: str
    #: Name at the time (guests have only this).
    name: str
    door: str
    address: str
    port: int
    tcp_port: int
    udp_port: int
    client: str
    version: str
    tls: str
    began: float
    ended: float = 0.0
    #: Why it ended: "", or a short code such as "quit", "lost", "kicked", "stopped", "crashed".
    reason: str = ""


class LedgerStore(Protocol):
    """Who signed on, when, whence (promise P9)."""

    def began(self, entry: LedgerEntry) -> Awaitable[None]: ...
    def ended(self, session: str, when: float, reason: str) -> Awaitable[None]: ...

    def named(self, session: str, client: str, version: str) -> Awaitable[None]:
        """What a client says of itself after its sign-on. Without effect for a session that is not in the ledger."""

    def close_open(self, when: float) -> Awaitable[int]:
        """At start-up: entries left open by a daemon that died end now with reason "crashed"; how many."""

    def page(self, account: str, before: float, limit: int) -> Awaitable[list[LedgerEntry]]:
        """Newest first, sign-ons before time `before`; `account` "" means everybody."""

    def last(self, account: str) -> Awaitable[LedgerEntry | None]: ...
    def expire(self, before: float) -> Awaitable[int]:
        """Forget what ended before `before`; how many."""


class RoomRecord(msgspec.Struct, frozen=True):
    """What is durable of a room that an account founded, or that operators of the service have closed."""

    name: str
    created: float
    founder: str
    #: Account ids that are operators: how it was kept before there was `access`, which it is read into.
    operators: frozenset[str] = frozenset()
    topic: Topic | None = None
    flags: frozenset[RoomFlag] = frozenset()
    key: str = ""
    limit: int = 0
    lists: dict[ListKind, list[BanEntry]] = msgspec.field(default_factory=dict)
    #: When somebody was last in it.
    used: float = 0.0
    #: Account id → the role it has whenever it comes in.
    access: dict[str, Role] = msgspec.field(default_factory=dict)
    #: Where its history is kept; "": under its folded name.
    archive: str = ""
    #: The account id to which its founder offers it.
    heir: str = ""
    #: See `imd.core.talk.Room`.
    topic_lock: bool = False
    mode_lock: dict[RoomFlag, bool] = msgspec.field(default_factory=dict)
    #: Why operators of the service have closed it, or "".
    closed: str = ""
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class RoomStore(Protocol):
    def load(self) -> Awaitable[list[RoomRecord]]: ...

    def put(self, folded: str, record: RoomRecord, *, before: str = "") -> Awaitable[None]:
        """Write a room; `before` is the folded name it was written under until now, which is free after that."""

    def remove(self, folded: str) -> Awaitable[None]: ...


class BanStore(Protocol):
    """Bans, by kind and target; read whole at start-up."""

    def load(self) -> Awaitable[list[Ban]]: ...
    def put(self, ban: Ban) -> Awaitable[None]:
        """Set it; one of the same kind and target is replaced."""

    def remove(self, kind: BanKind, target: str) -> Awaitable[None]: ...


class Queued(msgspec.Struct, frozen=True, gc=False):
    """A message in an account's inbox (the offline queue)."""

    message: Message
    #: Wall-clock time after which it is dropped.
    expires: float
    #: How often it has been handed to a client without being acknowledged.
    attempts: int = 0
    #: For messages of guests: where they are (`imd.core.session.place_of`); at most `origin_limit` of them are kept for
    #: each recipient.
    origin: str = ""
    origin_limit: int = 0


class Queueing(enum.Enum):
    """What `InboxStore.append` did with one message."""

    KEPT = "kept"
    #: It was there already (the same id): nothing changed, and it is as good as kept.
    ALREADY = "already"
    #: It was there, was acknowledged, and is gone: nothing to do, the recipient has it.
    DONE = "done"
    #: The recipient's queue is full (or the guest's share of it).
    FULL = "full"


class InboxStore(Protocol):
    """The offline queue: one per account, in order of `Message.seq`, with acknowledgement by message id.

    Of an acknowledged message its id is remembered until the message would have expired or for `REMEMBER` seconds,
    whichever is less, so that a sender's late repetition is recognised.
    """

    def append(self, entries: Sequence[tuple[str, Queued]], limit: int) -> Awaitable[list[Queueing]]:
        """Put messages into inboxes: pairs of (account id, message), one answer each, idempotent by message id.

        `limit` is the greatest number of messages that wait in one inbox (0: no limit). All-or-nothing per entry.
        """

    def read(self, account: str, after: int, upto: int, limit: int) -> Awaitable[list[Queued]]:
        """Up to `limit` messages with after < seq <= upto, in order of seq. Does not change anything."""

    def attempted(self, account: str, ids: Sequence[str]) -> Awaitable[None]:
        """Add one to the attempts of these messages."""

    def retry(self, account: str) -> Awaitable[None]:
        """Set the attempts of all messages back to 1 (so that they are delivered again, marked as repeats)."""

    def acknowledge(self, pairs: Sequence[tuple[str, str]], now: float) -> Awaitable[None]:
        """Take messages, as (account id, message id), off their inboxes and remember the ids. Idempotent."""

    def count(self, account: str) -> Awaitable[int]: ...

    def find(self, id: str) -> Awaitable[tuple[str, Queued] | None]:
        """(account, message) for the trace; may be slow."""

    def expire(self, now: float) -> Awaitable[int]:
        """Drop what has expired, messages and remembered ids; how many messages. In small steps."""


class HistoryStore(Protocol):
    """What was said, per target (`imd.core.past`), in order of `Message.seq`. What each read gives is oldest first."""

    def append(self, entries: Sequence[tuple[str, Message]], most: int = 0) -> Awaitable[int]:
        """Pairs of (target, message), idempotent by (target, message id).

        Of each target the newest `most` are kept (0: all); up to a tenth more, so that forgetting is done in steps.
        How often that was done.
        """

    def latest(self, target: str, before: int, limit: int, after: int = -1) -> Awaitable[list[Message]]:
        """Up to `limit` of the newest messages with after < seq < before."""

    def after(self, target: str, after: int, limit: int, before: int = END) -> Awaitable[list[Message]]:
        """Up to `limit` of the oldest messages with after < seq < before."""

    def find(self, target: str, id: str) -> Awaitable[Message | None]: ...

    def newest(self, targets: Sequence[str]) -> Awaitable[dict[str, int]]:
        """The greatest seq of each target that holds something."""

    def talks(self, owner: str, after: int, before: int, limit: int, *, newest: bool) -> Awaitable[dict[str, int]]:
        """The talks of `owner` (`past.owner_of`) whose greatest seq is after < seq < before, by target.

        At most `limit`: those with the greatest, or the least. A talk of which everything was removed or has expired
        may still be told, for a time.
        """

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Awaitable[int]:
        """Forget messages, as (target, message id); how many there were. Nothing of them is left."""

    def drop(self, targets: Sequence[str]) -> Awaitable[None]:
        """Forget all of these targets."""

    def written(self, account: str, cursor: str, limit: int) -> Awaitable[tuple[list[tuple[str, Message]], str]]:
        """What the account has said, in whatever target, as (target, message), in no particular order.

        About `limit` at a time: "" as `cursor` is the beginning; each answer has the cursor of the next part, "" when
        that was all.
        """

    def expire(self, before: float) -> Awaitable[int]:
        """Forget messages older than time `before`; how many."""


class ShelfStore(Protocol):
    """Small values that an account keeps, each under a name. What they hold is for the core to say; they go with the
    account (`AccountStore.remove`)."""

    def of(self, account: str) -> Awaitable[dict[str, bytes]]:
        """Everything on the account's shelf."""

    def put(self, entries: Sequence[tuple[str, str, bytes]]) -> Awaitable[None]:
        """(account, name, value): what was there under the name is replaced."""

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Awaitable[None]:
        """(account, name); what is not there is no error."""

    def everyone(self) -> Awaitable[dict[str, dict[str, bytes]]]:
        """All shelves with something on them, by account. For a start of the daemon."""


class Store(Protocol):
    """One store with all its parts. `open` takes the lease, migrates, and reads what `secret` needs."""

    @property
    def accounts(self) -> AccountStore: ...
    @property
    def tokens(self) -> TokenStore: ...
    @property
    def rosters(self) -> RosterStore: ...
    @property
    def ledger(self) -> LedgerStore: ...
    @property
    def rooms(self) -> RoomStore: ...
    @property
    def inbox(self) -> InboxStore: ...
    @property
    def history(self) -> HistoryStore: ...
    @property
    def read_marks(self) -> ShelfStore:
        """How far somebody has read (`imd.core.read_marks`)."""

    @property
    def cursors(self) -> ShelfStore:
        """What each device has been handed (`imd.core.missed`)."""

    @property
    def memberships(self) -> ShelfStore:
        """The rooms in which an account stays while nobody is signed on (`imd.core.staying`)."""

    @property
    def metadata(self) -> ShelfStore:
        """What accounts show of themselves (`imd.core.metadata`)."""

    @property
    def visits(self) -> ShelfStore:
        """When visitors were here, and what they and members of sites said of themselves (`imd.core.visitors`)."""

    @property
    def conversations(self) -> ShelfStore:
        """The conversations of an account with desks (`imd.core.desks`)."""

    @property
    def bans(self) -> BanStore: ...

    @property
    def durability(self) -> Durability: ...

    @property
    def description(self) -> str:
        """For people: "sqlite imd-data/imd.db" or "redis 10.0.0.5:6379/0" (never with a password)."""

    @property
    def secret(self) -> bytes:
        """32 random bytes made when the store was made: key of message ids and cloaks."""

    @property
    def available(self) -> bool:
        """Whether a call made now has a chance; False while Redis is away or the lease is lost."""

    def open(self) -> Awaitable[None]:
        """Raises `StoreLocked`, `SchemaTooNew`, or `StoreUnavailable`."""

    def close(self) -> Awaitable[None]:
        """Finish what was accepted, release the lease."""
