"""How to meet each limit, through each door, and what the door says then. `DEEDS` has them by the name of the setting.

A deed is done by people of its own, on a daemon with the settings of `TIGHT`.
"""

import base64
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from imd.core.verifier import written
from imd.credentials.scram import new_verifier
from imd.net.scram import salted_password
from tests.daemon import RunningDaemon
from tests.doors import DOORS, Driver, IrcDriver, NativeDriver, UdpDriver
from tests.doors.udp import Datagrams
from tests.promises.house import PASSWORD, PromiseTestCase

_SESAME = new_verifier(salted_password(b"sesame", b"salt", 4096), b"salt", 4096)

#: Rates and rooms in all are met elsewhere: they would be in the way here.
TIGHT = (
    "limits.enabled=true",
    "limits.messages_per_second=0",
    "limits.commands_per_second=0",
    "limits.registrations_per_hour=1",
    'limits.sign_on_delay="20 ms"',
    "limits.sign_on_attempts=2",
    'limits.line_length="4 KiB"',
    'limits.message_size="300 bytes"',
    'limits.tags_size="100 bytes"',
    "limits.metadata_at_once=1",
    "limits.metadata_keys=1",
    'limits.metadata_value="20 bytes"',
    "limits.metadata_subscriptions=1",
    "limits.metadata_per_minute=3",
    "limits.multiline_lines=2",
    'limits.multiline_time="2 s"',
    "limits.sessions_per_account=2",
    "limits.contacts=1",
    "limits.watches=1",
    "limits.whowas=2",
    "limits.rooms_per_account=2",
    "limits.room_members=2",
    "limits.room_masks=1",
    "limits.invites=1",
    "limits.offers=1",
    "limits.bans=1",
    f'operators.logins=[{{name="root", password="{written(_SESAME)}"}}]',
    "limits.always_on=1",
    "limits.replay=2",
    "limits.read_marks=1",
    "limits.window=2",
    "limits.targets=2",
    "limits.traces=5",
    "limits.nick_length=12",
    "limits.room_name_length=12",
    "limits.topic_length=20",
    "limits.kick_length=20",
    "limits.status_length=20",
    "limits.real_name_length=20",
    "offline.max_messages=4",
    "history.max_messages=6",
    "guests.offline_messages=1",
)

_numbers = itertools.count(1)


class Meeting:
    """One door of one daemon."""

    def __init__(self, case: PromiseTestCase, daemon: RunningDaemon, door: str) -> None:
        self.case = case
        self.daemon = daemon
        self.door = door

    async def account(self) -> str:
        """The name of a new one."""
        name = f"p{next(_numbers)}"
        await self.daemon.ask("user add", name=name, password=PASSWORD)
        return name

    async def on(self, name: str) -> Any:
        driver = await DOORS[self.door].sign_on(self.daemon, name, PASSWORD)
        self.case.addCleanup(driver.cut)
        return driver

    async def person(self) -> Any:
        """Somebody new, signed on."""
        return await self.on(await self.account())

    def room(self) -> str:
        """The name of a new one."""
        return f"#r{next(_numbers)}"

    @staticmethod
    def address() -> str:
        """One of this machine's that nobody has used."""
        return f"127.0.1.{next(_numbers) % 250 + 1}"

    async def stranger(self, source: str = "") -> Any:
        """Connected, from an address of its own, and not signed on."""
        source = source or self.address()
        if self.door == "udp":
            made: Driver = UdpDriver(Datagrams(self.daemon, dtls=False, source=source), "stranger")
        else:
            kind = DOORS[self.door]
            made = kind(await kind.dial(kind.port(self.daemon), source=source), "stranger")
        self.case.addCleanup(made.cut)
        if isinstance(made, NativeDriver):
            made.stream.say("")
            await made.until("hello", lambda: made.hello is not None)
        return made

    # ------------------------------------------------------------ what must be answered

    async def refused(self, driver: NativeDriver, code: str, type: str, **fields: Any) -> None:
        """A request that is answered with this error."""
        answer = await driver.ask({"type": type, **fields})
        self.case.assertEqual((answer["type"], answer.get("code")), ("error", code), answer)
        self.case.assertTrue(answer["text"])

    async def answered(self, driver: IrcDriver, line: str, *parts: str) -> None:
        """A line that is answered with one that has all these in it."""
        begin = len(driver.stream.transcript)
        driver.say(line)

        def there() -> bool:
            said = [each for each in driver.stream.transcript[begin:] if each.startswith("S: ")]
            return any(all(part in each for part in parts) for each in said)

        await driver.until(f"{parts} after {line[:60]}", there)


