"""How fast a client's lines are taken: two token buckets, one for all commands and one for messages (promise P6).

Who is too fast is not disconnected: its connection is not read from until the next line may run.
"""

from imd.net.bucket import Bucket
from imd.protocols.irc.commands import Command
from imd.protocols.irc.settings import IrcLimits
from imd.protocols.irc.wire.line import BadLine, Line


class Pace:
    """The rates of one connection. A rate of 0 means as fast as it likes."""

    __slots__ = ("_commands", "_messages", "_targets", "unlimited")

    def __init__(self, limits: IrcLimits, now: float) -> None:
        self._commands = Bucket(limits.commands_per_second, limits.command_burst, now)
        self._messages = Bucket(limits.messages_per_second, limits.message_burst, now)
        self._targets = limits.targets or limits.message_burst
        #: Every line may run at once.
        self.unlimited = self._commands.rate <= 0 and self._messages.rate <= 0

    def limit_of(self, line: Line | BadLine, row: Command | None) -> str:
        """Which rate holds such a line back."""
        messages = row is not None and row.overlaps and isinstance(line, Line) and self._messages.rate > 0
        return "messages_per_second" if messages else "commands_per_second"

    def take(self, line: Line | BadLine, row: Command | None, now: float) -> float:
        """Seconds until the line may run, 0.0 for now: then it is paid for. `row` is that of its command."""
        messages = self._messages
        if row is None or not row.overlaps or not isinstance(line, Line) or messages.rate <= 0:
            return self._commands.take(now, 1.0 if row is None else min(row.cost, self._commands.burst))
        # Each recipient is a message of its own.
        count = min(line.param(0).count(",") + 1.0, self._targets, messages.burst)
        wait = messages.take(now, count)
        if wait > 0:
            return wait
        # Never refused for long: messages are rarer than commands, and what was paid above stays paid.
        return self._commands.take(now) if self._commands.rate < messages.rate else 0.0
