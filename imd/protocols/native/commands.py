"""The command table: each message, what runs it, in which states, and what it costs.

What a family's function returns is None, or a coroutine for what has to wait.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

import msgspec

from imd.messages import account as account_messages
from imd.messages import connection as connection_messages
from imd.messages import desks as desk_messages
from imd.messages import history, signals
from imd.messages import messaging as message_messages
from imd.messages import presence as presence_messages
from imd.messages import rooms as room_messages
from imd.messages import roster as roster_messages
from imd.messages import signon as signon_messages
from imd.messages.base import Wire
from imd.protocols.native import account, desks, messaging, presence, rooms, roster, signon
from imd.protocols.native.state import State

if TYPE_CHECKING:
    from imd.protocols.native.session import NativeSession

Run = Callable[["NativeSession", Any], Coroutine[Any, Any, None] | None]

_ONLINE = frozenset({State.ONLINE})
_STRANGER = frozenset({State.GREETING, State.AUTHENTICATING})
_ANY = frozenset(State) - {State.CLOSING}


class Row(msgspec.Struct, frozen=True):
    """How one message is handled."""

    run: Run
    states: frozenset[State] = _ONLINE
    #: Tokens of the command bucket (one is one request); 0: free, because an honest client cannot choose.
    cost: float = 1
    #: Whether it also takes one of the message bucket.
    message: bool = False
    #: Whether nothing else is handled until it has its answer.
    alone: bool = False


COMMANDS: Final[dict[type[Wire], Row]] = {
    signon_messages.Authenticate: Row(signon.authenticate, _STRANGER, alone=True),
    signon_messages.Response: Row(signon.respond, frozenset({State.AUTHENTICATING}), alone=True),
    signon_messages.Register: Row(signon.register, _STRANGER, alone=True),
    # An account may be made: dear, as often as it is asked for.
    signon_messages.Visit: Row(signon.visit, _STRANGER, cost=5, alone=True),
    signon_messages.Resume: Row(signon.resume, _STRANGER, alone=True),
    signon_messages.OpenSession: Row(signon.open_session, frozenset({State.DETAILS}), alone=True),
    message_messages.Send: Row(messaging.send, message=True),
    message_messages.Ack: Row(messaging.acknowledge, cost=0),
    message_messages.Read: Row(messaging.read),
    message_messages.Fetch: Row(messaging.fetch),
    history.GetHistory: Row(messaging.get_history, cost=5),
    history.GetTalks: Row(messaging.get_talks, cost=5),
    history.Redact: Row(messaging.redact),
    **{
        kind: Row(messaging.signal, message=True)
        for kind in (
            signals.Typing,
            signals.Tags,
            signals.CallOffer,
            signals.CallAnswer,
            signals.CallCandidate,
            signals.CallEnd,
            signals.DirectOffer,
            signals.DirectAnswer,
            signals.FileOffer,
            signals.FileAccept,
            signals.FileDecline,
        )
    },
    presence_messages.SetPresence: Row(presence.set_presence),
    presence_messages.GetPresence: Row(presence.get),
    presence_messages.Watch: Row(presence.watch),
    presence_messages.Unwatch: Row(presence.unwatch),
    roster_messages.RosterGet: Row(roster.get),
    roster_messages.RosterAsk: Row(roster.ask, cost=2),
    roster_messages.RosterPut: Row(roster.put),
    roster_messages.RosterApprove: Row(roster.approve),
    roster_messages.RosterRefuse: Row(roster.refuse),
    roster_messages.RosterCancel: Row(roster.cancel),
    roster_messages.RosterRemove: Row(roster.remove),
    roster_messages.RosterBlock: Row(roster.block),
    roster_messages.RosterUnblock: Row(roster.unblock),
    room_messages.Join: Row(rooms.join, cost=2),
    room_messages.Part: Row(rooms.part),
    room_messages.SetTopic: Row(rooms.set_topic),
    room_messages.ChangeRoom: Row(rooms.change),
    room_messages.Kick: Row(rooms.kick),
    room_messages.Invite: Row(rooms.invite),
    room_messages.RenameRoom: Row(rooms.rename),
    room_messages.GetRooms: Row(rooms.get_all, cost=5),
    room_messages.GetRoom: Row(rooms.get),
    room_messages.GetMasks: Row(rooms.get_masks),
    desk_messages.CloseConversation: Row(desks.close, message=True),
    account_messages.Whoami: Row(account.whoami),
    account_messages.GetSessions: Row(account.get_sessions),
    account_messages.SetAlwaysOn: Row(account.set_always_on),
    account_messages.SetPrivacy: Row(account.set_privacy),
    account_messages.SetRealname: Row(account.set_realname),
    # Agents are told of it, as of what is said.
    account_messages.Introduce: Row(account.introduce, cost=2, message=True),
    account_messages.ChangePassword: Row(account.change_password, cost=5),
    connection_messages.Ping: Row(account.ping, _ANY),
    connection_messages.Pong: Row(account.pong, _ANY, cost=0),
    connection_messages.Quit: Row(account.leave, _ANY),
}
