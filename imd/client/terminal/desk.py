"""Everything the person has before her: talks, buddies, presence. Hears the client's events; draws nothing."""

from collections.abc import Callable

from imd.client.errors import ClientError
from imd.client.library import Client
from imd.client.outgoing import Settled
from imd.client.printing import split_address
from imd.client.terminal import talks
from imd.client.terminal.room_news import tell
from imd.client.terminal.talks import Line, Talk
from imd.messages import history, rooms
from imd.messages.catalogue import FromServer
from imd.messages.connection import Bye, Error
from imd.messages.desks import ConversationOf
from imd.messages.messaging import Message, Read, ReadElsewhere, ReceiptEvent
from imd.messages.presence import PresenceOf, Unwatch, Watch
from imd.messages.roster import RosterChanged
from imd.messages.signals import Typing
from imd.messages.signon import Welcome
from imd.messages.values import Contact, MessageKind, OwnState, PersonPresence

#: Own lines whose receipts are waited for.
TRACKED = 500
#: Talks on the desk at a time.
MOST_TALKS = 200
#: Seconds somebody counts as writing (IRCv3 typing).
TYPING = 6.0
#: The states somebody can be written to and answer.
STATES = {"available": "here", "away": "away", "extended-away": "gone for long", "busy": "busy", "offline": "offline"}


