"""What is durable of conversations: written together at the end of each turn, in order, and again when the store is
back. `when_durable` is how somebody waits for that who must not be told before."""

from collections.abc import Callable

from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown, ShelfStore


class Book:
    """Over one `ShelfStore`. Every write replaces what is there, so that it may be repeated."""

    def __init__(self, environment: Environment, shelf: ShelfStore) -> None:
        self._environment = environment
        self._shelf = shelf
        #: By (account id, name): what is to be there, None: nothing.
        self._dirty: dict[tuple[str, str], bytes | None] = {}
        self._waiting: list[Callable[[], None]] = []
        self._writing = False

    async def load(self) -> dict[str, dict[str, bytes]]:
        """All that is durable, by account id and name. Raises `StoreUnavailable`."""
        return await self._shelf.everyone()

    def put(self, account: str, name: str, value: bytes | None) -> None:
        """`value` stands under this name from now on; None: nothing does."""
        if not self._dirty and not self._writing:
            self._environment.clock.soon(self.retry)
        self._dirty[account, name] = value

    def forget(self, account: str) -> None:
        """The account is removed, and with it what the store has."""
        for key in [key for key in self._dirty if key[0] == account]:
            del self._dirty[key]

    def when_durable(self, call: Callable[[], None]) -> None:
        """Call when all that was put until now is durable; at once if it is."""
        if not self.durable:
            self._waiting.append(call)
        else:
            call()

    @property
    def durable(self) -> bool:
        """Whether all that was put until now is."""
        return not (self._dirty or self._writing)

    def retry(self) -> None:
        """Write what is to be written, now or when the store is back."""
        if self._writing:
            return
        if self._dirty:
            self._writing = True
            self._environment.spawn("write conversations", self._write())
        else:
            waiting, self._waiting = self._waiting, []
            self._tell(waiting)

    async def _write(self) -> None:
        dirty, self._dirty = self._dirty, {}
        waiting, self._waiting = self._waiting, []
        try:
            puts = [(account, name, value) for (account, name), value in dirty.items() if value is not None]
            gone = [key for key, value in dirty.items() if value is None]
            if puts:
                await self._shelf.put(puts)
            if gone:
                await self._shelf.remove(gone)
        except BaseException as error:
            # Later than what was put meanwhile it must not be.
            self._dirty = dirty | self._dirty
            self._waiting = waiting + self._waiting
            if not isinstance(error, StoreUnavailable | OutcomeUnknown):
                raise
            self._environment.log.info("conversations were not written: the store is away")
            return
        finally:
            self._writing = False
        self._tell(waiting)
        self.retry()

    def _tell(self, waiting: list[Callable[[], None]]) -> None:
        for call in waiting:
            try:
                call()
            except Exception:
                # The others wait, too.
                self._environment.log.failure("while telling that a conversation is durable")

    @property
    def idle(self) -> bool:
        """Whether nothing is to be written, and nobody waits for that."""
        return not (self._dirty or self._writing or self._waiting)
