"""What a desk says to its agents: by notices, which are live only."""

from dataclasses import dataclass

from imd.core.desks.desk import DeskPerson
from imd.core.message import Envelope, Kind, Message
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.sequence import MessageIds, Sequence
from imd.core.session import Person, Session


@dataclass(slots=True, eq=False, repr=False)
class Notices:
    """Says them as the desk. They have ids and numbers as all that is said, and stand in no history."""

    _environment: Environment
    _people: People
    _numbers: Sequence
    _ids: MessageIds

    def say(self, desk: DeskPerson, agents: list[str], *texts: str, but: str = "") -> None:
        """To all of these accounts that are on, by their ids, `but` one."""
        for id in dict.fromkeys(agents):
            person = self._people.person(id) if id != but else None
            if person is not None:
                self.tell(desk, person, list(person.sessions), *texts)

    def tell(self, desk: DeskPerson, person: Person, sessions: list[Session], *texts: str) -> None:
        """To some sessions of one person."""
        now = self._environment.clock.time()
        envelopes = [
            Envelope(
                Message(
                    self._ids.of("", ""),
                    self._numbers.next(now),
                    now,
                    desk.address,
                    "",
                    person.address,
                    text,
                    Kind.NOTICE,
                    origin=self._people.origin(desk),
                )
            )
            for text in texts
        ]
        for session in sessions:
            if session.begun and envelopes:
                session.client.deliver(envelopes)
