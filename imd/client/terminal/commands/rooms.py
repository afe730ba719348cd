"""Commands for rooms."""

from imd.client.errors import Refused
from imd.client.terminal.commands.buddies import whois
from imd.client.terminal.commands.table import Mistake, command, one, room_named, then_say
from imd.client.terminal.errands import Errands
from imd.messages import rooms


@command("#ROOM [KEY]", "enter a room; one that does not exist is made", "Rooms")
def join(errands: Errands, rest: str) -> None:
    word, _, key = rest.partition(" ")
    if not word:
        raise Mistake("Say which room, as in /join #tea.")
    errands.run(errands.enter(word if word.startswith("#") else f"#{word}", key.strip()))


@command("[#ROOM] [TEXT]", "leave a room", "Rooms")
def part(errands: Errands, rest: str) -> None:
    room, text = room_named(errands, rest, "/part #tea")

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


@command("", "the rooms there are", "Rooms")
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


@command("", "who is in the room in front", "Rooms")
def who(errands: Errands, rest: str) -> None:
    talk = errands.desk.current
    if not talk.room:
        whois(errands, rest)
        return
    desk = errands.desk
    signs = {"founder": "~", "admin": "&", "operator": "@", "half-operator": "%", "voice": "+"}
    names = [
        "".join(signs[role] for role in member.roles[:1]) + desk.short(member.address)
        for member in talk.people.values()
    ]
    desk.note(f"{len(names)} in {talk.title}: {'  '.join(sorted(names, key=str.lower))}")


@command("[#ROOM] TEXT", "set what a room is about", "Rooms")
def topic(errands: Errands, rest: str) -> None:
    room, text = room_named(errands, rest, "/topic #tea Assam or Darjeeling?")

    async def errand() -> None:
        await errands.do(rooms.SetTopic(room=room, text=text))
        talk = errands.desk.find(room)
        if talk is not None:
            talk.topic = text
        errands.desk.changed()

    errands.run(errand())


@command("NAME [#ROOM]", "invite somebody into a room", "Rooms")
def invite(errands: Errands, rest: str) -> None:
    name, _, where = rest.partition(" ")
    room, _ = room_named(errands, where.strip(), "/invite bob #tea")
    then_say(errands, rooms.Invite(room=room, who=one(name, "whom", "/invite bob")), f"{name} is invited into {room}.")


@command("NAME [TEXT]", "remove somebody from the room in front", "Rooms")
def kick(errands: Errands, rest: str) -> None:
    name, _, text = rest.partition(" ")
    room, _ = room_named(errands, "", "/kick mallory, in the room")
    request = rooms.Kick(room=room, who=one(name, "whom", "/kick mallory"), text=text.strip())

    async def errand() -> None:
        await errands.do(request)
        talk = errands.desk.find(room)
        if talk is not None:
            talk.people.pop(errands.desk.full(name).lower(), None)
        errands.desk.note(f"{name} is removed.")

    errands.run(errand())
