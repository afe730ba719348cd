"""One connection of a client, by states, and what it says to the client. Knows no framing and no transport.

::

    GREETING ──authenticate──► AUTHENTICATING ──► DETAILS ──session──► ONLINE ──quit, end, loss──► CLOSING
        └────────register, resume────────────────────┘

Payloads are handled in the order of reading. A request that waits for the core lets later ones pass, but those of
signing on run alone, and with `MAX_OPEN` requests under way no more is read.
"""

from collections import deque
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError

from imd.core.contact import RosterChange
from imd.core.conversation import ConversationNews
from imd.core.message import Envelope, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.refusal import Refusal
from imd.core.session import Account, Peer, PresenceView, Session, Vouched
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLines
from imd.messages.base import Wire
from imd.messages.catalogue import FromClient
from imd.messages.connection import Bye, Error, Ok, Ping
from imd.messages.messaging import ReadElsewhere
from imd.net.bucket import Bucket
from imd.protocols.native import desks, outgoing, room_events
from imd.protocols.native.commands import COMMANDS, Row
from imd.protocols.native.door import Door
from imd.protocols.native.sink import Sink
from imd.protocols.native.state import State
from imd.protocols.native.wire.codec import BadMessage, decode_client, encode

if TYPE_CHECKING:
    from imd.protocols.native.sasl import Exchange

#: Most requests of one connection under way; with more, it is not read from.
MAX_OPEN = 256
#: Refusals for haste, one after the other, after which the client is beyond help.
MAX_HASTE = 1_000


