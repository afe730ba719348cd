"""Whom people hear from who take private messages from accounts only (`Mark.ACCOUNTS_ONLY`): who accepts whom.

An acceptance is between two people who are on, and ends when either has gone: a guest who comes again is another one.
Whoever writes to a guest accepts what she answers.
"""

from imd.core.limits import Limits
from imd.core.refusal import Malformed
from imd.core.session import Mark, Person


class Accepting:
    """Who accepts whom, by `Person.key`; both ways, so that whoever goes is forgotten quickly."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._accepted: dict[str, dict[str, Person]] = {}
        self._by: dict[str, set[str]] = {}

    def accept(self, person: Person, other: Person) -> bool:
        """Whether that is new. Raises `TooMany`."""
        if person is other:
            raise Malformed("One always hears from oneself.")
        accepted = self._accepted.setdefault(person.key, {})
        if other.key in accepted:
            return False
        self.limits.check_count("watches", "accepted people", len(accepted))
        accepted[other.key] = other
        self._by.setdefault(other.key, set()).add(person.key)
        return True

    def refuse(self, person: Person, other: Person) -> bool:
        """No longer; whether that changed anything."""
        if self._accepted.get(person.key, {}).pop(other.key, None) is None:
            return False
        self._by[other.key].discard(person.key)
        return True

    def accepted(self, person: Person) -> list[Person]:
        return list(self._accepted.get(person.key, {}).values())

    def turns_away(self, person: Person, sender: Person) -> bool:
        """Whether `person` does not take private messages of `sender`, a guest."""
        return person.marked(Mark.ACCOUNTS_ONLY) and sender.key not in self._accepted.get(person.key, {})

    def gone(self, person: Person) -> None:
        for key in self._accepted.pop(person.key, {}):
            self._by[key].discard(person.key)
        for key in self._by.pop(person.key, ()):
            self._accepted[key].pop(person.key, None)
