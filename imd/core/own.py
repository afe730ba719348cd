"""What one account has said, wherever it is kept: handed out, or erased. A person's right, and the operator's duty.

What it said to somebody may stand in both sides' copies of the talk, under one id. A person gets what stands in her own
copies, or she could tell who else has some (P5); the operator, who is asked for everything, gets each message once.
"""

from imd.core.message import Kind, Message
from imd.core.past import END, events, owner_of, talk
from imd.core.refusal import StoreUnavailable
from imd.core.stores import HistoryStore, OutcomeUnknown

#: Messages in one step: others' requests go in between.
STEP = 200


class OwnHistory:
    """Works on the store past all rights: whoever asks has been asked who they are."""

    def __init__(self, store: HistoryStore) -> None:
        self._store = store

    async def page(self, account: str, cursor: str, *, everything: bool = False) -> tuple[list[Message], str]:
        """Some of its messages, each in one page only, oldest first within it; not when it came and went. "" as
        `cursor` is the beginning and, in the answer, the end."""
        try:
            part, cursor = await self._store.written(account, cursor, STEP)
            found = [
                message
                for target, message in part
                if message.kind is not Kind.EVENT and await self._wanted(account, target, message, everything)
            ]
        except OutcomeUnknown:
            raise StoreUnavailable from None
        return sorted(found, key=lambda message: message.seq), cursor

    async def _wanted(self, account: str, target: str, message: Message, everything: bool) -> bool:
        owner = owner_of(target.removesuffix(" events"))
        if not owner or owner == account:
            return True
        # Somebody else's copy.
        return everything and await self._store.find(talk(account, owner), message.id) is None

    async def erase(self, account: str) -> int:
        """Forget all it has said, events included, in everybody's history; how many messages. What is being said while
        this runs may stay."""
        erased: set[str] = set()
        cursor, more = "", True
        while more:
            try:
                part, cursor = await self._store.written(account, cursor, STEP)
                await self._store.remove([(target, message.id) for target, message in part])
            except OutcomeUnknown:
                raise StoreUnavailable from None
            erased.update(message.id for _, message in part if message.kind is not Kind.EVENT)
            more = bool(cursor)
        return len(erased)

    async def drop_copies(self, account: str) -> None:
        """Forget its own copies of its talks: the account is no more, and nobody else can read them."""
        while True:
            try:
                talks = await self._store.talks(account, -1, END, STEP, newest=False)
                if not talks:
                    return
                await self._store.drop([each for target in talks for each in (target, events(target))])
            except OutcomeUnknown:
                raise StoreUnavailable from None
