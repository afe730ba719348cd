"""Signing on: from who somebody says to be to a session that is entered everywhere."""

import secrets
from typing import TYPE_CHECKING

import msgspec

from imd.core.address import Address, check_nick
from imd.core.ledger import Ledger
from imd.core.ports import Client, Environment
from imd.core.refusal import Banned, GuestsRefused, Refusal, ShuttingDown, Suspended
from imd.core.session import Account, ClientInfo, Peer, Person, Presence, Session

if TYPE_CHECKING:
    from imd.core.people import People


class Arriving:
    """A part of `People`."""

    def __init__(self, people: "People", environment: Environment, ledger: Ledger, *, international: bool) -> None:
        self._people = people
        self._environment = environment
        self._ledger = ledger
        self._international = international

    async def sign_on(
        self,
        account: Account | None,
        nick: str,
        peer: Peer,
        info: ClientInfo,
        client: Client,
        *,
        presence: Presence = Presence(),
        confirms: bool = True,
        replaces: str = "",
    ) -> Session:
        people = self._people
        if people.closing:
            raise ShuttingDown
        people.limits.check_size("real_name_length", "realname", info.realname)
        people.limits.check_size("status_length", "status text", presence.text)
        if account is not None and account.site:
            info = msgspec.structs.replace(info, realname=people.visitors.shown(account, info.realname))
        now = self._environment.clock.time()
        session_id = secrets.token_hex(8)
        if people.names is not None and not peer.hostname:
            peer = msgspec.structs.replace(peer, hostname=await people.names.hostname(peer.address))
        if account is None:
            person = await self._guest(nick)
        else:
            if account.suspended:
                raise Suspended(account.name)
            person = self._present(account) or Person(account.id, Address(account.name, people.domain), account)
            self._check_sessions(person, replaces)
        name = person.address.name
        try:
            people.bans.check(person, peer, info)
            await self._ledger.began(session_id, person, peer, info, now)
        except BaseException:
            people.nicks.release(name)
            raise
        try:
            if account is not None:
                person = await self._by_now(account)
                self._check_sessions(person, replaces)
            # A ban that was set meanwhile found no session to end.
            people.bans.check(person, peer, info)
        except Refusal as refusal:
            reason = "banned" if isinstance(refusal, Banned | Suspended) else "failed"
            self._ledger.ended(session_id, self._environment.clock.time(), reason)
            raise
        finally:
            people.nicks.release(name)
        if account is not None:
            people.nicks.make_way(person)
        session = Session(session_id, person, peer, info, client, now, confirms)
        session.presence = presence
        people.come(session, replaces)
        return session

    def _present(self, account: Account) -> Person | None:
        return self._people.persons.get(account.id) or self._people.staying.persons.get(account.id)

    def _check_sessions(self, person: Person, replaces: str) -> None:
        """Raises `TooMany` where one more would be; the session it replaces does not count."""
        old = self._people.session(replaces)
        others = len(person.sessions) - (old is not None and old.person is person)
        self._people.limits.check_count("sessions_per_account", "sessions of one account", others)

    async def _by_now(self, account: Account) -> Person:
        """Who the account is after the store was asked: another session may have come meanwhile, or the account been
        altered or removed. True until the next await."""
        account = await self.prepared(account)
        return self._present(account) or Person(account.id, Address(account.name, self._people.domain), account)

    async def prepared(self, account: Account) -> Account:
        """The account as it is now, with its roster and what it shows of itself at hand. True until the next await:
        the last session of the account may end while one asks, and take them along."""
        people = self._people
        while True:
            await people.rosters.load(account.id)
            await people.metadata.arriving(account.id)
            account = await people.accounts.current(account)
            if account.id in people.rosters.loaded and not people.metadata.lacks(account.id):
                return account

    async def _guest(self, nick: str) -> Person:
        if not self._people.guests_allowed:
            raise GuestsRefused
        check_nick(nick, international=self._international)
        await self._people.nicks.claim(nick)
        return Person(f"guest:{secrets.token_hex(6)}", Address(nick, f"guest.{self._people.domain}"), None)
