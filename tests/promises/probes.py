"""Every question a client can put about somebody, for each door: what P5 is tried with.

`{t}` is the person asked about (`{T}`: the same in capitals), `{r}` a room of who asks. A test fails when a command
exists that is not here, so a new command comes with its questions, or among those that say nothing of others and why.
"""

import re
from typing import Any

from imd.messages.catalogue import CLIENT_MESSAGES
from imd.protocols.irc import families, services
from imd.protocols.irc.commands import COMMANDS
from tests.doors import Driver, IrcDriver, NativeDriver

#: In this order: presence first, the buddy list last, for it changes what may be seen.
IRC = {
    "ISON": ["ISON {t}", "ISON {T}"],
    "USERHOST": ["USERHOST {t}"],
    "WHO": ["WHO {t}", "WHO {t}*", "WHO {t} %tcuihsnfdlaor,7"],
    "WHOIS": ["WHOIS {t}", "WHOIS {t} {t}", "WHOIS {t}@localhost", "WHOIS {T}"],
    "WHOWAS": ["WHOWAS {t}"],
    "MONITOR": ["MONITOR + {t}", "MONITOR S", "MONITOR L", "MONITOR - {t}", "MONITOR + {T}", "MONITOR C"],
    "PRIVMSG": ["PRIVMSG {t} :hello", "PRIVMSG {t},{t} :hello", "PRIVMSG {t}@localhost :hello", "PRIVMSG {T} :hello",
                "PRIVMSG {t} :\x01ACTION waves\x01", "PRIVMSG {t} :\x01VERSION\x01"],
    "NOTICE": ["NOTICE {t} :hello", "NOTICE {t} :\x01VERSION imd\x01"],
    "TAGMSG": ["@+typing=active TAGMSG {t}"],
    "METADATA": ["CAP REQ :batch draft/multiline draft/metadata-2", "METADATA {t} LIST", "METADATA {T} GET url",
                 "METADATA {t} SET url x", "METADATA {t} CLEAR", "METADATA {t} SYNC", "METADATA {r} SYNC"],
    "BATCH": ["BATCH +1 draft/multiline {t}", "@batch=1 PRIVMSG {t} :one", "@batch=1 PRIVMSG {t} :two", "BATCH -1",
              "BATCH +2 draft/multiline {t}", "@batch=2 NOTICE {t} :one", "BATCH -2"],
    "INVITE": ["INVITE {t} {r}"],
    "KICK": ["KICK {r} {t}"],
    "RENAME": ["RENAME {t} #x", "RENAME {r} {t}"],
    "CHANSERV": ["CHANSERV OP {r} {t}", "CHANSERV DEVOICE {r} {t}", "CHANSERV HOWTOBAN {r} {t}"],
    "CS": ["CS AMODE {r} +v {t}", "CS AMODE {r} -v {t}", "CS VOICE {r} {t}"],
    "MODE": ["MODE {t}", "MODE {t} +i", "MODE {r} +o {t}", "MODE {r} -v {t}", "MODE {r} +b {t}!*@*", "MODE {r} b"],
    "NAMES": ["NAMES {t}", "NAMES {r}"],
    "LIST": ["LIST {t}", "LIST {r}"],
    "TOPIC": ["TOPIC {t}", "TOPIC {r} :{t}"],
    "JOIN": ["JOIN {t}", "JOIN {r} {t}"],
    "PART": ["PART {t}"],
    "NICK": ["NICK {t}"],
    "ACCEPT": ["ACCEPT {t}", "ACCEPT *", "ACCEPT -{t}", "ACCEPT {T},-{T}"],
    "AWAY": ["AWAY :{t}", "AWAY"],
    "SETNAME": ["SETNAME {t}"],
    "ADMIN": ["ADMIN {t}"],
    "HELP": ["HELP {t}"],
    "HELPOP": ["HELPOP {t}"],
    "INFO": ["INFO {t}"],
    "LINKS": ["LINKS {t}", "LINKS {t} *"],
    "LUSERS": ["LUSERS * {t}"],
    "MOTD": ["MOTD {t}"],
    "TIME": ["TIME {t}"],
    "VERSION": ["VERSION {t}"],
    "PING": ["PING {t}"],
    "PONG": ["PONG {t}"],
    "PASS": ["PASS {t}"],
    "USER": ["USER {t} 0 * :{t}"],
    "CAP": ["CAP LIST"],
    "ISUPPORT": ["ISUPPORT {t}"],
    "OPER": ["OPER {t} {t}"],
    "DEOPER": ["DEOPER"],
    "KILL": ["KILL {t} :x"],
    "KLINE": ["KLINE {t} :x"],
    "DLINE": ["DLINE {t} :x"],
    "UNKLINE": ["UNKLINE {t}"],
    "UNDLINE": ["UNDLINE {t}"],
    "WALLOPS": ["WALLOPS :{t}"],
    "SAJOIN": ["SAJOIN {t} {r}"],
    "SAPART": ["SAPART {t} {r} :x"],
    "SAMODE": ["SAMODE {r} +v {t}"],
    "REHASH": ["REHASH"],
    "STATS": ["STATS u {t}", "STATS p {t}"],
    "CONNECT": ["CONNECT {t}"],
    "SQUIT": ["SQUIT {t} :x"],
    "WEBIRC": ["WEBIRC x {t} {t} 192.0.2.1"],
    "CHATHISTORY": ["CHATHISTORY LATEST {t} * 1", "CHATHISTORY BEFORE {T} timestamp=2100-01-01T00:00:00.000Z 5",
                    "CHATHISTORY AROUND {t} msgid=m1 1",
                    "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 9"],
    "MARKREAD": ["MARKREAD {t}", "MARKREAD {t} timestamp=2100-01-01T00:00:00.000Z", "MARKREAD {T}"],
    "REDACT": ["REDACT {t} m1 :x"],
    "HISTSERV": ["HISTSERV HELP", "HISTSERV {t}"],
    "BUDDY": ["BUDDY {t}"],
    "NICKSERV": ["NICKSERV STATUS {t}", "NICKSERV GHOST {t}", "NICKSERV UNREGISTER {t}", "NICKSERV CLIENTS LIST {t}"],
    "NS": ["NS ACC {t}", "PRIVMSG NickServ :STATUS {t} {T}", "NS CERT LIST {t}"],
    "VERIFY": ["VERIFY {t} 1234"],
}  # fmt: skip
IRC_SILENT = {
    "QUIT": "ends the connection",
    "ERROR": "is ignored",
    "REGISTER": "makes an account of the nick that one has",
    "AUTHENTICATE": "takes passwords, and compares them alike for all",
}

