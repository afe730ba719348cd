"""Resume tokens."""

import msgspec
from twisted.internet.defer import Deferred

from imd.storage.redis import keys, scripts
from imd.storage.redis.connection import Part
from imd.storage.redis.link import Link
from imd.storage.redis.scripts import Script
from imd.storage.redis.started import started

_KEYS = (keys.TOKENS, keys.TOKEN_EXPIRY, keys.TOKEN_OWNERS)


def _owner(account: str) -> bytes:
    """What stands before the digest in the index by account; with its length, so that no id is another's beginning."""
    name = account.encode()
    return b"%d:%b:" % (len(name), name)


class Tokens:
    """`imd.core.stores.TokenStore`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def _write(self, script: Script, *arguments: Part) -> Deferred[list[bytes] | None]:
        return self._link.write(script, keys.TOKENS_FENCE, _KEYS, arguments)

    @started
    async def add(self, digest: bytes, account: str, device: str, expires: float) -> None:
        # All text: Redis's decoder does not know the binary type.
        value = msgspec.msgpack.encode((account, device, _owner(account).decode(), float(expires)))
        commands: list[tuple[Part, ...]] = [
            ("HSET", keys.TOKENS, digest, value),
            ("ZADD", keys.TOKEN_EXPIRY, expires, digest),
            ("ZADD", keys.TOKEN_OWNERS, 0, _owner(account) + digest),
        ]
        await self._link.apply(keys.TOKENS_FENCE, _KEYS, commands)

    @started
    async def take(self, digest: bytes, now: float) -> tuple[str, str] | None:
        found = await self._write(scripts.TOKEN_TAKE, digest, now)
        return (found[0].decode(), found[1].decode()) if found else None

    @started
    async def revoke(self, account: str) -> None:
        owner = _owner(account)
        # ";" follows ":", so this is everything that begins with `owner`.
        await self._write(scripts.TOKEN_REVOKE, b"[" + owner, b"(" + owner[:-1] + b";", len(owner))
