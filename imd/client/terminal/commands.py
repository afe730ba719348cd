"""What begins with a slash: the table of commands, and the help that teaches them."""

from collections.abc import Callable
from dataclasses import dataclass

from imd.client.errors import Refused
from imd.client.terminal.errands import Errands
from imd.client.terminal.talks import Talk
from imd.messages import account, rooms, roster
from imd.messages.messaging import Fetch, Waiting
from imd.messages.presence import GetPresence, PresenceOf


class Mistake(Exception):
    """What was typed makes no sense; the message says what would."""


@dataclass(frozen=True)
class Command:
    """A command: its arguments as the help shows them, what it does, and who does it."""

    arguments: str
    help: str
    run: Callable[[Errands, str], None]
    group: str


COMMANDS: dict[str, Command] = {}
ALIASES = {"query": "msg", "j": "join", "leave": "part", "exit": "quit", "q": "quit", "names": "who", "h": "help"}

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


def execute(errands: Errands, line: str) -> None:
    """Do what a line says: a command, or words for the talk in front. Raises `Mistake`."""
    if line.startswith("/") and not line.startswith("//"):
        word, _, rest = line[1:].partition(" ")
        word = word.lower()
        command = COMMANDS.get(ALIASES.get(word, word))
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


def _command(
    arguments: str, help: str, group: str
) -> Callable[[Callable[[Errands, str], None]], Callable[[Errands, str], None]]:
    def keep(run: Callable[[Errands, str], None]) -> Callable[[Errands, str], None]:
        COMMANDS[run.__name__.rstrip("_")] = Command(arguments, help, run, group)
        return run

    return keep


def _one(rest: str, what: str, example: str) -> str:
    if not rest or " " in rest:
        raise Mistake(f"Say {what}, as in {example}.")
    return rest


def _person(errands: Errands, rest: str, example: str) -> str:
    """A person: the one named, or the one of the talk in front."""
    current = errands.desk.current
    if not rest and current.address and not current.room:
        return current.address
    return _one(rest, "whom", example)


def _room(errands: Errands, rest: str, example: str) -> tuple[str, str]:
    """A room and the rest: the one named, or the one in front."""
    word, _, after = rest.partition(" ")
    if word.startswith("#"):
        return word, after.strip()
    current = errands.desk.current
    if not current.room:
        raise Mistake(f"Say which room, as in {example}.")
    return current.title, rest


# ---------------------------------------------------------------- talking


@_command("NAME [TEXT]", "talk with somebody", "Talking")
def msg(errands: Errands, rest: str) -> None:
    name, _, text = rest.partition(" ")
    if not name:
        raise Mistake("Say with whom, as in /msg bob Hello.")
    if name.startswith("#") and errands.desk.find(name) is None:
        raise Mistake(f"Enter the room first: /join {name}")
    talk = errands.open(name)
    if text.strip():
        errands.desk.say(talk, text.strip())


@_command("TEXT", "say what you do: /me waves", "Talking")
def me(errands: Errands, rest: str) -> None:
    talk = errands.desk.current
    if talk is errands.desk.home or not rest:
        raise Mistake("In a talk, say what you do, as in /me waves.")
    errands.desk.say(talk, rest, "action")


@_command("", "what was said before (PageUp does it too)", "Talking")
def history(errands: Errands, rest: str) -> None:
    talk = errands.desk.current
    if talk is errands.desk.home:
        raise Mistake("This page has no history: go to a talk first.")
    errands.run(errands.history(talk))


@_command("", "ask again for messages that could not be delivered to you", "Talking")
def fetch(errands: Errands, rest: str) -> None:
    async def errand() -> None:
        waiting = await errands.ask(Fetch(), Waiting)
        errands.desk.note(f"{waiting.count} messages wait for you; they come now.")

    errands.run(errand())


@_command("", "close the talk in front (a room is left)", "Talking")
def close(errands: Errands, rest: str) -> None:
    talk = errands.desk.current
    if talk is errands.desk.home:
        raise Mistake("This page stays. To sign off: /quit")
    if talk.room and talk.people:
        part(errands, "")
    else:
        errands.desk.close(talk)


# ---------------------------------------------------------------- buddies


@_command("NAME", "put somebody on your list, and ask to see when they are here", "Buddies")
def add(errands: Errands, rest: str) -> None:
    name = _person(errands, rest, "/add bob")

    async def errand() -> None:
        answer = await errands.ask(roster.RosterAsk(name=name), roster.ContactAnswer)
        _keep(errands, answer)
        short = errands.desk.short(answer.contact.address)
        seen = answer.contact.subscription in ("to", "both")
        errands.desk.note(f"{short} is on your list." if seen else f"{short} is on your list and has been asked.")

    errands.run(errand())


@_command("NAME", "take somebody off your list", "Buddies")
def remove(errands: Errands, rest: str) -> None:
    name = _one(rest, "whom", "/remove bob")
    _roster(errands, roster.RosterRemove(name=name), f"{name} is off your list.")


