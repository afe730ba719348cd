"""What begins with a slash, by families: each registers its commands in `table`.

`talking`, `buddies`, `rooms`, `yourself`, `help`.
"""

from imd.client.terminal.commands import buddies, help, rooms, talking, yourself  # noqa: F401 - they register
from imd.client.terminal.commands.table import COMMANDS, Mistake, find
from imd.client.terminal.errands import Errands
from imd.client.terminal.talks import Talk


def execute(errands: Errands, line: str) -> None:
    """Do what a line says: a command, or words for the talk in front. Raises `Mistake`."""
    if line.startswith("/") and not line.startswith("//"):
        word, _, rest = line[1:].partition(" ")
        command = find(word)[1]
        if command is None:
            raise Mistake(
                f"There is no command /{word}: /help lists them. To say a line that begins with /, double it."
            )
        command.run(errands, rest.strip())
        return
    talk = errands.desk.current
    if talk is errands.desk.home:
        raise Mistake("Nobody hears you on this page: /msg NAME talks with somebody, /join #ROOM enters a room.")
    errands.sent()
    errands.desk.say(talk, line.removeprefix("/") if line.startswith("//") else line)


def completions(errands: Errands, text: str) -> list[str]:
    """What the last word of the line could become."""
    before, _, word = text.rpartition(" ")
    desk = errands.desk
    if word.startswith("/") and not before:
        return sorted(f"/{name}" for name in COMMANDS if name.startswith(word[1:].lower()))
    names = {desk.short(contact.address) for contact in desk.contacts.values()}
    names |= {talk.title for talk in desk.talks if talk.address}
    names |= {desk.short(member.address) for member in desk.current.people.values()}
    names.discard(desk.short(desk.own))
    return sorted((name for name in names if word and name.lower().startswith(word.lower())), key=str.lower)


def talk_number(errands: Errands, number: int) -> Talk | None:
    """The talk with this number on the screen, from 1."""
    talks = errands.desk.talks
    return talks[number - 1] if 0 < number <= len(talks) else None
