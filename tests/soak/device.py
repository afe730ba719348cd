"""One client program of one person: it comes, sends, is cut in several ways, and comes back by itself.

::

    OFF ──come──► COMING ──► ON ──leave──► GOING ──► OFF
     ▲                        ├──cut: RST, half close, gone without a word──► OFF, and back soon
     └────────────────────────┴──deaf: connected, reads nothing, says nothing──► OFF, and back soon
"""

import contextlib
import enum
import random
import socket
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.error import ConnectError, ConnectionClosed

from tests.doors.driver import Outcome, Seen, SignOnFailed, reactor
from tests.doors.polling import PollStream
from tests.doors.stream import PATIENCE
from tests.doors.udp import Datagrams
from tests.promises.house import PASSWORD
from tests.soak.books import Entry, Shelf
from tests.soak.clients import Client, NativeClient, client_on, dial
from tests.soak.plan import NATIVE

if TYPE_CHECKING:
    from tests.soak.person import Person

#: Seconds of people's time for which a deaf client holds its connection: sometimes longer than the daemon waits.
DEAF = 150.0

#: What the daemon says to a client it has not heard of for too long; by polling, when it asks again.
_SILENT = ('"code":"timeout"', "(Ping timeout", "There is no such session")

CUTS = ("reset", "half", "silence", "deaf", "move")


class State(enum.Enum):
    OFF = "off"
    COMING = "coming"
    ON = "on"
    #: Connected as far as the daemon knows.
    DEAF = "deaf"
    #: Has said goodbye.
    GOING = "going"