@_command("NAME", "let somebody see when you are here", "Buddies")
def approve(errands: Errands, rest: str) -> None:
    name = _person(errands, rest, "/approve bob")

    async def errand() -> None:
        answer = await errands.ask(roster.RosterApprove(name=name), roster.ContactAnswer)
        _keep(errands, answer)
        short = errands.desk.short(answer.contact.address)
        back = "" if answer.contact.subscription == "both" else f" /add {short} lets you see them, too."
        errands.desk.note(f"{short} now sees when you are here.{back}")

    errands.run(errand())


@_command("NAME", "do not let somebody see when you are here", "Buddies")
def refuse(errands: Errands, rest: str) -> None:
    name = _person(errands, rest, "/refuse bob")
    _roster(errands, roster.RosterRefuse(name=name), f"{errands.desk.short(name)} does not see when you are here.")


@_command("NAME", "hear nothing of somebody any more; they are not told", "Buddies")
def block(errands: Errands, rest: str) -> None:
    name = _one(rest, "whom", "/block mallory")

    async def errand() -> None:
        _keep(errands, await errands.ask(roster.RosterBlock(name=name), roster.ContactAnswer))
        errands.desk.note(f"{name} is blocked: /unblock {name} ends that.")

    errands.run(errand())


@_command("NAME", "hear somebody again", "Buddies")
def unblock(errands: Errands, rest: str) -> None:
    name = _one(rest, "whom", "/unblock mallory")
    _roster(errands, roster.RosterUnblock(name=name), f"{name} is no longer blocked.")


@_command("", "your list, with open requests and blocked people", "Buddies")
def buddies(errands: Errands, rest: str) -> None:
    desk = errands.desk
    if not desk.contacts:
        desk.note("Your list is empty: /add NAME puts somebody on it.")
    for contact in sorted(desk.contacts.values(), key=lambda each: each.address):
        seen = desk.presence.get(contact.address.lower())
        says = [desk.state_of(contact.address)] if contact.subscription in ("to", "both") else []
        says += [f"“{seen.text}”"] if seen is not None and seen.text else []
        says += ["asks to see you: /approve or /refuse"] if contact.asked else []
        says += ["asked by you"] if contact.asking else []
        says += ["sees you"] if contact.subscription in ("from", "both") else []
        says += ["blocked"] if contact.blocked else []
        desk.note(f"  {desk.short(contact.address):<20} {', '.join(says)}")


@_command("NAME", "what may be seen of somebody now", "Buddies")
def whois(errands: Errands, rest: str) -> None:
    name = _person(errands, rest, "/whois bob")

    async def errand() -> None:
        seen = await errands.ask(GetPresence(name=name), PresenceOf)
        desk = errands.desk
        desk.note(f"{desk.short(seen.address)}: {seen.state}{f' “{seen.text}”' if seen.text else ''}")
        for place in seen.locations:
            ports = f", TCP {place.tcp_port}" if place.tcp_port else ""
            ports += f", UDP {place.udp_port}" if place.udp_port else ""
            desk.note(f"  {place.door} from {place.address} port {place.port}{ports}, {place.client} {place.version}")

    errands.run(errand())


# ---------------------------------------------------------------- yourself


@_command("[TEXT]", "say that you are away, and why", "Yourself")
def away(errands: Errands, rest: str) -> None:
    errands.run(errands.be("away", rest))


@_command("[TEXT]", "say that you do not want to be disturbed", "Yourself")
def busy(errands: Errands, rest: str) -> None:
    errands.run(errands.be("busy", rest))


@_command("[TEXT]", "say that you are here again", "Yourself")
def back(errands: Errands, rest: str) -> None:
    errands.run(errands.be("available", rest))


@_command("", "be here, and look offline to everybody", "Yourself")
def invisible(errands: Errands, rest: str) -> None:
    errands.run(errands.be("invisible"))


@_command("everyone|contacts|nobody", "who may see when you are here", "Yourself")
def privacy(errands: Errands, rest: str) -> None:
    if rest not in ("everyone", "contacts", "nobody"):
        raise Mistake("Say who may see when you are here: /privacy everyone, contacts, or nobody.")
    _privacy(errands, account.SetPrivacy(visible_to=rest))  # type: ignore[arg-type]


@_command("on|off", "tell contacts who do the same your address, ports and client", "Yourself")
def share(errands: Errands, rest: str) -> None:
    if rest not in ("on", "off"):
        raise Mistake("Say /share on or /share off.")
    _privacy(errands, account.SetPrivacy(share_location=rest == "on"))


@_command("", "the clients you are signed on with", "Yourself")
def sessions(errands: Errands, rest: str) -> None:
    async def errand() -> None:
        answer = await errands.ask(account.GetSessions(), account.Sessions)
        for each in answer.sessions:
            tls = " by TLS" if each.secure else ""
            errands.desk.note(f"  {each.door} from {each.address}{tls}, {each.client} {each.version}: {each.state}")

    errands.run(errand())


@_command("[TEXT]", "sign off", "Yourself")
def quit_(errands: Errands, rest: str) -> None:
    errands.desk.leaving = rest or ""
    errands.desk.changed()


