"""What services have in common: a nick, a table of verbs, HELP made of it, and answers by NOTICE.

::

    NICKSERV = Service("NickServ", "I keep accounts. What I understand:", commands=("NICKSERV", "NS"))

    @NICKSERV.verb("IDENTIFY", "sign on to an account", usage="[account] password", least=1)
    async def _identify(session: IrcSession, words: list[str]) -> None: ...

``/msg NickServ IDENTIFY …`` and ``/NS IDENTIFY …`` reach the same function. A `Refusal` it lets pass is answered with
its sentence. What is written to a service never reaches the core: it is neither kept nor traced nor logged.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from imd.core.address import fold
from imd.core.refusal import NotForGuests, Refusal
from imd.protocols.irc import commands, messaging
from imd.protocols.irc.capabilities import line_tags
from imd.protocols.irc.wire.line import Line, encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

Run = Callable[["IrcSession", list[str]], Awaitable[None]]

#: Every service by its nick, in the order of their making: what the page lists.
ALL: dict[str, "Service"] = {}


def named(nick: str) -> str | None:
    """The service of this nick as it is written, or None."""
    folded = fold(nick)
    return next((name for name in ALL if fold(name) == folded), None)


class Verb(NamedTuple):
    run: Run
    #: Fewest words after the verb.
    least: int
    usage: str
    help: str
    #: Only for who has signed on with an account.
    account: bool
    #: Whether HELP lists it: other spellings of a verb are not listed.
    listed: bool


class Service:
    """One service. `commands` are commands of IRC that are the same as a message to it."""

    def __init__(self, nick: str, purpose: str, *, commands: tuple[str, ...] = (), needs: str = "This") -> None:
        self.nick = nick
        self.purpose = purpose
        #: What is said to need an account.
        self._needs = needs
        self.verbs: dict[str, Verb] = {}
        ALL[nick] = self
        messaging.service(nick)(self.hear)
        for name in commands:
            self._alias(name)

    def _alias(self, name: str) -> None:
        @commands.command(name)
        async def run(session: "IrcSession", line: Line) -> None:
            await self.hear(session, " ".join(line.params))

    def verb(
        self, name: str, help: str, *, usage: str = "", least: int = 0, account: bool = True, listed: bool = True
    ) -> Callable[[Run], Run]:
        """Enter the decorated function into the table."""

        def enter(run: Run) -> Run:
            if name in self.verbs:
                raise ValueError(f"{self.nick} has two verbs called {name}")
            self.verbs[name] = Verb(run, least, f"{name} {usage}".rstrip(), help, account, listed)
            return run

        return enter

    async def hear(self, session: "IrcSession", text: str) -> None:
        """What a client has said to the service. Refusals are answered here."""
        words = text.split() or ["HELP"]
        name = words[0].upper()
        verb = self.verbs.get(name)
        if name == "HELP" and verb is None:
            self._help(session, words[1:])
        elif verb is None:
            self.say(session, f"I do not know {words[0][:30]}. Say HELP for what I know.")
        elif len(words) - 1 < verb.least:
            self.say(session, f"Use: {verb.usage}")
        elif verb.account and session.me.account is None:
            self.say(session, NotForGuests(self._needs).sentence)
        else:
            try:
                await verb.run(session, words[1:])
            except Refusal as refusal:
                self.say(session, refusal.sentence)

    def _help(self, session: "IrcSession", words: list[str]) -> None:
        about = self.verbs.get(words[0].upper()) if words else None
        if about is not None:
            self.say(session, f"{about.usage}  {about.help}")
            return
        listed = [verb for verb in self.verbs.values() if verb.listed]
        width = max((len(verb.usage) for verb in listed), default=0)
        self.say(session, self.purpose)
        for verb in listed:
            self.say(session, f"{verb.usage:{width}}  {verb.help}")

    def manual(self) -> list[tuple[str, str]]:
        """Every verb: how it is written, what it does."""
        return [("HELP [verb]", "this text"), *((verb.usage, verb.help) for verb in self.verbs.values() if verb.listed)]

    # ------------------------------------------------------------ speaking

    def source(self, session: "IrcSession") -> str:
        return f"{self.nick}!service@{session.hub.people.domain}"

    def notice(self, session: "IrcSession", text: str, *, nick: str = "") -> bytes:
        """Encoded, for this client or another of this nick."""
        tags = line_tags(session.flavour, session.hub.clock.time()) if session.flavour else ""
        return encode("NOTICE", [nick or session.nick, text], source=self.source(session), tags=tags, colon=True)

    def say(self, session: "IrcSession", text: str) -> None:
        """Answer the command that runs now."""
        session.answer(self.notice(session, text))

    def tell(self, session: "IrcSession", text: str) -> None:
        """News, which answer nothing."""
        session.push(self.notice(session, text))