class Device:
    """A program. What it remembers outlives its connections: what it has shown, and what is not answered yet."""

    def __init__(self, person: "Person", kind: str, number: int) -> None:
        self.person = person
        self.town = person.town
        self.kind = kind
        self.native = kind in NATIVE
        self.label = f"{person.resident.name}/{kind}{number}"
        #: As the daemon knows it.
        self.name = f"{kind}{number}" if self.native else "irc"
        self.state = State.OFF
        self.client: Client | None = None
        self.shelf = self._new_shelf()
        #: Contacts as this connection was told of them: name → state and text.
        self.views: dict[str, tuple[str, str]] = {}
        #: What this session says of itself.
        self.presence = ("available", "")
        #: Whether an IRC client watches its contacts by MONITOR.
        self.monitors = self.chance.random() < 0.5
        self._unsettled: dict[int, Entry] = {}
        self._token: tuple[str, str] | None = None
        self._connection = 0
        #: In which life of the daemon it signed on, and whether the connection was cut on purpose.
        self.life = 0
        self._cut = False
        self._received = 0
        self._confirmed = 0

    @property
    def chance(self) -> random.Random:
        return self.person.chance

    def _new_shelf(self) -> Shelf:
        return Shelf(self.town.books, self.person.name, self.label, knows_ids=self.kind != "bare")

    # ------------------------------------------------------------ coming

    async def come(self) -> None:
        """Sign on, by a token if there is one. Never raises: who does not get in tries again."""
        if self.state is not State.OFF or not self.town.up:
            return
        self.state = State.COMING
        life = self.town.life
        client: Client | None = None
        try:
            stream = await dial(self.town.daemon, self.kind)
            client = client_on(stream, self.kind, self.person.called())
            entering = Deferred.fromCoroutine(self._enter(client))
            # What was asked on a connection that is lost is never answered.
            client.lost.addCallback(lambda _: entering.cancel())
            entering.addTimeout(PATIENCE, reactor)
            await entering
        except (ConnectError, ConnectionClosed, AssertionError, CancelledError, TimeoutError) as error:
            if client is not None:
                client.cut()
            self.state = State.OFF
            self._refused(error, life)
            return
        except BaseException:
            self.state = State.OFF
            raise
        if self.client is None:
            self.state = State.OFF
            self.back(0.5)

    async def _enter(self, client: Client) -> None:
        self._connection += 1
        self._received = self._confirmed = 0
        self._cut = False
        life = self.town.life
        self.views = {}
        if self.person.resident.guest:
            self.shelf = self._new_shelf()
        client.ears = self
        self.client = client
        client.lost.addCallback(lambda _: self._lost(client))
        if isinstance(client, NativeClient):
            state, text = self.presence
            more: dict[str, Any] = {"device": self.name, "presence": {"state": state, "text": text}}
            await self._enter_native(client, more)
            client.look()
        else:
            self.presence = ("available", "")
            await client.enter("" if self.person.resident.guest else PASSWORD)
        self.state, self.life = State.ON, life
        self.town.figures.arrivals += 1
        for entry in list(self._unsettled.values()):
            if entry.to.startswith("#") and entry.to not in self.person.rooms:
                # Nobody says again in a room what she said before she left it.
                entry.how = "nothing"
                del self._unsettled[entry.number]
        # In the old order, and before anything new.
        self._again([entry for entry in self._unsettled.values() if not entry.to.startswith("#")])
        for room in sorted(self.person.rooms):
            self.join(room)
        self.person.arrived(self)

    def join(self, room: str) -> None:
        """Enter a room; what was said there and not answered is said again once one is in."""
        client = self.client
        if isinstance(client, NativeClient):
            said = [entry for entry in self._unsettled.values() if entry.to == room]
            joined = client.ask({"type": "join", "room": room})
            joined.addCallback(lambda _: self._again(said)).addErrback(self.town.failed)
        elif client is not None:
            client.say(f"JOIN {room}")

    def part(self, room: str) -> None:
        client = self.client
        if isinstance(client, NativeClient):
            # Whoever asks hears of it by the answer alone.
            parted = client.ask({"type": "part", "room": room})
            parted.addCallback(lambda _: self.parted(room)).addErrback(self.town.failed)
        elif client is not None:
            client.say(f"PART {room}")

    def _again(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.number in self._unsettled:
                entry.resent += 1
                self.town.books.tally.resent += 1
                self._say(entry)

    async def _enter_native(self, client: NativeClient, more: dict[str, Any]) -> None:
        token, self._token = self._token, None
        if token is not None and self.chance.random() < 0.7:
            try:
                await client.take_over(*token, **more)
            except SignOnFailed:
                # Used up, or older than the daemon allows: by password, on the same connection.
                self.town.figures.tokens_refused += 1
                await self._by_password(client, more)
        else:
            await self._by_password(client, more)
        self._token = client.welcome["token"], client.welcome["session"]

    async def _by_password(self, client: NativeClient, more: dict[str, Any]) -> None:
        person = self.person
        if not person.resident.visitor:
            await client.enter(PASSWORD, **more)
            return
        try:
            person.secret = await client.visit(person.secret, **more)
        except SignOnFailed as failed:
            # Forgotten when she went, because she had never said anything.
            if "no-such-visitor" not in str(failed) or person.known:
                raise
            person.secret = await client.visit("", **more)
        if person.name != client.name:
            person.name = client.name
            self.shelf = self._new_shelf()

    def _refused(self, error: Exception, life: int) -> None:
        town = self.town
        town.figures.not_in += 1
        if isinstance(error, SignOnFailed) and "try again in" in str(error):
            # All come at once, and hashing takes its time: P6, and said so.
            town.figures.put_off += 1
            self.back(5.0)
            return
        if isinstance(error, SignOnFailed) and town.up and town.life == life:
            # P10: nothing valid is refused.
            town.books.fault("sign-on refused", f"{self.label}: {error}")
        elif town.up and town.life == life:
            town.trouble(f"{self.label}: {type(error).__name__}: {str(error)[:300]}")
        self.back(0.5)

    def back(self, within: float) -> None:
        """Come back by itself, after a moment of up to `within` seconds. While the town rests it calls people home."""
        if not self.person.gone:
            self.town.later(self.chance.random() * within, self._try)

    def _try(self) -> None:
        if self.person.gone or self.town.resting or self.state is not State.OFF:
            return
        if self.town.up:
            self.town.spawn(self.come())
        else:
            self.back(1.0)

    # ------------------------------------------------------------ going

    def leave(self) -> None:
        """Politely: not while it waits for answers."""
        client = self.client
        if client is None or self.state is not State.ON or self._unsettled:
            return
        self.state = State.GOING
        if isinstance(client, NativeClient):
            client.tell({"type": "quit"})
        else:
            client.say("QUIT :bye")

    def cut(self, how: str) -> None:
        """The connection dies, in one of `CUTS`."""
        client = self.client
        if client is None or self.state is not State.ON:
            return
        self.town.figures.cuts[how] = self.town.figures.cuts.get(how, 0) + 1
        self._cut = how != "move" or self.kind != "udp"
        transport: Any = client.stream.transport
        if how == "move" and self.kind == "udp" and isinstance(client.stream, Datagrams):
            # Not cut at all: a new address in the middle of everything.
            self.town.spawn(client.stream.move())
        elif how == "half" and self.kind in ("tcp", "irc", "bare"):
            with contextlib.suppress(OSError):
                # Gone at this very moment.
                transport.getHandle().shutdown(socket.SHUT_WR)
        elif how == "deaf":
            self.state = State.DEAF
            if isinstance(client.stream, Datagrams):
                client.stream.dialed.transport.stopReading()
            elif isinstance(client.stream, PollStream):
                client.stream.pause()
            else:
                transport.pauseProducing()
            self.town.later(self.chance.random() * self.town.plan.compressed(DEAF), self.wake)
        else:
            client.cut()

    def wake(self) -> None:
        """A deaf client is switched off."""
        if self.state is State.DEAF and self.client is not None:
            self.client.cut()

    def _lost(self, client: Client) -> None:
        if self.client is not client:
            return
        self.client = None
        self.shelf.left()
        self._settle_open()
        if self.state is State.ON and not self._cut and self.life == self.town.reachable:
            said = " | ".join(client.stream.transcript[-3:])
            ended = client.stream.dialed.ended if isinstance(client.stream, Datagrams) else ""
            if ended in ("reset", "timeout") or any(word in said for word in _SILENT):
                # On a busy machine it may have been too late with its pong: the daemon waits for seconds only.
                self.town.figures.timed_out += 1
            else:
                self.town.books.fault("dropped", f"{self.label}, connection {self._connection}, {ended}: {said}")
        if self.state is State.GOING:
            self.state = State.OFF
        elif self.state is not State.COMING:
            self.state = State.OFF
            self.back(2.0)

    def _settle_open(self) -> None:
        """A native client asks again what became of a message; IRC has no way of asking."""
        if not self.native:
            for entry in self._unsettled.values():
                entry.how = "nothing"
            self._unsettled.clear()

    # ------------------------------------------------------------ saying

    @property
    def waits(self) -> list[str]:
        """Messages whose sender has no answer yet: number and recipient."""
        return [f"{entry.number} to {entry.to}" for entry in self._unsettled.values()]

    def send(self, to: str, words: str) -> None:
        entry = self.town.books.open(self.person.name, self.label, to, words, self.town.now())
        self._unsettled[entry.number] = entry
        self._say(entry)

    def _say(self, entry: Entry) -> None:
        client = self.client
        if client is None:
            return
        connection, confirmed, begun = self._connection, self._confirmed, self.town.now()
        if isinstance(client, NativeClient):
            answer = client.send(entry.to, entry.body, f"{self.label}-{entry.number}")
        else:
            answer = client.send(entry.to, entry.body)

        def told(outcome: Outcome) -> None:
            self.town.answered(self.town.now() - begun)
            self.shelf.certain(connection, confirmed)
            self._told(entry, outcome)

        answer.addCallback(told)
        answer.addErrback(self.town.failed)

    def _told(self, entry: Entry, outcome: Outcome) -> None:
        self.town.books.told(entry, outcome.how, outcome.id, outcome.reason)
        self.person.known = self.person.known or entry.promised
        if outcome.how == "unknown" and self.native:
            # Safe to send again under the same id; it may come after others by now.
            entry.late = True
            self.town.later(1.0, lambda: self._ask_again(entry))
        else:
            self._unsettled.pop(entry.number, None)

    def _ask_again(self, entry: Entry) -> None:
        if self.state is State.ON:
            self._again([entry])

    # ------------------------------------------------------------ Ears

    def private(self, sender: str, to: str, id: str, body: str, *, repeat: bool) -> None:
        self._received += 1
        self.shelf.private(sender, to, id, body, self._connection, self._received, repeat=repeat)

    def confirmed(self) -> None:
        self._confirmed = self._received

    def room(self, room: str, id: str, body: str) -> None:
        self.shelf.room(room, id, body)

    def parted(self, room: str) -> None:
        # Not when it was asked for: a busy daemon may be told to leave and to enter before it has done either.
        self.shelf.left(room)

    def saw(self, seen: list[Seen], *, coming: bool = False) -> None:
        for each in seen:
            if not coming or self.views.get(each.name, ("offline", ""))[0] == "offline":
                self.views[each.name] = (each.state, each.text)
