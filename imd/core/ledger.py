"""The sign-on ledger: who, when, through which door, from where, with which client (promise P9)."""

from contextlib import suppress
from itertools import islice

from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.session import ClientInfo, Peer, Person
from imd.core.stores import LedgerEntry, LedgerStore, OutcomeUnknown

#: Ends of sessions that wait for a store that is away; older ones will read "crashed" after the next start.
_BACKLOG = 100_000

#: So many ends are written together.
_TOGETHER = 200


class Ledger:
    """Writes begin and end of every session. An end that cannot be written now is written when the store is back."""

    def __init__(self, environment: Environment, store: LedgerStore) -> None:
        self._environment = environment
        self._store = store
        #: Session id → when and why it ended.
        self._ends: dict[str, tuple[float, str]] = {}
        self._writing = False
        #: The last write failed: the next one feels its way, so that during an outage each end costs one call.
        self._failed = False

    async def began(self, session: str, person: Person, peer: Peer, info: ClientInfo, now: float) -> None:
        """Raises `StoreUnavailable`: a sign-on that cannot be recorded does not happen."""
        entry = LedgerEntry(
            session=session,
            account="" if person.account is None else person.account.id,
            name=person.address.name,
            door=peer.door,
            address=peer.address,
            port=peer.port,
            tcp_port=info.tcp_port,
            udp_port=info.udp_port,
            client=info.name,
            version=info.version,
            tls=peer.tls,
            began=now,
        )
        try:
            await self._store.began(entry)
        except OutcomeUnknown:
            raise StoreUnavailable from None

    def named(self, session: str, client: str, version: str) -> None:
        """What a client said of itself after its sign-on; not worth asking twice when the store is away."""
        self._environment.spawn("write a client's name to the ledger", self._named(session, client, version))

    async def _named(self, session: str, client: str, version: str) -> None:
        with suppress(StoreUnavailable, OutcomeUnknown):
            await self._store.named(session, client, version)

    def ended(self, session: str, when: float, reason: str) -> None:
        self._ends[session] = (when, reason)
        if len(self._ends) > _BACKLOG:
            del self._ends[next(iter(self._ends))]
        self.retry()

    def retry(self) -> None:
        """Write what waits; called again when the store is back."""
        if not self._writing and self._ends:
            self._writing = True
            self._environment.spawn("write ends of sessions to the ledger", self._write())

    async def _write(self) -> None:
        try:
            while self._ends:
                # Asked for in one turn, so that they travel together; all are awaited, so that none fails unheard.
                ends = list(islice(self._ends.items(), 1 if self._failed else _TOGETHER))
                writes = [(session, self._store.ended(session, *end)) for session, end in ends]
                self._failed = False
                for session, write in writes:
                    try:
                        await write
                    except (StoreUnavailable, OutcomeUnknown):
                        self._failed = True
                    else:
                        self._ends.pop(session, None)
                if self._failed:
                    self._environment.log.info("{count} sign-offs wait for the store", count=len(self._ends))
                    return
        finally:
            self._writing = False

    @property
    def idle(self) -> bool:
        """Whether everything has been written."""
        return not self._ends
