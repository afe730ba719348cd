"""Where devices stand, in the store: read when one comes back, written when there is time."""

import msgspec

from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.session import Account
from imd.core.stores import OutcomeUnknown, ShelfStore
from imd.core.track import Cursor

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Cursor).decode


class Cursors:
    """The cursors of all devices, by account id and device."""

    def __init__(self, environment: Environment, shelf: ShelfStore) -> None:
        self._environment = environment
        self._shelf = shelf
        #: (account id, device) → cursor, to be written.
        self._changed: dict[tuple[str, str], Cursor] = {}
        self._writing = False

    def waiting(self, account: str, device: str) -> Cursor | None:
        """What the store shall have, if it has not got it yet."""
        return self._changed.get((account, device))

    async def read(self, account: Account, device: str) -> Cursor | None:
        """What the store has. Raises `StoreUnavailable`, `OutcomeUnknown`."""
        stored = await self._shelf.of(account.id)
        await self._forget(account, stored)
        return None if device not in stored else _decode(stored[device])

    def write(self, account: str, device: str, cursor: Cursor) -> None:
        """Have it written at the end of this turn, or when the store is back."""
        if not self._changed and not self._writing:
            self._environment.clock.soon(self.retry)
        self._changed[account, device] = cursor

    def retry(self) -> None:
        """Write what waits; called again when the store is back."""
        if self._changed and not self._writing:
            self._writing = True
            self._environment.spawn("write cursors of devices", self._write_all())

    async def _write_all(self) -> None:
        try:
            while self._changed:
                changed = dict(self._changed)
                await self._shelf.put([(*key, _encode(cursor)) for key, cursor in changed.items()])
                for key, cursor in changed.items():
                    if self._changed.get(key) is cursor:
                        del self._changed[key]
        except (StoreUnavailable, OutcomeUnknown):
            self._environment.log.info("cursors of {count} devices wait for the store", count=len(self._changed))
        finally:
            self._writing = False

    async def _forget(self, account: Account, stored: dict[str, bytes]) -> None:
        """Devices that the account does not know any more have no cursor."""
        old = [(account.id, device) for device in stored if device not in account.devices]
        if old:
            await self._shelf.remove(old)

    @property
    def idle(self) -> bool:
        return not (self._changed or self._writing)