#: Services, by nick; which of their verbs say nothing of others, and why, is in `SERVICES_SILENT`.
SERVICES = {
    "BuddyServ": {
        "INFO": ["INFO {t}", "INFO {T}", "INFO {t}@localhost"],
        "LIST": ["LIST"],
        "QUEUE": ["QUEUE"],
        "FETCH": ["FETCH"],
        "SHARE": ["SHARE on", "INFO {t}", "SHARE {share}"],
        "PRIVACY": ["PRIVACY contacts", "PRIVACY everyone"],
        "INVISIBLE": ["INVISIBLE on", "INFO {t}", "INVISIBLE off"],
        "LABEL": ["LABEL {t} Tina", "LIST"],
        "GROUP": ["GROUP {t} work", "LIST"],
        "ADD": ["ADD {t}", "LIST"],
        "ALLOW": ["ALLOW {t}", "LIST"],
        "DENY": ["DENY {t}", "LIST"],
        "CANCEL": ["CANCEL {t}", "LIST"],
        "REQUESTS": ["REQUESTS"],
        "BLOCK": ["BLOCK {t}", "INFO {t}", "LIST"],
        "UNBLOCK": ["UNBLOCK {t}", "INFO {t}"],
        "REMOVE": ["ADD {t}", "REMOVE {t}", "LIST", "ADD {t}"],
    },
    "NickServ": {
        "INFO": ["INFO {t}", "INFO {T}", "INFO {t}@localhost"],
        "STATUS": ["STATUS {t} {T} {t}@localhost"],
        "ACC": ["ACC {t} {T}"],
        "GHOST": ["GHOST {t} wrong", "GHOST {t}"],
        "RECOVER": ["RECOVER {t} wrong"],
        "RECLAIM": ["RECLAIM {t} wrong"],
        "REGAIN": ["REGAIN {t}"],
        "RELEASE": ["RELEASE {t} wrong"],
        "IDENTIFY": ["IDENTIFY {t} wrong"],
        "ID": ["ID {t} wrong"],
        "LOGIN": ["LOGIN {t}"],
        "CERT": ["CERT LIST {t}", "CERT ADD {t}"],
        "CLIENTS": ["CLIENTS LIST {t}", "CLIENTS LOGOUT {t}"],
        "SESSIONS": ["SESSIONS {t}"],
        "SET": ["SET {t} {t}"],
        "UNREGISTER": ["UNREGISTER {t}"],
        "DROP": ["DROP {t} 1234"],
    },
    "ChanServ": {
        "ACCESS": ["ACCESS {r} ADD {t} voice", "ACCESS {r}", "ACCESS {r} DEL {t}", "ACCESS {t}"],
        "FLAGS": ["FLAGS {r} {t} +v", "FLAGS {r}", "FLAGS {r} {t} -v"],
        "AMODE": ["AMODE {r} +v {t}", "AMODE {r}", "AMODE {r} -v {t}"],
        "HOWTOBAN": ["HOWTOBAN {r} {t}"],
        "INFO": ["INFO {r}", "INFO {t}"],
        "TRANSFER": ["TRANSFER {r} {t}", "TRANSFER ACCEPT {t}"],
        "REGISTER": ["REGISTER {t}"],
        "DROP": ["DROP {t}"],
        "UNREGISTER": ["UNREGISTER {t}"],
        "CLEAR": ["CLEAR {t} users"],
        "LIST": ["LIST {t}"],
        "PURGE": ["PURGE ADD {t}"],
        **{verb: [f"{verb} {{r}} {{t}}"] for verb in ("ADMIN", "DEADMIN", "OP", "DEOP", "HALFOP", "DEHALFOP")},
        **{verb: [f"{verb} {{r}} {{t}}"] for verb in ("VOICE", "DEVOICE")},
    },
    "HistServ": {
        "PLAY": ["PLAY {t}", "PLAY {T} 5"],
        "DELETE": ["DELETE {t} m1"],
    },
}
SERVICES_SILENT = {
    "NickServ": {
        "REGISTER": "makes an account of the nick that one has",
        "LOGOUT": "says what to do instead",
        "PASSWD": "is about one's own password",
        "PASSWORD": "is about one's own password",
    },
    "ChanServ": {
        "MLOCK": "names a room and letters",
        "TOPICLOCK": "names a room",
        "SET": "names a room and letters",
    },
    "HistServ": {"EXPORT": "hands out what one has said oneself", "FORGET": "forgets what one has said oneself"},
}

