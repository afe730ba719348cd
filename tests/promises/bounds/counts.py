"""How many of everything: contacts, rooms, members, messages that wait, and so on."""

from typing import Any

from tests.doors import IrcDriver, NativeDriver
from tests.promises.bounds.meeting import Meeting, numbers
from tests.promises.house import PASSWORD


async def irc_contacts(here: Meeting) -> None:
    one = await here.person()
    await one.befriend(await here.account())
    await here.answered(one, f"PRIVMSG BuddyServ :ADD {await here.account()}", "BuddyServ", "No more than 1 contacts")


async def irc_watches(here: Meeting) -> None:
    await here.answered(await here.person(), "MONITOR + a,b", " 734 ", " 1 b ")


async def whowas(here: Meeting) -> None:
    """The elder of three who have come is not remembered; by other doors nobody asks."""
    people = [await here.person() for _ in range(3)]
    if isinstance(people[2], IrcDriver):
        for one in people[:2]:
            await one.quit()
        await here.answered(people[2], f"WHOWAS {people[0].name}", " 406 ", people[0].name)


async def irc_rooms(here: Meeting) -> None:
    rooms = [here.room() for _ in range(3)]
    await here.answered(await here.person(), f"JOIN {','.join(rooms)}", " 405 ", rooms[2])


async def members(here: Meeting) -> None:
    room = here.room()
    for _ in range(2):
        await (await here.person()).join(room)
    third = await here.person()
    if isinstance(third, NativeDriver):
        await here.refused(third, "cannot-join", "join", room=room)
    else:
        await here.answered(third, f"JOIN {room}", " 471 ", room)


async def native_masks(here: Meeting) -> None:
    one, room = await here.person(), here.room()
    await one.join(room)
    changes = [{"change": "list", "list": "ban", "mask": f"{each}!*@*", "on": True} for each in "ab"]
    answer = await one.must({"type": "change-room", "room": room, "changes": changes})
    here.case.assertEqual([reason["code"] for reason in answer["refused"]], ["too-many"])


async def irc_masks(here: Meeting) -> None:
    one, room = await here.person(), here.room()
    await one.join(room)
    await here.answered(one, f"MODE {room} +bb a!*@* b!*@*", " 478 ", room)


async def invites(here: Meeting) -> None:
    one, room = await here.person(), here.room()
    await one.join(room)
    guests = [(await here.person()).name for _ in range(2)]
    if isinstance(one, NativeDriver):
        await one.must({"type": "invite", "room": room, "who": guests[0]})
        await here.refused(one, "too-many", "invite", room=room, who=guests[1])
    else:
        await here.answered(one, f"INVITE {guests[0]} {room}", " 341 ")
        await here.answered(one, f"INVITE {guests[1]} {room}", "INVITE", "No more than 1 open invitations")


async def offers(here: Meeting) -> None:
    one, other = await here.person(), await here.person()
    if isinstance(one, NativeDriver):
        offer = {"name": "tea.pdf", "size": 5}
        await one.must({"type": "file-offer", "to": other.name, "offer": "a", **offer})
        await here.refused(one, "too-many", "file-offer", to=other.name, offer="b", **offer)
        await other.must({"type": "file-decline", "to": one.name, "offer": "a"})
        await one.must({"type": "file-offer", "to": other.name, "offer": "b", **offer})
    else:
        await one.command(f"PRIVMSG {other.name} :\x01DCC SEND a.pdf 1 2 3\x01")
        await here.answered(one, f"PRIVMSG {other.name} :\x01DCC CHAT chat 1 2\x01", "No more than 1 open offers")
        await other.command(f"NOTICE {one.name} :\x01DCC REJECT SEND a.pdf\x01")
        await one.command(f"PRIVMSG {other.name} :\x01DCC CHAT chat 1 2\x01")
        await other.until("the offer", lambda: any("DCC CHAT" in line for line in other.stream.transcript))


async def window(here: Meeting) -> None:
    """Nobody is told: what is beyond waits in the store, and comes when the client confirms."""
    one, other = await here.person(), await here.person()
    other.confirming = False
    for number in range(4):
        await one.send(other.name, f"hello {number}")
    await other.until("two messages", lambda: len(other.received) == 2)
    other.cut()
    again = await here.on(other.name)
    await again.until("all", lambda: len(again.received) >= 4)


async def targets(here: Meeting) -> None:
    await here.answered(await here.person(), "PRIVMSG a,b,c :hello", " 407 ", " c ")


