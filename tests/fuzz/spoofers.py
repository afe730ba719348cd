"""Hostile datagrams at the UDP port: plain and DTLS, in every stage of a connection, and under false names."""

import random
from pathlib import Path
from typing import Any

from tests.daemon import RunningDaemon, moments
from tests.doors import UdpDriver
from tests.fuzz.conversations import CONVERSATIONS
from tests.fuzz.crowd import HOSTILE, PASSWORD, SETTINGS, Crowd
from tests.fuzz.datagrams import Hostile, forged
from tests.fuzz.mutations import conversation
from tests.fuzz.puppet import Puppet, Stage

#: Whoever falls silent is soon forgotten, so that what is left in the end is the daemon's own; rates are off.
DATAGRAM_SETTINGS = (
    *SETTINGS,
    "limits.enabled=true",
    "limits.connections=0",
    "limits.connections_per_address=0",
    "limits.handshakes=0",
    'limits.handshake_timeout="2 s"',
    "limits.sign_on_attempts=0",
    'limits.sign_on_delay="0 s"',
    "limits.registrations_per_hour=0",
    "limits.messages_per_second=0",
    "limits.commands_per_second=0",
    'limits.native_ping_interval="2 s"',
    'limits.native_ping_timeout="2 s"',
)

#: How many times as many bytes as came may go to an address that has not proved itself (RFC 9000 section 8).
MOST = 3


class DatagramCrowd(Crowd):
    """Alice talks by plain UDP, Bob by DTLS; records are forged in Bob's name, and in the daemon's to Bob."""

    people = (("udp", "alice"), ("dtls", "bob"))

    def __init__(self, daemon: RunningDaemon, hostile: int, seed: int) -> None:
        super().__init__(daemon, hostile, seed)
        self._overheard: list[bytes] | None = None

    async def client(self, number: int, chance: random.Random) -> None:
        dtls = chance.random() < 0.5
        stage = chance.choice([each for each in Stage if dtls or each is not Stage.SHAKING])
        puppet = Puppet(self.daemon.ports["native", "udp"], dtls=dtls, source=f"127.0.0.{2 + number % 250}")
        try:
            await self._as_told(puppet, chance, stage)
        except AssertionError as error:
            raise AssertionError(f"{'DTLS' if dtls else 'plain'}, {stage.value}: {error}") from None
        finally:
            puppet.close()

    async def _as_told(self, puppet: Puppet, chance: random.Random, stage: Stage) -> None:
        await puppet.reach(stage, HOSTILE, PASSWORD)
        hostile = Hostile(chance, puppet)
        count = chance.choice([1, 5, 20, 60])
        if stage is Stage.SIGNED_ON and chance.random() < 0.2:
            self._talk(puppet, chance)
        for said in range(count):
            hostile.say()
            if said % 10 == 9:
                # What the system drops for lack of room says nothing of the daemon.
                await moments(0)
        self.figures.hostile += count
        self._forge(chance, count // 5)
        if chance.random() < 0.2:
            # Gone in the middle of it all.
            return
        await puppet.answered()
        if not puppet.proved:
            assert puppet.bytes_heard <= MOST * puppet.bytes_said, "more than three times the bytes"

    @staticmethod
    def _talk(puppet: Puppet, chance: random.Random) -> None:
        """Hostile messages, in packets as they should be."""
        seeds = [each for each in CONVERSATIONS if each.door == "native"]
        others = [list(each.lines) for each in seeds]
        lines, _ = conversation(chance, "native", chance.choice(seeds).filled_in(PASSWORD, "udp"), others)
        for line in lines[:20]:
            puppet.send(line)

    async def read_books(self) -> None:
        (counted,) = (await self.daemon.ask("status"))["datagrams"]
        self.figures.counted = {name: number for name, number in counted.items() if isinstance(number, int)}
        assert self.figures.counted["links"] == 2, counted
        here = f":{self.daemon.ports['native', 'udp']:04X} "
        for line in Path("/proc/net/udp").read_text().splitlines():
            if here in line.partition(" 00000000:0000 ")[0] + " ":
                self.figures.dropped = int(line.split()[-1])

    def _forge(self, chance: random.Random, count: int) -> None:
        """To the daemon in Bob's name, or to Bob in the daemon's."""
        bob = self.drivers[1]
        assert isinstance(bob, UdpDriver)
        dialed = bob.stream.dialed
        transport: Any = dialed.transport
        if self._overheard is None:
            heard = self._overheard = []
            write = transport.write

            def overheard(datagram: bytes) -> None:
                heard.append(datagram)
                del heard[:-50]
                write(datagram)

            transport.write = overheard
        for _ in range(count):
            data = forged(chance, self._overheard)
            self.figures.forged += 1
            if chance.random() < 0.7:
                transport.socket.send(data)
            else:
                dialed.datagramReceived(data, None)
