"""The IRC door, driven line by line: a plain client with the common capabilities."""

import datetime
import itertools
import re
from typing import Any

from twisted.internet.defer import Deferred

from tests.doors.driver import Change, Driver, Outcome, Received, Seen, SignOnFailed
from tests.doors.stream import Stream

CAPABILITIES = (
    "message-tags server-time echo-message labeled-response batch account-tag away-notify extended-monitor "
    "multi-prefix extended-join setname invite-notify cap-notify account-notify userhost-in-names"
)

#: What AWAY says of a state that has no text (docs/presence.md).
_AWAY = {"away": "Away", "busy": "Busy", "extended-away": "Away for a while"}

#: What BuddyServ says of buddies (docs/presence.md), and its words for states.
_NEWS = (
    re.compile(r"(?P<before>\S+) is now called (?P<name>\S+) \((?P<state>.*)\)\.\Z"),
    re.compile(r"(?P<name>\S+) is now online \((?P<state>.*)\)\.\Z"),
    re.compile(r"(?P<name>\S+) is (?:now|back) (?P<state>.*)\.\Z"),
)
_STATES = {
    "online": "available",
    "away": "away",
    "away for a while": "extended-away",
    "busy": "busy",
    "offline": "offline",
}

_LINE = re.compile(r"(?:@(?P<tags>\S+) )?(?::(?P<source>\S+) )?(?P<command>\S+)(?P<rest>.*)\Z", re.DOTALL)


class IrcLine:
    """A line taken apart, by code of the test's own (RFC 1459 section 2.3.1, IRCv3 message-tags)."""

    def __init__(self, text: str) -> None:
        match = _LINE.match(text)
        assert match is not None, text
        self.tags: dict[str, str] = {}
        for tag in (match["tags"] or "").split(";"):
            key, _, value = tag.partition("=")
            self.tags[key] = value
        self.source = match["source"] or ""
        self.nick = self.source.partition("!")[0]
        self.command = match["command"].upper()
        middle, colon, trailing = match["rest"].partition(" :")
        self.params = middle.split() + ([trailing] if colon else [])


