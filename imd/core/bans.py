"""Bans, which hold behind every door: at connect (addresses), at sign-on (all), and for who is on when one is set.

All are in memory, beside the store. Looking an address up costs one dictionary for each length of network that is
banned; masks are found by the nick or host they name, so that only those with neither are tried one by one.

::

    connect ──address──► `address` ──► refused before TLS
    sign-on ──who, whence──► `check` ──► refused
    a new ban ──► store ──► memory ──► `People.expel` of those it fits
"""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from imd.core.accounts import AccountChange, Accounts
from imd.core.address import fold
from imd.core.ban import LONGEST_REASON, Ban, BanKind, network_of
from imd.core.limits import Limits
from imd.core.masks import matches
from imd.core.ports import Environment, Timer
from imd.core.refusal import Banned, Suspended
from imd.core.session import Account, ClientInfo, Peer, Person, Session
from imd.core.stores import BanStore

if TYPE_CHECKING:
    from imd.core.people import People

#: Seconds between looks for what is over, at most: a timer cannot be longer than some weeks.
_LONGEST_WAIT = 86_400.0


class _Masks:
    """Masks, by what they name of those they are for."""

    def __init__(self) -> None:
        self._by_nick: dict[str, dict[str, Ban]] = {}
        self._by_host: dict[str, dict[str, Ban]] = {}
        #: Of ``*.example.org``: ``.example.org``.
        self._by_domain: dict[str, dict[str, Ban]] = {}
        self._others: dict[str, dict[str, Ban]] = {}

    def _place(self, mask: str) -> tuple[dict[str, dict[str, Ban]], str]:
        nick, _, rest = mask.partition("!")
        host = rest.rpartition("@")[2]
        if not {"*", "?"} & set(nick):
            return self._by_nick, nick
        if not {"*", "?"} & set(host):
            return self._by_host, host
        if host.startswith("*.") and not {"*", "?"} & set(host[1:]):
            return self._by_domain, host[1:]
        return self._others, ""

    def add(self, ban: Ban) -> None:
        index, key = self._place(ban.target)
        index.setdefault(key, {})[ban.target] = ban

    def remove(self, mask: str) -> None:
        index, key = self._place(mask)
        there = index.get(key, {})
        there.pop(mask, None)
        if not there:
            index.pop(key, None)

    def candidates(self, nick: str, hosts: Iterable[str]) -> Iterator[Ban]:
        """Those that can fit, of which few or none do. All arguments are folded."""
        yield from self._by_nick.get(nick, {}).values()
        for host in hosts:
            yield from self._by_host.get(host, {}).values()
            if self._by_domain:
                at = host.find(".")
                while at >= 0:
                    yield from self._by_domain.get(host[at:], {}).values()
                    at = host.find(".", at + 1)
        yield from self._others.get("", {}).values()


