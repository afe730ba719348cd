"""One sitting at the terminal: the client and the screen, together on one event loop."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from imd.client.errors import ClientError
from imd.client.library import Client, Listener
from imd.client.signing_on import Details, InThread
from imd.client.terminal.commands.help import WELCOME
from imd.client.terminal.desk import Desk
from imd.client.terminal.errands import Errands
from imd.client.terminal.screen import Screen


async def sit_down(
    reactor: Any,
    in_thread: InThread,
    make_client: Callable[[Any, InThread, Listener], Client],
    details: Details,
    loop: asyncio.AbstractEventLoop,
    **terminal: Any,
) -> int:
    """Sign on, show the screen until the person leaves, sign off. Raises `ClientError`, first when sign-on fails.

    `terminal`: input and output of prompt_toolkit, if they are not those of the process.
    """
    screen: Screen | None = None

    def changed() -> None:
        if screen is not None:
            screen.changed()

    def ring() -> None:
        if screen is not None:
            screen.ring()

    desk = Desk(reactor.seconds, changed, ring)
    client = make_client(reactor, in_thread, desk)
    errands = Errands(desk, client, details)
    # Before the screen: what goes wrong here is said on an ordinary terminal.
    await client.start()
    desk.note(WELCOME, desk.home)
    screen = Screen(desk, errands, **terminal)

    def leave() -> None:
        desk.leaving = ""
        changed()

    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, leave)
    try:
        await Deferred.fromFuture(asyncio.ensure_future(screen.run(), loop=loop))
    finally:
        errands.stop()
        await client.stop(desk.leaving or "")
    if isinstance(desk.over, ClientError):
        raise desk.over
    return 0