class NativeSession:
    """One connection and who is behind it; the core's `Client` from sign-on on."""

    __slots__ = (
        "_alone",
        "_commands",
        "_haste",
        "_messages",
        "_open",
        "_pumping",
        "_waiting",
        "account",
        "core",
        "door",
        "exchange",
        "failures",
        "hub",
        "kept",
        "leaving",
        "peer",
        "sink",
        "state",
        "vouched",
    )

    def __init__(self, door: Door, peer: Peer, sink: Sink) -> None:
        self.door = door
        self.hub = door.hub
        self.peer = peer
        self.sink = sink
        self.state = State.GREETING
        #: Proved, from DETAILS on.
        self.account: Account | None = None
        #: By whose word, if that is a site's.
        self.vouched: Vouched | None = None
        #: The SASL conversation under way.
        self.exchange: Exchange | None = None
        #: Failed sign-ons so far.
        self.failures = 0
        #: The core's session, from its opening to its end.
        self.core: Session | None = None
        #: Why the connection will be found lost, for the ledger.
        self.leaving = "lost"
        settings = door.settings
        now = self.hub.clock.time()
        self._commands = Bucket(settings.commands_per_second, settings.command_burst, now)
        self._messages = Bucket(settings.messages_per_second, settings.message_burst, now)
        self._haste = 0
        #: What is read but may not be handled yet; None when there is nothing, which is nearly always.
        self._waiting: deque[bytes | Refusal] | None = None
        #: Its bytes.
        self.kept = 0
        self._alone = False
        self._open = 0
        self._pumping = False

    @property
    def me(self) -> Session:
        """The core's session; only for commands that need it."""
        if self.core is None:
            raise AssertionError("not signed on")
        return self.core

    def whose(self) -> str:
        """Who it is, for the log."""
        name = "?" if self.core is None else self.core.address.name
        return f"{name} at {self.peer.address}, {self.peer.door}"

    def gone(self) -> bool:
        """Whether the connection is ending or has ended; ask after each wait."""
        return self.state is State.CLOSING

    # ------------------------------------------------------------ saying

    def answer(self, message: Wire) -> None:
        """Send a message, unless the connection is ending."""
        if self.state is not State.CLOSING:
            self.sink.send(encode(message))

    def ok(self, ref: int) -> None:
        """Answer that it is done, for who asked to be told."""
        if ref:
            self.answer(Ok(ref=ref))

    def refuse(self, ref: int, refusal: Refusal) -> None:
        self.answer(error(ref, refusal))

    def ping(self) -> None:
        self.door.settings.tally.count("native_ping_interval")
        self.answer(Ping())

    def bye(self, code: str, text: str, reason: str, farewell: str = "") -> None:
        """End the session: say why, sign off (`reason` for the ledger, `farewell` for the others), and close."""
        if self.state is State.CLOSING:
            return
        self.answer(Bye(code=code, text=text))
        self.state = State.CLOSING
        self.leaving = reason
        self.lost(farewell)
        self.sink.close()

    def lost(self, text: str = "") -> None:
        """The connection is gone, or as good as gone. Harmless when repeated."""
        self.state = State.CLOSING
        self._waiting = None
        self.kept = 0
        core, self.core = self.core, None
        if core is not None:
            self.hub.people.sign_off(core, self.leaving, text)

    # ------------------------------------------------------------ hearing

    def receive(self, payload: bytes) -> None:
        """A payload of the client."""
        self._take(payload)

    def unreadable(self, refusal: Refusal) -> None:
        """The client sent something that cannot even be a payload, in its place among them."""
        self._take(refusal)

    def _take(self, what: bytes | Refusal) -> None:
        if self.state is State.CLOSING:
            return
        if self._waiting is None:
            if not self._held:
                self._handle(what)
                return
            self._waiting = deque()
        self._waiting.append(what)
        if isinstance(what, bytes):
            self.kept += len(what)
        self.sink.pause()

    @property
    def _held(self) -> bool:
        return self._alone or self._open >= MAX_OPEN or self.sink.full

    def go_on(self) -> None:
        """The client has read what waited for it."""
        if self._waiting:
            self._pump()

    def _pump(self) -> None:
        """Handle what waited, as far as it may be. A request that ends at once comes back here: it must not nest."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._waiting and not self._held:
                what = self._waiting.popleft()
                if isinstance(what, bytes):
                    self.kept -= len(what)
                self._handle(what)
        finally:
            self._pumping = False
        if not self._waiting:
            self._waiting = None
            self.sink.resume()

    def _handle(self, what: bytes | Refusal) -> None:
        if isinstance(what, Refusal):
            self._refuse_garbage(error(0, what))
            return
        try:
            message = decode_client(what)
        except BadMessage as bad:
            self._refuse_garbage(Error(ref=bad.ref, code=bad.code, text=bad.sentence))
            return
        self._run(message)

    def _refuse_garbage(self, answer: Error) -> None:
        self.door.log.info("native: {peer}: {code}: {text}", peer=self.peer.address, code=answer.code, text=answer.text)
        self.answer(answer)
        if self._commands.take(self.hub.clock.time()):
            self.door.settings.tally.count("commands_per_second")
            self._too_hasty()

    def _run(self, message: FromClient) -> None:
        row = COMMANDS[type(message)]
        if self.state not in row.states:
            self.answer(Error(ref=message.ref, code="wrong-state", text=self.state.value))
            return
        wait = self._wait(row)
        if wait:
            self.answer(
                Error(
                    ref=message.ref,
                    code="too-fast",
                    text=f"Too many requests; try again in {max(1, round(wait))} s.",
                    retry_after=wait,
                )
            )
            self._too_hasty()
            return
        self._haste = 0
        try:
            coroutine = row.run(self, message)
        except Refusal as refusal:
            self.refuse(message.ref, refusal)
        except Exception:
            self._fault(message)
        else:
            if coroutine is not None:
                self._alone = row.alone
                self.opened()
                self.door.spawn("answer a native request", self._finish(row, message, coroutine))

    def _wait(self, row: Row) -> float:
        """Seconds until this may be asked; 0.0: now, and it is paid for."""
        if not row.cost:
            return 0.0
        now = self.hub.clock.time()
        wait = self._commands.take(now, row.cost)
        if wait:
            self.door.settings.tally.count("commands_per_second")
        elif row.message:
            wait = self._messages.take(now)
            if wait:
                self.door.settings.tally.count("messages_per_second")
        return wait

    def _too_hasty(self) -> None:
        self._haste += 1
        if self._haste >= MAX_HASTE:
            self.bye("too-fast", "Too many requests after each was refused.", "flood")

    async def _finish(self, row: Row, message: FromClient, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except Refusal as refusal:
            self.refuse(message.ref, refusal)
        except CancelledError:
            raise
        except Exception:
            self._fault(message)
        finally:
            if row.alone:
                self._alone = False
            self.settled()

    def _fault(self, message: FromClient) -> None:
        kind = type(message).__struct_config__.tag
        self.door.log.failure("native request {kind} failed", kind=kind)
        text = "The server made a mistake; it has been logged."
        self.answer(Error(ref=message.ref, code="internal", text=text))

    def opened(self) -> None:
        """One more request is under way."""
        self._open += 1

    def settled(self) -> None:
        """A request under way has its answer."""
        self._open -= 1
        if self._waiting:
            self._pump()

    # ------------------------------------------------------------ the core's Client

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            payload = outgoing.message(envelope)
            if payload:
                self.sink.send(payload)

    takes_receipts = True

    def receipt(self, receipt: Receipt) -> None:
        self.answer(outgoing.receipt(receipt))

    def presence_changed(self, views: Sequence[PresenceView]) -> None:
        for view in views:
            self.sink.send(outgoing.presence(view))

    def roster_changed(self, change: RosterChange) -> None:
        self.answer(outgoing.roster_change(change))

    def room_event(self, event: RoomEvent) -> None:
        if self.core is not None:
            payload = room_events.payload(event, self.core)
            if payload:
                self.sink.send(payload)

    def room_crowd(self, crowd: Crowd) -> None:
        core = self.core
        if core is not None:
            for event in crowd.told(core.person):
                if payload := room_events.payload(event, core):
                    self.sink.send(payload)

    def room_lines(self, told: RoomLines) -> None:
        core = self.core
        for line in told.lines:
            if core is not None and line.session != core.id:
                payload = outgoing.message(line.envelope, line.least)
                if payload:
                    self.sink.send(payload)

    def backlog(self) -> int:
        return self.sink.backlog()

    def message_redacted(self, redaction: Redaction) -> None:
        if self.core is not None:
            mine = redaction.by == self.core.address
            with_ = redaction.to if mine else redaction.desk or redaction.by.name
            self.answer(outgoing.redacted(with_, redaction.message, redaction.time, redaction.by, redaction.text))

    @property
    def takes_missed(self) -> bool:
        # Its clients read history, and know ids.
        return False

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None: ...
    def probe(self) -> None: ...

    def message_read(self, mark: ReadMark) -> None:
        self.answer(ReadElsewhere(id=mark.id, with_=mark.target, time=mark.at / 1000))

    def metadata_changed(self, change: MetadataChange) -> None:
        """The native protocol does not show it yet."""

    def conversation(self, news: ConversationNews) -> None:
        self.answer(desks.conversation(news))

    def end(self, reason: Refusal) -> None:
        self.core = None
        self.bye(reason.code, reason.sentence, reason.code)


def error(ref: int, refusal: Refusal) -> Error:
    """A refusal as an answer."""
    return Error(ref=ref, code=refusal.code, text=refusal.sentence, retry_after=getattr(refusal, "retry_after", None))
