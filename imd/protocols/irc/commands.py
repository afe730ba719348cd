"""The command table and the checks that every command needs: 421, 451, 461, 481, refusals, order.

A command is a function of its family's module, entered by decoration::

    @command("TOPIC", parameters=1)
    def topic(session: IrcSession, line: Line) -> None: ...

    @command("WHOIS", parameters=1)
    async def whois(session: IrcSession, line: Line) -> None: ...

Its answers (`IrcSession.numeric`, `.reply`, `.answer`) go into the reply slot opened for it here, before and after each
await alike. A `Refusal` it lets pass is answered as `IrcSession.refuse` says. Commands of one connection run one after
the other; only those marked `overlaps` (messages) start while earlier ones still wait for their answer. So a family
never has to think about labels, batches, or a command that overtakes another.
"""

from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import TYPE_CHECKING, Any, NamedTuple

from imd.core.refusal import Refusal
from imd.core.session import Privilege
from imd.protocols.irc import numerics
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.replies import Slot
    from imd.protocols.irc.session import IrcSession

Run = Callable[["IrcSession", Line], Coroutine[Any, Any, None] | None]


class Command(NamedTuple):
    name: str
    run: Run
    #: Fewest parameters; with fewer, or an empty one before the last of them, the answer is 461.
    parameters: int
    #: Only after registration; before it the answer is 451.
    registered: bool
    #: May start while earlier commands of the same connection wait for their outcome.
    overlaps: bool
    #: Runs past everything that waits: it answers nothing, and others may be waiting for it (PONG).
    immediate: bool
    #: Shows that a person is at the keyboard: she is not idle.
    active: bool
    #: Only for operators who have it; others get 481, or 723.
    privilege: Privilege | None
    #: Against the rate of commands: what it makes the daemon do, in terms of a plain one.
    cost: int


COMMANDS: dict[str, Command] = {}

#: Methods of HTTP (RFC 9110 section 9.3).
_WEB = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})


def command(
    name: str,
    *,
    parameters: int = 0,
    registered: bool = True,
    overlaps: bool = False,
    immediate: bool = False,
    active: bool = False,
    privilege: Privilege | None = None,
    cost: int = 1,
) -> Callable[[Run], Run]:
    """Enter the decorated function into the table."""

    def enter(run: Run) -> Run:
        if name in COMMANDS:
            raise ValueError(f"two commands called {name}")
        COMMANDS[name] = Command(name, run, parameters, registered, overlaps, immediate, active, privilege, cost)
        return run

    return enter


def execute(session: "IrcSession", line: Line, row: Command | None, slot: "Slot") -> None:
    """Check and run a command by its row of the table, with its answers going into `slot`."""
    outer = session.slot
    session.slot = slot
    waits = None
    try:
        if row is None:
            _unknown(session, line)
        elif row.registered and not session.registered:
            _too_early(session, line)
        elif row.privilege is not None and not allowed(session, row.privilege):
            refuse(session, row.privilege)
        elif row.parameters and _too_few(line.params, row.parameters):
            session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
        else:
            if row.active:
                session.hub.presence.touched(session.me)
            waits = row.run(session, line)
    except Refusal as refusal:
        session.refuse(refusal, line)
    except Exception:
        session.fault(line)
    finally:
        session.slot = outer
    if waits is None:
        slot.close()
    else:
        session.door.spawn(f"IRC {line.command}", _finish(session, waits, line, slot))


def allowed(session: "IrcSession", privilege: Privilege) -> bool:
    """Whether the client is an operator who may do this."""
    return bool(session.operator) and privilege in session.door.credentials.privileges(session.operator)


def refuse(session: "IrcSession", privilege: Privilege) -> None:
    """481 for who is no operator, 723 for one who may not do this (Modern IRC, ERR_NOPRIVILEGES, ERR_NOPRIVS)."""
    if session.operator:
        session.numeric(numerics.ERR_NOPRIVS, privilege.value)
    else:
        session.numeric(numerics.ERR_NOPRIVILEGES)


def _unknown(session: "IrcSession", line: Line) -> None:
    if session.registered:
        session.numeric(numerics.ERR_UNKNOWNCOMMAND, line.command)
    else:
        _too_early(session, line)


def _too_early(session: "IrcSession", line: Line) -> None:
    if line.command in _WEB:
        # A page that makes a browser post IRC commands to this port must not get as far as the commands.
        session.close("This is not a web server.")
    else:
        session.numeric(numerics.ERR_NOTREGISTERED)


def _too_few(params: list[str], wanted: int) -> bool:
    return len(params) < wanted or "" in params[: wanted - 1]


async def _finish(session: "IrcSession", waits: Coroutine[Any, Any, None], line: Line, slot: "Slot") -> None:
    try:
        await _in_slot(session, slot, waits, line)
    finally:
        slot.close()


@coroutine
def _in_slot(
    session: "IrcSession", slot: "Slot", waits: Coroutine[Any, Any, None], line: Line
) -> Generator[Any, Any, None]:
    """Drive `waits`, and have `slot` be the session's current one exactly while it runs."""
    step: Callable[[Any], Any] = waits.send
    value: Any = None
    while True:
        outer = session.slot
        session.slot = slot
        try:
            awaited = step(value)
        except StopIteration:
            return
        except Refusal as refusal:
            session.refuse(refusal, line)
            return
        except Exception:
            session.fault(line)
            return
        finally:
            session.slot = outer
        try:
            value = yield awaited
            step = waits.send
        except GeneratorExit:
            waits.close()
            raise
        except BaseException as error:
            # Whatever it is, cancellation included, it belongs to the command, which sees it at its await.
            value, step = error, waits.throw
