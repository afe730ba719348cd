"""Every message there is, in the order of the protocol's description."""

from typing import Final

from imd.messages import account, connection, desks, history, messaging, presence, rooms, roster, signals, signon
from imd.messages.base import Wire

#: What a client may send.
FromClient = (
    signon.Authenticate
    | signon.Response
    | signon.Register
    | signon.Visit
    | signon.OpenSession
    | signon.Resume
    | messaging.Send
    | messaging.Ack
    | messaging.Read
    | messaging.Fetch
    | history.GetHistory
    | history.GetTalks
    | history.Redact
    | signals.AnySignal
    | presence.SetPresence
    | presence.GetPresence
    | presence.Watch
    | presence.Unwatch
    | roster.RosterGet
    | roster.RosterAsk
    | roster.RosterPut
    | roster.RosterApprove
    | roster.RosterRefuse
    | roster.RosterCancel
    | roster.RosterRemove
    | roster.RosterBlock
    | roster.RosterUnblock
    | rooms.Join
    | rooms.Part
    | rooms.SetTopic
    | rooms.ChangeRoom
    | rooms.Kick
    | rooms.Invite
    | rooms.RenameRoom
    | rooms.GetRooms
    | rooms.GetRoom
    | rooms.GetMasks
    | desks.CloseConversation
    | account.Whoami
    | account.GetSessions
    | account.SetAlwaysOn
    | account.SetPrivacy
    | account.SetRealname
    | account.Introduce
    | account.ChangePassword
    | connection.Ping
    | connection.Pong
    | connection.Quit
)

#: What the server may send.
FromServer = (
    signon.Hello
    | signon.Challenge
    | signon.Authenticated
    | signon.Welcome
    | messaging.Sent
    | messaging.Message
    | messaging.ReceiptEvent
    | messaging.ReadElsewhere
    | messaging.Waiting
    | history.History
    | history.Redacted
    | history.Talks
    | signals.AnySignal
    | presence.PresenceOf
    | roster.Roster
    | roster.ContactAnswer
    | roster.RosterChanged
    | rooms.RoomState
    | rooms.Rooms
    | rooms.RoomAltered
    | rooms.Masks
    | rooms.RoomJoined
    | rooms.RoomParted
    | rooms.RoomsLeft
    | rooms.RoomKicked
    | rooms.RoomRenamed
    | rooms.RoomTopic
    | rooms.RoomChanged
    | rooms.RoomsRenamed
    | rooms.RoomInvited
    | rooms.RoomDetails
    | desks.ConversationOf
    | account.AccountAnswer
    | account.Sessions
    | connection.Ok
    | connection.Error
    | connection.Ping
    | connection.Pong
    | connection.Bye
)


def _by_tag(union: object) -> dict[str, type[Wire]]:
    return {kind.__struct_config__.tag: kind for kind in union.__args__}  # type: ignore[attr-defined]


#: The same by `type`.
CLIENT_MESSAGES: Final = _by_tag(FromClient)
SERVER_MESSAGES: Final = _by_tag(FromServer)
