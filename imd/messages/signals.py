"""Signals: what client programs tell each other through the server, and no person reads as text.

Typing, call signalling, direct connections, files. They are relayed to the sessions the recipient has now; they are
neither kept nor acknowledged. The client fills `to`; the server delivers the same message with `from` and `time`.

Inside the server a signal is a message with tags. `to_tags` and `from_tags` are the one translation, so that all
doors mean the same: `typing` and the tags of `signal` stand as they are in IRCv3, all else under `TAG` as JSON.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeVar

import msgspec

from imd.messages.base import Request, says

TypingState = Literal["active", "paused", "done"]
_TYPING: dict[str, TypingState] = {"active": "active", "paused": "paused", "done": "done"}

#: The tag under which a signal travels that IRCv3 has no name for.
TAG = "imd/signal"
#: The desk of whose conversation a signal is part: on an answer, or on what is asked.
_DESK = ("imd/desk", "imd/for-desk")


class Signal(Request, kw_only=True, frozen=True):
    """Any signal. Answered by `sent` only if it has a `ref`; errors are always answered."""

    answers: ClassVar[tuple[str, ...]] = ("sent",)

    to: Annotated[str, says("A person; for `typing` and `signal` also a room. As delivered: one's own address.")] = ""
    from_: Annotated[str, says("Filled in by the server: address of the sender.")] = msgspec.field(
        default="", name="from"
    )
    time: Annotated[float, says("Filled in by the server: when it read the signal.")] = 0.0
    desk: Annotated[str, says("Filled in by the server: the desk, if it is part of a conversation with one.")] = ""


class Typing(Signal, kw_only=True, frozen=True, tag="typing"):
    """The person is writing, has stopped for a while, or has dropped what she wrote (IRCv3 `+typing`).

    Example::

        {"type":"typing","to":"bob","state":"active"}
        {"type":"typing","from":"alice@example.org","to":"bob@example.org","time":1790000000.5,"state":"active"}
    """

    state: TypingState


class Tags(Signal, kw_only=True, frozen=True, tag="signal"):
    """Any other marks without a text, as IRCv3 client-only tags (TAGMSG) without the `+`: reactions and the like.

    Example::

        {"type":"signal","to":"#tea","tags":{"draft/react":"👍","draft/reply":"m6k2"}}
    """

    tags: Annotated[dict[str, str], says("Marks and their values.", min_length=1, max_length=16)]


class CallSignal(Signal, kw_only=True, frozen=True):
    """Part of a call."""

    call: Annotated[str, says("The caller's id of the call.", min_length=1, max_length=64)]


class CallOffer(CallSignal, kw_only=True, frozen=True, tag="call-offer"):
    """Call somebody: an offer of WebRTC (RFC 8829). All sessions of the person ring.

    Example::

        {"type":"call-offer","to":"bob","call":"c1","media":["audio","video"],"sdp":"v=0\\r\\n…"}
    """

    sdp: Annotated[str, says("Session description (RFC 8866).")]
    media: tuple[Literal["audio", "video"], ...] = ("audio",)


class CallAnswer(CallSignal, kw_only=True, frozen=True, tag="call-answer"):
    """Take a call. The person's other sessions see it too and stop ringing.

    Example::

        {"type":"call-answer","to":"alice","call":"c1","sdp":"v=0\\r\\n…"}
    """

    sdp: Annotated[str, says("Session description (RFC 8866).")]


class CallCandidate(CallSignal, kw_only=True, frozen=True, tag="call-candidate"):
    """A way to reach the sender, found since (trickle ICE, RFC 8838).

    Example::

        {"type":"call-candidate","to":"bob","call":"c1","candidate":"candidate:1 1 UDP 2122 192.0.2.7 5000","mid":"0"}
    """

    candidate: Annotated[str, says("An ICE candidate (RFC 8839); empty: there are no more.")]
    mid: Annotated[str, says("The media section it belongs to.")] = ""
    index: Annotated[int, says("The same as a number.", ge=0)] = 0


class CallEnd(CallSignal, kw_only=True, frozen=True, tag="call-end"):
    """Hang up, decline, or give up.

    Example::

        {"type":"call-end","to":"bob","call":"c1","reason":"busy"}
    """

    reason: Annotated[str, says("`hung-up`, `declined`, `busy`, `unanswered`, `failed`.")] = "hung-up"


class DirectOffer(Signal, kw_only=True, frozen=True, tag="direct-offer"):
    """Offer to talk without the server. It tells the other side one's network addresses: ask the person first.

    Example::

        {"type":"direct-offer","to":"bob","offer":"d1","addresses":["tcp:192.0.2.7:6000"],"fingerprint":"a1b2"}
    """

    offer: Annotated[str, says("The sender's id of the offer.", min_length=1, max_length=64)]
    addresses: Annotated[tuple[str, ...], says("Where it can be reached: `tcp:ADDRESS:PORT`, `udp:…`.", max_length=16)]
    fingerprint: Annotated[str, says("SHA-256 of its certificate, in hex.")] = ""


class DirectAnswer(Signal, kw_only=True, frozen=True, tag="direct-answer"):
    """Take or decline a `direct-offer`.

    Example::

        {"type":"direct-answer","to":"alice","offer":"d1","accepted":true,"addresses":["tcp:192.0.2.9:6000"],"fingerprint":"c3d4"}
    """

    offer: Annotated[str, says("As in the offer.", min_length=1, max_length=64)]
    accepted: bool
    addresses: Annotated[tuple[str, ...], says("Where one can be reached.", max_length=16)] = ()
    fingerprint: Annotated[str, says("SHA-256 of one's certificate, in hex.")] = ""


class FileOffer(Signal, kw_only=True, frozen=True, tag="file-offer"):
    """Offer a file.

    Example::

        {"type":"file-offer","to":"bob","offer":"f1","name":"tea.pdf","size":48211,"media_type":"application/pdf"}
    """

    offer: Annotated[str, says("The sender's id of the offer.", min_length=1, max_length=64)]
    name: Annotated[str, says("Name of the file, without a path.", min_length=1, max_length=255)]
    size: Annotated[int, says("Bytes.", ge=0)]
    sha256: Annotated[str, says("Of the contents, in hex.")] = ""
    media_type: str = ""


class FileAccept(Signal, kw_only=True, frozen=True, tag="file-accept"):
    """Take an offered file; it then goes over a direct connection.

    Example::

        {"type":"file-accept","to":"alice","offer":"f1"}
    """

    offer: Annotated[str, says("As in the offer.", min_length=1, max_length=64)]
    offset: Annotated[int, says("Bytes one has already.", ge=0)] = 0


class FileDecline(Signal, kw_only=True, frozen=True, tag="file-decline"):
    """Decline a file, or withdraw one's offer.

    Example::

        {"type":"file-decline","to":"alice","offer":"f1","reason":"too big"}
    """

    offer: Annotated[str, says("As in the offer.", min_length=1, max_length=64)]
    reason: Annotated[str, says("For the other person.")] = ""


AnySignal = (
    Typing
    | Tags
    | CallOffer
    | CallAnswer
    | CallCandidate
    | CallEnd
    | DirectOffer
    | DirectAnswer
    | FileOffer
    | FileAccept
    | FileDecline
)

_decoder: msgspec.json.Decoder[AnySignal] = msgspec.json.Decoder(AnySignal)
_encoder = msgspec.json.Encoder()
_T = TypeVar("_T", bound=Signal)


def to_tags(signal: AnySignal) -> dict[str, str]:
    """A signal as the tags of a message; sender, recipient and `ref` are the message's own matter."""
    if isinstance(signal, Typing):
        return {"typing": signal.state}
    if isinstance(signal, Tags):
        return {name: value for name, value in signal.tags.items() if name not in ("typing", TAG)}
    return {TAG: _encoder.encode(_addressed(signal, "", "", 0.0)).decode()}


def from_tags(tags: Mapping[str, str], sender: str, to: str, time: float) -> AnySignal | None:
    """The signal these tags stand for, addressed; None if there is none in them."""
    desk = next((tags[tag] for tag in _DESK if tag in tags), "")
    if TAG in tags:
        try:
            return _addressed(_decoder.decode(tags[TAG]), sender, to, time, desk)
        except msgspec.DecodeError:
            return None
    typing = _TYPING.get(tags.get("typing", ""))
    if typing is not None:
        return Typing(from_=sender, to=to, time=time, desk=desk, state=typing)
    others = {name: value for name, value in tags.items() if name != "typing" and name not in _DESK}
    return Tags(from_=sender, to=to, time=time, desk=desk, tags=others) if others else None


def _addressed(signal: _T, sender: str, to: str, time: float, desk: str = "") -> _T:
    return msgspec.structs.replace(signal, ref=0, from_=sender, to=to, time=time, desk=desk)
