"""Why the service says no: one class per reason.

A `Refusal` is the peer's matter, never a fault of the daemon: doors translate its `code` into their protocol's own
terms and show the sentence to a person. `code` is stable: clients may depend on it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from imd.core.ban import Ban


class Refusal(Exception):
    """Base of every reason for which the service says no."""

    code: ClassVar[str] = "refused"
    #: Whether trying again later, unchanged, can succeed.
    temporary: ClassVar[bool] = False

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidName(Refusal):
    code = "invalid-name"

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name!r} is not a possible name: {rule}.")
        self.name = name


class NameInUse(Refusal):
    """Somebody else has this name: an account owns it, or a guest carries it now."""

    code = "name-in-use"

    def __init__(self, name: str) -> None:
        super().__init__(f"The name {name} belongs to somebody else.")
        self.name = name


class LooksAlike(NameInUse):
    """The name looks like that of an account (`imd.core.lookalike`)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.sentence = f"The name {name} looks too much like that of somebody else."


class NoSuchAccount(Refusal):
    code = "no-such-account"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is nobody called {name} here.")
        self.name = name


class NoSuchMessage(Refusal):
    code = "no-such-message"

    def __init__(self, id: str) -> None:
        super().__init__("There is no such message, or it is kept no more.")
        self.id = id


class RedactionForbidden(Refusal):
    code = "redaction-forbidden"

    def __init__(self) -> None:
        super().__init__("You may not take back what others have said.")


class RedactionTooLate(Refusal):
    code = "redaction-too-late"

    def __init__(self, window: float) -> None:
        super().__init__(f"This was said too long ago to be taken back: more than {window:g} seconds.")
        #: Seconds.
        self.window = window


class NoSuchRoom(Refusal):
    code = "no-such-room"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no room called {name}.")
        self.name = name


class NotAMember(Refusal):
    code = "not-a-member"

    def __init__(self, room: str, who: str = "You") -> None:
        super().__init__(f"{who} {'are' if who == 'You' else 'is'} not in {room}.")
        self.room = room
        self.who = who


class AlreadyMember(Refusal):
    code = "already-a-member"

    def __init__(self, room: str, who: str) -> None:
        super().__init__(f"{who} is already in {room}.")
        self.room = room
        self.who = who


class NotOperator(Refusal):
    """The room's rules reserve this to its operators."""

    code = "not-an-operator"

    def __init__(self, room: str) -> None:
        super().__init__(f"Only an operator of {room} may do that.")
        self.room = room


class RoomExists(Refusal):
    """A room cannot be called this: another one is."""

    code = "room-exists"

    def __init__(self, room: str) -> None:
        super().__init__(f"There is a room called {room} already.")
        self.room = room


class NotRegistered(Refusal):
    """No account has founded the room."""

    code = "not-registered"

    def __init__(self, room: str, why: str = "belongs to no account") -> None:
        super().__init__(f"{room} {why}.")
        self.room = room


class NotFounder(Refusal):
    code = "not-the-founder"

    def __init__(self, room: str) -> None:
        super().__init__(f"Only the founder of {room} may do that.")
        self.room = room


class Locked(Refusal):
    """A setting of the room that is not to be changed; `flag` and `locks` as in the room's mode lock, by value."""

    code = "locked"

    def __init__(self, room: str, flag: str, locks: Mapping[str, bool]) -> None:
        super().__init__(f"The founder of {room} has locked {flag}.")
        self.room = room
        self.flag = flag
        self.locks = locks


class CannotRename(Refusal):
    code = "cannot-rename"

    def __init__(self, room: str, why: str) -> None:
        super().__init__(f"{room} cannot be renamed: {why}.")
        self.room = room


class CannotJoin(Refusal):
    """`why` is one of ``invite-only``, ``banned``, ``key``, ``full``, ``accounts-only``, ``closed``."""

    code = "cannot-join"

    def __init__(self, room: str, why: str) -> None:
        super().__init__(f"You cannot enter {room} ({why}).")
        self.room = room
        self.why = why


class CannotSpeak(Refusal):
    """The room lets this person not speak: moderated, closed to outsiders, or banned."""

    code = "cannot-speak"

    def __init__(self, room: str, why: str) -> None:
        super().__init__(f"You cannot speak in {room} ({why}).")
        self.room = room
        self.why = why