Deed = Callable[[Meeting], Awaitable[None]]


def _alike(kind: str, code: str, *requests: dict[str, Any]) -> Deed:
    """On the native door: these requests, the last of which is refused. ``@`` is an account's name, another one each
    time, ``#`` a room of one's own, ``#new`` another one each time."""

    async def deed(here: Meeting) -> None:
        one = await here.person()
        room = here.room()
        if any(value == "#" for request in requests for value in request.values()):
            await one.must({"type": "join", "room": room})
        for number, request in enumerate(requests, 1):
            words = {"#": room, "#new": here.room()}
            filled = {
                key: await here.account() if value == "@" else words.get(value, value) for key, value in request.items()
            }
            if number < len(requests):
                await one.must({"type": kind, **filled})
            else:
                await here.refused(one, code, kind, **filled)

    return deed


# ---------------------------------------------------------------- sizes


async def _native_line(here: Meeting) -> None:
    one = await here.person()
    one.tell({"type": "send", "to": one.name, "client_id": "1", "body": "x" * 5000})
    await one.until("too long", lambda: any(event.get("code") == "too-long" for event in one.events))


async def _irc_line(here: Meeting) -> None:
    await here.answered(await here.person(), "PRIVMSG somebody :" + "x" * 600, " 417 ")


async def _message(here: Meeting) -> None:
    one = await here.person()
    outcome = await one.send(await here.account(), "x" * 301)
    here.case.assertEqual(outcome.how, "refused")
    here.case.assertRegex(outcome.reason, "too-long|longer than 300 bytes")


async def _tags(here: Meeting) -> None:
    await here.answered(await here.person(), f"@+a={'x' * 150} PRIVMSG somebody :hello", " 417 ")


async def _lines(here: Meeting) -> None:
    one = await here.person()
    for line in ("CAP REQ :batch draft/multiline", "BATCH +1 draft/multiline #tea", *["@batch=1 PRIVMSG #tea :x"] * 2):
        await one.command(line)
    await here.answered(one, "@batch=1 PRIVMSG #tea :x", "FAIL BATCH MULTILINE_MAX_LINES 2")


def _metadata(last: str, answer: str, *before: str) -> Deed:
    async def deed(here: Meeting) -> None:
        one = await here.person()
        for line in ("CAP REQ :batch draft/metadata-2", *(f"METADATA * {each}" for each in before)):
            await one.command(line)
        await here.answered(one, f"METADATA * {last}", answer)

    return deed


async def _metadata_later(here: Meeting) -> None:
    one = await here.person()
    for line in (
        "CAP REQ :batch draft/metadata-2",
        "METADATA * SUB a",
        "METADATA * SET a x",
        f"JOIN #later-{one.name[-4:]}",
        f"METADATA #later-{one.name[-4:]} SET a x",
        f"PART #later-{one.name[-4:]}",
    ):
        await one.command(line)
    await here.answered(one, f"JOIN #later-{one.name[-4:]}", " 774 ")


async def _unfinished(here: Meeting) -> None:
    one = await here.person()
    await one.command("CAP REQ :batch draft/multiline")
    await here.answered(one, "BATCH +1 draft/multiline #tea", "FAIL BATCH TIMEOUT 1")


# ---------------------------------------------------------------- signing on


async def _native_attempts(here: Meeting) -> None:
    data = base64.b64encode(f"\0{await here.account()}\0wrong".encode()).decode()
    guess = {"type": "authenticate", "mechanism": "PLAIN", "data": data}
    one = await here.stranger()
    for _ in range(2):
        answer = await one.ask(guess)
        here.case.assertEqual(answer["code"], "sign-on-failed")
    await one.until("bye", lambda: one.bye is not None)