async def replay(here: Meeting) -> None:
    """The newest are shown."""
    name, other, room = await here.account(), await here.person(), here.room()

    async def device(called: str) -> Any:
        driver = await IrcDriver.sign_on(here.daemon, name, f"{name}@{called}:{PASSWORD}")
        here.case.addCleanup(driver.cut)
        return driver

    laptop, phone = await device("laptop"), await device("phone")
    for each in (laptop, other):
        await each.join(room)
    await phone.quit()
    for number in range(4):
        await other.send(room, f"line {number}")
    phone = await device("phone")

    def told() -> list[str]:
        return [line.params[-1] for line in phone.lines if line.command == "PRIVMSG"]

    await phone.until("the last line", lambda: "line 3" in told())
    here.case.assertEqual(told(), ["line 2", "line 3"])


async def native_always_on(here: Meeting) -> None:
    one, other = await here.person(), await here.person()
    await one.must({"type": "set-always-on", "on": True})
    await here.refused(other, "too-many", "set-always-on", on=True)
    await one.must({"type": "set-always-on", "on": False})


async def irc_always_on(here: Meeting) -> None:
    one, other = await here.person(), await here.person()
    await here.answered(one, "NS SET ALWAYS-ON on", "NOTICE", "You stay")
    await here.answered(other, "NS SET ALWAYS-ON on", "NOTICE", "accounts that stay")
    await here.answered(one, "NS SET ALWAYS-ON off", "NOTICE", "You leave")


async def native_marks(here: Meeting) -> None:
    """The oldest is forgotten."""
    one = await here.person()
    for number in (1, 2):
        await one.must({"type": "read", "with": here.room(), "time": number})


async def irc_marks(here: Meeting) -> None:
    one, rooms = await here.person(), (here.room(), here.room())
    for number, room in enumerate(rooms, 1):
        await here.answered(one, f"MARKREAD {room} timestamp=2026-01-01T00:00:0{number}.000Z", "MARKREAD", "2026-01-01")
    await here.answered(one, f"MARKREAD {rooms[0]}", f"MARKREAD {rooms[0]} *")


async def traces(here: Meeting) -> None:
    """Nobody is told but the operator."""
    one, other = await here.person(), await here.person()
    told = [await one.send(other.name, f"hello {number}") for number in range(7)]
    here.case.assertEqual({outcome.how for outcome in told}, {"accepted"})


async def inbox(here: Meeting) -> None:
    one, other = await here.person(), await here.account()
    told = [await one.send(other, f"hello {number}") for number in range(5)]
    here.case.assertEqual([outcome.how == "refused" for outcome in told], [False] * 4 + [True])
    here.case.assertRegex(told[4].reason, "queue-full|4 messages already wait")


async def guests_inbox(here: Meeting) -> None:
    guest = await IrcDriver.sign_on(here.daemon, f"g{next(numbers)}", "", source="127.0.0.7")
    here.case.addCleanup(guest.cut)
    other = await here.account()
    told = [await guest.send(other, f"hello {number}") for number in range(2)]
    here.case.assertEqual([outcome.how == "refused" for outcome in told], [False, True])
    here.case.assertIn("1 messages already wait", told[1].reason)


async def desk(here: Meeting) -> None:
    """While a desk has no agent."""
    one = await here.person()
    told = [await one.send("nobody-there", f"hello {number}") for number in range(2)]
    here.case.assertEqual([outcome.how == "refused" for outcome in told], [False, True])
    if isinstance(one, NativeDriver):
        here.case.assertEqual(told[1].reason, "queue-full")
    else:
        here.case.assertIn("1 messages already wait", told[1].reason)


async def history(here: Meeting) -> None:
    """Nobody is told: what was said longest ago is forgotten."""
    one, room = await here.person(), here.room()
    await one.join(room)
    for number in range(7):
        await one.send(room, f"line {number}")
    if isinstance(one, NativeDriver):
        answer = await one.must({"type": "get-history", "with": room})
        here.case.assertEqual([each["body"] for each in answer["messages"]], [f"line {n}" for n in range(1, 7)])
    else:
        await one.command("CAP REQ :draft/chathistory")
        begin = len(one.stream.transcript)
        await one.command(f"CHATHISTORY LATEST {room} * 10")
        told = [line for line in one.stream.transcript[begin:] if line.startswith("S: ") and ":line " in line]
        here.case.assertEqual([line[-1] for line in told], list("123456"))


async def bans(here: Meeting) -> None:
    one = await here.person()
    await here.answered(one, "OPER root sesame", " 381 ")
    one.say("KLINE *!*@one.invalid")
    await here.answered(one, "KLINE *!*@two.invalid", " 400 ", "KLINE", "No more than 1 bans")