class AccountsOnly(Refusal):
    """Somebody who takes private messages from accounts only (`Mark.ACCOUNTS_ONLY`), and the sender is a guest."""

    code = "accounts-only"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} takes private messages from accounts only.")
        self.name = name


class SignOnFailed(Refusal):
    """Name and secret do not match. Deliberately says no more (RFC 5802 section 7, `invalid-proof`)."""

    code = "sign-on-failed"

    def __init__(self, sentence: str = "Name or password is wrong.") -> None:
        super().__init__(sentence)


class TokenExpired(Refusal):
    """A site's token that was good: its page asks the site for another one."""

    code = "token-expired"

    def __init__(self) -> None:
        super().__init__("The token has expired; a new one is needed.")


class NoSuchVisitor(Refusal):
    """Whom this secret belonged to is no more: she begins anew, without it."""

    code = "no-such-visitor"

    def __init__(self) -> None:
        super().__init__("This visitor is not known here, or no longer.")


class MechanismRefused(Refusal):
    """This way of signing on is not offered here; PLAIN, PASS and registration need TLS off loopback."""

    code = "mechanism-refused"


class Suspended(Refusal):
    code = "suspended"

    def __init__(self, name: str) -> None:
        super().__init__(f"The account {name} is suspended.")


class GuestsRefused(Refusal):
    code = "guests-refused"

    def __init__(self) -> None:
        super().__init__("This server is open to accounts only.")


class NotForGuests(Refusal):
    code = "account-required"

    def __init__(self, what: str = "This") -> None:
        super().__init__(f"{what} needs an account; sign on with one.")


class RegistrationRefused(Refusal):
    code = "registration-refused"


class TooLong(Refusal):
    code = "too-long"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} is longer than {limit} bytes.")
        self.limit = limit


class TooMany(Refusal):
    """A count has reached its limit: rooms, contacts, watches, sessions, connections."""

    code = "too-many"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"No more than {limit} {what} are allowed.")
        self.what = what
        self.limit = limit


class TooFast(Refusal):
    code = "too-fast"
    temporary = True

    def __init__(self, what: str, retry_after: float) -> None:
        super().__init__(f"Too many {what}; try again in {max(1, round(retry_after))} s.")
        self.retry_after = retry_after


class QueueFull(Refusal):
    """The recipient is offline and the queue for them holds as many messages as it may."""

    code = "queue-full"
    temporary = True

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(f"{limit} messages already wait for {name}; no more are kept.")
        self.limit = limit


class NotKept(Refusal):
    """The recipient is offline, and this kind of message is not kept."""

    code = "not-kept"


class StoreUnavailable(Refusal):
    """The store cannot be reached now. What was accepted is safe; this request has had no effect."""

    code = "store-unavailable"
    temporary = True

    def __init__(self) -> None:
        super().__init__("The store cannot be reached at the moment; try again shortly.")


class ShortOfMemory(Refusal):
    """All connections together hold more than they may, and this one most; or there is no room for another one. What
    it has not confirmed is kept."""

    code = "short-of-memory"
    temporary = True

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or "The server is short of memory, and much of it is what waits for you.")


class Malformed(Refusal):
    code = "malformed"


class NotAllowed(Refusal):
    code = "not-allowed"


class WeakPassword(NotAllowed):
    """The first thing that anybody would guess."""

    code = "weak-password"

    def __init__(self) -> None:
        super().__init__("This password is the account's name; choose another one.")


class ShuttingDown(Refusal):
    code = "shutting-down"
    temporary = True

    def __init__(self) -> None:
        super().__init__("The server is stopping; connect again shortly.")


class Replaced(Refusal):
    """The session ends because its client resumed it elsewhere."""

    code = "replaced"

    def __init__(self) -> None:
        super().__init__("This session was resumed from another connection.")


class Kicked(Refusal):
    """An operator of the service ended the session, or the account is gone."""

    code = "kicked"


class Banned(Kicked):
    """The account, mask or address is banned (`imd.core.ban`)."""

    code = "banned"

    def __init__(self, ban: "Ban") -> None:
        super().__init__(ban.sentence)
        self.ban = ban


class Killed(Kicked):
    """An operator ended the session by name (IRC KILL). `by` is ``nick!user@host`` of the operator."""

    def __init__(self, by: str, comment: str) -> None:
        super().__init__(f"Killed ({by.partition('!')[0]} ({comment}))")
        self.by = by
        self.comment = comment
