"""A conversation: a person and a desk. Values, and how they are kept."""

import msgspec

from imd.core.conversation import Introduction, Stage
from imd.core.message import Message, Outcome
from imd.core.refusal import Refusal
from imd.core.relay import Pending


class Conversation(msgspec.Struct, eq=False):
    """One person's talk with one desk, from the first message on. Kept on the person's shelf under the desk's name."""

    #: Account id.
    person: str
    #: What she is called.
    called: str
    #: The desk she writes to, folded.
    desk: str
    #: When it was opened last: of what was said before, it knows nothing.
    began: float
    #: Since when it is in this stage; and when something was said in it last, roughly.
    since: float
    active: float
    stage: Stage = Stage.RINGING
    #: The desk whose agents are rung and may take it, folded: another one once it was handed there.
    at: str = ""
    #: Account id of the agent who has it.
    by: str = ""
    who: Introduction = Introduction()
    #: Account ids of the agents who have been rung since it was nobody's.
    rung: list[str] = []

    @property
    def open(self) -> bool:
        return self.stage is not Stage.CLOSED


class Said(msgspec.Struct, frozen=True):
    """A message to a desk that no agent has taken yet, as it is kept."""

    message: Message
    #: Account ids of those who have a copy, and of those whose clients have confirmed it.
    agents: list[str]
    heard: list[str] = []


class Spread:
    """A message to a desk and its copies, while there is something to be done about them."""

    __slots__ = ("agents", "conversation", "heard", "kept", "message", "pending", "refusal")

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

    @property
    def accepted(self) -> bool:
        return any(safe(outcome) for outcome in self.agents.values())


def safe(outcome: Outcome | None) -> bool:
    """Whether a copy is with a client, or in the store."""
    return outcome is Outcome.ACCEPTED or outcome is Outcome.KEPT


encode_conversation = msgspec.msgpack.Encoder().encode
decode_conversation = msgspec.msgpack.Decoder(Conversation).decode
encode_said = msgspec.msgpack.Encoder().encode
decode_said = msgspec.msgpack.Decoder(Said).decode
