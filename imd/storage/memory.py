"""Every store in dictionaries: for tests of the parts above, and for trying things out. Nothing survives.

It keeps the same contract tests as the durable stores (`tests/contracts`), so a test that passes on it is not fooled.
Awaitables fire at once, or, when `deferring`, as the test says: then calls wait in their order, and the store can die,
or its daemon, with any number of them done and not answered.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from twisted.internet.defer import Deferred, fail, succeed

from imd.core.address import Address
from imd.core.ban import Ban, BanKind
from imd.core.contact import Contact
from imd.core.message import Message
from imd.core.past import END, owner_of
from imd.core.refusal import StoreUnavailable
from imd.core.session import Account
from imd.core.stores import Durability, LedgerEntry, OutcomeUnknown, Queued, Queueing, RoomRecord, Verifier
from imd.storage.memory_shelf import MemoryShelf

T = TypeVar("T")

#: Seconds for which the id of an acknowledged message is remembered.
REMEMBER = 7 * 86400.0


class MemoryStore:
    """`imd.core.stores.Store`; `domain` fills in the addresses of contacts."""

    def __init__(self, domain: str = "localhost", secret: bytes = bytes(range(32))) -> None:
        self.accounts = MemoryAccounts(self)
        self.tokens = MemoryTokens(self)
        self.rosters = MemoryRosters(self, domain)
        self.ledger = MemoryLedger(self)
        self.rooms = MemoryRooms(self)
        self.inbox = MemoryInbox(self)
        self.history = MemoryHistory(self)
        self.shelves = [MemoryShelf(self.call) for _ in range(4)]
        self.read_marks, self.cursors, self.memberships, self.metadata = self.shelves
        self.bans = MemoryBans(self)
        self.durability = Durability.WEAK
        self.description = "memory"
        self.secret = secret
        #: Set to False to be away: every call is then refused.
        self.available = True
        #: Set to True: every call takes effect, and its answer is lost.
        self.dying = False

        #: Set to True: calls wait until `work`, in their order.
        self.deferring = False
        self._waiting: deque[tuple[Callable[[], Any], Deferred[Any]]] = deque()

    def call(self, work: Callable[[], T]) -> Deferred[T]:
        """Do `work` as this store is now: well, away, or dying."""
        if not self.available:
            return fail(StoreUnavailable())
        if self.deferring or self._waiting:
            answer: Deferred[T] = Deferred()
            self._waiting.append((work, answer))
            return answer
        result = work()
        return fail(OutcomeUnknown()) if self.dying else succeed(result)

    @property
    def waiting(self) -> int:
        """How many calls wait for `work`."""
        return len(self._waiting)

    def work(self, most: int = 2**31) -> int:
        """Do and answer at most so many of the calls that wait; how many it did."""
        done = 0
        while self._waiting and done < most:
            work, answer = self._waiting.popleft()
            done += 1
            result = work()
            if self.dying:
                answer.errback(OutcomeUnknown())
            else:
                answer.callback(result)
        return done

    def die(self, effective: int) -> None:
        """Go away: so many of the calls that wait take effect, and nobody learns which."""
        self.available = False
        calls, self._waiting = self._waiting, deque()
        for number, (work, answer) in enumerate(calls):
            if number < effective:
                work()
            answer.errback(OutcomeUnknown())

    def abandon(self, effective: int) -> None:
        """The daemon was killed: so many of its calls take effect, and nobody is there to hear the answers."""
        calls, self._waiting = self._waiting, deque()
        for work, _ in list(calls)[:effective]:
            work()

    def open(self) -> Awaitable[None]:
        self.available = True
        return succeed(None)

    def close(self) -> Awaitable[None]:
        self.work()
        self.available = False
        return succeed(None)


class _Part:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._call = store.call

    def _do(self, work: Callable[[], object]) -> Deferred[None]:
        """`_call` for work whose result says nothing."""

        def nothing() -> None:
            work()

        return self._call(nothing)


class MemoryAccounts(_Part):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.by_folded: dict[str, Account] = {}
        self.folded: dict[str, str] = {}
        self._verifiers: dict[str, Verifier] = {}
        #: Skeleton → account id.
        self._skeletons: dict[str, str] = {}

    def account(self, id: str) -> Account | None:
        folded = self.folded.get(id)
        return None if folded is None else self.by_folded[folded]

    def create(self, account: Account, folded: str, verifier: Verifier | None, skeleton: str = "") -> Awaitable[bool]:
        def work() -> bool:
            if folded in self.by_folded:
                return self.by_folded[folded].id == account.id
            if skeleton in self._skeletons:
                return False
            if skeleton:
                self._skeletons[skeleton] = account.id
            self.by_folded[folded] = account
            self.folded[account.id] = folded
            if verifier is not None:
                self._verifiers[account.id] = verifier
            return True

        return self._call(work)

    def by_name(self, folded: str) -> Awaitable[Account | None]:
        return self._call(lambda: self.by_folded.get(folded))

    def by_skeleton(self, skeleton: str) -> Awaitable[Account | None]:
        return self._call(lambda: self.account(self._skeletons.get(skeleton, "")))

    def by_id(self, ids: Sequence[str]) -> Awaitable[dict[str, Account]]:
        return self._call(lambda: {id: account for id in ids if (account := self.account(id)) is not None})

    def by_certificate(self, fingerprint: str) -> Awaitable[Account | None]:
        return self._call(lambda: next((a for a in self.by_folded.values() if fingerprint in a.certificates), None))

    def verifier(self, account: str) -> Awaitable[Verifier | None]:
        return self._call(lambda: self._verifiers.get(account))

    def set_verifier(self, account: str, verifier: Verifier) -> Awaitable[None]:
        def work() -> None:
            if account in self.folded:
                self._verifiers[account] = verifier

        return self._call(work)

    def update(self, account: Account) -> Awaitable[bool]:
        def work() -> bool:
            before = self.account(account.id)
            if before is None:
                return False
            self.by_folded[self.folded[account.id]] = msgspec.structs.replace(account, name=before.name)
            return True

        return self._call(work)

    def rename(self, account: str, name: str, folded: str, skeleton: str = "") -> Awaitable[bool]:
        def work() -> bool:
            before = self.account(account)
            other = self.by_folded.get(folded)
            if before is None or (other is not None and other.id != account):
                return False
            if self._skeletons.get(skeleton, account) != account:
                return False
            self._forget_skeleton(account)
            if skeleton:
                self._skeletons[skeleton] = account
            del self.by_folded[self.folded[account]]
            self.by_folded[folded] = msgspec.structs.replace(before, name=name)
            self.folded[account] = folded
            return True

        return self._call(work)

    def remove(self, account: str) -> Awaitable[None]:
        def work() -> None:
            folded = self.folded.pop(account, None)
            if folded is not None:
                del self.by_folded[folded]
            self._verifiers.pop(account, None)
            self._forget_skeleton(account)
            self._store.tokens.drop(account)
            self._store.rosters.drop(account)
            self._store.inbox.drop(account)
            for shelf in self._store.shelves:
                shelf.drop(account)

        return self._call(work)

    def _forget_skeleton(self, account: str) -> None:
        for skeleton in [each for each, owner in self._skeletons.items() if owner == account]:
            del self._skeletons[skeleton]

    def page(self, after: str, limit: int) -> Awaitable[list[Account]]:
        return self._call(lambda: [self.by_folded[name] for name in sorted(self.by_folded) if name > after][:limit])

    def count(self) -> Awaitable[int]:
        return self._call(lambda: len(self.by_folded))


class MemoryTokens(_Part):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self._tokens: dict[bytes, tuple[str, str, float]] = {}

    def drop(self, account: str) -> None:
        self._tokens = {digest: token for digest, token in self._tokens.items() if token[0] != account}

    def add(self, digest: bytes, account: str, device: str, expires: float) -> Awaitable[None]:
        return self._call(lambda: self._tokens.update({digest: (account, device, expires)}))

    def take(self, digest: bytes, now: float) -> Awaitable[tuple[str, str] | None]:
        def work() -> tuple[str, str] | None:
            token = self._tokens.pop(digest, None)
            return None if token is None or token[2] <= now else token[:2]

        return self._call(work)

    def revoke(self, account: str) -> Awaitable[None]:
        return self._call(lambda: self.drop(account))


class MemoryRosters(_Part):
    def __init__(self, store: MemoryStore, domain: str) -> None:
        super().__init__(store)
        self._domain = domain
        self._contacts: dict[str, dict[str, Contact]] = {}

    def drop(self, account: str) -> None:
        self._contacts.pop(account, None)
        for roster in self._contacts.values():
            roster.pop(account, None)

    def _named(self, contact: Contact) -> Contact:
        account = self._store.accounts.account(contact.account)
        if account is None:
            return contact
        return msgspec.structs.replace(contact, address=Address(account.name, self._domain))

    def load(self, accounts: Sequence[str]) -> Awaitable[dict[str, list[Contact]]]:
        return self._call(
            lambda: {id: [self._named(c) for c in self._contacts.get(id, {}).values()] for id in accounts}
        )

    def put(self, changes: Sequence[tuple[str, Contact]]) -> Awaitable[None]:
        def work() -> None:
            for owner, contact in changes:
                self._contacts.setdefault(owner, {})[contact.account] = contact

        return self._call(work)

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Awaitable[None]:
        def work() -> None:
            for owner, contact in pairs:
                self._contacts.get(owner, {}).pop(contact, None)

        return self._call(work)


class MemoryLedger(_Part):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self._entries: dict[str, LedgerEntry] = {}

    def began(self, entry: LedgerEntry) -> Awaitable[None]:
        return self._do(lambda: self._entries.setdefault(entry.session, entry))

    def _end(self, session: str, when: float, reason: str) -> bool:
        entry = self._entries.get(session)
        if entry is None or entry.ended:
            return False
        self._entries[session] = msgspec.structs.replace(entry, ended=when, reason=reason)
        return True

    def ended(self, session: str, when: float, reason: str) -> Awaitable[None]:
        return self._do(lambda: self._end(session, when, reason))

    def named(self, session: str, client: str, version: str) -> Awaitable[None]:
        def work() -> None:
            entry = self._entries.get(session)
            if entry is not None:
                self._entries[session] = msgspec.structs.replace(entry, client=client, version=version)

        return self._do(work)

    def close_open(self, when: float) -> Awaitable[int]:
        return self._call(lambda: sum(self._end(session, when, "crashed") for session in list(self._entries)))

    def _newest(self, account: str, before: float) -> list[LedgerEntry]:
        entries = [e for e in self._entries.values() if account in ("", e.account) and e.began < before]
        return sorted(entries, key=lambda entry: entry.began, reverse=True)

    def page(self, account: str, before: float, limit: int) -> Awaitable[list[LedgerEntry]]:
        return self._call(lambda: self._newest(account, before)[:limit])

    def last(self, account: str) -> Awaitable[LedgerEntry | None]:
        return self._call(lambda: next(iter(self._newest(account, float("inf"))), None))

    def expire(self, before: float) -> Awaitable[int]:
        def work() -> int:
            old = [e.session for e in self._entries.values() if e.ended and e.ended < before]
            for session in old:
                del self._entries[session]
            return len(old)

        return self._call(work)


class MemoryRooms(_Part):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self._rooms: dict[str, RoomRecord] = {}

    def load(self) -> Awaitable[list[RoomRecord]]:
        return self._call(lambda: list(self._rooms.values()))

    def put(self, folded: str, record: RoomRecord, *, before: str = "") -> Awaitable[None]:
        def work() -> None:
            self._rooms.pop(before, None)
            self._rooms[folded] = record

        return self._call(work)

    def remove(self, folded: str) -> Awaitable[None]:
        return self._do(lambda: self._rooms.pop(folded, None))


class MemoryBans(_Part):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self._bans: dict[tuple[BanKind, str], Ban] = {}

    def load(self) -> Awaitable[list[Ban]]:
        return self._call(lambda: list(self._bans.values()))

    def put(self, ban: Ban) -> Awaitable[None]:
        return self._call(lambda: self._bans.update({(ban.kind, ban.target): ban}))

    def remove(self, kind: BanKind, target: str) -> Awaitable[None]:
        return self._do(lambda: self._bans.pop((kind, target), None))


class MemoryInbox(_Part):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self._waiting: dict[str, dict[str, Queued]] = {}
        #: (account, message id) → until when it is remembered.
        self._done: dict[tuple[str, str], float] = {}

    def drop(self, account: str) -> None:
        self._waiting.pop(account, None)
        self._done = {key: until for key, until in self._done.items() if key[0] != account}

    def append(self, entries: Sequence[tuple[str, Queued]], limit: int) -> Awaitable[list[Queueing]]:
        return self._call(lambda: [self._append(account, queued, limit) for account, queued in entries])

    def _append(self, account: str, queued: Queued, limit: int) -> Queueing:
        inbox = self._waiting.setdefault(account, {})
        id = queued.message.id
        if id in inbox:
            return Queueing.ALREADY
        if (account, id) in self._done:
            return Queueing.DONE
        share = sum(bool(queued.origin) and other.origin == queued.origin for other in inbox.values())
        if (limit and len(inbox) >= limit) or (queued.origin_limit and share >= queued.origin_limit):
            return Queueing.FULL
        inbox[id] = queued
        return Queueing.KEPT

    def _sorted(self, account: str) -> list[Queued]:
        return sorted(self._waiting.get(account, {}).values(), key=lambda queued: queued.message.seq)

    def read(self, account: str, after: int, upto: int, limit: int) -> Awaitable[list[Queued]]:
        return self._call(lambda: [q for q in self._sorted(account) if after < q.message.seq <= upto][:limit])

    def attempted(self, account: str, ids: Sequence[str]) -> Awaitable[None]:
        def work() -> None:
            inbox = self._waiting.get(account, {})
            for id in ids:
                if id in inbox:
                    inbox[id] = msgspec.structs.replace(inbox[id], attempts=inbox[id].attempts + 1)

        return self._call(work)

    def retry(self, account: str) -> Awaitable[None]:
        def work() -> None:
            inbox = self._waiting.get(account, {})
            for id, queued in inbox.items():
                # What was never handed out stays at 0: it would be marked as a repeat without being one.
                inbox[id] = msgspec.structs.replace(queued, attempts=min(queued.attempts, 1))

        return self._call(work)

    def acknowledge(self, pairs: Sequence[tuple[str, str]], now: float) -> Awaitable[None]:
        def work() -> None:
            for account, id in pairs:
                queued = self._waiting.get(account, {}).pop(id, None)
                # Without a client id the id was made at reading, and nobody can send it again.
                if queued is not None and queued.message.client_id:
                    self._done[account, id] = min(queued.expires, now + REMEMBER)

        return self._call(work)

    def count(self, account: str) -> Awaitable[int]:
        return self._call(lambda: len(self._waiting.get(account, {})))

    def find(self, id: str) -> Awaitable[tuple[str, Queued] | None]:
        return self._call(lambda: next(((a, inbox[id]) for a, inbox in self._waiting.items() if id in inbox), None))

    def expire(self, now: float) -> Awaitable[int]:
        def work() -> int:
            self._done = {key: until for key, until in self._done.items() if until >= now}
            dropped = 0
            for inbox in self._waiting.values():
                for id in [id for id, queued in inbox.items() if queued.expires < now]:
                    del inbox[id]
                    dropped += 1
            return dropped

        return self._call(work)


class MemoryHistory(_Part):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self._lines: dict[str, dict[str, Message]] = {}

    def append(self, entries: Sequence[tuple[str, Message]], most: int = 0) -> Awaitable[None]:
        def work() -> None:
            for target, message in entries:
                self._lines.setdefault(target, {}).setdefault(message.id, message)
            for target in {target for target, _ in entries} if most else ():
                if len(self._lines[target]) > most + most // 10:
                    for message in self._sorted(target)[:-most]:
                        del self._lines[target][message.id]

        return self._call(work)

    def _sorted(self, target: str) -> list[Message]:
        return sorted(self._lines.get(target, {}).values(), key=lambda message: message.seq)

    def _between(self, target: str, after: int, before: int) -> list[Message]:
        return [message for message in self._sorted(target) if after < message.seq < before]

    def latest(self, target: str, before: int, limit: int, after: int = -1) -> Awaitable[list[Message]]:
        return self._call(lambda: self._between(target, after, before)[-limit:] if limit else [])

    def after(self, target: str, after: int, limit: int, before: int = END) -> Awaitable[list[Message]]:
        return self._call(lambda: self._between(target, after, before)[:limit])

    def find(self, target: str, id: str) -> Awaitable[Message | None]:
        return self._call(lambda: self._lines.get(target, {}).get(id))

    def _newest(self, targets: Iterable[str]) -> dict[str, int]:
        return {target: self._sorted(target)[-1].seq for target in targets if self._lines.get(target)}

    def newest(self, targets: Sequence[str]) -> Awaitable[dict[str, int]]:
        return self._call(lambda: self._newest(targets))

    def talks(self, owner: str, after: int, before: int, limit: int, *, newest: bool) -> Awaitable[dict[str, int]]:
        def work() -> dict[str, int]:
            known = self._newest(target for target in self._lines if owner and owner_of(target) == owner)
            found = sorted((seq, target) for target, seq in known.items() if after < seq < before)
            some = found[-limit:] if newest else found[:limit]
            return {target: seq for seq, target in (some if limit else ())}

        return self._call(work)

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Awaitable[int]:
        return self._call(lambda: sum(bool(self._lines.get(target, {}).pop(id, None)) for target, id in pairs))

    def drop(self, targets: Sequence[str]) -> Awaitable[None]:
        return self._do(lambda: [self._lines.pop(target, None) for target in targets])

    def written(self, account: str, cursor: str, limit: int) -> Awaitable[tuple[list[tuple[str, Message]], str]]:
        def work() -> tuple[list[tuple[str, Message]], str]:
            found = [
                (target, message)
                for target, lines in sorted(self._lines.items())
                for message in lines.values()
                if account and message.sender_account == account and f"{target}\0{message.id}" > cursor
            ]
            found.sort(key=lambda pair: f"{pair[0]}\0{pair[1].id}")
            part = found[:limit]
            return part, f"{part[-1][0]}\0{part[-1][1].id}" if len(found) > limit else ""

        return self._call(work)

    def expire(self, before: float) -> Awaitable[int]:
        def work() -> int:
            old = [(t, m.id) for t, lines in self._lines.items() for m in lines.values() if m.time < before]
            for target, id in old:
                del self._lines[target][id]
            return len(old)

        return self._call(work)