async def _irc_attempts(here: Meeting) -> None:
    guess = base64.b64encode(f"\0{await here.account()}\0wrong".encode()).decode()
    one = await here.stranger()
    one.say("CAP REQ :sasl")
    for number in range(2):
        await here.answered(one, "AUTHENTICATE PLAIN", "AUTHENTICATE +")
        await here.answered(one, f"AUTHENTICATE {guess}", " 904 " if not number else "ERROR :")


async def _native_registrations(here: Meeting) -> None:
    source = here.address()
    one = await here.stranger(source)
    await one.must({"type": "register", "name": f"p{next(_numbers)}", "password": PASSWORD})
    await here.refused(one, "wrong-state", "register", name="another", password=PASSWORD)
    again = await here.stranger(source)
    await here.refused(again, "too-fast", "register", name=f"p{next(_numbers)}", password=PASSWORD)


async def _irc_registrations(here: Meeting) -> None:
    source = here.address()
    for answer in ("REGISTER SUCCESS", "FAIL REGISTER TEMPORARILY_UNAVAILABLE"):
        one = await here.stranger(source)
        one.say(f"NICK p{next(_numbers)}")
        await here.answered(one, f"REGISTER * * {PASSWORD}", answer)


async def _sessions(here: Meeting) -> None:
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


# ---------------------------------------------------------------- counts


async def _irc_contacts(here: Meeting) -> None:
    one = await here.person()
    await one.befriend(await here.account())
    await here.answered(one, f"PRIVMSG BuddyServ :ADD {await here.account()}", "BuddyServ", "No more than 1 contacts")


async def _irc_watches(here: Meeting) -> None:
    await here.answered(await here.person(), "MONITOR + a,b", " 734 ", " 1 b ")


async def _whowas(here: Meeting) -> None:
    """The elder of three who have come is not remembered; by other doors nobody asks."""
    people = [await here.person() for _ in range(3)]
    if isinstance(people[2], IrcDriver):
        for one in people[:2]:
            await one.quit()
        await here.answered(people[2], f"WHOWAS {people[0].name}", " 406 ", people[0].name)


async def _irc_rooms(here: Meeting) -> None:
    rooms = [here.room() for _ in range(3)]
    await here.answered(await here.person(), f"JOIN {','.join(rooms)}", " 405 ", rooms[2])


async def _members(here: Meeting) -> None:
    room = here.room()
    for _ in range(2):
        await (await here.person()).join(room)
    third = await here.person()
    if isinstance(third, NativeDriver):
        await here.refused(third, "cannot-join", "join", room=room)
    else:
        await here.answered(third, f"JOIN {room}", " 471 ", room)


async def _native_masks(here: Meeting) -> None:
    one, room = await here.person(), here.room()
    await one.join(room)
    changes = [{"change": "list", "list": "ban", "mask": f"{each}!*@*", "on": True} for each in "ab"]
    answer = await one.must({"type": "change-room", "room": room, "changes": changes})
    here.case.assertEqual([reason["code"] for reason in answer["refused"]], ["too-many"])


async def _irc_masks(here: Meeting) -> None:
    one, room = await here.person(), here.room()
    await one.join(room)
    await here.answered(one, f"MODE {room} +bb a!*@* b!*@*", " 478 ", room)


async def _invites(here: Meeting) -> None:
    one, room = await here.person(), here.room()
    await one.join(room)
    guests = [(await here.person()).name for _ in range(2)]
    if isinstance(one, NativeDriver):
        await one.must({"type": "invite", "room": room, "who": guests[0]})
        await here.refused(one, "too-many", "invite", room=room, who=guests[1])
    else:
        await here.answered(one, f"INVITE {guests[0]} {room}", " 341 ")
        await here.answered(one, f"INVITE {guests[1]} {room}", "INVITE", "No more than 1 open invitations")


async def _offers(here: Meeting) -> None:
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


async def _window(here: Meeting) -> None:
    """Nobody is told: what is beyond waits in the store, and comes when the client confirms."""
    one, other = await here.person(), await here.person()
    other.confirming = False
    for number in range(4):
        await one.send(other.name, f"hello {number}")
    await other.until("two messages", lambda: len(other.received) == 2)
    other.cut()
    again = await here.on(other.name)
    await again.until("all", lambda: len(again.received) >= 4)


