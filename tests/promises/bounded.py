"""What the tests of P6 share: counters, clients that do not read, and waiting where there is no line to wait for."""

import re
from collections.abc import Callable
from typing import Any

from tests.daemon import RunningDaemon, moments
from tests.doors import UdpDriver
from tests.doors.polling import PollStream
from tests.doors.stream import Stream
from tests.promises.house import PromiseTestCase


async def met(daemon: RunningDaemon, name: str) -> int:
    """How often a limit was met."""
    number: int = (await daemon.ask("status"))["limits"][name]["met"]
    return number


class BoundedTestCase(PromiseTestCase):
    """Asks how often limits were met."""

    async def counted(self, daemon: RunningDaemon, name: str, least: int) -> None:
        """A limit has been met so often, sooner or later."""
        for _ in range(200):
            if await met(daemon, f"limits.{name}") >= least:
                return
            await moments(0.05)
        self.fail(f"{name} was met {await met(daemon, f'limits.{name}')} times, not {least}")


async def happened(what: str, true: Callable[[], bool]) -> None:
    """Until it is true, with no line to wait for."""
    for _ in range(400):
        if true():
            return
        await moments(0.02)
    raise AssertionError(f"waited in vain for {what}")


def stop_reading(driver: Any) -> None:
    """As a client that hangs."""
    if isinstance(driver, UdpDriver):
        driver.stream.dialed.transport.stopReading()
        return
    stream: Stream = driver.stream
    if isinstance(stream, PollStream):
        stream.pause()
        return
    transport: Any = stream.transport
    transport.pauseProducing()


def read_on(driver: Any) -> None:
    """As a client that hung for a while."""
    if isinstance(driver.stream, PollStream):
        driver.stream.resume()
    else:
        driver.stream.transport.resumeProducing()


def resident(daemon: RunningDaemon) -> int:
    """Memory of the daemon, in KiB."""
    with open(f"/proc/{daemon.pid}/status") as status:  # noqa: PTH123
        found = re.search(r"VmRSS:\s+(\d+)", status.read())
    assert found is not None
    return int(found[1])
