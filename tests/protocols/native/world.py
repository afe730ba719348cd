"""A native door among made-up parts of the core, and clients that talk to it."""

from typing import Any, cast

import msgspec
from twisted.logger import Logger

from imd.core.ports import Credentials, Hub
from imd.core.session import (
    Peer,
)
from imd.net.reactor_clock import Spawner
from imd.protocols.native.door import Door
from imd.protocols.native.session import NativeSession
from imd.protocols.native.settings import NativeSettings
from imd.protocols.native.wire.codec import decode_server, encode
from tests.protocols.native.fake_credentials import FakeCredentials
from tests.protocols.native.fake_hub import FakeHub
from tests.protocols.native.recorder import LOOPBACK


class RecordingSink:
    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.closed = False
        self.paused = False
        self.welcomed = False

    def send(self, payload: bytes) -> None:
        self.payloads.append(payload)

    def close(self) -> None:
        self.closed = True

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    full = False

    def backlog(self) -> int:
        return 0

    def signed_on(self) -> None:
        self.welcomed = True


class World:
    """A door with everything around it made up, but clock and spawner real."""

    def __init__(self, **settings: Any) -> None:
        self.hub = FakeHub()
        self.record = self.hub.record
        self.credentials = FakeCredentials(self.record)
        self.log = Logger()
        self.spawn = Spawner(self.log)
        self.settings = NativeSettings(**settings)
        self.door = Door(cast(Hub, self.hub), cast(Credentials, self.credentials), self.settings, self.spawn, self.log)

    def client(self, peer: Peer = LOOPBACK) -> "Talker":
        return Talker(self, peer)


class Talker:
    """A client that talks to a session without a transport, in messages as JSON objects."""

    def __init__(self, world: World, peer: Peer = LOOPBACK) -> None:
        self.world = world
        self.sink = RecordingSink()
        self.session = NativeSession(world.door, peer, self.sink)

    def say(self, type: str, **fields: Any) -> list[Any]:
        """Send one message; what came back at once."""
        self.session.receive(msgspec.json.encode({"type": type, **fields}))
        return self.heard()

    def heard(self) -> list[Any]:
        """What the session has said since the last time, each a message the client side can read."""
        payloads, self.sink.payloads = self.sink.payloads, []
        messages = [decode_server(payload) for payload in payloads]
        assert [encode(message) for message in messages] == payloads
        return messages

    def sign_on(self) -> Any:
        """To ONLINE; the welcome."""
        self.say("authenticate", ref=1, mechanism="PLAIN", data="AGFsaWNlAHNlc2FtZQ==")
        (welcome,) = self.say("session", ref=2, client="test", version="1", device="laptop")
        return welcome
