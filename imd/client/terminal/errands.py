"""What takes a question to the server and an answer: history, rooms, presence. Refusals become notes on the desk."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.client.errors import ClientError, Refused
from imd.client.library import Client
from imd.client.signing_on import Details
from imd.client.terminal.desk import Desk
from imd.client.terminal.room_news import entered
from imd.client.terminal.talks import Talk
from imd.messages.base import Answer, Request
from imd.messages.history import GetHistory, History
from imd.messages.messaging import Fetch
from imd.messages.presence import SetPresence
from imd.messages.rooms import GetRoom, Join, RoomState
from imd.messages.signals import Typing
from imd.messages.signon import Welcome
from imd.messages.values import OwnPresence, OwnState

#: Lines of history asked for at a time.
PAGE = 50
#: Pages asked for to close the gap that an absence has left.
PAGES = 10
#: Seconds between two signs that the person is writing (IRCv3 typing: at least 3).
TYPING_PAUSE = 3.0

_T = TypeVar("_T", bound=Answer)


class Errands:
    """Runs errands for the desk, each owned until it ends."""

    log = Logger()

    def __init__(self, desk: Desk, client: Client, details: Details) -> None:
        self.desk = desk
        self.client = client
        self._details = details
        self._running: set[Deferred[None]] = set()
        self._typed = 0.0
        self._typing_to = ""
        desk.client = client
        desk.on_welcome = self._welcomed

    def run(self, errand: Coroutine[Any, Any, None]) -> None:
        """Begin an errand; what the server refuses is shown where the person is."""
        talk = self.desk.current
        running = Deferred.fromCoroutine(errand)
        self._running.add(running)
        running.addErrback(self._failed, talk)
        running.addBoth(lambda _: self._running.discard(running))

    def stop(self) -> None:
        for running in list(self._running):
            running.cancel()

    def _failed(self, failure: Failure, talk: Talk) -> None:
        if failure.check(CancelledError):
            return
        if failure.check(ClientError):
            self.desk.note(failure.getErrorMessage(), talk if talk in self.desk.talks else None)
        else:
            self.log.failure("while running an errand", failure)
            self.desk.note("imc has made a mistake; this was not done.")

    async def ask(self, request: Request, answer: type[_T]) -> _T:
        return await self.client.ask(request, answer)

    async def do(self, request: Request) -> None:
        await self.client.do(request)

    # ------------------------------------------------------------ at each welcome

    def _welcomed(self, welcome: Welcome) -> None:
        known = {self.desk.full(room.name).lower(): room.name for room in welcome.rooms}
        for name in known.values():
            self.run(self._refresh(name))
        for talk in self.desk.talks:
            if talk.room and talk.address.lower() not in known:
                # The session ended while we were away, and with it our being there.
                self.run(self._join(talk.title))
        if welcome.waiting:
            self.client.tell(Fetch())

    async def _refresh(self, name: str) -> None:
        state = await self.ask(GetRoom(room=name), RoomState)
        await self.latest(entered(self.desk, state))

    async def _join(self, name: str) -> None:
        await self.latest(entered(self.desk, await self.ask(Join(room=name), RoomState)))

    # ------------------------------------------------------------ talks

    def open(self, name: str) -> Talk:
        """Bring the talk with somebody to the front, with what was said before."""
        talk = self.desk.talk(name)
        self.show(talk)
        return talk

    def show(self, talk: Talk) -> None:
        self.desk.show(talk)
        if talk is not self.desk.home and not talk.asked:
            self.run(self.latest(talk))

    async def history(self, talk: Talk) -> None:
        """One more page of what was said before."""
        if not talk.complete:
            said, _ = await self._page(talk, talk.first_seq)
            talk.complete = not said.messages

    async def latest(self, talk: Talk) -> None:
        """What was said last: all of it back to what is here, if that is not too long ago."""
        known = talk.first_seq
        before = 0
        for _ in range(PAGES if known else 1):
            said, overlaps = await self._page(talk, before)
            if not said.messages or overlaps:
                return
            before = said.messages[0].seq

    async def _page(self, talk: Talk, before: int) -> tuple[History, bool]:
        """A page, and whether some of it was here already."""
        talk.asked = True
        with_ = talk.title if talk.room else talk.address
        try:
            said = await self.ask(GetHistory(with_=with_, before=before, limit=PAGE), History)
        except Refused as refused:
            if talk.room or refused.code != "no-such-account":
                raise
            # A server that keeps no talks of two, or a guest who is gone.
            return History(messages=()), False
        return said, self.desk.recall(talk, said)

    async def enter(self, room: str, key: str) -> None:
        """Enter a room; its page is there at once, so that what is typed next goes to it."""
        before = self.desk.current
        known = self.desk.find(room) is not None
        talk = self.desk.talk(room)
        self.desk.show(talk)
        try:
            entered(self.desk, await self.ask(Join(room=room, key=key), RoomState))
        except ClientError as refused:
            if not known:
                self.desk.close(talk)
                self.desk.show(before if before in self.desk.talks else self.desk.home)
            self.desk.note(str(refused))
            return
        await self.latest(talk)

    # ------------------------------------------------------------ presence

    async def be(self, state: OwnState, text: str = "") -> None:
        """Say of oneself what one is; also after the next sign-on."""
        await self.do(SetPresence(state=state, text=text))
        self._details.presence = OwnPresence(state=state, text=text)
        self.desk.state, self.desk.state_text = state, text
        self.desk.changed()

    def typing(self, text: str) -> None:
        """The person is writing in the talk in front, or has written and taken it back."""
        talk = self.desk.current
        if talk.room or talk is self.desk.home or not self.desk.online or not any(line.id for line in talk.lines):
            # Nobody there yet who could see it.
            return
        if not text or text.startswith("/"):
            if self._typing_to == talk.address and not text:
                self.client.tell(Typing(to=talk.address, state="done"))
            self._typing_to = ""
            return
        now = self.desk.time()
        if self._typing_to != talk.address or now - self._typed >= TYPING_PAUSE:
            self._typing_to, self._typed = talk.address, now
            self.client.tell(Typing(to=talk.address, state="active"))

    def sent(self) -> None:
        """What was written has been sent: no need to say that writing has ended."""
        self._typing_to = ""
