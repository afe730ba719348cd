"""Plays a transcript: its people are IRC clients (and those at other doors) of a whole daemon in memory."""

import base64
from pathlib import Path

import msgspec
from twisted.trial.unittest import FailTest

from imd.config.load import load
from imd.core.message import Draft
from imd.core.session import State
from imd.core.tally import Tally
from imd.policies import core_policy, credential_rules, irc_settings
from imd.storage.memory.store import MemoryStore
from tests.protocols.irc import other_door
from tests.protocols.irc.other_door import OtherClient
from tests.protocols.irc.world import NOW, User, World
from tests.transcripts.matching import Known, Mismatch, match, sent
from tests.transcripts.script import Script, Step

#: What keeps tests quick without changing what they test.
_QUICK = ("accounts.scram_iterations=4096", "limits.sign_on_delay=0")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
#: Steps that change nothing.
_LOOKS = frozenset({"gets", "gets_nothing", "gets_whatever", "is_gone", "is_mute"})
#: How much of what happened a failure shows.
_SHOWN = 12


class Failed(FailTest):
    """A transcript that did not go as written; says where, what was expected, and what came."""


class Stage:
    """One performance. Steps are played by the methods they are called after, with their words as arguments."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._overrides = list(_QUICK)
        self._store = ""
        self._world: World | None = None
        self._passwords: dict[str, str] = {}
        self._people: dict[str, User] = {}
        self._elsewhere: dict[str, OtherClient] = {}
        self._unread: dict[str, list[str]] = {}
        #: Whose lines up to the next that is expected do not matter.
        self._skipping: set[str] = set()
        self._known: Known = {}
        self._happened: list[str] = []
        self._step = Step(0, "", "", {})

    def play(self) -> None:
        """Raises `Failed`."""
        for step in self._script.steps:
            self._step = step
            if step.kind not in _LOOKS:
                self._nothing_left()
            getattr(self, step.kind)(**step.words)
            self._listen()
        self._step = Step(self._step.number, "the end", "", {})
        self._nothing_left()

    # ------------------------------------------------------------ the daemon

    @property
    def world(self) -> World:
        if self._world is None:
            self._world = self._built()
        return self._world

    def _built(self) -> World:
        settings = load(None, self._overrides)
        tally = Tally()
        rules = credential_rules(settings, tally)
        store = MemoryStore(settings.domain) if self._store == "memory" else None
        return World(irc_settings(settings, NOW, tally), core_policy(settings, tally), rules=rules, store=store)

    def setting(self, text: str) -> None:
        if self._world is not None:
            self._fail("settings come before anybody does")
        self._overrides.append(_override(text))

    def store(self, name: str) -> None:
        self._store = name

    def account(self, name: str, password: str) -> None:
        self.world.account(name, password)
        self._passwords[name] = password

    def suspended(self, name: str) -> None:
        accounts = self.world.accounts
        self.world.run(accounts.suspend(self.world.run(accounts.by_name(name))))

    def now(self, text: str) -> None:
        self._overrides.append(_override(text))
        settings, tally = load(None, self._overrides), self.world.settings.limits.tally
        self.world.reload(
            irc_settings(settings, NOW, tally), core_policy(settings, tally), credential_rules(settings, tally)
        )

    def restarts(self) -> None:
        self.world.restart()
        self._people.clear()
        self._elsewhere.clear()
        self._unread.clear()

    def passes(self, count: str, unit: str) -> None:
        self.world.advance(float(count) * _UNITS[unit])

    # ------------------------------------------------------------ IRC clients

    def connects(self, who: str, tls: str = "", address: str = "", certificate: str = "") -> None:
        user = self.world.user(address or "127.0.0.1")
        if tls or certificate:
            secured = {"secure": True, "tls": "TLSv1.3", "certificate": certificate}
            user.session.peer = msgspec.structs.replace(user.session.peer, **secured)
        self._people[who] = user
        self._unread[who] = []

    def signs_on(self, who: str, nick: str = "", caps: str = "") -> None:
        nick = nick or who
        self.connects(who)
        user = self._people[who]
        password = self._passwords.get(nick)
        wanted = caps.split() + (["sasl"] if password is not None else [])
        user.send("CAP LS 302", f"NICK {nick}", f"USER {nick} 0 * :{nick.title()}")
        if wanted:
            user.send(f"CAP REQ :{' '.join(wanted)}")
        if password is not None:
            plain = base64.b64encode(f"\0{nick}\0{password}".encode()).decode()
            user.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain}")
        user.send("CAP END")
        if not user.session.registered:
            self._fail(f"{nick} was not let in: {user.take()}")
        refused = set(wanted) - user.session.caps
        if refused:
            self._fail(f"not offered: {', '.join(sorted(refused))}")
        self._drop()

    def sends(self, who: str, text: str) -> None:
        for each in who.split(", "):
            self._person(each).send_bytes(self._sent(text) + b"\r\n")

    def aside(self, who: str, text: str) -> None:
        self.sends(who, text)
        self._drop()

    def types(self, who: str, text: str) -> None:
        for each in who.split(", "):
            self._person(each).send_bytes(self._sent(text))

    def is_cut_off(self, who: str) -> None:
        self._person(who).lose()

    def is_gone(self, who: str) -> None:
        if not self._person(who).gone:
            self._fail(f"{who} is still connected")

    def is_mute(self, who: str) -> None:
        self._person(who).confirms = False
        self._person(who).shows_pings = True

    # ------------------------------------------------------------ what they get

    def gets(self, who: str, text: str) -> None:
        for each in who.split(", "):
            self._person(each)
            self._read(each, text)

    def _read(self, who: str, pattern: str) -> None:
        unread = self._unread[who]
        skipping = who in self._skipping
        self._skipping.discard(who)
        why = "nothing came"
        for place, line in enumerate(unread):
            try:
                match(pattern, line, self._known, self.world.settings.domain)
            except Mismatch as mismatch:
                why = str(mismatch)
                if not skipping:
                    break
            else:
                del unread[: place + 1]
                return
        self._fail(f"{who} should have got: {pattern}\n  {why}")

    def gets_whatever(self, who: str) -> None:
        for each in who.split(", "):
            self._person(each)
            self._skipping.add(each)

    def gets_nothing(self, who: str) -> None:
        for each in who.split(", "):
            self._person(each)
            if self._unread[each]:
                self._fail(f"{each} should have got nothing more")

    # ------------------------------------------------------------ people at other doors

    def signs_on_elsewhere(self, who: str) -> None:
        self._elsewhere[who] = other_door.sign_on(self.world, who)

    def signs_off(self, who: str) -> None:
        self._other(who).leaves()

    def says(self, who: str, state: str, text: str = "") -> None:
        self._other(who).says(State(state), text)

    def writes(self, who: str, to: str, text: str) -> None:
        self.world.hub.delivery.send(self._other(who).session, Draft(to, text), lambda receipt: None)
        self.world.turn()

    def befriend(self, who: str, other: str) -> None:
        other_door.befriend(self.world, who, other)
        self._drop()

    def share(self, who: str, other: str) -> None:
        for each in (who, other):
            session = other_door.session_of(self.world, each)
            self.world.run(self.world.hub.people.set_privacy(session, share_location=True))
        self._drop()

    # ------------------------------------------------------------ the rest

    def _person(self, who: str) -> User:
        if who not in self._people:
            self._fail(f"{who} is not connected")
        return self._people[who]

    def _other(self, who: str) -> OtherClient:
        if who not in self._elsewhere:
            self._fail(f"{who} is at no other door")
        return self._elsewhere[who]

    def _sent(self, text: str) -> bytes:
        try:
            return sent(text, self._known)
        except Mismatch as mismatch:
            self._fail(str(mismatch))
        raise AssertionError

    def _drop(self) -> None:
        """What everybody has got by now need not be read."""
        for user in self._people.values():
            user.take()

    def _listen(self) -> None:
        """Take what everybody has got."""
        self._happened.append(f"{self._step.number:4}  {self._step.text}")
        for who, user in self._people.items():
            for line in user.take():
                self._unread[who].append(line)
                self._happened.append(f"          → {who} got  {line}")

    def _nothing_left(self) -> None:
        for who in self._skipping:
            self._unread[who].clear()
        self._skipping.clear()
        for who, unread in self._unread.items():
            if unread:
                self._fail(f"{who} has got more than was read")

    def _fail(self, why: str) -> None:
        left = [f"  {who} got  {line}" for who, unread in self._unread.items() for line in unread]
        shown = self._happened[-_SHOWN:]
        raise Failed(
            "\n".join(
                [
                    f"{_relative(self._script.path)}:{self._step.number}: {self._step.text}",
                    f"  {why}",
                    "not read yet:",
                    *(left or ["  (nothing)"]),
                    "before:",
                    *shown,
                ]
            )
        )


def _relative(path: Path) -> str:
    root = Path(__file__).parents[2]
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _override(text: str) -> str:
    """``key = value`` as ``--set`` takes it."""
    key, _, value = text.partition(" = ")
    return f"{key}={value}"