_CALL = {"call": "c1", "to": "{t}"}
_OFFER = {"offer": "o1", "to": "{t}"}
_SEND = {"to": "{t}", "body": "hello"}
_TEXT = {**_SEND, "client_id": "one-{t}"}
NATIVE: dict[str, list[dict[str, Any]]] = {
    "get-presence": [{"name": "{t}"}, {"name": "{t}@localhost"}, {"name": "{T}"}],
    "watch": [{"name": "{t}"}, {"name": "{T}"}],
    "unwatch": [{"name": "{t}"}],
    "send": [
        _TEXT,
        _TEXT,
        {**_SEND, "client_id": "two-{t}", "kind": "action"},
        {**_SEND, "client_id": "three-{t}", "kind": "notice"},
        {**_SEND, "client_id": "four-{t}", "to": "{t}@localhost"},
        {**_SEND, "client_id": "five-{t}", "to": "{T}"},
    ],
    "typing": [{"to": "{t}", "state": "active"}],
    "signal": [{"to": "{t}", "tags": {"draft/react": "+"}}],
    "call-offer": [{**_CALL, "sdp": "v=0"}],
    "call-answer": [{**_CALL, "sdp": "v=0"}],
    "call-candidate": [{**_CALL, "candidate": ""}],
    "call-end": [_CALL],
    "direct-offer": [{**_OFFER, "addresses": ["tcp:192.0.2.1:1"]}],
    "direct-answer": [{**_OFFER, "accepted": True}],
    "file-offer": [{**_OFFER, "name": "f", "size": 1}],
    "file-accept": [_OFFER],
    "file-decline": [_OFFER],
    "ack": [{"ids": ["{t}"]}],
    "read": [{"id": "{t}"}],
    "fetch": [{}],
    "get-history": [{"with": "{t}"}, {"with": "{r}"}],
    "get-talks": [{}],
    "redact": [{"with": "{t}", "id": "m1"}],
    "invite": [{"room": "{r}", "who": "{t}"}],
    "kick": [{"room": "{r}", "who": "{t}"}],
    "rename-room": [{"room": "{t}", "name": "#x"}, {"room": "{r}", "name": "{t}"}],
    "change-room": [{"room": "{r}", "changes": [{"change": "role", "role": role, "who": "{t}", "on": on}]}
                    for role in ("operator", "voice") for on in (True, False)],
    "get-room": [{"room": "{r}"}],
    "get-rooms": [{"after": "{t}"}],
    "get-masks": [{"room": "{r}", "list": "ban"}],
    "join": [{"room": "{t}"}, {"room": "{r}", "key": "{t}"}],
    "part": [{"room": "#{t}"}],
    "set-topic": [{"room": "{r}", "text": "{t}"}],
    "set-presence": [{"state": "away", "text": "{t}"}, {}],
    "set-realname": [{"realname": "{t}"}],
    "close-conversation": [{"desk": "{t}"}],
    "whoami": [{}],
    "get-sessions": [{}],
    "set-always-on": [{"on": False}],
    "set-privacy": [{"share_location": True}, {"share_location": False}],
    "change-password": [{"current": "wrong", "password": "{t}"}],
    "register": [{"name": "{t}", "password": "correct horse"}],
    "authenticate": [{"mechanism": "PLAIN", "data": ""}],
    "response": [{"data": ""}],
    "visit": [{"name": "{t}"}],
    "introduce": [{"name": "{t}"}, {"page": "https://shop.example.org/", "title": "{t}"}],
    "resume": [{"token": "{t}", "session": "{t}", "client": "c"}],
    "session": [{"client": "c"}],
    "ping": [{}],
    "roster-get": [{}],
    "roster-put": [{"name": "{t}", "label": "Tina", "groups": ["work"]}],
    "roster-ask": [{"name": "{t}"}],
    "roster-approve": [{"name": "{t}"}],
    "roster-refuse": [{"name": "{t}"}],
    "roster-cancel": [{"name": "{t}"}],
    "roster-block": [{"name": "{t}"}],
    "roster-unblock": [{"name": "{t}"}],
    "roster-remove": [{"name": "{t}"}],
}  # fmt: skip
NATIVE_SILENT = {"quit": "ends the connection", "pong": "is never answered"}


