"""Two network namespaces of the test's own, and a bad link between them that the kernel takes for a real one.

::

    server's namespace                                                   client's namespace
      SERVER ── veth ═══════ tc qdisc netem on both ends ════════ veth ── CLIENT          `NetemLink`
      SERVER ── TUN ── this process loses, doubles, delays packets ── TUN ── CLIENT       `TunLink`

Both need root; netem is a module that not every kernel has.
"""

import fcntl
import os
import random
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed_reactor

from tests.net.datagram.link import Weather

reactor: Any = installed_reactor

SERVER = "10.213.0.1"
#: Where the client is at first, and where it goes.
CLIENT, ELSEWHERE = "10.213.0.2", "10.213.0.3"

#: Three in ten lost, one in ten doubled, many overtaken; each way.
WEATHER = Weather(loss=0.3, duplication=0.1, delay=0.01, jitter=0.015)

#: From <linux/if_tun.h>.
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


class CannotRun(Exception):
    """Why this machine cannot run it."""


def _ip(*words: str) -> None:
    """Run ip(8). Raises `CannotRun`."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise CannotRun(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Namespaces:
    """The two namespaces, each with its loopback; nothing between them yet."""

    def __init__(self) -> None:
        self.server = f"imd-{os.getpid()}-server"
        self.client = f"imd-{os.getpid()}-client"
        self._made: list[str] = []
        try:
            for name in (self.server, self.client):
                _ip("netns", "add", name)
                self._made.append(name)
                _ip("-n", name, "link", "set", "lo", "up")
        except CannotRun:
            self.remove()
            raise

    @staticmethod
    def inside(name: str) -> list[str]:
        """A program that becomes another inside a namespace."""
        return [shutil.which("ip") or "ip", "netns", "exec", name]

    def give(self, name: str, device: str, address: str) -> None:
        """Put a device to work there."""
        _ip("-n", name, "address", "add", f"{address}/24", "dev", device)
        _ip("-n", name, "link", "set", device, "up")

    def move(self, device: str) -> None:
        """The client's address changes, as on another network."""
        _ip("-n", self.client, "address", "flush", "dev", device)
        _ip("-n", self.client, "address", "add", f"{ELSEWHERE}/24", "dev", device)

    def remove(self) -> None:
        """With all that is in them."""
        for name in self._made:
            _ip("netns", "delete", name)
        self._made = []


class NetemLink:
    """A pair of veth devices with ``tc qdisc … netem`` on both."""

    device = "veth0"

    def __init__(self, spaces: Namespaces) -> None:
        _ip(*f"link add {self.device} netns {spaces.server} type veth".split(), "peer", "name", self.device, "netns",
            spaces.client)  # fmt: skip
        milliseconds = round(1000 * (WEATHER.delay + WEATHER.jitter / 2)), round(1000 * WEATHER.jitter / 2)
        words = f"delay {milliseconds[0]}ms {milliseconds[1]}ms reorder 10% loss {WEATHER.loss:.0%}"
        for name, address in ((spaces.server, SERVER), (spaces.client, CLIENT)):
            command = f"tc -n {name} qdisc add dev {self.device} root netem {words} duplicate {WEATHER.duplication:.0%}"
            done = subprocess.run(command.split(), capture_output=True, text=True, timeout=30)
            if done.returncode:
                raise CannotRun(f"the kernel has no netem: {' '.join(done.stderr.split())}")
            spaces.give(name, self.device, address)

    def said(self) -> str:
        return "veth and netem"

    def close(self) -> None:
        """The devices go with their namespaces."""


class _Tun:
    """One end: IP packets of a namespace. A reader for the reactor."""

    def __init__(self, spaces: Namespaces, name: str, device: str, address: str) -> None:
        try:
            self.file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            # Made here under a name of its own, and moved: the file stays attached.
            temporary = f"imd{os.getpid() % 100_000}{name[-6:]}"[:15]
            fcntl.ioctl(self.file, _TUNSETIFF, struct.pack("16sH22x", temporary.encode(), _IFF_TUN | _IFF_NO_PI))
        except OSError as problem:
            raise CannotRun(f"/dev/net/tun: {problem}") from problem
        _ip("link", "set", temporary, "netns", name, "name", device)
        spaces.give(name, device, address)
        self.carry: Any = None

    def fileno(self) -> int:
        return self.file

    def logPrefix(self) -> str:
        return "tun"

    def doRead(self) -> None:
        try:
            for _ in range(64):
                self.carry(os.read(self.file, 65536))
        except BlockingIOError:
            pass

    def connectionLost(self, reason: object) -> None:
        """The reactor stops."""

    def write(self, packet: bytes) -> None:
        # Down, or full: lost, as on any link.
        try:
            os.write(self.file, packet)
        except OSError:
            return


class TunLink:
    """A TUN device on each side; what goes between them is lost, doubled and delayed here."""

    device = "tun0"

    def __init__(self, spaces: Namespaces, seed: int) -> None:
        self._chance = random.Random(seed)
        self._calls: set[Any] = set()
        self.carried = self.lost = self.doubled = 0
        ends = [
            _Tun(spaces, name, self.device, address)
            for name, address in ((spaces.server, SERVER), (spaces.client, CLIENT))
        ]
        self._ends = ends
        for end, other in zip(ends, reversed(ends), strict=True):
            end.carry = lambda packet, other=other: self._carry(packet, other)
            reactor.addReader(end)

    def _carry(self, packet: bytes, other: _Tun) -> None:
        chance = self._chance
        self.carried += 1
        if chance.random() < WEATHER.loss:
            self.lost += 1
            return
        doubled = chance.random() < WEATHER.duplication
        self.doubled += doubled
        for _ in range(1 + doubled):
            call: Any = None

            def arrive() -> None:
                other.write(packet)

            call = reactor.callLater(WEATHER.delay + chance.random() * WEATHER.jitter, arrive)
            self._calls.add(call)
        if len(self._calls) > 1000:
            self._calls = {call for call in self._calls if call.active()}

    def said(self) -> str:
        return f"TUN: of {self.carried} packets {self.lost} were lost and {self.doubled} doubled"

    def close(self) -> None:
        for end in self._ends:
            reactor.removeReader(end)
            os.close(end.file)
        for call in self._calls:
            if call.active():
                call.cancel()


@cache
def why_not(kind: str) -> str:
    """Why this machine cannot have a link by ``netem`` or ``tun``; empty: it can. Tries it."""
    if os.geteuid():
        return "NOT RUN: network namespaces need root"
    if not shutil.which("ip") or not shutil.which("tc"):
        return "NOT RUN: ip and tc (iproute2) are missing"
    if kind == "netem" and Path("/sbin/modprobe").exists():
        subprocess.run(["/sbin/modprobe", "-q", "sch_netem"], timeout=30)
    try:
        spaces = Namespaces()
    except CannotRun as problem:
        return f"NOT RUN: {problem}"
    try:
        link = NetemLink(spaces) if kind == "netem" else TunLink(spaces, 0)
        link.close()
    except CannotRun as problem:
        return f"NOT RUN: {problem}"
    finally:
        spaces.remove()
    return ""
