"""The table of commands, and how their arguments are read."""

from collections.abc import Callable
from dataclasses import dataclass

from imd.client.terminal.errands import Errands
from imd.messages.base import Request

Run = Callable[[Errands, str], None]


class Mistake(Exception):
    """What was typed makes no sense; the message says what would."""


@dataclass(frozen=True)
class Command:
    """A command: its arguments as the help shows them, what it does, and who does it."""

    arguments: str
    help: str
    run: Run
    group: str


#: By name.
COMMANDS: dict[str, Command] = {}
ALIASES = {"query": "msg", "j": "join", "leave": "part", "exit": "quit", "q": "quit", "names": "who", "h": "help"}


def command(arguments: str, help: str, group: str) -> Callable[[Run], Run]:
    """Put a function into the table, under its own name."""

    def register(run: Run) -> Run:
        COMMANDS[run.__name__.rstrip("_")] = Command(arguments, help, run, group)
        return run

    return register


def find(word: str) -> tuple[str, Command | None]:
    """A command by its name or another one for it."""
    name = ALIASES.get(word.lower(), word.lower())
    return name, COMMANDS.get(name)


def one(rest: str, what: str, example: str) -> str:
    if not rest or " " in rest:
        raise Mistake(f"Say {what}, as in {example}.")
    return rest


def person(errands: Errands, rest: str, example: str) -> str:
    """A person: the one named, or the one of the talk in front."""
    current = errands.desk.current
    if not rest and current.address and not current.room:
        return current.address
    return one(rest, "whom", example)


def room_named(errands: Errands, rest: str, example: str) -> tuple[str, str]:
    """A room and the rest: the one named, or the one in front."""
    word, _, after = rest.partition(" ")
    if word.startswith("#"):
        return word, after.strip()
    current = errands.desk.current
    if not current.room:
        raise Mistake(f"Say which room, as in {example}.")
    return current.title, rest


def then_say(errands: Errands, request: Request, done: str) -> None:
    """Ask for something that is answered by a plain yes, and say that it is done."""

    async def errand() -> None:
        await errands.do(request)
        errands.desk.note(done)

    errands.run(errand())