class IrcDriver(Driver):
    door = "irc"
    #: IRC knows here and away; all else is told as one of them (docs/presence.md).
    states = frozenset({"available", "away"})
    texts = False

    #: None: nothing asked for, as a client of 1995.
    capabilities: str | None = CAPABILITIES

    def __init__(self, stream: Stream, name: str) -> None:
        super().__init__(stream, name)
        self.lines: list[IrcLine] = []
        self._labels = itertools.count(1)
        self._outcomes: dict[str, Deferred[Outcome]] = {}
        self._invisible = False

    def line(self, line: bytes) -> None:
        parsed = IrcLine(line.decode())
        self.lines.append(parsed)
        del self.lines[:-2000]
        if parsed.command == "PING":
            if self.confirms:
                self.say(f"PONG :{parsed.params[-1]}")
        elif "label" in parsed.tags:
            self._answered(parsed)
        elif parsed.command == "PRIVMSG" and parsed.params[0].lower() == self.name.lower():
            self._shown(parsed)
        elif parsed.command in ("730", "731"):
            state = "available" if parsed.command == "730" else "offline"
            for who in parsed.params[-1].split(","):
                self.seen.append(Seen(who.partition("!")[0], state))
        elif parsed.command == "AWAY":
            text = parsed.params[0] if parsed.params else ""
            self.seen.append(Seen(parsed.nick, "away" if parsed.params else "available", text))
        elif parsed.command == "NOTICE" and parsed.nick == "BuddyServ":
            self._news(parsed.params[1])

    def _news(self, text: str) -> None:
        match = next(filter(None, (news.match(text) for news in _NEWS)), None)
        if match is not None:
            state, _, more = match["state"].partition(": ")
            before = match.groupdict().get("before", "")
            self.seen.append(Seen(match["name"], _STATES[state], more, before))

    def _shown(self, line: IrcLine) -> None:
        if line.nick.lower() == "buddyserv":
            return
        moment = line.tags.get("time", "")
        time = datetime.datetime.fromisoformat(moment).timestamp() if moment else 0.0
        repeat = any(key.endswith("repeat") for key in line.tags)
        self.received.append(Received(line.tags.get("msgid", ""), line.nick, line.params[1], time, repeat))

    def _answered(self, line: IrcLine) -> None:
        waiting = self._outcomes.pop(line.tags["label"], None)
        if waiting is None:
            return
        if line.command == "PRIVMSG":
            waiting.callback(Outcome("accepted", line.tags.get("msgid", "")))
        elif line.command == "FAIL" and "UNKNOWN" in " ".join(line.params[:2]):
            waiting.callback(Outcome("unknown", "", " ".join(line.params)))
        else:
            waiting.callback(Outcome("refused", "", " ".join([line.command, *line.params])))

    def say(self, line: str) -> None:
        if self.stream.alive:
            self.stream.say(line)

    async def enter(self, password: str, **more: Any) -> None:
        self.say("CAP LS 302")
        if password:
            self.say(f"PASS :{password}")
        self.say(f"NICK {self.name}")
        self.say(f"USER {self.name} 0 * :{self.name}")
        if self.capabilities:
            self.say(f"CAP REQ :{self.capabilities}")
        self.say("CAP END")
        await self.until("welcome", lambda: any(line.command in ("001", "464", "ERROR", "433") for line in self.lines))
        if not any(line.command == "001" for line in self.lines):
            raise SignOnFailed(self.stream.shown())
        await self.barrier()

    def send(self, to: str, body: str) -> "Deferred[Outcome]":
        label = f"m{next(self._labels)}"
        self._outcomes[label] = Deferred()
        self.say(f"@label={label} PRIVMSG {to} :{body}")
        return self._outcomes[label]

    async def command(self, line: str) -> list[IrcLine]:
        """Say a line, and everything that came until it was done with."""
        begin = len(self.lines)
        self.say(line)
        await self.barrier()
        return self.lines[begin:]

    async def barrier(self) -> None:
        token = f"b{next(self._labels)}"
        self.say(f"PING {token}")
        await self.until(
            f"PONG {token}",
            lambda: any(line.command == "PONG" and line.params[-1] == token for line in self.lines[-50:]),
        )

    async def buddy(self, command: str) -> None:
        """Ask BuddyServ, and wait for its answer."""
        begin = len(self.lines)
        self.say(f"PRIVMSG BuddyServ :{command}")
        await self.until(
            f"BuddyServ's answer to {command}",
            lambda: any(line.command == "NOTICE" and line.nick.lower() == "buddyserv" for line in self.lines[begin:]),
        )

    async def set_presence(self, state: str, text: str = "") -> None:
        if state == "invisible":
            await self.buddy("INVISIBLE on")
        elif self._invisible:
            await self.buddy("INVISIBLE off")
        self._invisible = state == "invisible"
        if state == "invisible":
            return
        if state == "available":
            await self.command("AWAY")
        else:
            await self.command(f"AWAY :{text or state}")

    async def befriend(self, other: str) -> None:
        await self.buddy(f"ADD {other}")

    async def approve(self, other: str) -> None:
        await self.buddy(f"ALLOW {other}")

    async def block(self, other: str) -> None:
        await self.buddy(f"BLOCK {other}")

    async def set_privacy(self, visible_to: str | None = None, share_location: bool | None = None) -> None:
        if visible_to is not None:
            await self.buddy(f"PRIVACY {visible_to}")
        if share_location is not None:
            await self.buddy(f"SHARE {'on' if share_location else 'off'}")

    async def watch(self, name: str) -> None:
        await self.command(f"MONITOR + {name}")

    async def join(self, room: str) -> None:
        await self.command(f"JOIN {room}")

    def shows(self, change: Change, *, contact: bool, watched: bool, together: bool) -> list[Seen]:
        capable = self.capabilities is not None
        away, away_before = self._away(*change.now), self._away(*change.before)
        if not watched:
            if together and capable and change.stays and away != away_before:
                return [Seen(change.name, "away" if away else "available", away)]
            return self._noticed(change) if contact else []
        shown = []
        if change.renamed_from:
            # The old name is watched, the new one is not: it goes, and BuddyServ says where to.
            shown.append(Seen(change.renamed_from, "offline"))
            shown += self._noticed(change)
        elif change.now[0] == "offline" or change.before[0] == "offline":
            if change.now[0] != change.before[0]:
                shown.append(Seen(change.name, "offline" if change.now[0] == "offline" else "available"))
                if capable and away:
                    shown.append(Seen(change.name, "away", away))
        elif away != away_before and capable:
            shown.append(Seen(change.name, "away" if away else "available", away))
        elif away != away_before and contact:
            shown += self._noticed(change)
        return shown

    @staticmethod
    def _away(state: str, text: str) -> str:
        return (text or _AWAY[state]) if state in _AWAY else ""

    @staticmethod
    def _noticed(change: Change) -> list[Seen]:
        if change.now == change.before and not change.renamed_from:
            return []
        return [Seen(change.name, *change.now, change.renamed_from)]

    async def quit(self) -> None:
        self.say("QUIT :bye")
        await self.lost


class BareIrcDriver(IrcDriver):
    """A client that has never heard of capabilities."""

    capabilities = None