def uncovered() -> dict[str, set[str]]:
    """Commands without questions, and questions without a command, by door."""
    assert families.FAMILIES
    return {
        "irc": (IRC.keys() | IRC_SILENT.keys()) ^ COMMANDS.keys(),
        **{
            f"irc: {nick}": (SERVICES.get(nick, {}).keys() | SERVICES_SILENT.get(nick, {}).keys())
            ^ service.verbs.keys()
            for nick, service in services.ALL.items()
        },
        "native": (NATIVE.keys() | NATIVE_SILENT.keys()) ^ CLIENT_MESSAGES.keys(),
    }


#: What is asked where; by UDP it is the same as at the native door.
DOORS_ASKED = {"native", "udp", "websocket", "irc", "irc-websocket", "web", "web-poll"}


async def ask_everything(observer: Driver, words: dict[str, str]) -> list[tuple[str, str]]:
    """Put every question of the observer's door; (question, all that came until it was settled), as it was sent."""
    if isinstance(observer, NativeDriver):
        return await _ask_native(observer, words)
    assert isinstance(observer, IrcDriver)
    return await _ask_irc(observer, words)


async def _ask_irc(observer: IrcDriver, words: dict[str, str]) -> list[tuple[str, str]]:
    lines = [line for questions in IRC.values() for line in questions]
    lines += [
        f"PRIVMSG {nick} :{line}"
        for nick, verbs in SERVICES.items()
        for questions in verbs.values()
        for line in questions
    ]
    # What may be seen now that the buddy list has been through everything.
    lines += ["WHOIS {t}", "BUDDY INFO {t}", "PRIVMSG {t} :again"]
    # And while the person is blocked by who asks.
    lines += ["BUDDY BLOCK {t}", "PRIVMSG {t} :again", "NOTICE {t} :again", "@+typing=active TAGMSG {t}", "WHOIS {t}"]
    heard = []
    for line in lines:
        begin = len(observer.stream.transcript)
        observer.say(_filled(line, words))
        # Answers come in the order of the commands, so the second barrier's comes after all that follows at once.
        await observer.barrier()
        await observer.barrier()
        heard.append((line, _said(observer, begin)))
    return heard


