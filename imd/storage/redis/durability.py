"""What a Redis survives, and telling the operator when that is less than imd promises."""

import txredisapi
from twisted.logger import Logger

from imd.core.stores import Durability
from imd.storage.redis.connection import Connection, encode

log = Logger()


class Persistence:
    """What was found out of one Redis: each field is None when Redis would not tell."""

    def __init__(self) -> None:
        self.appendonly: bool | None = None
        self.appendfsync: str | None = None
        self.snapshots: bool | None = None
        #: False: Redis would not read back what scripts wrote (redis issue 14541, valkey issue 3983).
        self.reads_back: bool | None = None

    @property
    def durability(self) -> Durability:
        strong = self.appendonly is True and self.appendfsync == "always" and self.reads_back is not False
        return Durability.STRONG if strong else Durability.WEAK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Persistence) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # changes while it is being found out

    def warn(self) -> None:
        """Say in the log what can be lost. Nothing to say of a durable Redis."""
        if self.durability is Durability.STRONG:
            return
        if self.reads_back is False:
            log.critical(
                "Redis's default user may not do everything. When Redis starts it reads its file back with that user's "
                "rights and would LOSE nearly all that imd wrote. Use: user default off ~* &* +@all"
            )
        if self.appendonly is None:
            log.warn(
                "Redis does not let imd see its settings (CONFIG GET and INFO are refused), so how much survives a "
                "crash is unknown. Allow imd's user +config|get"
            )
        elif not self.appendonly and self.snapshots is False:
            log.critical(
                "Redis keeps NOTHING on disk: when it stops, accounts and all waiting messages are gone. Set "
                "appendonly yes and appendfsync always"
            )
        elif not self.appendonly:
            log.warn(
                "Redis writes only snapshots: a crash loses accepted messages of minutes. Set appendonly yes and "
                "appendfsync always"
            )
        else:
            log.warn(
                "Redis runs with appendfsync {policy}: a crash can lose messages accepted in the last second or more. "
                "Set appendfsync always",
                policy=self.appendfsync or "of an unknown value",
            )


async def examine(connection: Connection) -> Persistence:
    """Ask CONFIG, and where an ACL forbids that INFO."""
    found = Persistence()
    found.reads_back = await _reads_back(connection)
    settings = {name: await _setting(connection, name) for name in ("appendonly", "appendfsync", "save")}
    if settings["appendonly"] is not None:
        found.appendonly = settings["appendonly"] == "yes"
        found.appendfsync = settings["appendfsync"]
        found.snapshots = None if settings["save"] is None else bool(settings["save"].strip())
        return found
    try:
        info = (await connection.send(encode((b"INFO", b"persistence")))).decode(errors="replace")
    except txredisapi.ResponseError:
        return found
    if "aof_enabled:" in info:
        found.appendonly = "aof_enabled:1" in info
    return found


async def _reads_back(connection: Connection) -> bool | None:
    """Most users may not ask this; the documentation tells operators."""
    try:
        reply = await connection.send(encode((b"ACL", b"GETUSER", b"default")))
    except txredisapi.ResponseError:
        return None
    if not isinstance(reply, list):
        return None
    fields = dict(zip(reply[::2], reply[1::2], strict=False))
    # A list of patterns in Redis 6.
    patterns = fields.get(b"keys")
    return fields.get(b"commands") == b"+@all" and patterns in (b"~*", [b"*"])


async def _setting(connection: Connection, name: str) -> str | None:
    try:
        reply = await connection.send(encode((b"CONFIG", b"GET", name)))
    except txredisapi.ResponseError:
        return None
    return reply[1].decode(errors="replace") if len(reply) == 2 else None
