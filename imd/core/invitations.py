"""Invitations to rooms that have been given and not used: who may come in once, and by whose word."""

from imd.core.limits import Limits

#: Key of who was invited → key of who invited.
_Guests = dict[str, str]


class Invitations:
    """By room (folded) and by person (`Person.key`)."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Guests] = {}
        #: How many each person has given.
        self._given: dict[str, int] = {}

    def give(self, room: str, who: str, by: str, limits: Limits) -> None:
        """Let `who` in, by the word of `by`. Raises `TooMany`. One that stands is given anew, and is then `by`'s."""
        guests = self._rooms.get(room, {})
        if guests.get(who) == by:
            return
        limits.check_count("invites", "open invitations", self._given.get(by, 0))
        self.used(room, who)
        self._rooms.setdefault(room, {})[who] = by
        self._given[by] = self._given.get(by, 0) + 1

    def stands(self, room: str, who: str) -> bool:
        guests = self._rooms.get(room)
        return guests is not None and who in guests

    def used(self, room: str, who: str) -> None:
        """They have come in."""
        guests = self._rooms.get(room)
        by = None if guests is None else guests.pop(who, None)
        if guests is not None and not guests:
            del self._rooms[room]
        if by is not None:
            self._less(by)

    def of(self, who: str) -> list[str]:
        """The rooms (folded) into which somebody is invited."""
        return [room for room, guests in self._rooms.items() if who in guests]

    def room_renamed(self, before: str, after: str) -> None:
        guests = self._rooms.pop(before, None)
        if guests is not None:
            self._rooms[after] = guests

    def room_emptied(self, room: str) -> None:
        for by in self._rooms.pop(room, {}).values():
            self._less(by)

    def forget(self, person: str) -> None:
        """Nobody will ever be this person again: a guest has gone, an account was removed."""
        for room, guests in list(self._rooms.items()):
            for who, by in list(guests.items()):
                if person in (who, by):
                    self.used(room, who)

    def passed_on(self, before: str, after: str) -> None:
        """Who was the person `before` is the person `after` from now on: a guest has signed on."""
        for guests in self._rooms.values():
            if before in guests:
                by = guests.pop(before)
                if after in guests:
                    self._less(by)
                else:
                    guests[after] = by
            for who, by in guests.items():
                if by == before:
                    guests[who] = after
        given = self._given.pop(before, 0)
        if given:
            self._given[after] = self._given.get(after, 0) + given

    def most(self) -> int:
        """How many are open of the person who has given most."""
        return max(self._given.values(), default=0)

    def _less(self, by: str) -> None:
        left = self._given[by] - 1
        if left:
            self._given[by] = left
        else:
            del self._given[by]
