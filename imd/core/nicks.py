"""Whose name is whose: names taken, kept for a moment, changed, and given up to accounts."""

from typing import TYPE_CHECKING

from imd.core.accounts import RESERVED
from imd.core.address import Address, check_nick, fold
from imd.core.promotion import Promotion
from imd.core.refusal import Kicked, LooksAlike, NameInUse, NotAllowed
from imd.core.session import Person, Session

if TYPE_CHECKING:
    from imd.core.people import People


class Nicks:
    """A part of `People`."""

    def __init__(self, people: "People", promotion: Promotion, *, international: bool) -> None:
        self._people = people
        self._promotion = promotion
        self._international = international
        #: Who is on, by folded name.
        self.by_name: dict[str, Person] = {}
        self._claimed: set[str] = set()
        self._server = fold(people.domain)

    async def claim(self, nick: str) -> None:
        """Keep `nick` for a guest while the accounts are asked; raise `NameInUse` when it is somebody else's."""
        folded = fold(nick)
        if folded in self.by_name or self.claimed(folded) or self._promotion.reserved(folded):
            raise NameInUse(nick)
        self._claimed.add(folded)
        try:
            if await self._people.accounts.by_name(folded) is not None:
                raise NameInUse(nick)
            if await self._people.accounts.looks_like(nick):
                raise LooksAlike(nick)
        except BaseException:
            self._claimed.discard(folded)
            raise

    def claimed(self, folded: str) -> bool:
        """Whether this is the name of a service or of the server (which a domain without a dot could be), or one for
        which it is being found out whether an account has it."""
        return folded in RESERVED or folded in self._claimed or folded == self._server

    def release(self, name: str) -> None:
        """What `claim` has kept."""
        self._claimed.discard(fold(name))

    def make_way(self, person: Person) -> None:
        """An account's name is its own: a guest who carries it (the account is younger) has to go."""
        other = self.by_name.get(fold(person.address.name))
        if other is not None and other is not person:
            self._people.end(other, Kicked("This name now belongs to an account."), "kicked")

    async def rename_guest(self, session: Session, nick: str) -> None:
        person = session.person
        if not person.guest:
            raise NotAllowed("The nick of an account is its name.")
        check_nick(nick, international=self._international)
        before = person.address
        if nick == before.name:
            return
        mine = fold(nick) == fold(before.name)
        if not mine:
            await self.claim(nick)
            self.release(nick)
            if self._people.session(session.id) is None:
                return
            # A mask may mean the nick, which nobody should get by another way.
            self._people.bans.check(Person(person.key, Address(nick, before.domain), None), session.peer, session.info)
        self.rename(person, Address(nick, before.domain))

    def rename(self, person: Person, address: Address) -> None:
        """Somebody who is on has another name from now on, and her room mates and watchers hear of it."""
        # What waits to be told is of who she was.
        self._people.rooms.settle(person)
        before, origin = person.address, self._people.origin(person)
        if self.by_name.get(fold(before.name)) is person:
            del self.by_name[fold(before.name)]
        person.address = address
        self.make_way(person)
        self.by_name[fold(address.name)] = person
        self._people.rooms.renamed(person, before, origin)
        self._people.presence.renamed(person, before)