# ---------------------------------------------------------------- rooms


@_command("#ROOM [KEY]", "enter a room; one that does not exist is made", "Rooms")
def join(errands: Errands, rest: str) -> None:
    word, _, key = rest.partition(" ")
    if not word:
        raise Mistake("Say which room, as in /join #tea.")
    errands.run(errands.enter(word if word.startswith("#") else f"#{word}", key.strip()))


@_command("[#ROOM] [TEXT]", "leave a room", "Rooms")
def part(errands: Errands, rest: str) -> None:
    room, text = _room(errands, rest, "/part #tea")

    async def errand() -> None:
        try:
            await errands.do(rooms.Part(room=room, text=text))
        except Refused as refused:
            # Not in it any longer: then its page may go.
            if refused.code not in ("not-a-member", "no-such-room"):
                raise
        talk = errands.desk.find(room)
        if talk is not None:
            errands.desk.close(talk)

    errands.run(errand())


@_command("", "the rooms there are", "Rooms")
def rooms_(errands: Errands, rest: str) -> None:
    async def errand() -> None:
        answer = await errands.ask(rooms.GetRooms(after=rest), rooms.Rooms)
        if not answer.rooms:
            errands.desk.note("There are no rooms yet: /join #NAME makes one.")
        for each in answer.rooms:
            topic = f"  {each.topic.text}" if each.topic is not None else ""
            errands.desk.note(f"  {each.name:<20} {each.members:>4} in{topic}")
        if answer.more:
            errands.desk.note(f"  there are more: /rooms {answer.rooms[-1].name}")

    errands.run(errand())


@_command("", "who is in the room in front", "Rooms")
def who(errands: Errands, rest: str) -> None:
    talk = errands.desk.current
    if not talk.room:
        whois(errands, rest)
        return
    desk = errands.desk
    signs = {"founder": "~", "operator": "@", "voice": "+"}
    names = [
        "".join(signs[role] for role in member.roles[:1]) + desk.short(member.address)
        for member in talk.people.values()
    ]
    desk.note(f"{len(names)} in {talk.title}: {'  '.join(sorted(names, key=str.lower))}")


@_command("[#ROOM] TEXT", "set what a room is about", "Rooms")
def topic(errands: Errands, rest: str) -> None:
    room, text = _room(errands, rest, "/topic #tea Assam or Darjeeling?")

    async def errand() -> None:
        await errands.do(rooms.SetTopic(room=room, text=text))
        talk = errands.desk.find(room)
        if talk is not None:
            talk.topic = text
        errands.desk.changed()

    errands.run(errand())


@_command("NAME [#ROOM]", "invite somebody into a room", "Rooms")
def invite(errands: Errands, rest: str) -> None:
    name, _, where = rest.partition(" ")
    room, _ = _room(errands, where.strip(), "/invite bob #tea")
    _roster(errands, rooms.Invite(room=room, who=_one(name, "whom", "/invite bob")), f"{name} is invited into {room}.")


@_command("NAME [TEXT]", "remove somebody from the room in front", "Rooms")
def kick(errands: Errands, rest: str) -> None:
    name, _, text = rest.partition(" ")
    room, _ = _room(errands, "", "/kick mallory, in the room")
    request = rooms.Kick(room=room, who=_one(name, "whom", "/kick mallory"), text=text.strip())

    async def errand() -> None:
        await errands.do(request)
        talk = errands.desk.find(room)
        if talk is not None:
            talk.people.pop(errands.desk.full(name).lower(), None)
        errands.desk.note(f"{name} is removed.")

    errands.run(errand())


# ---------------------------------------------------------------- help


@_command("[COMMAND]", "this help", "Help")
def help_(errands: Errands, rest: str) -> None:
    word = rest.removeprefix("/").lower()
    wanted = COMMANDS.get(ALIASES.get(word, word))
    if wanted is not None:
        name = ALIASES.get(word, word)
        errands.desk.note(f"/{name} {wanted.arguments}".rstrip() + f": {wanted.help}")
        return
    group = ""
    for name, command in COMMANDS.items():
        if command.group != group:
            group = command.group
            errands.desk.note(f"{group}:")
        errands.desk.note(f"  /{name} {command.arguments}".rstrip())
        errands.desk.note(f"      {command.help}")
    errands.desk.note(KEYS)


# ---------------------------------------------------------------- shared


def _keep(errands: Errands, answer: roster.ContactAnswer) -> None:
    errands.desk.contacts[answer.contact.address.lower()] = answer.contact


def _roster(errands: Errands, request: roster.RosterRequest | rooms.Invite, done: str) -> None:
    async def errand() -> None:
        await errands.do(request)
        errands.desk.note(done)

    errands.run(errand())


def _privacy(errands: Errands, request: account.SetPrivacy) -> None:
    async def errand() -> None:
        answer = await errands.ask(request, account.AccountAnswer)
        shared = "contacts who do the same are told where you are" if answer.share_location else "nobody is told where"
        errands.desk.note(f"Who sees when you are here: {answer.visible_to}; {shared}.")

    errands.run(errand())


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
