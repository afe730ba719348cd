"""How often each limit was met: counted in the place that says no, shown by `imdctl status`."""


class Tally:
    """One for the whole daemon. A limit goes by the name of its setting: under `limits` by its own name, elsewhere in
    full (``offline.max_messages``)."""

    __slots__ = ("met",)

    def __init__(self) -> None:
        #: Since the start; a limit that was never met is not in it.
        self.met: dict[str, int] = {}

    def count(self, limit: str, times: int = 1) -> None:
        """Somebody has met `limit`."""
        self.met[limit] = self.met.get(limit, 0) + times