async def _targets(here: Meeting) -> None:
    await here.answered(await here.person(), "PRIVMSG a,b,c :hello", " 407 ", " c ")


async def _replay(here: Meeting) -> None:
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


async def _native_always_on(here: Meeting) -> None:
    one, other = await here.person(), await here.person()
    await one.must({"type": "set-always-on", "on": True})
    await here.refused(other, "too-many", "set-always-on", on=True)
    await one.must({"type": "set-always-on", "on": False})


async def _irc_always_on(here: Meeting) -> None:
    one, other = await here.person(), await here.person()
    await here.answered(one, "NS SET ALWAYS-ON on", "NOTICE", "You stay")
    await here.answered(other, "NS SET ALWAYS-ON on", "NOTICE", "accounts that stay")
    await here.answered(one, "NS SET ALWAYS-ON off", "NOTICE", "You leave")


async def _native_marks(here: Meeting) -> None:
    """The oldest is forgotten."""
    one = await here.person()
    for number in (1, 2):
        await one.must({"type": "read", "with": here.room(), "time": number})


async def _irc_marks(here: Meeting) -> None:
    one, rooms = await here.person(), (here.room(), here.room())
    for number, room in enumerate(rooms, 1):
        await here.answered(one, f"MARKREAD {room} timestamp=2026-01-01T00:00:0{number}.000Z", "MARKREAD", "2026-01-01")
    await here.answered(one, f"MARKREAD {rooms[0]}", f"MARKREAD {rooms[0]} *")


async def _traces(here: Meeting) -> None:
    """Nobody is told but the operator."""
    one, other = await here.person(), await here.person()
    told = [await one.send(other.name, f"hello {number}") for number in range(7)]
    here.case.assertEqual({outcome.how for outcome in told}, {"accepted"})


async def _inbox(here: Meeting) -> None:
    one, other = await here.person(), await here.account()
    told = [await one.send(other, f"hello {number}") for number in range(5)]
    here.case.assertEqual([outcome.how == "refused" for outcome in told], [False] * 4 + [True])
    here.case.assertRegex(told[4].reason, "queue-full|4 messages already wait")


async def _guests_inbox(here: Meeting) -> None:
    guest = await IrcDriver.sign_on(here.daemon, f"g{next(_numbers)}", "", source="127.0.0.7")
    here.case.addCleanup(guest.cut)
    other = await here.account()
    told = [await guest.send(other, f"hello {number}") for number in range(2)]
    here.case.assertEqual([outcome.how == "refused" for outcome in told], [False, True])
    here.case.assertIn("1 messages already wait", told[1].reason)


async def _history(here: Meeting) -> None:
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


# ---------------------------------------------------------------- texts


async def _native_nick(here: Meeting) -> None:
    await here.refused(await here.stranger(), "invalid-name", "register", name="x" * 13, password=PASSWORD)


async def _irc_nick(here: Meeting) -> None:
    await here.answered(await here.stranger(), "NICK " + "x" * 13, " 432 ")


async def _irc_room_name(here: Meeting) -> None:
    await here.answered(await here.person(), "JOIN #" + "x" * 12, " 476 ")


async def _irc_topic(here: Meeting) -> None:
    """What is too long is cut, as ISUPPORT says."""
    one, room = await here.person(), here.room()
    await one.join(room)
    await here.answered(one, f"TOPIC {room} :{'x' * 30}", f"TOPIC {room} :{'x' * 20}")
    here.case.assertFalse(any("x" * 21 in line for line in one.stream.transcript if line.startswith("S: ")))


async def _kick(here: Meeting) -> None:
    room = here.room()
    one, other = await here.person(), await here.person()
    for each in (one, other):
        await each.join(room)
    if isinstance(one, NativeDriver):
        await here.refused(one, "too-long", "kick", room=room, who=other.name, text="x" * 21)
    else:
        await here.answered(one, f"KICK {room} {other.name} :{'x' * 30}", f"KICK {room} {other.name} :{'x' * 20}")


