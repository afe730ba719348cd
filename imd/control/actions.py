"""Everything an operator can ask of a running daemon. No message bodies, no secrets: those are not his.

But for `imd.control.history`: what somebody has said, for that person, at her request.
"""

import math
import os
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from imd import __version__
from imd.config.error import SettingsError
from imd.config.model import Settings
from imd.config.reload import Changes
from imd.control.bans import BanActions
from imd.control.desks import DeskActions
from imd.control.directory import Action, Directory
from imd.control.history import HistoryActions
from imd.control.limits import limits
from imd.control.wire import PAGE, Answer
from imd.core.accounts import Accounts
from imd.core.address import split
from imd.core.hub import Hub
from imd.core.refusal import Kicked, Malformed, NoSuchAccount, NotAllowed
from imd.core.session import Account, Session
from imd.core.stores import LedgerEntry, Queued, Store
from imd.core.tally import Tally
from imd.core.trace import Way
from imd.credentials.front import CredentialsFront
from imd.net.connections import Connections
from imd.net.datagram.port import PortCounts
from imd.net.holding import Holding
from imd.net.memory import Memory
from imd.net.resident import Resident
from imd.net.tls import UnusablePair


class Datagrams(Protocol):
    """What of the doors by datagrams is shown."""

    def status(self) -> Sequence[PortCounts]: ...


class Operated(Protocol):
    """What of a daemon the operator's actions need (`imd.assembly.Daemon`)."""

    hub: Hub
    store: Store
    accounts: Accounts
    credentials: CredentialsFront
    connections: Connections

    @property
    def datagrams(self) -> Datagrams: ...

    holding: Holding
    memory: Memory
    resident: Resident
    settings: Settings
    started: float
    tally: Tally

    def listeners(self) -> list[Answer]: ...
    async def reload(self) -> Changes: ...


def _session(session: Session, now: float) -> Answer:
    peer, info = session.peer, session.info
    return {
        "name": session.address.name,
        "kind": "visitor" if session.person.site else "guest" if session.person.guest else "account",
        "session": session.id,
        "door": peer.door,
        "address": peer.address,
        "port": peer.port,
        "tcp_port": info.tcp_port,
        "udp_port": info.udp_port,
        "client": info.name,
        "version": info.version,
        "tls": peer.tls,
        "state": session.presence.state.value,
        "since": session.since,
        "idle": max(0.0, now - session.active),
    }


def _entry(entry: LedgerEntry) -> Answer:
    return {name: getattr(entry, name) for name in LedgerEntry.__struct_fields__}


def _queued(queued: Queued) -> Answer:
    message = queued.message
    return {
        "id": message.id,
        "time": message.time,
        "sender": str(message.sender),
        "kind": message.kind.value,
        "bytes": len(message.body.encode()),
        "attempts": queued.attempts,
        "expires": queued.expires,
    }


class _Reached(msgspec.Struct, frozen=True):
    """How far the pages of the ledger have come: to sign-ons at `began`, of which these `sessions` were shown.

    The store's pages end before a time. Sign-ons of one and the same moment are therefore asked for again.
    """

    began: float
    sessions: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "_Reached":
        began, *sessions = text.split()
        return cls(float(began), frozenset(sessions))

    def __str__(self) -> str:
        return " ".join([repr(self.began), *sorted(self.sessions)])

    @property
    def before(self) -> float:
        return math.nextafter(self.began, math.inf)

    def by(self, rows: list[LedgerEntry]) -> "_Reached":
        """After these rows, too."""
        began = rows[-1].began
        shown = self.sessions if began == self.began else frozenset()
        return _Reached(began, shown | {row.session for row in rows if row.began == began})


#: Later than any sign-on.
_NOTHING_SHOWN = "1e12"


