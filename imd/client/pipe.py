"""``imc --to`` and ``imc --receive``: the client for scripts.

::

    standard input ──lines──► Client.submit ──settled──► (--json) standard output
    Client ──message──► standard output ──written──► Client.acknowledge
"""

import sys
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.client.errors import ClientError, Refused
from imd.client.library import Client
from imd.client.options import Options
from imd.client.outgoing import Settled
from imd.client.printing import message_json, message_text, settled_json
from imd.client.signing_on import InThread
from imd.client.streams import InputLines, OutputLines
from imd.messages.catalogue import FromServer
from imd.messages.connection import Error
from imd.messages.messaging import Fetch, Message
from imd.messages.rooms import Join, RoomState
from imd.messages.signon import Welcome
from imd.protocols.native.wire.frame import LineTooLong

INTERRUPTED = 130
#: Lines that wait to be written before no more messages are read.
BEHIND = 500


def complain(text: str) -> None:
    """A line on standard error."""
    print(f"imc: {text}", file=sys.stderr, flush=True)


class Pipe:
    """One run. A `library.Listener`; `run` returns the exit code."""

    log = Logger()

    def __init__(
        self,
        options: Options,
        reactor: Any,
        in_thread: InThread,
        make_client: "Callable[[Pipe], Client]",
        *,
        stdin: int = 0,
        stdout: int = 1,
        complain: Callable[[str], None] = complain,
    ) -> None:
        self._options = options
        self._reactor = reactor
        self._complain = complain
        self._input = InputLines(reactor, stdin, self._line, self._input_ended)
        self._output = OutputLines(stdout, in_thread, self._nobody_reads)
        self._domain = ""
        self._own = ""
        #: Lines read and not settled; more may come while `_reading`.
        self._open = 0
        self._reading = bool(options.to)
        self._received = 0
        self._printed = 0
        self._code = 0
        self._timer: IDelayedCall | None = None
        self._finished: Deferred[None] = Deferred()
        self._client = make_client(self)

    async def run(self) -> int:
        """Raises `ClientError` when there never was a session."""
        welcome = await self._client.start()
        self._own = welcome.address
        if self._options.receive:
            self._output.watch(self._reactor)
        if self._options.to:
            self._input.start()
        if self._options.timeout is not None:
            self._timer = self._reactor.callLater(self._options.timeout, self._time_is_up)
        self._look()
        await self._finished
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        await self._output.flushed()
        await self._client.stop()
        return self._code

    def interrupt(self) -> None:
        """Ctrl-C, or SIGTERM: sign off. Receiving without a count has no other end."""
        unfinished = self._reading or self._open or self._options.count
        self._finish(INTERRUPTED if unfinished else 0)

    # ------------------------------------------------------------ the end

    def _look(self) -> None:
        """Whether this was all."""
        sent = not self._reading and not self._open
        received = not self._options.receive or (self._options.count and self._printed >= self._options.count)
        if sent and received:
            self._finish(0)

    def _finish(self, code: int) -> None:
        self._code = self._code or code
        if not self._finished.called:
            self._finished.callback(None)

    def _time_is_up(self) -> None:
        missing = self._printed < self._options.count or self._reading or self._open
        self._finish(1 if missing else 0)

    def _nobody_reads(self) -> None:
        self._finish(1)

    # ------------------------------------------------------------ sending

    def _line(self, line: bytes | LineTooLong) -> None:
        self._open += 1
        try:
            body = _body(line)
        except ValueError as problem:
            self._settled(Settled("", "", "refused", code="malformed", text=str(problem)))
            return
        self._client.send(self._options.to, body).addCallback(self._settled)

    def _input_ended(self) -> None:
        self._reading = False
        self._look()

    def _settled(self, settled: Settled) -> None:
        to = self._options.to
        if not settled.accepted:
            self._code = self._code or 1
            why = settled.text or settled.code or "the server does not say why."
            what = "not sent" if settled.outcome == "refused" else "perhaps sent, perhaps not:"
            if not self._finished.called:
                self._complain(f"{what} to {to}: {why}" if settled.outcome == "refused" else f"{what} {why}")
        if self._options.json:
            self._output.write(settled_json(settled, to), lambda: None)
        self._input.done()
        self._open -= 1
        self._look()

    # ------------------------------------------------------------ library.Listener

    def welcomed(self, welcome: Welcome) -> None:
        self._own = welcome.address
        self._domain = welcome.address.rpartition("@")[2]
        room = self._options.to if self._options.to.startswith("#") else ""
        if room and room.lower() not in {known.name.lower() for known in welcome.rooms}:
            # Before any line: only members may talk in most rooms.
            Deferred.fromCoroutine(self._client.ask(Join(room=room), RoomState)).addErrback(self._not_joined, room)
        if self._options.receive and welcome.waiting:
            self._client.tell(Fetch())

    def _not_joined(self, failure: Failure, room: str) -> None:
        if failure.check(CancelledError):
            return
        if failure.check(Refused):
            # The lines that follow are refused too, and each says so.
            self._complain(f"cannot enter {room}: {failure.getErrorMessage()}")
        elif not failure.check(ClientError):
            self.log.failure("while entering a room", failure)

    def disconnected(self, why: str, retry_in: float) -> None:
        self._complain(f"{why} Trying again in {retry_in:g} s.")

    def ended(self, why: ClientError) -> None:
        self._complain(str(why))
        self._code = why.exit_code
        self._finish(why.exit_code)

    def message(self, message: Message) -> None:
        options = self._options
        if not options.receive or (options.count and self._received >= options.count) or self._finished.called:
            # Not acknowledged: it waits for a client that shows it.
            return
        if message.from_ == self._own and message.to != self._own:
            # Sent from another client of one's own.
            self._client.acknowledge(message.id)
            return
        self._received += 1
        line = message_json(message, self._domain) if options.json else message_text(message, self._domain)
        self._output.write(line, lambda: self._shown(message.id))
        if self._output.waiting >= BEHIND:
            self._client.pause()

    def _shown(self, id: str) -> None:
        self._printed += 1
        self._client.acknowledge(id)
        if not self._output.waiting:
            self._client.resume()
        self._look()

    def heard(self, event: FromServer) -> None:
        if isinstance(event, Error) and event.code != "unknown-type":
            self._complain(event.text)


def _body(line: bytes | LineTooLong) -> str:
    """The text of a line. Raises ValueError with a sentence."""
    if isinstance(line, LineTooLong):
        raise ValueError(f"The line is longer than {line.limit} bytes.")
    try:
        return line.decode()
    except UnicodeDecodeError as problem:
        raise ValueError("The line is not UTF-8.") from problem
