"""How much of what was said one session has been handed, and has confirmed. All sequence numbers."""

import msgspec


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a device stands, as the store keeps it."""

    #: Everything up to here it has confirmed.
    confirmed: int
    #: Up to here it may have been handed more; 0 while it is on, or when its daemon died.
    handed: int = 0


class Track:
    """Of one session that is on. The door says when it asks its client for a sign of life, and when that has come."""

    __slots__ = ("_asked", "_late", "_late_asked", "confirmed", "ready", "written")

    def __init__(self, confirmed: int) -> None:
        self.confirmed = confirmed
        #: What it had missed has been handed to it: from now on what it confirms counts.
        self.ready = False
        #: What the store has.
        self.written = 0
        self._asked = 0
        #: The least number handed out of its turn since it was asked, and before.
        self._late = 0
        self._late_asked = 0

    def late(self, seq: int) -> None:
        """Handed only now: what was asked for before does not cover it."""
        self._late = min(self._late or seq, seq)

    def asked(self, position: int) -> None:
        """The client is asked for a sign of life, with everything up to `position` handed to it."""
        if self.ready:
            self._asked = position
            self._late_asked = min(filter(None, (self._late, self._late_asked)), default=0)
            self._late = 0

    def answered(self) -> None:
        """The client has read everything it was sent before it was asked."""
        if self._asked:
            self.confirmed = max(self.confirmed, self._asked)
            self._asked = self._late_asked = 0

    @property
    def position(self) -> int:
        """Nothing beyond this is sure to have been read."""
        late = min(filter(None, (self._late, self._late_asked)), default=0)
        return min(self.confirmed, late - 1) if late else self.confirmed