class Desk:
    """A `library.Listener`. `changed` is called when there is something to draw, `ring` when somebody calls."""

    client: Client

    def __init__(self, time: Callable[[], float], changed: Callable[[], None], ring: Callable[[], None]) -> None:
        self.time = time
        self.changed = changed
        self.ring = ring
        self.own = ""
        self.domain = ""
        self.home = Talk("", "imc")
        self.talks: list[Talk] = [self.home]
        self.current = self.home
        self.contacts: dict[str, Contact] = {}
        self.presence: dict[str, PersonPresence] = {}
        self.online = False
        #: What the line at the bottom says of the connection.
        self.connection = "connecting…"
        self.state: OwnState = "available"
        self.state_text = ""
        #: Why there will be no session any more.
        self.over: ClientError | None = None
        #: What the person says on leaving; None while staying.
        self.leaving: str | None = None
        self.on_welcome: Callable[[Welcome], None] = lambda welcome: None
        self._tracked: dict[str, Line] = {}
        self._unshown: list[str] = []

    # ------------------------------------------------------------ names and talks

    def full(self, name: str) -> str:
        """An address in full."""
        return name if "@" in name else f"{name}@{self.domain}"

    def short(self, address: str) -> str:
        """As it is shown: without the server's own domain."""
        return split_address(address, self.domain)[0]

    def find(self, name: str) -> Talk | None:
        address = self.full(name).lower()
        return next((talk for talk in self.talks if talk.address.lower() == address), None)

    def talk(self, name: str) -> Talk:
        """The talk with somebody, or of a room; made if need be."""
        found = self.find(name)
        if found is None:
            self._make_room()
            address = self.full(name)
            found = Talk(address, self.short(address))
            self.talks.append(found)
        return found

    def _make_room(self) -> None:
        """Whoever writes opens a talk: with very many, the oldest goes, one that has been read first."""
        if len(self.talks) >= MOST_TALKS:
            spare = [talk for talk in self.talks if talk is not self.current and talk.address and not talk.room]
            for talk in sorted(spare, key=lambda talk: talk.unread > 0)[:1]:
                self.talks.remove(talk)

    def show(self, talk: Talk) -> None:
        """Bring a talk to the front."""
        self.current = talk
        talk.unread, talk.called, talk.scroll = 0, False, 0
        self.changed()

    def close(self, talk: Talk) -> None:
        """Take a talk off the desk; what was said stays on the server."""
        if talk is self.home:
            return
        index = self.talks.index(talk)
        self.talks.remove(talk)
        if talk is self.current:
            self.show(self.talks[min(index, len(self.talks) - 1)])
        self.changed()

    def step(self, by: int) -> None:
        """To the next talk, or the one before."""
        self.show(self.talks[(self.talks.index(self.current) + by) % len(self.talks)])

    def next_unread(self) -> None:
        """To the talk that has waited: those that call come first."""
        waiting = sorted((talk for talk in self.talks if talk.unread), key=lambda talk: not talk.called)
        if waiting:
            self.show(waiting[0])

    def note(self, text: str, talk: Talk | None = None) -> None:
        """A word of the client's own, on the talk that is seen."""
        for line in text.split("\n"):
            (talk or self.current).note(line, self.time())
        self.changed()

    def state_of(self, address: str) -> str:
        """What may be seen of somebody."""
        seen = self.presence.get(self.full(address).lower())
        return seen.state if seen is not None else "offline"

    @property
    def unread(self) -> int:
        return sum(talk.unread for talk in self.talks)

    # ------------------------------------------------------------ what the person does

    def say(self, talk: Talk, body: str, kind: MessageKind = "text") -> None:
        """Send a message, and show it with what becomes of it."""
        line = Line(self.time(), self.own, body, kind, mark=talks.PENDING)
        to = talk.title if talk.room else talk.address
        outgoing = self.client.submit(to, body, kind)
        talk.add(line)
        talk.scroll = 0
        if len(self._tracked) >= TRACKED:
            del self._tracked[next(iter(self._tracked))]
        self._tracked[outgoing.client_id] = line
        outgoing.settled.addCallback(self._settled, line)
        self.changed()

    def _settled(self, settled: Settled, line: Line) -> None:
        line.id = settled.id
        if settled.outcome == "refused":
            line.step(talks.REFUSED, settled.text or settled.code)
        elif settled.outcome == "unknown":
            line.step(talks.UNKNOWN, "perhaps sent, perhaps not")
        else:
            line.step(talks.WAITS if settled.outcome == "kept" else talks.ACCEPTED)
        self.changed()

    def recall(self, talk: Talk, said: history.History) -> bool:
        """What was said before, from the server; whether some of it was here already."""
        overlaps = talk.merge([self._line(message) for message in said.messages])
        self.changed()
        return overlaps

    def shown(self) -> None:
        """The screen has been drawn: what has come so far has been seen, and the talk in front has been read."""
        unshown, self._unshown = self._unshown, []
        for id in unshown:
            self.client.acknowledge(id)
        talk = self.current
        if self.online and talk.newest and talk.newest != talk.read and not talk.room and not talk.scroll:
            talk.read = talk.newest
            self.client.tell(Read(id=talk.newest))

    # ------------------------------------------------------------ library.Listener

    def welcomed(self, welcome: Welcome) -> None:
        self.online = True
        self.connection = "online"
        self.own = welcome.address
        self.domain = welcome.address.rpartition("@")[2]
        self.contacts = {contact.address.lower(): contact for contact in welcome.roster}
        self.presence = {seen.address.lower(): seen for seen in welcome.presence}
        self.on_welcome(welcome)
        self.changed()

    def disconnected(self, why: str, retry_in: float) -> None:
        if self.online:
            self.note(f"{why} What you write now is sent when the connection is back.", self.home)
        self.online = False
        self.presence = {}
        self.connection = f"offline, trying again in {retry_in:g} s"
        self.changed()

    def ended(self, why: ClientError) -> None:
        self.online = False
        self.over = why
        self.connection = "offline"
        self.note(f"{why} /quit, and start imc again.")

    def message(self, message: Message) -> None:
        self._unshown.append(message.id)
        own = message.from_.lower() == self.own.lower()
        talk = self.talk(message.to if message.to.startswith("#") or own else message.from_)
        line = self._line(message)
        if own and message.to.lower() != self.own.lower():
            line.mark = talks.ACCEPTED
        if talk.add(line) and not own:
            self._incoming(talk, line)
        self.changed()

    def heard(self, event: FromServer) -> None:
        if isinstance(event, ReceiptEvent):
            line = self._tracked.get(event.client_id)
            if line is not None:
                line.step(talks.READ if event.outcome == "read" else talks.DELIVERED)
        elif isinstance(event, ReadElsewhere):
            self._read_elsewhere(event)
        elif isinstance(event, history.Redacted):
            self._redacted(event)
        elif isinstance(event, PresenceOf):
            self._presence(event)
        elif isinstance(event, ConversationOf):
            self._conversation(event)
        elif isinstance(event, RosterChanged):
            self._roster(event)
        elif isinstance(event, Typing):
            self._typing(event)
        elif isinstance(event, Error | Bye):
            self.note(event.text, self.home)
        elif isinstance(event, rooms.RoomState | rooms.RoomEvent | rooms.RoomsLeft | rooms.RoomsRenamed):
            tell(self, event)
        self.changed()

    # ------------------------------------------------------------ inside

    def _line(self, message: Message | history.Line) -> Line:
        own = message.from_.lower() == self.own.lower()
        mark = talks.ACCEPTED if own and isinstance(message, history.Line) else ""
        body = message.body
        if isinstance(message, Message) and message.least:
            # Whoever answers in the room itself would answer before everybody.
            body = f"[{message.least} and above] {body}"
        return Line(message.time, message.from_, body, message.kind, message.id, message.seq, mark)

    def _incoming(self, talk: Talk, line: Line) -> None:
        talk.newest = line.id
        talk.typing = 0.0
        called = not talk.room or self.short(self.own).lower() in line.body.lower()
        if talk is not self.current:
            talk.unread += 1
            talk.called = talk.called or called
        if called and line.kind != "notice":
            self.ring()

    def _read_elsewhere(self, event: ReadElsewhere) -> None:
        """As far as that is: what has come since is unread still."""
        talk = self.find(event.with_) if event.with_ else None
        for each in self.talks:
            if event.id and each.newest == event.id:
                each.read, each.unread, each.called = each.newest, 0, False
            elif each is talk and talk.unread:
                # A device that knows no ids says the time, in milliseconds.
                others = (line for line in talk.lines if line.sender and line.sender.lower() != self.own.lower())
                talk.unread = min(talk.unread, sum(line.time > event.time + 0.001 for line in others))
                talk.called = talk.called and talk.unread > 0

    def _redacted(self, event: history.Redacted) -> None:
        """What was taken back is off the screen."""
        talk = self.find(event.with_)
        line = next((line for line in talk.lines if line.id == event.id), None) if talk is not None else None
        if line is not None:
            by = "" if event.by.lower() == line.sender.lower() else f" by {self.short(event.by)}"
            line.body, line.kind = f"(taken back{by}{f': {event.text}' if event.text else ''})", "text"

    def _typing(self, event: Typing) -> None:
        talk = self.find(event.from_)
        if talk is not None and not event.to.startswith("#"):
            talk.typing = self.time() + TYPING if event.state == "active" else 0.0

    def _presence(self, event: PresenceOf) -> None:
        key = event.address.lower()
        if event.renamed_from:
            self.presence.pop(event.renamed_from.lower(), None)
        before = self.presence.get(key)
        self.presence[key] = PersonPresence(
            address=event.address,
            state=event.state,
            text=event.text,
            idle_since=event.idle_since,
            realname=event.realname,
        )
        was = before.state if before is not None else "offline"
        talk = self.find(event.address)
        if talk is not None and was != event.state:
            text = f" ({event.text})" if event.text else ""
            talk.note(f"{self.short(event.address)} is {STATES.get(event.state, event.state)}{text}", self.time())

    def _conversation(self, event: ConversationOf) -> None:
        """Visitors are on nobody's list: who answers for a desk watches them by name as long as it lasts."""
        if event.person.lower() != self.own.lower():
            self.client.tell((Unwatch if event.state == "closed" else Watch)(name=event.person))

    def _roster(self, event: RosterChanged) -> None:
        contact, key = event.contact, event.contact.address.lower()
        name = self.short(contact.address)
        if event.action == "removed":
            self.contacts.pop(key, None)
            return
        self.contacts[key] = contact
        if event.action == "asked" and contact.asked:
            self.note(f"{name} asks to see when you are here: /approve {name} or /refuse {name}")
            self.ring()
        elif event.action == "approved":
            self.note(f"{name} lets you see when they are here.")
        elif event.action == "refused":
            self.note(f"{name} does not let you see when they are here.")