async def _irc_status(here: Meeting) -> None:
    one = await here.person()
    await one.command(f"AWAY :{'x' * 30}")
    await here.answered(one, f"WHOIS {one.name}", " 301 ", f":{'x' * 20}")
    here.case.assertNotIn("x" * 21, "".join(line for line in one.stream.transcript if line.startswith("S: ")))


async def _irc_real_name(here: Meeting) -> None:
    await here.answered(await here.person(), f"SETNAME :{'x' * 30}", "FAIL SETNAME INVALID_REALNAME")


async def _bans(here: Meeting) -> None:
    one = await here.person()
    await here.answered(one, "OPER root sesame", " 381 ")
    one.say("KLINE *!*@one.invalid")
    await here.answered(one, "KLINE *!*@two.invalid", " 400 ", "KLINE", "No more than 1 bans")


#: By setting: how it is met through the native door (stream and datagrams) and through IRC; None: not through this one.
DEEDS: dict[str, tuple[Deed | None, Deed | None]] = {
    "limits.line_length": (_native_line, _irc_line),
    "limits.message_size": (_message, _message),
    # Tags are IRC's.
    "limits.tags_size": (None, _tags),
    # Only IRC has metadata.
    "limits.metadata_at_once": (None, _metadata_later),
    "limits.metadata_keys": (None, _metadata("SET b x", "FAIL METADATA LIMIT_REACHED", "SET a x")),
    "limits.metadata_value": (None, _metadata(f"SET a {'x' * 21}", "FAIL METADATA VALUE_INVALID")),
    "limits.metadata_subscriptions": (None, _metadata("SUB b", "FAIL METADATA TOO_MANY_SUBS b", "SUB a")),
    "limits.metadata_per_minute": (None, _metadata("SET a y", "FAIL METADATA RATE_LIMITED", *["SET a x"] * 3)),
    # A native message has its line ends in it.
    "limits.multiline_lines": (None, _lines),
    "limits.multiline_time": (None, _unfinished),
    "limits.sign_on_attempts": (_native_attempts, _irc_attempts),
    "limits.sign_on_delay": (_native_attempts, _irc_attempts),
    "limits.registrations_per_hour": (_native_registrations, _irc_registrations),
    "limits.sessions_per_account": (_sessions, _sessions),
    "limits.contacts": (_alike("roster-ask", "too-many", {"name": "@"}, {"name": "@"}), _irc_contacts),
    "limits.watches": (_alike("watch", "too-many", {"name": "@"}, {"name": "@"}), _irc_watches),
    "limits.whowas": (_whowas, _whowas),
    "limits.rooms_per_account": (
        _alike("join", "too-many", {"room": "#new"}, {"room": "#new"}, {"room": "#new"}),
        _irc_rooms,
    ),
    "limits.room_members": (_members, _members),
    "limits.room_masks": (_native_masks, _irc_masks),
    "limits.invites": (_invites, _invites),
    "limits.offers": (_offers, _offers),
    # Operators come by IRC.
    "limits.bans": (None, _bans),
    # Native clients read history.
    "limits.replay": (None, _replay),
    "limits.always_on": (_native_always_on, _irc_always_on),
    "limits.read_marks": (_native_marks, _irc_marks),
    "limits.window": (_window, _window),
    # A native command has one recipient.
    "limits.targets": (None, _targets),
    "limits.traces": (_traces, _traces),
    "limits.nick_length": (_native_nick, _irc_nick),
    "limits.room_name_length": (_alike("join", "invalid-name", {"room": "#" + "x" * 12}), _irc_room_name),
    "limits.topic_length": (_alike("set-topic", "too-long", {"room": "#", "text": "x" * 21}), _irc_topic),
    "limits.kick_length": (_kick, _kick),
    "limits.status_length": (
        _alike("set-presence", "too-long", {"state": "away", "text": "x" * 21}),
        _irc_status,
    ),
    "limits.real_name_length": (_alike("set-realname", "too-long", {"realname": "x" * 21}), _irc_real_name),
    "history.max_messages": (_history, _history),
    "offline.max_messages": (_inbox, _inbox),
    # Guests come by IRC.
    "guests.offline_messages": (None, _guests_inbox),
}