async def _ask_native(observer: NativeDriver, words: dict[str, str]) -> list[tuple[str, str]]:
    heard = []
    questions = [(kind, fields) for kind, all_fields in NATIVE.items() for fields in all_fields]
    questions += [("get-presence", {"name": "{t}"}), ("send", {**_SEND, "client_id": "last-{t}"})]
    # And while the person is blocked by who asks.
    questions += [
        ("roster-block", {"name": "{t}"}),
        ("get-presence", {"name": "{t}"}),
        ("send", {**_SEND, "client_id": "blocked-{t}"}),
        ("send", {**_SEND, "client_id": "blocked-2-{t}", "kind": "notice"}),
        ("typing", {"to": "{t}", "state": "active"}),
    ]
    for kind, fields in questions:
        begin = len(observer.stream.transcript)
        await observer.ask({"type": kind, **_filled(fields, words)})
        await observer.barrier()
        heard.append((f"{kind} {fields}", _said(observer, begin)))
    return heard


def _said(observer: Driver, begin: int) -> str:
    said = "\n".join(line for line in observer.stream.transcript[begin:] if line.startswith("S: "))
    observer.stream.transcript.clear()
    return said


def _filled(what: Any, words: dict[str, str]) -> Any:
    """`what` with its placeholders filled in, however deep they are."""
    if isinstance(what, str):
        return re.sub(r"\{(\w+)\}", lambda match: words[match[1]], what)
    if isinstance(what, dict):
        return {key: _filled(value, words) for key, value in what.items()}
    return [_filled(value, words) for value in what] if isinstance(what, list) else what


#: What differs between two talks that say the same: times, ids, ports of the connection, numbers of requests.
_DIFFERS = [
    (re.compile(r"#room\d+"), "ROOM"),
    (re.compile(r'"(id|session|token|seq|time|since|created|idle_since|port)":("[^"]*"|[\d.]+)'), r'"\1":*'),
    (re.compile(r'"ref":\d+'), '"ref":*'),
    (re.compile(r"(msgid|time|label)=[^; ]+"), r"\1=*"),
    # A batch of a message is called after its id.
    (re.compile(r"\bm[0-9a-f]{24}\b"), "BATCH"),
    (re.compile(r"\b\d{10}\b"), "TIME"),
    (re.compile(r"\w+ \w+ \d+ \d+ -- [\d:]+"), "TIME"),
    (re.compile(r"\w+, \d\d \w+ \d{4} [\d:]+ UTC"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "TIME"),
    # What ChanServ wants to be confirmed is made of names.
    (re.compile(r"(To confirm, say: .*) [0-9a-f]{8}\b"), r"\1 CODE"),
    (re.compile(r"\b[bm]\d+\b"), "LABEL"),
    (re.compile(r" PING :\S+"), " PING :*"),
]


def normal(said: str, words: dict[str, str], observer: str) -> str:
    """What was said without what may differ, and with names that are the same for all."""
    for word, value in (("Person", words["t"]), ("PERSON", words["T"]), ("OBSERVER", observer)):
        said = said.replace(value, word)
    for pattern, instead in _DIFFERS:
        said = pattern.sub(instead, said)
    return said
