"""Everybody comes back at once after a restart: all are on, all see all their contacts once, and nobody holds the
reactor.

``make test`` tries it with a few hundred people; ``IMD_STORM=5000x100`` with five thousand of a hundred contacts each.
"""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.session import Account
from imd.credentials.scram import new_verifier
from imd.net.scram import salted_password
from imd.net.scram_client import ScramClient
from imd.storage.sqlite.store import SQLiteStore
from tests.daemon import DaemonTestCase
from tests.doors.driver import reactor
from tests.doors.stream import Stream, connected

PEOPLE, CONTACTS = (int(each) for each in os.environ.get("IMD_STORM", "300x20").split("x"))

#: Sign-ons under way at one time.
AT_ONCE = 100

#: All have the same, so that the test need not hash for each.
SALT, ITERATIONS = b"salt of the storm", 4096
SALTED = salted_password(b"secret", SALT, ITERATIONS)


def name(number: int) -> str:
    return f"person{number}"


def contacts_of(number: int) -> list[int]:
    """The neighbours on a ring: everybody is a mutual contact of as many."""
    half = CONTACTS // 2
    return [(number + step) % PEOPLE for step in (*range(-half, 0), *range(1, half + 1))]


class Returning:
    """A client that signs on by SCRAM with kept keys, and counts whom it sees."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seen: dict[str, int] = {}
        self.wrong: list[dict[str, Any]] = []
        self.on: Deferred[None] = Deferred()
        self._scram = ScramClient(name(number), "", keys=(SALT, ITERATIONS, SALTED))
        self._stream: Stream | None = None

    async def come(self, port: int) -> None:
        self._stream = await connected(port)
        self._stream.on_line = self._line
        self._stream.say("")
        await self.on

    def _tell(self, **message: Any) -> None:
        assert self._stream is not None
        self._stream.say(json.dumps(message))

    def _line(self, line: bytes) -> None:
        message = json.loads(line)
        match message["type"]:
            case "hello":
                data = base64.b64encode(self._scram.first()).decode()
                self._tell(type="authenticate", ref=1, mechanism="SCRAM-SHA-256", data=data)
            case "challenge":
                data = base64.b64encode(self._scram.final(base64.b64decode(message["data"]))).decode()
                self._tell(type="response", ref=2, data=data)
            case "authenticated":
                self._scram.verify(base64.b64decode(message["data"]))
                self._tell(type="session", ref=3, client="storm", version="1")
            case "welcome":
                for view in message.get("presence", []):
                    self._see(view)
                self.on.callback(None)
            case "presence":
                self._see(message)
            case "ping":
                self._tell(type="pong")
            case _:
                self.wrong.append(message)

    def _see(self, view: dict[str, Any]) -> None:
        if view["state"] != "available":
            self.wrong.append(view)
        who = view["address"].partition("@")[0]
        self.seen[who] = self.seen.get(who, 0) + 1

    def complete(self) -> bool:
        return len(self.seen) >= len(contacts_of(self.number))

    async def until_complete(self) -> None:
        assert self._stream is not None
        await self._stream.until(f"all contacts of {name(self.number)}", self.complete)

    def go(self) -> None:
        if self._stream is not None:
            self._stream.abort()


class StormTests(DaemonTestCase):
    timeout = 1200

    async def people(self, folder: Path) -> None:
        """Accounts and rosters, written into the store before the daemon has it."""
        store = SQLiteStore(folder, reactor)
        await store.open()
        verifier = new_verifier(SALTED, SALT, ITERATIONS)
        made = [
            store.accounts.create(Account(f"A{number}", name(number), reactor.seconds()), name(number), verifier)
            for number in range(PEOPLE)
        ]
        for each in made:
            self.assertTrue(await each)
        for begin in range(0, PEOPLE, 100):
            await store.rosters.put(
                [
                    (f"A{number}", Contact(f"A{other}", Address(name(other), "localhost"), to=True, from_=True))
                    for number in range(begin, min(begin + 100, PEOPLE))
                    for other in contacts_of(number)
                ]
            )
        await store.close()

    async def test_all_return(self) -> None:
        """All on, each contact seen exactly once, and no hold of the reactor that anybody would notice."""
        folder = Path(self.mktemp()).absolute()
        await self.people(folder)
        daemon = await self.daemon(data=folder).start()
        clients = [Returning(number) for number in range(PEOPLE)]
        for client in clients:
            self.addCleanup(client.go)
        began = reactor.seconds()
        room = DeferredSemaphore(AT_ONCE)
        port = daemon.ports["native", "tcp"]
        await DeferredList(
            [room.run(client.come, port) for client in clients],
            fireOnOneErrback=True,
            consumeErrors=True,
        )
        on = reactor.seconds() - began
        for client in clients:
            await client.until_complete()
        complete = reactor.seconds() - began
        status = await daemon.ask("status")
        self.assertEqual(status["people"]["accounts"], PEOPLE)
        for client in clients:
            expected = {name(other): 1 for other in contacts_of(client.number)}
            self.assertEqual(client.seen, expected, name(client.number))
            self.assertEqual(client.wrong, [])
        hold = status["longest_hold"]
        print(
            f"\n{PEOPLE} people of {CONTACTS} contacts: all on after {on:.1f} s ({PEOPLE / on:.0f} a second), all "
            f"contacts seen after {complete:.1f} s; the reactor was held for {hold * 1000:.0f} ms at most",
            file=sys.stderr,
        )
        # The machine of the tests may be busy with others; a fault of ours would be seconds.
        self.assertLess(hold, 1.0)
        self.assertNotIn("Traceback", daemon.log)
