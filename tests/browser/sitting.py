"""imc with its full screen, as a member of the staff has it."""

from tests.client.imc import ENVIRONMENT, PROGRAM
from tests.client.terminal import Terminal
from tests.daemon import RunningDaemon
from tests.peers.case import PASSWORD


class Sitting(Terminal):
    """imc of `name`; `shows` waits for what it has on the screen."""

    def __init__(self, daemon: RunningDaemon, name: str) -> None:
        whom = f"{name}@127.0.0.1:{daemon.ports['native', 'tcp']}"
        super().__init__(*PROGRAM, whom, **{**ENVIRONMENT, "IMC_PASSWORD": PASSWORD})

    async def look(self, talk: str) -> None:
        """Turn to a talk of the list, by its number there."""
        rows = await self.until(lambda rows: any(f" {talk}" in row for row in rows))
        (number,) = [row.split()[0] for row in rows if f" {talk}" in row[:20]]
        self.type("", f"M-{number}")

    async def shows(self, text: str) -> None:
        await self.until(lambda rows: any(text in row for row in rows))
