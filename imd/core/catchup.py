"""Bringing a session up to date from the store: what waited for its account, in order, then the live messages."""

from collections.abc import Callable

from imd.core.message import Envelope
from imd.core.offline import OfflineQueue
from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.relay import Channel, Flow
from imd.core.roster import Rosters
from imd.core.sequence import Sequence
from imd.core.stores import InboxStore, OutcomeUnknown, Queued

#: After so many unconfirmed attempts a message waits until it is asked for (DESIGN, "Acknowledgement").
MAX_ATTEMPTS = 5

_PAGE = 64
_NO_BOUND = 2**62


class CatchUp:
    """Reads an inbox page by page, as fast as the client confirms."""

    def __init__(
        self, environment: Environment, store: InboxStore, queue: OfflineQueue, rosters: Rosters, numbers: Sequence
    ) -> None:
        self._environment = environment
        self._store = store
        self._queue = queue
        self._rosters = rosters
        self._numbers = numbers

    async def run(self, account: str, channel: Channel, push: Callable[[], None], alone: bool) -> None:
        """From the channel's cursor to the present; leaves the channel live, or behind if the store goes away.

        `push` puts everything that is under way to other sessions into the store, so that each message with a number
        up to the present one is in the store, or acknowledged. Later ones are held, and follow. A session that is
        `alone` reads without bound: nobody else acknowledges what it has not seen, and numbers given before the clock
        was set back are found too.
        """
        try:
            push()
            upto = _NO_BOUND if alone else self._numbers.last
            while not channel.over():
                page = await self._store.read(account, channel.cursor, upto, _PAGE)
                if channel.over():
                    return
                if page:
                    self._hand(account, channel, page)
                    channel.cursor = max(channel.cursor, page[-1].message.seq)
                    self._numbers.not_before(page[-1].message.seq)
                if len(page) < _PAGE:
                    if not channel.overflow:
                        break
                    channel.held.clear()
                    channel.overflow = False
                    push()
                    upto = _NO_BOUND if alone else self._numbers.last
                await self._room(channel)
        except (StoreUnavailable, OutcomeUnknown):
            # What is held is in memory as pending, or stored; it is read again when the store is back.
            channel.held.clear()
            channel.flow = Flow.BEHIND
            return
        if not channel.over():
            held = [
                envelope
                for envelope in channel.held
                if envelope.message.id not in channel.unconfirmed and envelope.message.id not in channel.shown
            ]
            channel.held = []
            channel.shown = set()
            channel.flow = Flow.LIVE
            if held:
                # They were put into the store while they waited here, as not handed to anybody.
                self._queue.attempted(account, [envelope.message.id for envelope in held])
                channel.hand(held)

    async def _room(self, channel: Channel) -> None:
        if len(channel.unconfirmed) + _PAGE > channel.window and channel.unconfirmed:
            channel.room = self._environment.future()
            await channel.room

    def _hand(self, account: str, channel: Channel, page: list[Queued]) -> None:
        now = self._environment.clock.time()
        due: list[Queued] = []
        for queued in page:
            sender = queued.message.sender_account
            contact = self._rosters.contact(account, sender) if sender else None
            if contact is not None and contact.blocked:
                # Blocked since: it expires at once, by the recipient's rule (P5).
                self._queue.acknowledge(account, queued.message.id)
            elif (
                queued.attempts < MAX_ATTEMPTS and queued.expires > now and queued.message.id not in channel.unconfirmed
            ):
                due.append(queued)
        if not due:
            return
        ids = [queued.message.id for queued in due]
        self._queue.attempted(account, ids)
        channel.hand([Envelope(queued.message, repeat=queued.attempts > 0) for queued in due])
        if not channel.session.confirms:
            for id in ids:
                self._queue.acknowledge(account, id)
