"""Bringing a session up to date from the store: what waited for its account, in order, then the live messages."""

from collections.abc import Callable

from imd.core.message import Envelope, Message
from imd.core.offline import OfflineQueue
from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.relay import Channel, Flow
from imd.core.roster import Rosters
from imd.core.sequence import Sequence
from imd.core.stores import InboxStore, OutcomeUnknown, Queued
from imd.core.trace import Way

#: After so many unconfirmed attempts a message waits until it is asked for (DESIGN, "Acknowledgement").
MAX_ATTEMPTS = 5

_PAGE = 64
#: Seconds between two looks whether a client that never confirms has read what waits for it.
_PAUSE = 0.02
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

    async def run(
        self, account: str, channel: Channel, push: Callable[[], None], way: Callable[[Message], Way], alone: bool
    ) -> None:
        """From the channel's cursor to the present; leaves the channel live, or behind if the store goes away.

        `push` puts everything that is under way to other sessions into the store, so that each message with a number
        up to the present one is in the store, or acknowledged. Later ones are held, and follow. A session that is
        `alone` reads without bound: nobody else acknowledges what it has not seen, and numbers given before the clock
        was set back are found too. `way` gives the trace of a message.
        """
        try:
            push()
            upto = _NO_BOUND if alone else self._numbers.last
            while not channel.over():
                page = await self._store.read(account, channel.cursor, upto, _PAGE)
                if channel.over():
                    return
                portion = channel.fitting(page)
                if portion:
                    self._hand(account, channel, portion, way)
                    channel.cursor = max(channel.cursor, portion[-1].message.seq)
                    self._numbers.not_before(page[-1].message.seq)
                if len(portion) < min(len(page), _PAGE):
                    # The rest is read again when there is room: another session may have confirmed it meanwhile.
                    await self._room(channel)
                    continue
                if len(page) < _PAGE or channel.again:
                    if not channel.overflow and not channel.again:
                        break
                    if channel.again:
                        channel.cursor = 0
                    channel.take_held()
                    channel.overflow = channel.again = False
                    push()
                    upto = _NO_BOUND if alone else self._numbers.last
                await self._room(channel)
        except (StoreUnavailable, OutcomeUnknown):
            # What is held is in memory as pending, or stored; it is read again when the store is back.
            channel.take_held()
            channel.overflow = False
            channel.flow = Flow.BEHIND
            # What the store had no room for has waited for this session.
            push()
            return
        if not channel.over():
            held = {
                envelope.message.id: envelope
                for envelope in sorted(channel.take_held(), key=lambda envelope: envelope.message.seq)
                if envelope.message.id not in channel.unconfirmed and envelope.message.id not in channel.shown
            }
            if channel.session.confirms:
                channel.shown = {}
            channel.flow = Flow.LIVE
            if held:
                # They were put into the store while they waited here, as not handed to anybody.
                self._hand_over(account, channel, list(held.values()), way)

    async def _room(self, channel: Channel) -> None:
        if not channel.session.confirms:
            # It will not say what it has read: what has not left yet tells as much.
            while not channel.over() and channel.session.client.backlog() > channel.window_bytes // 2:
                channel.tally.count("window")
                await self._pause()
            return
        full = len(channel.unconfirmed) + _PAGE > channel.window or channel.weight > channel.window_bytes // 2
        if full and channel.unconfirmed:
            channel.tally.count("window")
            channel.room = self._environment.future()
            await channel.room

    async def _pause(self) -> None:
        pause = self._environment.future()
        self._environment.clock.call_later(_PAUSE, lambda: pause.callback(None))
        await pause

    def _hand(self, account: str, channel: Channel, page: list[Queued], way: Callable[[Message], Way]) -> None:
        now = self._environment.clock.time()
        due: list[Queued] = []
        for queued in page:
            sender = queued.message.sender_account
            contact = self._rosters.contact(account, sender) if sender else None
            if contact is not None and contact.blocked:
                # Blocked since: it expires at once, by the recipient's rule (P5).
                way(queued.message).add(now, "expired", "the recipient blocks the sender")
                self._queue.acknowledge(account, queued.message.id)
            elif queued.expires <= now:
                way(queued.message).add(now, "expired", "kept as long as offline.keep says, and not asked for")
            elif self._to_be_shown(account, channel, queued):
                due.append(queued)
        if due:
            envelopes = [Envelope(queued.message, repeat=queued.attempts > 0) for queued in due]
            self._hand_over(account, channel, envelopes, way)

    def _to_be_shown(self, account: str, channel: Channel, queued: Queued) -> bool:
        id = queued.message.id
        return not (
            queued.attempts >= MAX_ATTEMPTS
            or id in channel.unconfirmed
            or id in channel.shown
            or self._queue.leaving(account, id)
        )

    def _hand_over(
        self, account: str, channel: Channel, envelopes: list[Envelope], way: Callable[[Message], Way]
    ) -> None:
        now = self._environment.clock.time()
        ids = [envelope.message.id for envelope in envelopes]
        for envelope in envelopes:
            each = way(envelope.message)
            each.add(now, "relay", "handed to a client that signed on, or had fallen behind")
            each.handed = True
        self._queue.attempted(account, ids)
        if not channel.session.confirms:
            for id in ids:
                self._queue.acknowledge(account, id)
        channel.hand(envelopes)
