"""The Lua scripts, as Redis knows them: by the SHA-1 of their text.

A guarded script begins with `scripts/guard.lua`: its first key is the fence of its tag, its first argument the fencing
token of this daemon's lease, and it refuses to run for a daemon whose lease was taken over.
"""

import hashlib
from importlib import resources


class Script:
    """One script: its text, and the digest by which EVALSHA calls it."""

    __slots__ = ("body", "digest", "guarded", "name")

    def __init__(self, name: str, *, guarded: bool = True) -> None:
        folder = resources.files("imd.storage.redis") / "scripts"
        body = (folder / f"{name}.lua").read_bytes()
        if guarded:
            body = (folder / "guard.lua").read_bytes() + body
        self.name = name
        self.guarded = guarded
        self.body = body
        # SHA-1 is what EVALSHA asks for; nothing is secured by it.
        self.digest = hashlib.sha1(body, usedforsecurity=False).hexdigest().encode()


OPEN = Script("open", guarded=False)
RELEASE = Script("release", guarded=False)
APPLY = Script("apply")

INBOX_APPEND = Script("inbox_append")
INBOX_READ = Script("inbox_read", guarded=False)
INBOX_ACKNOWLEDGE = Script("inbox_acknowledge")
INBOX_ATTEMPTED = Script("inbox_attempted")
INBOX_RETRY = Script("inbox_retry")
INBOX_EXPIRE = Script("inbox_expire")

#: In this order they are loaded when a connection is made.
ALL = (
    OPEN,
    RELEASE,
    APPLY,
    INBOX_APPEND,
    INBOX_READ,
    INBOX_ACKNOWLEDGE,
    INBOX_ATTEMPTED,
    INBOX_RETRY,
    INBOX_EXPIRE,
)
