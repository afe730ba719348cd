"""Signing on, and registering."""

import base64

from tests.doors import NativeDriver
from tests.promises.bounds.meeting import Meeting, numbers
from tests.promises.house import PASSWORD


async def native_attempts(here: Meeting) -> None:
    data = base64.b64encode(f"\0{await here.account()}\0wrong".encode()).decode()
    guess = {"type": "authenticate", "mechanism": "PLAIN", "data": data}
    one = await here.stranger()
    for _ in range(2):
        answer = await one.ask(guess)
        here.case.assertEqual(answer["code"], "sign-on-failed")
    await one.until("bye", lambda: one.bye is not None)


async def irc_attempts(here: Meeting) -> None:
    guess = base64.b64encode(f"\0{await here.account()}\0wrong".encode()).decode()
    one = await here.stranger()
    one.say("CAP REQ :sasl")
    for number in range(2):
        await here.answered(one, "AUTHENTICATE PLAIN", "AUTHENTICATE +")
        await here.answered(one, f"AUTHENTICATE {guess}", " 904 " if not number else "ERROR :")


async def native_registrations(here: Meeting) -> None:
    source = here.address()
    one = await here.stranger(source)
    await one.must({"type": "register", "name": f"p{next(numbers)}", "password": PASSWORD})
    await here.refused(one, "wrong-state", "register", name="another", password=PASSWORD)
    again = await here.stranger(source)
    await here.refused(again, "too-fast", "register", name=f"p{next(numbers)}", password=PASSWORD)


async def irc_registrations(here: Meeting) -> None:
    source = here.address()
    for answer in ("REGISTER SUCCESS", "FAIL REGISTER TEMPORARILY_UNAVAILABLE"):
        one = await here.stranger(source)
        one.say(f"NICK p{next(numbers)}")
        await here.answered(one, f"REGISTER * * {PASSWORD}", answer)


async def sessions(here: Meeting) -> None:
    name = await here.account()
    for _ in range(2):
        await here.on(name)
    third = await here.stranger()
    if isinstance(third, NativeDriver):
        data = base64.b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
        await third.must({"type": "authenticate", "mechanism": "PLAIN", "data": data})
        await here.refused(third, "too-many", "session", client="test", version="1")
    else:
        third.say(f"PASS {PASSWORD}")
        third.say(f"NICK {name}")
        await here.answered(third, f"USER {name} 0 * :{name}", "ERROR :", "No more than 2 sessions")