class _Networks:
    """Addresses and networks, of one version of IP, by the length of the prefix."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._by_length: dict[int, dict[int, Ban]] = {}

    def add(self, first: int, length: int, ban: Ban) -> None:
        self._by_length.setdefault(length, {})[first >> (self._bits - length)] = ban

    def remove(self, first: int, length: int) -> None:
        there = self._by_length.get(length, {})
        there.pop(first >> (self._bits - length), None)
        if not there:
            self._by_length.pop(length, None)

    def find(self, address: int) -> Iterator[Ban]:
        for length, there in self._by_length.items():
            ban = there.get(address >> (self._bits - length))
            if ban is not None:
                yield ban


class Bans:
    """The `imd.core.ports.Bans` of this daemon. `people` is set by the hub."""

    people: "People"

    def __init__(self, environment: Environment, store: BanStore, accounts: Accounts, limits: Limits) -> None:
        self.limits = limits
        self._environment = environment
        self._store = store
        self._accounts = accounts
        self._bans: dict[tuple[BanKind, str], Ban] = {}
        self._masks = _Masks()
        self._networks = {4: _Networks(32), 6: _Networks(128)}
        self._timer: Timer | None = None
        self._due = 0.0
        accounts.observers.append(self._account_changed)

    async def load(self) -> None:
        """At start-up; the store is open."""
        for ban in await self._store.load():
            self._enter(ban)
        self._watch()

    # ------------------------------------------------------------ setting and lifting

    async def add(self, ban: Ban, *, spare: Session | None = None) -> int:
        """Set a ban, or set it anew; how many sessions ended. `spare` is one that goes on whatever it says."""
        key = ban.kind, ban.target
        if key not in self._bans:
            self.limits.check_count("bans", "bans", len(self._bans))
        ban = msgspec.structs.replace(ban, reason=_short(ban.reason), note=_short(ban.note))
        await self._store.put(ban)
        self._enter(ban)
        self._watch()
        if ban.kind is BanKind.ACCOUNT:
            account = (await self._accounts.by_id([ban.target])).get(ban.target)
            person = self.people.person(ban.target)
            count = 0 if person is None else len(person.sessions)
            if account is not None:
                await self._accounts.suspend(account)
            return count
        fitting = [session for session in self.people.sessions() if session is not spare and self._fits(ban, session)]
        for session in fitting:
            self.people.expel(session, Banned(ban), "banned")
        return len(fitting)

    async def remove(self, kind: BanKind, target: str) -> bool:
        """Lift a ban; False when there is none."""
        ban = self._bans.get((kind, target))
        if ban is None:
            return False
        await self._store.remove(kind, target)
        self._forget(ban)
        if kind is BanKind.ACCOUNT:
            account = (await self._accounts.by_id([target])).get(target)
            if account is not None and account.suspended:
                await self._accounts.suspend(account, False)
        return True

    def all(self) -> Sequence[Ban]:
        """Those in force, the oldest first."""
        now = self._environment.clock.time()
        return sorted((ban for ban in self._bans.values() if not ban.over(now)), key=lambda ban: ban.since)

    def find(self, kind: BanKind, target: str) -> Ban | None:
        return self._bans.get((kind, target))

    def __len__(self) -> int:
        return len(self._bans)

    def _account_changed(self, change: AccountChange) -> None:
        """Who is removed, or was pardoned in another way, is banned no longer."""
        before, now = change.before, change.after
        pardoned = before is not None and (now is None or (before.suspended and not now.suspended))
        ban = self._bans.get((BanKind.ACCOUNT, before.id)) if before is not None and pardoned else None
        if ban is not None:
            self._forget(ban)
            self._environment.spawn("forget the ban of an account", _done(self._store.remove(ban.kind, ban.target)))

    # ------------------------------------------------------------ whom they fit

    def check(self, person: Person, peer: Peer, info: ClientInfo) -> None:
        """Whether somebody may come who is this, from there. Raises `Banned`, `Suspended`."""
        nick, origins = person.address.name, self.people.origins
        ban = self.of(person.account, nick, origins.user(person, info), origins.hosts(person, peer), peer)
        if ban is not None:
            self._environment.log.info(
                "{nick} from {address} is banned as {target}", nick=nick, address=peer.address, target=ban.shown
            )
            raise Banned(ban)
        if person.account is not None and person.account.suspended:
            # By an operator's program, which has no reason to give.
            raise Suspended(person.account.name)

    def address(self, address: str) -> Ban | None:
        """The ban of a network address, if there is one. Cheap: asked at every connection."""
        networks = self._networks[6 if ":" in address else 4]
        if not self._bans or not address:
            return None
        try:
            number = int(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return None
        return self._first(networks.find(number))

    def of(self, account: Account | None, nick: str, user: str, hosts: Sequence[str], peer: Peer) -> Ban | None:
        """The ban that keeps somebody out who would be ``nick!user@host``, with any of the hosts."""
        if not self._bans:
            return None
        found = self._first(self._of_account(account)) or self.address(peer.address)
        return found or self._first(self._fitting(nick, user, hosts))

    def _of_account(self, account: Account | None) -> Iterator[Ban]:
        ban = None if account is None else self._bans.get((BanKind.ACCOUNT, account.id))
        if ban is not None:
            yield ban

    def _fitting(self, nick: str, user: str, hosts: Sequence[str]) -> Iterator[Ban]:
        for ban in self._masks.candidates(fold(nick), list(map(fold, hosts))):
            if any(matches(ban.target, f"{nick}!{user}@{host}") for host in hosts):
                yield ban

    def _fits(self, ban: Ban, session: Session) -> bool:
        if ban.kind is BanKind.ADDRESS:
            network = network_of(ban.target)
            found = network_of(session.peer.address)
            return network is not None and found is not None and found.network_address in network
        nick, user, hosts = self.people.origins.known_as(session)
        return any(matches(ban.target, f"{nick}!{user}@{host}") for host in hosts)

    def fits(self, ban: Ban, session: Session) -> bool:
        """Whether a ban, set or not, is for this session."""
        if ban.kind is BanKind.ACCOUNT:
            return session.account is not None and session.account.id == ban.target
        return self._fits(ban, session)

    def _first(self, bans: Iterator[Ban]) -> Ban | None:
        now = self._environment.clock.time()
        return next((ban for ban in bans if not ban.over(now)), None)

    # ------------------------------------------------------------ memory

    def _enter(self, ban: Ban) -> None:
        self._bans[ban.kind, ban.target] = ban
        if ban.kind is BanKind.MASK:
            self._masks.add(ban)
        elif ban.kind is BanKind.ADDRESS:
            self._in_networks(ban, lambda networks, first, length: networks.add(first, length, ban))

    def _forget(self, ban: Ban) -> None:
        if self._bans.pop((ban.kind, ban.target), None) is None:
            return
        if ban.kind is BanKind.MASK:
            self._masks.remove(ban.target)
        elif ban.kind is BanKind.ADDRESS:
            self._in_networks(ban, lambda networks, first, length: networks.remove(first, length))

    def _in_networks(self, ban: Ban, do: Callable[[_Networks, int, int], None]) -> None:
        network = network_of(ban.target)
        if network is not None:
            do(self._networks[network.version], int(network.network_address), network.prefixlen)

    # ------------------------------------------------------------ time

    def _watch(self) -> None:
        """Have what is over removed when it is."""
        first = min((ban.expires for ban in self._bans.values() if ban.expires), default=0.0)
        if not first or (self._timer is not None and self._due <= first):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = first
        wait = min(max(first - self._environment.clock.time(), 0.01), _LONGEST_WAIT)
        self._timer = self._environment.clock.call_later(wait, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._environment.clock.time()
        for ban in [ban for ban in self._bans.values() if ban.over(now)]:
            self._environment.log.info("the ban of {target} is over", target=ban.shown)
            self._environment.spawn("lift a ban that is over", self.remove(ban.kind, ban.target))
        self._environment.clock.soon(partial(self._watch))

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def _done(write: Awaitable[None]) -> None:
    await write


def _short(text: str) -> str:
    """What fits a line of any protocol, in printable characters."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    return plain.encode("utf-8", "replace")[:LONGEST_REASON].decode("utf-8", "ignore")
