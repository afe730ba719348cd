"""The proxy of `cutting` for a session that has many connections: the one on which the byte passes is cut, no other."""

from tests.promises.cutting import DOWN, UP, CuttingProxy, _Side


class PollCuttingProxy(CuttingProxy):
    """One listening port, any number of connections at one time. Bytes are counted over all of them."""

    def passing(self, source: _Side, target: _Side, data: bytes) -> None:
        cut, direction = self.cut, source.direction
        if direction == DOWN:
            self.said += data
        if self.done or cut is None or cut.direction != direction:
            self.passed[direction] += data
            target.put(data)
            return
        room = cut.offset - len(self.passed[direction])
        self.passed[direction] += data[:room]
        target.put(data[:room])
        if room <= len(data):
            self.done = True
            self._end(source, target, reset=cut.reset)

    def _end(self, source: _Side, target: _Side, *, reset: bool) -> None:
        for side in (source, target):
            if side.open and reset:
                side.transport.abortConnection()
            elif side.open:
                side.transport.loseConnection()

    def _now(self) -> None:
        """Before any byte: the next connection that passes one is cut."""


__all__ = ["DOWN", "UP", "PollCuttingProxy"]
