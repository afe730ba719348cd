"""Every key imd uses in Redis; `docs/operations/redis.md` explains them to operators.

What stands in braces is the hash tag (Redis Cluster specification, "Hash tags"): keys of one tag live on one node, and
no script touches keys of two tags. Each tag has a fence key, which lets its scripts turn away a daemon that has lost
the lease.
"""

from zlib import crc32

PREFIX = "imd:"


def _tag(tag: str, name: str) -> bytes:
    return f"{PREFIX}{{{tag}}}:{name}".encode()


# The store itself: lease, fencing counter, schema version, secret.
LEASE = _tag("store", "lease")
COUNTER = _tag("store", "counter")
SCHEMA = _tag("store", "schema")
SECRET = _tag("store", "secret")

# Accounts: one tag, so that name, account and certificate change together.
ACCOUNTS_FENCE = _tag("accounts", "fence")
ACCOUNTS = _tag("accounts", "by-id")
SPELLINGS = _tag("accounts", "spellings")
NAMES = _tag("accounts", "names")
NAME_ORDER = _tag("accounts", "name-order")
FOLDED = _tag("accounts", "folded")
VERIFIERS = _tag("accounts", "verifiers")
CERTIFICATES = (_tag("accounts", "certificates"), _tag("accounts", "certificates-of"))
SKELETONS = (_tag("accounts", "skeletons"), _tag("accounts", "skeletons-of"))
SKELETONS_ENTERED = _tag("accounts", "skeletons-entered")

# Resume tokens.
TOKENS_FENCE = _tag("tokens", "fence")
TOKENS = _tag("tokens", "by-digest")
TOKEN_EXPIRY = _tag("tokens", "expiry")

TOKEN_OWNERS = _tag("tokens", "owners")

# Rosters: one tag, so that both sides of a subscription change together.
ROSTERS_FENCE = _tag("rosters", "fence")


def roster(account: str) -> bytes:
    """Hash: contact's account id -> contact."""
    return _tag("rosters", f"of:{account}")


def listed_by(account: str) -> bytes:
    """Set: owners of rosters in which this account stands."""
    return _tag("rosters", f"with:{account}")


# The sign-on ledger.
LEDGER_FENCE = _tag("ledger", "fence")
LEDGER = _tag("ledger", "entries")
LEDGER_ENDS = _tag("ledger", "ends")
LEDGER_BEGAN = _tag("ledger", "began")
LEDGER_ENDED = _tag("ledger", "ended")
LEDGER_OPEN = _tag("ledger", "open")


def ledger_of(account: str) -> bytes:
    return _tag("ledger", f"of:{account}")


# Rooms.
ROOMS_FENCE = _tag("rooms", "fence")
ROOMS = _tag("rooms", "records")

# Shelves: small values that accounts keep, each under a name.
SHELVES_FENCE = _tag("shelves", "fence")


def shelf(name: str, account: str) -> bytes:
    """Hash: name -> value."""
    return _tag("shelves", f"{name}:of:{account}")


def shelf_owners(name: str) -> bytes:
    """Set: account ids that have, or had, something on this shelf."""
    return _tag("shelves", f"{name}:owners")


# Bans.
BANS_FENCE = _tag("bans", "fence")
BANS = _tag("bans", "entries")

# Inboxes: a few tags, so that one script serves many inboxes. A tag's ids and expiry hold those of all its inboxes.
#: The number is part of the schema: with another one inboxes are not found.
INBOX_TAGS = 16


def inbox_tag(account: str) -> int:
    """The number of the tag an account's inbox has."""
    return crc32(account.encode()) % INBOX_TAGS


def inbox_prefix(tag: int) -> bytes:
    """What the names of the tag's streams begin with; the account's id follows."""
    return _tag(f"inboxes:{tag}", "of:")


def inboxes(tag: int) -> list[bytes]:
    """In the order all inbox scripts expect: fence, ids, expiry."""
    return [_tag(f"inboxes:{tag}", name) for name in ("fence", "ids", "expiry")]


def inbox(account: str) -> list[bytes]:
    """In the order all inbox scripts expect, behind the tag's: stream, attempts, late, origins."""
    stream = inbox_prefix(inbox_tag(account)) + account.encode()
    return [stream, stream + b":attempts", stream + b":late", stream + b":origins"]


def own_ids(account: str) -> bytes:
    """What ids of this account's inbox begin with in its tag's `ids` and `expiry`."""
    name = account.encode()
    return b"%d:%b" % (len(name), name)


# History: a tag for each target, and the list of targets.
HISTORIES_FENCE = _tag("histories", "fence")
HISTORIES = _tag("histories", "kept")
#: There once talks and authors are noted for all of them; older daemons noted neither.
HISTORIES_NOTED = _tag("histories", "noted")


def history_fence(target: str) -> bytes:
    return _tag(f"history:{target}", "fence")


def history(target: str) -> list[bytes]:
    """Messages by id; ids by sequence number; ids by time."""
    return [_tag(f"history:{target}", name) for name in ("messages", "order", "times")]


def talks(owner: str) -> bytes:
    """Sorted set: other sides of this account's talks, by the greatest sequence number of each."""
    return _tag(f"talks:{owner}", "newest")


def authors(target: str) -> bytes:
    """Set: accounts that have said something in this history."""
    return _tag(f"history:{target}", "authors")


def authored(account: str) -> bytes:
    """Set: histories in which this account has said something."""
    return _tag(f"authors:{account}", "in")
