"""Commands for talking."""

from imd.client.terminal.commands.rooms import part
from imd.client.terminal.commands.table import Mistake, command
from imd.client.terminal.errands import Errands
from imd.messages.messaging import Fetch, Waiting


@command("NAME [TEXT]", "talk with somebody", "Talking")
def msg(errands: Errands, rest: str) -> None:
    name, _, text = rest.partition(" ")
    if not name:
        raise Mistake("Say with whom, as in /msg bob Hello.")
    if name.startswith("#") and errands.desk.find(name) is None:
        raise Mistake(f"Enter the room first: /join {name}")
    talk = errands.open(name)
    if text.strip():
        errands.desk.say(talk, text.strip())


@command("TEXT", "say what you do: /me waves", "Talking")
def me(errands: Errands, rest: str) -> None:
    talk = errands.desk.current
    if talk is errands.desk.home or not rest:
        raise Mistake("In a talk, say what you do, as in /me waves.")
    errands.desk.say(talk, rest, "action")


@command("", "what was said before (PageUp does it too)", "Talking")
def history(errands: Errands, rest: str) -> None:
    talk = errands.desk.current
    if talk is errands.desk.home:
        raise Mistake("This page has no history: go to a talk first.")
    errands.run(errands.history(talk))


@command("", "ask again for messages that could not be delivered to you", "Talking")
def fetch(errands: Errands, rest: str) -> None:
    async def errand() -> None:
        waiting = await errands.ask(Fetch(), Waiting)
        errands.desk.note(f"{waiting.count} messages wait for you; they come now.")

    errands.run(errand())


@command("", "close the talk in front (a room is left)", "Talking")
def close(errands: Errands, rest: str) -> None:
    talk = errands.desk.current
    if talk is errands.desk.home:
        raise Mistake("This page stays. To sign off: /quit")
    if talk.room and talk.people:
        part(errands, "")
    else:
        errands.desk.close(talk)
