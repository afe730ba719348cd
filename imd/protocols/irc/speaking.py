"""What one connection says to its client: answers in the slot of their command, news of others at once."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from twisted.internet.interfaces import IAddress

from imd.core.ports import Hub
from imd.core.refusal import Refusal
from imd.protocols.irc import numerics
from imd.protocols.irc.capabilities import Flavour, flavour_of, line_tags
from imd.protocols.irc.numerics import Numeric
from imd.protocols.irc.replies import Replies, Slot
from imd.protocols.irc.wire.line import BadLine, Line, encode

if TYPE_CHECKING:
    from imd.protocols.irc.door import Door

#: Numerics that end with a word rather than a text: written without a colon, as Modern IRC shows them.
_WORDS = frozenset({"004", "221", "324", "329", "333", "336", "341", "346", "348", "354", "367", "770", "771", "772"})


class Link(Protocol):
    """What a session needs of its connection."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Buffer; leaves at the end of the reactor's turn."""

    def close(self) -> None:
        """Close once everything written has left."""

    def pause(self) -> None:
        """Read no more for now. Harmless when repeated, as is `resume`."""

    def resume(self) -> None: ...

    @property
    def full(self) -> bool:
        """Whether so much waits for the client that it is asked nothing more; `go_on` follows when it has read."""

    @property
    def backlog(self) -> int:
        """Bytes that were written and have not left."""

    def keeps(self) -> None:
        """What the session keeps has changed (`IrcSession.kept`)."""

    @property
    def local(self) -> tuple[str, int] | None:
        """Our own end of the connection, as the client's machine sees it; None when something is between."""

    def settle(self) -> None:
        """The client has signed on."""

    def moved(self, address: IAddress) -> Refusal | None:
        """The client is elsewhere than the connection comes from; why it may not stay, or None."""


class Speaker:
    """The half of an `IrcSession` that speaks."""

    __slots__ = ("caps", "door", "flavour", "hub", "link", "nick", "replies", "slot")

    def __init__(self, door: "Door", link: Link, answered: Callable[[], None]) -> None:
        self.door = door
        self.hub: Hub = door.hub
        self.link = link
        #: What the client is called; ``*`` before it is called anything.
        self.nick = "*"
        #: Capabilities negotiated; change by `set_caps`.
        self.caps: frozenset[str] = frozenset()
        self.flavour: Flavour = flavour_of(self.caps)
        #: Where the answers of the command that runs now, or of an outcome that is told now, go.
        self.slot: Slot | None = None
        self.replies = Replies(door.server, link.write, answered)

    @property
    def bot(self) -> bool:
        """Whether this client has said that it is one."""
        return False

    def set_caps(self, caps: frozenset[str]) -> None:
        self.caps = caps
        self.flavour = flavour_of(caps)

    def answer(self, data: bytes) -> None:
        """An encoded line that answers the command that runs now (with its label, in its order)."""
        if self.slot is not None:
            self.slot.answer(data)
        else:
            self.link.write(data)

    def answer_lines(self, data: bytes) -> None:
        """Several encoded lines that answer: a labelled answer has to know how many there are."""
        for line in data.splitlines(keepends=True):
            self.answer(line)

    def push(self, data: bytes) -> None:
        """An encoded line that answers nothing: news of others. Not held back by open answers."""
        self.link.write(data)

    def numeric(self, numeric: Numeric, *params: str) -> None:
        """Answer with a numeric: its parameters after the nick, and then its own text if it has one."""
        self.answer(self.encode_numeric(numeric, *params))

    def encode_numeric(self, numeric: Numeric, *params: str) -> bytes:
        text = () if numeric.text is None else (numeric.text,)
        return encode(
            numeric.number,
            [self.nick, *params, *text],
            source=self.door.server,
            colon=numeric.number not in _WORDS,
        )

    def tags(self, time: float) -> str:
        """The tags of a line that is of nobody's account."""
        return line_tags(self.flavour, time) if self.flavour else ""

    def reply(self, command: str, *params: str, source: str = "", colon: bool = False) -> None:
        """Answer with a command, from the server unless `source` says otherwise, with the time for who wants it."""
        self.answer(self.format(command, params, source=source, colon=colon))

    def open_batch(self, *kind: str) -> str:
        """https://ircv3.net/specs/extensions/batch: its reference, or "" for who does not know batches."""
        if "batch" not in self.caps:
            return ""
        reference = self.replies.reference()
        self.reply("BATCH", f"+{reference}", *kind)
        return reference

    def close_batch(self, reference: str) -> None:
        if reference:
            self.reply("BATCH", f"-{reference}")

    def notice(self, text: str) -> None:
        """Answer with a NOTICE of the server, for what has no numeric."""
        self.reply("NOTICE", self.nick, text, colon=True)

    def fail(self, command: str, code: str, context: Sequence[str], sentence: str, *, always: bool = False) -> None:
        """Answer with FAIL (https://ircv3.net/specs/extensions/standard-replies), or a NOTICE for who knows it not.
        `always` is for what a specification answers with FAIL whether or not standard-replies was negotiated."""
        if always or "standard-replies" in self.caps:
            self.reply("FAIL", command, code, *context, sentence, colon=True)
        else:
            self.notice(" ".join([f"{command}:", *context, sentence]))

    def format(
        self, command: str, params: Sequence[str], *, source: str = "", account: str = "", colon: bool = False
    ) -> bytes:
        """Encode a line of this moment for this client."""
        tags = ""
        if self.flavour:
            # https://ircv3.net/specs/extensions/bot-mode: also on what a bot itself is told of what it did.
            more = {"bot": ""} if source and self.bot and source.startswith(f"{self.nick}!") else None
            tags = line_tags(self.flavour, self.hub.clock.time(), account=account, more=more)
        return encode(command, params, source=source or self.door.server, tags=tags, colon=colon)

    def refuse(self, refusal: Refusal, line: Line) -> None:
        """Answer with a refusal for which the family has no numeric of its own."""
        # The context is middle parameters: a text would shift what follows it.
        context = [param for param in line.params[:1] if param and " " not in param and param[0] != ":"]
        self.fail(line.command, refusal.code.upper().replace("-", "_"), context, refusal.sentence)

    def fault(self, line: Line) -> None:
        """Answer, and log with its stack, that a command failed by our own mistake."""
        self.door.log.failure("IRC command {command} failed", command=line.command)
        self.numeric(numerics.ERR_UNKNOWNERROR.saying("Internal error; it has been logged"), line.command)

    def answer_bad(self, bad: BadLine) -> None:
        """Modern IRC, ERR_INPUTTOOLONG; https://ircv3.net/specs/extensions/utf8-only."""
        if bad.code == "empty":
            # Modern IRC, "Message Format": "If you encounter an empty message, silently ignore it."
            return
        if bad.code in ("too-long", "tags-too-long"):
            self.door.settings.limits.tally.count("line_length" if bad.code == "too-long" else "tags_size")
            self.numeric(numerics.ERR_INPUTTOOLONG)
        elif bad.code == "not-utf8":
            sentence = "Your line was dropped: this server takes UTF-8 only."
            self.fail(bad.command, "INVALID_UTF8", (), sentence, always=True)
        else:
            self.fail(bad.command, "INVALID_LINE", (), "Your line was dropped: it is no IRC message.")
