"""The help that teaches the commands."""

from imd.client.terminal.commands.table import COMMANDS, command, find
from imd.client.terminal.errands import Errands

#: In this order.
GROUPS = ("Talking", "Buddies", "Rooms", "Yourself", "Help")

WELCOME = """\
Welcome. What you type goes to the talk in front.
What begins with / is a command:
  /msg bob Hello   talk with somebody
  /join #tea       enter a room
  /add bob         see when bob is here
  /away lunch      say that you are away
  /help            all commands and keys
  /quit            sign off"""
KEYS = """\
Keys:
  Ctrl-N, Ctrl-P   the next talk, the one before
  Alt-1 … Alt-9    talk number 1 … 9
  Alt-A            the talk with something unread
  PageUp, -Down    what was said before, and back
  Tab              completes names and commands
Marks behind what you said:
  …                on its way
  ✓                accepted
  ✓ waits          they are offline and get it later
  ✓✓, ✓✓ read      their client has it; they saw it
  ✗                refused, and why"""


@command("[COMMAND]", "this help", "Help")
def help_(errands: Errands, rest: str) -> None:
    name, wanted = find(rest.removeprefix("/"))
    if wanted is not None:
        errands.desk.note(f"/{name} {wanted.arguments}".rstrip() + f": {wanted.help}")
        return
    for group in GROUPS:
        errands.desk.note(f"{group}:")
        for name, each in COMMANDS.items():
            if each.group == group:
                errands.desk.note(f"  /{name} {each.arguments}".rstrip())
                errands.desk.note(f"      {each.help}")
    errands.desk.note(KEYS)
