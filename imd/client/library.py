"""What an application sees of imd: one session that survives its connections.

::

    client = Client(reach, identity, details, listener, reactor, in_thread)
    welcome = await client.start()              # CannotConnect, SignOnFailed
    settled = await client.send("bob", "Hi")    # never fails: accepted, kept, refused, unknown
    room = await client.ask(Join(room="#tea"), RoomState)
    await client.stop()

The listener hears messages (each once, however often the server repeats it) and all other events as they stand in
`imd.messages`. A message is acknowledged when the application says that it was shown.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.client.errors import CannotConnect, ClientError, NotConnected, SignOnFailed
from imd.client.outgoing import Outgoing, OutgoingMessages, Settled
from imd.client.reaching import Reach
from imd.client.requests import Requests
from imd.client.signing_on import Details, Identity, InThread, sign_on
from imd.client.wire import WireProtocol
from imd.messages.base import Answer, Request, Wire
from imd.messages.catalogue import FromServer
from imd.messages.connection import Bye, Error, Ok, Quit
from imd.messages.messaging import Ack, Message, Sent
from imd.messages.signon import Welcome
from imd.messages.values import MessageKind

#: Seconds before the first attempt to connect again, and at most; each is twice the one before.
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
#: Seconds until a sign-on must be through.
SIGN_ON_TIMEOUT = 60.0
#: Ids of messages remembered to know them again.
REMEMBERED = 20_000
#: Ids in one acknowledgement.
ACK_BATCH = 500
#: Seconds the server has to say goodbye.
FAREWELL = 2.0
#: Ends of a session that the server or its operator wants: signing on again at once would be rude.
_FINAL = frozenset({"replaced", "kicked", "banned"})

_T = TypeVar("_T", bound=Answer)
_M = TypeVar("_M")


class Listener(Protocol):
    """What an application is told. Called from the reactor; must not raise, must not block."""

    def welcomed(self, welcome: Welcome) -> None:
        """There is a session: the first one, or one after the connection was lost."""

    def disconnected(self, why: str, retry_in: float) -> None:
        """The connection is lost or could not be made again; the next attempt follows."""

    def ended(self, why: ClientError) -> None:
        """There is no session, and no further attempt is made."""

    def message(self, message: Message) -> None:
        """A message that has not been told before; `Client.acknowledge` it once it is shown."""

    def heard(self, event: FromServer) -> None:
        """Anything else the server says unasked."""


class Client:
    """One session of an account. `patience`: seconds to try for a lost connection; None: for ever."""

    log = Logger()

    def __init__(
        self,
        reach: Reach,
        identity: Identity,
        details: Details,
        listener: Listener,
        reactor: Any,
        in_thread: InThread,
        *,
        patience: float | None = None,
    ) -> None:
        self._reach = reach
        self._identity = identity
        self._details = details
        self._listener = listener
        self._reactor = reactor
        self._in_thread = in_thread
        self._patience = patience
        self._wire: WireProtocol | None = None
        self._requests = Requests(self._write)
        self._outgoing = OutgoingMessages(reactor, self._write_payload, lambda: self._requests.number())
        self._seen: OrderedDict[str, bool] = OrderedDict()
        self._acks: dict[str, None] = {}
        self._ack_call: IDelayedCall | None = None
        self._online = False
        self._stopping = False
        self._goodbye = ""
        self._gone: Deferred[None] | None = None
        self._returning: Deferred[None] | None = None

    @property
    def online(self) -> bool:
        """Whether there is a session now."""
        return self._online

    @property
    def unsettled(self) -> int:
        """Messages whose fate is open."""
        return len(self._outgoing)

    # ------------------------------------------------------------ for the application

    async def start(self) -> Welcome:
        """Connect and sign on. Raises `CannotConnect`, `SignOnFailed`, `NotConnected`; then nothing is left behind."""
        return await self._connect()

    def send(self, to: str, body: str, kind: MessageKind = "text") -> "Deferred[Settled]":
        """Send a message, now or when there is a connection again. Fires once with what became of it."""
        return self.submit(to, body, kind).settled

    def submit(self, to: str, body: str, kind: MessageKind = "text") -> Outgoing:
        """The same, for who wants to know the message's own id at once."""
        return self._outgoing.add(to, body, kind)

    async def ask(self, request: Request, answer: type[_T]) -> _T:
        """Any other request. Raises `Refused` and `NotConnected`."""
        if not self._online:
            raise NotConnected("There is no connection to the server now.")
        return await self._requests.ask(request, answer)

    async def do(self, request: Request) -> None:
        """A request that is answered by a plain yes. Raises `Refused` and `NotConnected`."""
        await self.ask(request, Ok)

    def tell(self, request: Request) -> None:
        """A request whose answer nobody wants; nothing happens without a connection."""
        if self._online:
            self._write(request)

    def acknowledge(self, id: str) -> None:
        """This message has been shown."""
        self._acks[id] = None
        if id in self._seen:
            self._seen[id] = True
        self._acknowledge_soon()

    def pause(self) -> None:
        """Hear nothing more for now: the application cannot keep up. Ends with `resume`, or with the connection."""
        if self._wire is not None:
            self._wire.pause()

    def resume(self) -> None:
        if self._wire is not None:
            self._wire.resume()

    async def stop(self, text: str = "") -> None:
        """Sign off and close, having sent what acknowledgements wait; within `FAREWELL` seconds."""
        if self._stopping:
            return
        self._stopping = True
        if self._returning is not None:
            self._returning.cancel()
        wire = self._wire
        if wire is not None:
            wire.resume()
            self._flush_acks()
            self._gone = Deferred()
            if wire.send(Quit(text=text)):
                timer = self._reactor.callLater(FAREWELL, wire.fail, "No farewell.")
                await self._gone
                if timer.active():
                    timer.cancel()
        if self._ack_call is not None and self._ack_call.active():
            self._ack_call.cancel()
        self._outgoing.give_up("The client stops.")

    # ------------------------------------------------------------ connecting

    async def _connect(self) -> Welcome:
        wire = await self._reach()
        if wire.hello is None or wire.ended:
            raise CannotConnect(wire.ended or "The server did not greet.")
        self._wire = wire
        self._goodbye = ""
        wire.on_message = self._heard
        wire.on_lost = self._lost
        timer = self._reactor.callLater(SIGN_ON_TIMEOUT, wire.fail, "Signing on took too long.")
        try:
            welcome = await sign_on(
                self._requests,
                wire.hello,
                self._identity,
                self._details,
                self._in_thread,
                confidential=wire.confidential,
            )
        except BaseException:
            self._wire = None
            wire.close()
            raise
        finally:
            if timer.active():
                timer.cancel()
        # Still within the reading of the welcome: the messages behind it find the listener welcomed.
        self._online = True
        self._listener.welcomed(welcome)
        self._outgoing.connected(wire.hello.limits)
        self._acknowledge_soon()
        return welcome

    def _lost(self, why: str) -> None:
        was_online, self._online, self._wire = self._online, False, None
        self._requests.lost(why)
        self._outgoing.lost()
        if self._gone is not None:
            gone, self._gone = self._gone, None
            gone.callback(None)
        if self._stopping or not was_online:
            return
        if self._goodbye in _FINAL:
            self._end(NotConnected(why))
            return
        self._returning = Deferred.fromCoroutine(self._return(why))
        self._returning.addErrback(self._failed)

    async def _return(self, why: str) -> None:
        """Connect again, after longer and longer pauses."""
        delay = FIRST_DELAY
        since = self._reactor.seconds()
        while True:
            self._listener.disconnected(why, delay)
            await deferLater(self._reactor, delay)
            try:
                await self._connect()
            except SignOnFailed as problem:
                if not problem.temporary:
                    self._end(problem)
                    return
                why = str(problem)
            except (CannotConnect, NotConnected) as problem:
                why = str(problem)
            else:
                self._returning = None
                return
            if self._patience is not None and self._reactor.seconds() - since > self._patience:
                self._end(CannotConnect(why))
                return
            delay = min(delay * 2, LONGEST_DELAY)

    def _failed(self, failure: Failure) -> None:
        self._returning = None
        if self._stopping:
            # Given up on purpose.
            return
        self.log.failure("while connecting again", failure)
        self._end(NotConnected("The client made a mistake while it connected again."))

    def _end(self, why: ClientError) -> None:
        self._returning = None
        self._outgoing.give_up(str(why))
        self._listener.ended(why)

    # ------------------------------------------------------------ hearing

    def _heard(self, message: FromServer) -> None:
        if isinstance(message, Message):
            self._message(message)
        elif isinstance(message, Bye):
            self._goodbye = message.code
            if self._online:
                self._tell(self._listener.heard, message)
        elif (isinstance(message, Sent | Error) and self._outgoing.heard(message)) or self._requests.heard(message):
            return
        else:
            self._tell(self._listener.heard, message)

    def _tell(self, listener: Callable[[_M], None], what: _M) -> None:
        # A listener's mistake must not end the connection: the same message would come again, for ever.
        try:
            listener(what)
        except Exception:
            self.log.failure("while the application heard of {what}", what=type(what).__name__)

    def _message(self, message: Message) -> None:
        shown = self._seen.get(message.id)
        if shown is None:
            self._seen[message.id] = False
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            self._tell(self._listener.message, message)
        elif shown:
            # The acknowledgement was lost with its connection.
            self.acknowledge(message.id)

    # ------------------------------------------------------------ writing

    def _write(self, message: Wire) -> bool:
        return self._wire is not None and self._wire.send(message)

    def _write_payload(self, payload: bytes) -> bool:
        return self._wire is not None and self._wire.send_payload(payload)

    def _acknowledge_soon(self) -> None:
        if self._acks and self._online and self._ack_call is None:
            self._ack_call = self._reactor.callLater(0, self._flush_acks)

    def _flush_acks(self) -> None:
        if self._ack_call is not None and self._ack_call.active():
            self._ack_call.cancel()
        self._ack_call = None
        while self._acks and self._online:
            ids = tuple(self._acks)[:ACK_BATCH]
            if not self._write(Ack(ids=ids)):
                return
            for id in ids:
                del self._acks[id]