class Actions:
    """Actions by name."""

    def __init__(self, daemon: Operated) -> None:
        self._daemon = daemon
        self._hub = daemon.hub
        directory = Directory(daemon.store, daemon.accounts, daemon.credentials, daemon.hub.people.domain)
        self.table: dict[str, Action] = {
            **directory.actions,
            **BanActions(daemon.hub, daemon.store).actions,
            **HistoryActions(daemon.hub).actions,
            **DeskActions(daemon.hub).actions,
            "status": self.status,
            "who": self.who,
            "queue": self.queue,
            "trace": self.trace,
            "ledger": self.ledger,
            "reload": self.reload,
            "kick": self.kick,
        }

    async def status(self, arguments: dict[str, Any]) -> Answer:
        daemon = self._daemon
        store, counts = daemon.store, daemon.connections.counts()
        now = self._hub.clock.time()
        return {
            "version": __version__,
            "pid": os.getpid(),
            "since": daemon.started,
            "uptime": now - daemon.started,
            "longest_hold": daemon.holding.longest,
            "longest_hold_cpu": daemon.holding.cpu,
            "longest_hold_process": daemon.holding.process,
            "listeners": daemon.listeners(),
            "store": {
                "description": store.description,
                "available": store.available,
                "durability": store.durability.value,
            },
            "people": self._hub.people.counts(),
            "rooms": len(list(self._hub.rooms.all())),
            "bans": len(self._hub.bans),
            "delivery": self._hub.delivery.counts(),
            "connections": {
                "open": counts.open,
                "handshakes": counts.handshakes,
                "accepted": counts.accepted,
                "refused": counts.refused,
            },
            "memory": {"held": daemon.memory.total, "holders": daemon.memory.holders, "peak": daemon.memory.peak},
            "datagrams": [msgspec.structs.asdict(port) for port in daemon.datagrams.status()],
            "limits": limits(
                daemon.settings, daemon.tally, self._hub, daemon.connections, daemon.memory, daemon.resident
            ),
        }

    async def who(self, arguments: dict[str, Any]) -> Answer:
        after = arguments.get("after") or ""
        sessions = sorted(
            (session for session in self._hub.people.sessions() if session.id > after), key=lambda each: each.id
        )
        now = self._hub.clock.time()
        page = sessions[:PAGE]
        return {
            "rows": [_session(session, now) for session in page],
            "next": page[-1].id if len(sessions) > PAGE else "",
        }

    async def _account(self, name: str) -> Account:
        """An account, visitors of sites among them. Raises `NoSuchAccount`."""
        local, domain = split(name, self._hub.people.domain)
        if domain != self._hub.people.domain:
            raise NoSuchAccount(name)
        return await self._daemon.accounts.resolve(local)

    async def queue(self, arguments: dict[str, Any]) -> Answer:
        """What waits for an account."""
        account = await self._account(arguments["name"])
        after = int(arguments.get("after") or 0)
        page = await self._daemon.store.inbox.read(account.id, after, 2**62, PAGE)
        return {
            "rows": [_queued(queued) for queued in page],
            "next": str(page[-1].message.seq) if len(page) == PAGE else "",
        }

    async def trace(self, arguments: dict[str, Any]) -> Answer:
        """The way of one message, as far as it is remembered."""
        id: str = arguments["id"]
        way = self._hub.delivery.trace.get(id)
        waiting = await self._daemon.store.inbox.find(id)
        if way is None and waiting is None:
            raise Malformed(f"Nothing is known of a message {id}; only the latest are remembered, and those that wait.")
        answer: Answer = {"id": id, "steps": [] if way is None else self._steps(way)}
        message = way.message if way is not None else None
        if waiting is not None:
            answer["waiting"] = _queued(waiting[1])
            message = message or waiting[1].message
        if message is not None:
            answer |= {"sender": str(message.sender), "recipient": str(message.recipient), "time": message.time}
        if way is not None and way.outcome is not None:
            answer["outcome"] = way.outcome.value
        return answer

    @staticmethod
    def _steps(way: Way) -> list[Answer]:
        return [{"time": step.time, "step": step.step, "why": step.why} for step in way]

    async def ledger(self, arguments: dict[str, Any]) -> Answer:
        """Sign-ons, the newest first."""
        account = ""
        if arguments.get("name"):
            account = (await self._account(arguments["name"])).id
        reached = _Reached.parse(arguments.get("after") or _NOTHING_SHOWN)
        limit = PAGE + len(reached.sessions)
        page = await self._daemon.store.ledger.page(account, reached.before, limit)
        rows = [entry for entry in page if entry.session not in reached.sessions]
        return {"rows": [_entry(entry) for entry in rows], "next": str(reached.by(rows)) if len(page) == limit else ""}

    async def reload(self, arguments: dict[str, Any]) -> Answer:
        try:
            changes = await self._daemon.reload()
        except (SettingsError, UnusablePair) as error:
            raise Malformed(f"Not reloaded, the old settings stay in force: {error}") from None
        return {
            "changed": [str(change) for change in changes.live],
            "at_next_start": [str(change) for change in changes.restart],
        }

    async def kick(self, arguments: dict[str, Any]) -> Answer:
        """End all sessions of an account or a guest."""
        person = self._hub.people.find(arguments["name"])
        if person is None:
            raise NotAllowed(f"{arguments['name']} is not on; 'imdctl who' lists who is.")
        why = Kicked(arguments.get("text") or "The operator ended your session.")
        return {"sessions": self._hub.people.end(person, why, "kicked")}
