"""Guests who turn out to be an account: they have registered one, or signed on to one, after their welcome.

The session stays, with its watches and its rooms; who is behind it changes. What is on its way to an account comes to
it from then on. To room mates it is one person with a new name, to contacts somebody who has come; where the account
was on already, the guest has gone and the account has come into the guest's rooms.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from imd.core.address import Address, fold
from imd.core.ledger import Ledger
from imd.core.ports import Environment
from imd.core.refusal import Kicked, NameInUse, NotAllowed
from imd.core.session import Account, Person, Session

if TYPE_CHECKING:
    from imd.core.people import People

_ALREADY = "You have signed on with an account already."

#: Why the ledger says a guest's session ended that goes on as an account's.
SIGNED_ON = "signed on"


class Promotion:
    """A part of `People`."""

    def __init__(self, people: "People", environment: Environment, ledger: Ledger) -> None:
        self._people = people
        self._environment = environment
        self._ledger = ledger
        #: Folded names for which an account is being made, and the guest (`Person.key`) who may carry them, or "".
        self._naming: dict[str, str] = {}
        #: Session id → its line in the ledger, where that is not the id.
        self._lines: dict[str, str] = {}

    @contextmanager
    def naming(self, name: str, session: Session | None) -> Iterator[None]:
        """See `imd.core.ports.People.naming`."""
        folded = fold(name)
        person = self._people.find(name)
        mine = None if session is None else session.person
        if folded in self._naming or self._people.nicks.claimed(folded) or (person is not None and person is not mine):
            raise NameInUse(name)
        self._naming[folded] = "" if mine is None else mine.key
        try:
            yield
        finally:
            del self._naming[folded]
            person = self._people.find(name)
            if person is not None and person.guest and person is mine and self._owned(folded):
                # The account has been made, and its maker did not become it.
                self._people.end(person, Kicked("This name now belongs to an account."), "kicked")

    def _owned(self, folded: str) -> bool:
        return isinstance(self._people.accounts.cached(folded), Account)

    def reserved(self, folded: str) -> bool:
        """Whether an account of this name is being made: no guest may take it."""
        return folded in self._naming

    def spared(self, guest: Person) -> bool:
        """Whether the account that has just been made with this guest's name is the guest's own."""
        return self._naming.get(fold(guest.address.name)) == guest.key

    def current_line(self, session: Session) -> str:
        """The session's line in the ledger."""
        return self._lines.get(session.id, session.id)

    def line(self, session: Session) -> str:
        """The session is over: its line in the ledger."""
        return self._lines.pop(session.id, session.id)

    async def promote(self, session: Session, account: Account, device: str) -> None:
        """See `imd.core.ports.People.promote`."""
        people = self._people
        guest = session.person
        if not guest.guest:
            raise NotAllowed(_ALREADY)
        there = people.person(account.id)
        others = 0 if there is None else len(there.sessions)
        people.limits.check_count("sessions_per_account", "sessions of one account", others)
        becoming = Person(account.id, Address(account.name, people.domain), account)
        people.bans.check(becoming, session.peer, session.info)
        line = secrets.token_hex(8)
        began = self._environment.clock.time()
        await self._ledger.began(line, becoming, session.peer, session.info, began)
        try:
            account = becoming.account = await people.prepared(account)
            # As at any sign-on: a ban that was set meanwhile found no session to end.
            people.bans.check(becoming, session.peer, session.info)
        except BaseException:
            self._ledger.ended(line, self._environment.clock.time(), "failed")
            raise
        now = self._environment.clock.time()
        if people.session(session.id) is not session:
            self._ledger.ended(line, now, "lost")
            return
        if not session.person.guest:
            # She signed on twice, and the other one was quicker.
            self._ledger.ended(line, now, "failed")
            raise NotAllowed(_ALREADY)
        self._ledger.ended(self.line(session), now, SIGNED_ON)
        self._lines[session.id] = line
        if device:
            session.info = msgspec.structs.replace(session.info, device=device)
        there = people.person(account.id)
        if there is None and (there := people.staying.back(account.id)) is not None:
            people.enter(there)
        if there is None:
            self._becomes(guest, account)
        else:
            self._joins(session, guest, there)
        if session.begun:
            people.missed.begun(session)
            people.delivery.attach(session)

    def _becomes(self, person: Person, account: Account) -> None:
        """Nobody else is on with the account: the guest is it."""
        people = self._people
        before, key, origin = person.address, person.key, people.origin(person)
        people.rooms.settle(person)
        people.leave(person)
        person.key, person.account, person.address = account.id, account, Address(account.name, people.domain)
        people.enter(person)
        people.rooms.passage.rekeyed(person, key)
        people.presence.promoted(person, key, before)
        people.rooms.renamed(person, before, origin)

    def _joins(self, session: Session, guest: Person, person: Person) -> None:
        """The account is on with other clients: this is one more."""
        people = self._people
        origin = people.origin(guest)
        people.rooms.settle(guest)
        people.rooms.settle(person)
        people.move(session, person)
        people.rooms.passage.merged(session, guest, origin, person)
        people.presence.refresh(guest)
        people.presence.refresh(person)
