"""``imc``: the terminal client, and the client for scripts."""

import os
import platform
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import globalLogBeginner
from twisted.python.failure import Failure

from imd import __version__
from imd.client.datagram import DatagramReaching
from imd.client.errors import ClientError, UsageError
from imd.client.library import Client, Listener
from imd.client.options import Options, read
from imd.client.password import obtain
from imd.client.pipe import INTERRUPTED, Pipe, complain
from imd.client.reaching import Reaching
from imd.client.signing_on import Details, Identity, InThread, device_name

#: Seconds a script's client tries to get a lost connection back.
PATIENCE = 300.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry of the program; ends it with one of the exit codes of ``imc --help``."""
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except UsageError as problem:
        complain(f"{problem} (imc --help says more.)")
        code = problem.exit_code
    except ClientError as problem:
        complain(str(problem))
        code = problem.exit_code
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    options = read(arguments)
    if options.interactive and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("This is no terminal: use --to NAME to send, or --receive to print what comes.")
    password = obtain(options.destination, options.register, os.environ)
    identity = Identity(
        options.destination.name, password, options.register, invitation=os.environ.get("IMC_INVITATION", "")
    )
    # Nothing goes to the screen but what was asked for.
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)
    details = Details(
        client="imc", version=__version__, device=device_name(f"{platform.node()}:{os.getuid()}", identity.name)
    )
    if options.interactive:
        return _run_terminal(options, identity, details)
    return _run_pipe(options, identity, details)


def _client(
    options: Options,
    identity: Identity,
    details: Details,
    reactor: Any,
    in_thread: InThread,
    listener: Listener,
    *,
    patience: float | None = None,
) -> Client:
    kind = DatagramReaching if options.udp else Reaching
    reach = kind(reactor, options.destination, insecure=options.insecure)
    return Client(reach, identity, details, listener, reactor, in_thread, patience=patience)


def _run_pipe(options: Options, identity: Identity, details: Details) -> int:
    from twisted.internet import reactor as installed

    reactor: Any = installed
    in_thread: InThread = partial(deferToThreadPool, reactor, reactor.getThreadPool())
    make = partial(_client, options, identity, details, reactor, in_thread, patience=PATIENCE)
    pipe = Pipe(options, reactor, in_thread, make)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: reactor.callFromThread(pipe.interrupt))
    return run_until(reactor, pipe.run)


def _run_terminal(options: Options, identity: Identity, details: Details) -> int:
    # Imported here: scripts need no screen.
    import asyncio

    from twisted.internet import asyncioreactor

    from imd.client.terminal.start import sit_down

    # prompt_toolkit needs asyncio, so Twisted runs on its loop.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)
    from twisted.internet import reactor as installed

    reactor: Any = installed
    in_thread: InThread = partial(deferToThreadPool, reactor, reactor.getThreadPool())
    make = partial(_client, options, identity, details)
    return run_until(reactor, lambda: sit_down(reactor, in_thread, make, details, loop))


def run_until(reactor: Any, program: Callable[[], Any]) -> int:
    """Run the reactor until the coroutine ends; its exit code, or its exception."""
    outcome: list[Any] = []

    def ended(result: Any) -> None:
        outcome.append(result)
        reactor.callWhenRunning(reactor.stop)

    def begin() -> None:
        Deferred.fromCoroutine(program()).addBoth(ended)

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    (result,) = outcome
    if isinstance(result, Failure):
        result.raiseException()
    return int(result)
