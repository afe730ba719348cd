"""The native door, driven line by line in JSON: the test's own client, independent of `imd.client`."""

import base64
import itertools
import json
import secrets
from typing import Any, Self

from twisted.internet.defer import Deferred

from tests.daemon import RunningDaemon
from tests.doors.driver import Change, Driver, Outcome, Received, Seen, SignOnFailed
from tests.doors.stream import Stream


class NativeDriver(Driver):
    door = "native"
    states = frozenset({"available", "away", "busy", "extended-away"})
    texts = True
    resumes = True

    def __init__(self, stream: Stream, name: str) -> None:
        super().__init__(stream, name)
        self._refs = itertools.count(1)
        #: Client ids are unique for the account and for ever, over all connections.
        self._unique = secrets.token_hex(8)
        self._answers: dict[int, Deferred[dict[str, Any]]] = {}
        self.hello: dict[str, Any] | None = None
        self.welcome: dict[str, Any] = {}
        #: Everything else that came unasked.
        self.events: list[dict[str, Any]] = []
        self.bye: dict[str, Any] | None = None

    def line(self, line: bytes) -> None:
        message = json.loads(line)
        kind = message["type"]
        if message.get("ref") in self._answers:
            self._answers.pop(message["ref"]).callback(message)
        elif kind == "hello":
            self.hello = message
        elif kind == "ping":
            self.tell({"type": "pong"})
        elif kind == "bye":
            self.bye = message
        elif kind == "message":
            self.received.append(
                Received(
                    message["id"],
                    message["from"].partition("@")[0],
                    message["body"],
                    message["time"],
                    message.get("repeat", False),
                )
            )
            if self.confirms:
                self.tell({"type": "ack", "ids": [message["id"]]})
        elif kind == "presence":
            self.seen.append(self._seen(message))
            self.events.append(message)
        else:
            self.events.append(message)

    @staticmethod
    def _seen(view: dict[str, Any]) -> Seen:
        before = view.get("renamed_from", "").partition("@")[0]
        return Seen(view["address"].partition("@")[0], view["state"], view.get("text", ""), before)

    def tell(self, message: dict[str, Any]) -> None:
        self.stream.say(json.dumps(message))

    def ask(self, message: dict[str, Any]) -> "Deferred[dict[str, Any]]":
        """Send a request; fires with its answer, which may be an error."""
        ref = next(self._refs)
        answer: Deferred[dict[str, Any]] = Deferred()
        self._answers[ref] = answer
        self.tell({**message, "ref": ref})
        return answer

    async def must(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer, which must be no error."""
        answer = await self.ask(message)
        assert answer["type"] != "error", answer
        return answer

    async def enter(self, password: str, **more: Any) -> None:
        # The first byte tells plain from TLS.
        self.stream.say("")
        await self.until("hello", lambda: self.hello is not None)
        plain = base64.b64encode(f"\0{self.name}\0{password}".encode()).decode()
        await self.prove({"type": "authenticate", "mechanism": "PLAIN", "data": plain})
        await self.begin(**more)

    async def prove(self, message: dict[str, Any]) -> dict[str, Any]:
        """Say who one is; the answer."""
        answer = await self.ask(message)
        if answer["type"] != "authenticated":
            raise SignOnFailed(str(answer))
        return answer

    async def begin(self, **more: Any) -> None:
        """Open the session, once it is known whose."""
        answer = await self.ask({"type": "session", "client": "test", "version": "1", **more})
        if answer["type"] != "welcome":
            raise SignOnFailed(str(answer))
        self.welcome = answer
        for view in answer.get("presence", []):
            self.seen.append(self._seen(view))

    async def resume(self, daemon: RunningDaemon) -> Self:
        driver = type(self)(await self.dial(self.port(daemon)), self.name)
        driver.stream.say("")
        return await driver.go_on(self.welcome)

    async def go_on(self, welcome: dict[str, Any]) -> Self:
        """With the session that was begun so."""
        await self.until("hello", lambda: self.hello is not None)
        again = {"token": welcome["token"], "session": welcome["session"], "client": "test", "version": "1"}
        self.welcome = await self.ask({"type": "resume", **again})
        if self.welcome["type"] != "welcome":
            raise SignOnFailed(str(self.welcome))
        return self

    def send(self, to: str, body: str, client_id: str = "") -> "Deferred[Outcome]":
        ref = next(self._refs)
        answer: Deferred[dict[str, Any]] = Deferred()
        self._answers[ref] = answer
        client_id = client_id or f"{self._unique}-{ref}"
        self.tell({"type": "send", "ref": ref, "to": to, "body": body, "client_id": client_id})
        return answer.addCallback(self._outcome)

    @staticmethod
    def _outcome(answer: dict[str, Any]) -> Outcome:
        if answer["type"] == "error":
            return Outcome("refused", "", answer["code"])
        return Outcome(answer["outcome"], answer["id"], answer.get("code", ""))

    async def barrier(self) -> None:
        await self.must({"type": "ping"})

    async def set_presence(self, state: str, text: str = "") -> None:
        await self.must({"type": "set-presence", "state": state, "text": text})

    async def befriend(self, other: str) -> None:
        await self.must({"type": "roster-ask", "name": other})

    async def approve(self, other: str) -> None:
        await self.must({"type": "roster-approve", "name": other})

    async def block(self, other: str) -> None:
        await self.must({"type": "roster-block", "name": other})

    async def set_privacy(self, visible_to: str | None = None, share_location: bool | None = None) -> None:
        message: dict[str, Any] = {"type": "set-privacy"}
        if visible_to is not None:
            message["visible_to"] = visible_to
        if share_location is not None:
            message["share_location"] = share_location
        await self.must(message)

    async def watch(self, name: str) -> None:
        answer = await self.must({"type": "watch", "name": name})
        self.events.append(answer)

    async def join(self, room: str) -> None:
        await self.must({"type": "join", "room": room})

    def shows(self, change: Change, *, contact: bool, watched: bool, together: bool) -> list[Seen]:
        if change.now == change.before and not change.renamed_from:
            return []
        if not contact and not watched and not (together and change.stays):
            return []
        return [Seen(change.name, *change.now, change.renamed_from)]

    async def quit(self) -> None:
        self.tell({"type": "quit"})
        await self.lost
