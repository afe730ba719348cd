"""The barrier that makes IRC acknowledge (DESIGN section 4, "Acknowledgement").

Private messages to a session of an account are followed by a ``PING`` with a token of its own. A client answers
lines in order, so the ``PONG`` with that token proves that it has read everything sent before. At most one PING is in
flight, and it leaves at the end of a turn of the reactor, behind all of that turn's messages; messages sent meanwhile
are covered by the next, which leaves when the PONG has come.

::

    message a ─► PING 1 ─► message b, c ─► ◄─ PONG 1 (a confirmed) ─► PING 2 ─► ◄─ PONG 2 (b, c confirmed)
"""

import itertools
import secrets
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


#: Tokens are of this run of the daemon and used once. Who guesses her own could only confirm for herself what she has
#: not read, as she could by answering without reading.
_RUN = secrets.token_hex(8)
_COUNT = itertools.count(1)


class Barrier:
    """What one connection has been sent and has not confirmed. The core keeps the messages; here are ids only."""

    __slots__ = ("_asked_for", "_covered", "_later", "_token", "answers", "since")

    def __init__(self) -> None:
        self._token = ""
        #: Ids the PING in flight covers, and ids sent after it.
        self._covered: list[str] = []
        self._later: list[str] = []
        #: The next PING leaves at the end of this turn.
        self._asked_for = False
        #: The PONG that is waited for, as nearly all clients write it; none while no PING is in flight.
        self.answers: tuple[bytes, ...] = ()
        #: When the PING in flight was sent; None when there is none.
        self.since: float | None = None

    def sent(self, session: "IrcSession", ids: Iterable[str]) -> None:
        """These messages have just been written to the client."""
        self._later += ids
        if self.since is None and not self._asked_for:
            self._ask(session)

    def heard_again(self, now: float) -> None:
        """The connection was not read from until now: a PONG could not be seen."""
        if self.since is not None:
            self.since = now

    def _ask(self, session: "IrcSession") -> None:
        # At the end of the turn, so that one PING covers all of it.
        self._asked_for = True
        session.hub.clock.soon(partial(self._ping, session))

    def _ping(self, session: "IrcSession") -> None:
        self._asked_for = False
        if session.closing:
            return
        self._covered, self._later = self._later, []
        self._token = f"{_RUN}{next(_COUNT):x}"
        token = self._token.encode()
        self.answers = (b"PONG :" + token, b"PONG " + token)
        self.since = session.hub.clock.time()
        track = session.me.track
        if track is not None:
            track.asked(session.hub.people.position())
        session.push(b"PING :" + token + b"\r\n")

    def confirmed(self, session: "IrcSession", token: str) -> bool:
        """The client sent PONG. Other tokens than that in flight mean nothing; whether it was that."""
        if self.since is None or token != self._token:
            return False
        self.pass_on(session)
        return True

    def pass_on(self, session: "IrcSession") -> None:
        """The client sent one of `answers`: what the PING covered is acknowledged."""
        covered, self._covered = self._covered, []
        self._token = ""
        self.answers = ()
        self.since = None
        me = session.me
        if me.track is not None:
            me.track.answered()
        # The core may hand over more at once; one PING then covers it all.
        session.hub.delivery.acknowledge(me, covered)
        if self._later and not self._asked_for:
            self._ask(session)
