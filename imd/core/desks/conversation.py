"""A conversation: a person and a desk. Values, and how they are kept."""

from collections.abc import Iterator

import msgspec

from imd.core.conversation import Stage
from imd.core.introduction import Introduction
from imd.core.message import Message, Outcome
from imd.core.refusal import Refusal
from imd.core.relay import Pending

#: Asked for with each message, which an enumeration makes dear.
_ACCEPTED, _KEPT = Outcome.ACCEPTED, Outcome.KEPT


class Conversation(msgspec.Struct, eq=False):
    """One person's talk with one desk, from the first message on. Kept on the person's shelf under the desk's name."""

    #: Account id.
    person: str
    #: What she is called.
    called: str
    #: The desk she writes to, folded.
    desk: str
    #: Sequence number with which it was opened last: of what was said before, it knows nothing.
    began: int
    #: Since when it is in this stage; and when something was said in it last, roughly.
    since: float
    active: float
    stage: Stage = Stage.RINGING
    #: The desk whose agents are rung and may take it, folded: another one once it was handed there.
    at: str = ""
    #: Account id of the agent who has it.
    by: str = ""
    who: Introduction = Introduction()
    #: When its agents were last told on which page she is now.
    placed: float = 0.0
    #: Account ids of the agents who have been rung since it was nobody's.
    rung: list[str] = []

    @property
    def open(self) -> bool:
        return self.stage is not Stage.CLOSED

    @property
    def agents(self) -> list[str]:
        """Account ids: of whoever has it, or of those who are rung."""
        return [self.by] if self.stage is Stage.TAKEN else list(self.rung)

    @property
    def about(self) -> str:
        """The person, for agents: what she is called, and what she says of herself."""
        who = str(self.who)
        return f"{self.called} ({who})" if who else self.called


class Said(msgspec.Struct, frozen=True):
    """A message to a desk that no agent has taken yet, as it is kept."""

    message: Message
    #: Account ids of those who have a copy, and of those whose clients have confirmed it.
    agents: list[str]
    heard: list[str] = []


class Spread:
    """A message to a desk and its copies, while there is something to be done about them."""

    __slots__ = ("agents", "conversation", "doubtful", "heard", "kept", "message", "pending", "refusal")

    def __init__(self, conversation: Conversation, message: Message, pending: Pending | None) -> None:
        self.conversation = conversation
        #: As its sender wrote it: to the desk.
        self.message = message
        #: Its sender waits; None after a restart, and once she has heard.
        self.pending = pending
        #: Who has a copy, by account id, and what became of it: None while that is open.
        self.agents: dict[str, Outcome | None] = {}
        #: Whose clients have confirmed it.
        self.heard: set[str] = set()
        #: Why the last copy was refused that was.
        self.refusal: Refusal | None = None
        #: It stands on the shelf.
        self.kept = False
        #: Who may have had one of an earlier daemon: the store is asked before a client.
        self.doubtful: set[str] = set()

    @property
    def accepted(self) -> bool:
        """Whether some copy of it is safe."""
        outcomes = self.agents.values()
        return _ACCEPTED in outcomes or _KEPT in outcomes

    @property
    def settled(self) -> bool:
        """Nobody waits to hear what becomes of it."""
        return self.pending is None or self.pending.settled


def safe(outcome: Outcome | None) -> bool:
    """Whether a copy is with a client, or in the store."""
    return outcome is _ACCEPTED or outcome is _KEPT


class Unheard:
    """What was said in one conversation and is not with whoever has it: the oldest first. It is asked for with each
    message and each acknowledgement, so it tells without looking at all of it."""

    __slots__ = ("_lacking", "given", "shared", "spreads")

    def __init__(self) -> None:
        #: By message id.
        self.spreads: dict[str, Spread] = {}
        #: Account ids of agents of whom nothing is to be asked: of all this each has a copy, or one is on its way.
        self.given: set[str] = set()
        #: Whether others than whoever has the conversation have copies; None: that has to be looked up.
        self.shared: bool | None = None
        #: Ids of what she had no safe copy of when it was looked at last.
        self._lacking: dict[str, None] = {}

    def __iter__(self) -> Iterator[Spread]:
        return iter(self.spreads.values())

    def add(self, spread: Spread) -> None:
        id, seq = spread.message.id, spread.message.seq
        known = id in self.spreads
        late = not known and bool(self.spreads) and self.spreads[next(reversed(self.spreads))].message.seq > seq
        self.spreads[id] = spread
        self._lacking[id] = None
        self.given.intersection_update(spread.agents)
        if late:
            # Said before, and sent again.
            self.spreads = {each.message.id: each for each in sorted(self, key=lambda each: each.message.seq)}

    def changed(self) -> None:
        """The conversation is somebody else's, or others have copies."""
        self.shared = None

    def shared_beside(self, agent: str) -> bool:
        """Whether anybody but her has a copy of any of it."""
        if self.shared is None:
            self.shared = False
            for spread in self.spreads.values():
                agents = spread.agents
                if len(agents) > 1 or (agents and agent not in agents):
                    self.shared = True
                    break
        return self.shared

    def lacks(self, agent: str) -> bool:
        """Whether she has no safe copy of something."""
        while self._lacking:
            id = next(iter(self._lacking))
            spread = self.spreads.get(id)
            if spread is not None and not safe(spread.agents.get(agent)):
                return True
            del self._lacking[id]
        # Now it is worth while to look at all.
        self._lacking = {spread.message.id: None for spread in self if not safe(spread.agents.get(agent))}
        return bool(self._lacking)


encode_conversation = msgspec.msgpack.Encoder().encode
decode_conversation = msgspec.msgpack.Decoder(Conversation).decode
encode_said = msgspec.msgpack.Encoder().encode
decode_said = msgspec.msgpack.Decoder(Said).decode
