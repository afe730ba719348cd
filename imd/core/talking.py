"""What is said in rooms during one turn, told at its end: once to each session, however many lines there are.

A busy room's lines come in handfuls, and with a thousand members everything done per line and member is done a
thousand times. Whatever else happens in a room tells first what was said before it (`Talking.tell`), so that the order
stays.
"""

from collections.abc import Callable

from imd.core.ports import Environment
from imd.core.talk import Room, RoomLine, RoomLines

#: Lines of one room that wait at most; then they are told before the turn ends.
MOST = 64


class Talking:
    """The lines of all rooms that nobody has been told yet."""

    def __init__(self, environment: Environment, before: Callable[[Room], None] = lambda room: None) -> None:
        """`before` tells the members of a room what comes before everything that was said there."""
        self._environment = environment
        self._before = before
        #: By room; empty between turns.
        self.said: dict[Room, list[RoomLine]] = {}
        self._after: dict[Room, list[Callable[[], None]]] = {}

    def say(self, room: Room, line: RoomLine) -> None:
        lines = self.said.get(room)
        if lines is None:
            if not self.said:
                self._environment.clock.soon(self._tell_all)
            self.said[room] = [line]
            return
        lines.append(line)
        if len(lines) >= MOST:
            self.tell(room)

    def after(self, room: Room, call: Callable[[], None]) -> None:
        """Call once the members have been told what was said so far."""
        if room in self.said:
            self._after.setdefault(room, []).append(call)
        else:
            call()

    def tell(self, room: Room) -> None:
        """Tell the members now what was said in this room."""
        lines = self.said.pop(room, None)
        if lines is None:
            return
        self._before(room)
        room.newest = lines[-1].envelope.message.seq
        told = RoomLines(lines)
        for member in list(room.members.values()):
            for session in member.person.sessions:
                if session.begun:
                    session.client.room_lines(told)
        for call in self._after.pop(room, ()):
            call()

    def tell_of(self, session: str) -> None:
        """Tell now what this session said, and what was said in these rooms beside it: it says something elsewhere."""
        for room, lines in list(self.said.items()):
            if any(line.session == session for line in lines):
                self.tell(room)

    def _tell_all(self) -> None:
        try:
            for room in list(self.said):
                self.tell(room)
        finally:
            if self.said:
                # An outcome led to more talk, or a client failed.
                self._environment.clock.soon(self._tell_all)
