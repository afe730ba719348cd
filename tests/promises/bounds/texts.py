"""Names, topics, reasons, texts of a presence."""

from tests.doors import NativeDriver
from tests.promises.bounds.meeting import Meeting
from tests.promises.house import PASSWORD


async def native_nick(here: Meeting) -> None:
    await here.refused(await here.stranger(), "invalid-name", "register", name="x" * 13, password=PASSWORD)


async def irc_nick(here: Meeting) -> None:
    await here.answered(await here.stranger(), "NICK " + "x" * 13, " 432 ")


async def irc_room_name(here: Meeting) -> None:
    await here.answered(await here.person(), "JOIN #" + "x" * 12, " 476 ")


async def irc_topic(here: Meeting) -> None:
    """What is too long is cut, as ISUPPORT says."""
    one, room = await here.person(), here.room()
    await one.join(room)
    await here.answered(one, f"TOPIC {room} :{'x' * 30}", f"TOPIC {room} :{'x' * 20}")
    here.case.assertFalse(any("x" * 21 in line for line in one.stream.transcript if line.startswith("S: ")))


async def kick(here: Meeting) -> None:
    room = here.room()
    one, other = await here.person(), await here.person()
    for each in (one, other):
        await each.join(room)
    if isinstance(one, NativeDriver):
        await here.refused(one, "too-long", "kick", room=room, who=other.name, text="x" * 21)
    else:
        await here.answered(one, f"KICK {room} {other.name} :{'x' * 30}", f"KICK {room} {other.name} :{'x' * 20}")


async def irc_status(here: Meeting) -> None:
    one = await here.person()
    await one.command(f"AWAY :{'x' * 30}")
    await here.answered(one, f"WHOIS {one.name}", " 301 ", f":{'x' * 20}")
    here.case.assertNotIn("x" * 21, "".join(line for line in one.stream.transcript if line.startswith("S: ")))


async def irc_real_name(here: Meeting) -> None:
    await here.answered(await here.person(), f"SETNAME :{'x' * 30}", "FAIL SETNAME INVALID_REALNAME")
