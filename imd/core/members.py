"""What sites say of their members."""

from typing import Final

import msgspec

from imd.core.stores import ShelfStore, surely

#: The name on the shelf.
_MEMBER: Final = "member"

#: Members of whom it is at hand what their sites said; of more, the eldest is left to the store.
_REMEMBERED: Final = 20_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, str]).decode


class Members:
    """Name and e-mail address of each, by account id. At hand are those who are here."""

    def __init__(self, shelf: ShelfStore) -> None:
        self._shelf = shelf
        self._said: dict[str, tuple[str, str]] = {}

    def said(self, account: str) -> tuple[str, str]:
        """Name and address, as far as they are at hand; "" for what was not said."""
        return self._said.get(account, ("", ""))

    async def vouched(self, account: str, name: str, email: str) -> None:
        """What a site says of its member. Raises `StoreUnavailable`."""
        said = name, email
        if self._said.get(account) == said:
            return
        try:
            await surely(lambda: self._shelf.put([(account, _MEMBER, _encode(said))]))
        finally:
            # She is who her site says also while it cannot be noted.
            self._said[account] = said
            if len(self._said) > _REMEMBERED:
                del self._said[next(iter(self._said))]

    async def email(self, account: str) -> str:
        """Where she can be written to, or "". Raises `StoreUnavailable`."""
        if account in self._said:
            return self._said[account][1]
        said = (await surely(lambda: self._shelf.of(account))).get(_MEMBER)
        return "" if said is None else _decode(said)[1]

    def forget(self, account: str) -> None:
        """She is here no more: what was said is left to the store."""
        self._said.pop(account, None)
