"""Messages: sending to people and rooms, acknowledgements, read marks, what waits, signals, history."""

from typing import TYPE_CHECKING

from imd.core.message import SERVER_TAGS, Draft, Kind, Outcome, Receipt
from imd.core.past import Part, Spot, moment
from imd.core.refusal import Malformed, Refusal, TooLong
from imd.core.talk import Role
from imd.messages import signals
from imd.messages.history import GetHistory, GetTalks, History, Redact, Talk, Talks
from imd.messages.messaging import Ack, Fetch, Read, Send, Waiting
from imd.protocols.native import offers, outgoing

if TYPE_CHECKING:
    from imd.protocols.native.session import NativeSession


_KINDS = {kind.value: kind for kind in Kind}


def send(session: "NativeSession", request: Send) -> None:
    """Synchronous up to the core: messages get their sequence numbers in the order of reading."""
    limit = session.door.settings.message_size
    body = request.body
    # No character has more than four bytes.
    if limit and 4 * len(body) > limit and len(body.encode()) > limit:
        session.door.settings.tally.count("message_size")
        raise TooLong("The message", limit)
    session.hub.presence.touched(session.me)
    draft = Draft(request.to, body, _KINDS[request.kind], request.client_id, _tags(request.tags))
    least = Role(request.least) if request.least else None
    if least is not None and not request.to.startswith("#"):
        raise Malformed("Only a room has roles.")
    _hand_over(session, draft, request.ref, request.client_id, least=least)


def _tags(tags: dict[str, str]) -> dict[str, str]:
    """Without those that only the server says."""
    return {key: value for key, value in tags.items() if key not in SERVER_TAGS}


def signal(session: "NativeSession", request: signals.AnySignal) -> None:
    """Relay what client programs tell each other."""
    if not request.to:
        raise Malformed("A signal needs somebody it is for, in its field to.")
    offer, over = offers.offered(request), offers.settled(request)
    if offer:
        session.hub.offers.make(session.me, request.to, offer)
    if over:
        session.hub.offers.settle(session.me, request.to, over)
    draft = Draft(request.to, "", Kind.SIGNAL, "", _tags(signals.to_tags(request)))
    try:
        _hand_over(session, draft, request.ref, "", offer)
    except Refusal:
        session.hub.offers.settle(session.me, request.to, offer)
        raise


def _hand_over(
    session: "NativeSession", draft: Draft, ref: int, client_id: str, offer: str = "", least: Role | None = None
) -> None:
    def outcome(receipt: Receipt) -> None:
        session.settled()
        if offer and receipt.outcome is Outcome.REFUSED and session.core is not None:
            session.hub.offers.settle(session.core, draft.to, offer)
        if ref or draft.kind is not Kind.SIGNAL:
            session.answer(outgoing.sent(receipt, ref, client_id))

    session.opened()
    try:
        if draft.to.startswith("#"):
            session.hub.rooms.say(session.me, draft.to, draft, outcome, least)
        else:
            session.hub.delivery.send(session.me, draft, outcome)
    except BaseException:
        session.settled()
        raise


def acknowledge(session: "NativeSession", request: Ack) -> None:
    session.hub.delivery.acknowledge(session.me, request.ids)
    session.ok(request.ref)


async def read(session: "NativeSession", request: Read) -> None:
    session.hub.presence.touched(session.me)
    if request.id:
        session.hub.delivery.read(session.me, request.id)
    if request.with_:
        await session.hub.read_marks.mark(session.me, request.with_, round(request.time * 1000))
    session.ok(request.ref)


async def fetch(session: "NativeSession", request: Fetch) -> None:
    session.answer(Waiting(ref=request.ref, count=await session.hub.delivery.fetch(session.me)))


async def get_history(session: "NativeSession", request: GetHistory) -> None:
    after, before = (Spot(first=seq, last=seq) if seq else None for seq in (request.after, request.before))
    around = Spot(id=request.around) if request.around else None
    part = Part(limit=request.limit, after=after, before=before, around=around, newest=not request.oldest)
    session.hub.history.want(session.me)
    past = await session.hub.history.read(session.me, request.with_, part)
    lines = tuple(outgoing.line(message) for message in past.messages)
    redacted: list[str] = []
    if request.after and not request.before:
        redacted = await session.hub.history.taken_back_since(session.me, request.with_, request.after)
    session.answer(History(ref=request.ref, messages=lines, redacted=tuple(redacted)))


async def get_talks(session: "NativeSession", request: GetTalks) -> None:
    session.hub.history.want(session.me)
    before = moment(request.before or session.hub.clock.time() + 1)
    heard = await session.hub.history.heard(session.me, moment(request.after), before, request.limit, newest=True)
    talks = tuple(Talk(with_=each.name, time=each.time) for each in heard)
    session.answer(Talks(ref=request.ref, talks=talks))


async def redact(session: "NativeSession", request: Redact) -> None:
    await session.hub.history.redact(session.me, request.with_, request.id, request.text)
    session.ok(request.ref)
