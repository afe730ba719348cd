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

ACCOUNT_CREATE = Script("account_create")
ACCOUNT_UPDATE = Script("account_update")
ACCOUNT_RENAME = Script("account_rename")
ACCOUNT_REMOVE = Script("account_remove")
ACCOUNT_VERIFIER = Script("account_verifier")
ACCOUNT_SKELETON = Script("account_skeleton")
ACCOUNT_BY_NAME = Script("account_by_name", guarded=False)
ACCOUNT_BY_SKELETON = Script("account_by_skeleton", guarded=False)
ACCOUNT_BY_CERTIFICATE = Script("account_by_certificate", guarded=False)
ACCOUNT_PAGE = Script("account_page", guarded=False)

TOKEN_TAKE = Script("token_take")
TOKEN_REVOKE = Script("token_revoke")

ROSTER_CLEAR = Script("roster_clear")

LEDGER_BEGAN = Script("ledger_began")
LEDGER_END = Script("ledger_end")
LEDGER_NAMED = Script("ledger_named")
LEDGER_PAGE = Script("ledger_page", guarded=False)
LEDGER_EXPIRE = Script("ledger_expire")

INBOX_APPEND = Script("inbox_append")
INBOX_READ = Script("inbox_read", guarded=False)
INBOX_ACKNOWLEDGE = Script("inbox_acknowledge")
INBOX_ATTEMPTED = Script("inbox_attempted")
INBOX_RETRY = Script("inbox_retry")
INBOX_EXPIRE = Script("inbox_expire")
INBOX_CLEAR = Script("inbox_clear")

HISTORY_APPEND = Script("history_append")
HISTORY_PAGE = Script("history_page", guarded=False)
HISTORY_EXPIRE = Script("history_expire")
HISTORY_REMOVE = Script("history_remove")

#: Loaded when a connection is made, except those that `imd.storage.redis.lease` sends whole.
ALL = tuple(
    script for script in list(globals().values()) if isinstance(script, Script) and script not in (OPEN, RELEASE)
)
