// Written by messages.mjs from docs/protocols/native.schema.json; do not edit.

export type FromClient = Authenticate | Response | Register | Visit | OpenSession | Resume | Send | Ack | Read | Fetch | GetHistory | GetTalks | Redact | Typing | Tags | CallOffer | CallAnswer | CallCandidate | CallEnd | DirectOffer | DirectAnswer | FileOffer | FileAccept | FileDecline | SetPresence | GetPresence | Watch | Unwatch | RosterGet | RosterAsk | RosterPut | RosterApprove | RosterRefuse | RosterCancel | RosterRemove | RosterBlock | RosterUnblock | Join | Part | SetTopic | ChangeRoom | Kick | Invite | RenameRoom | GetRooms | GetRoom | GetMasks | CloseConversation | Whoami | GetSessions | SetAlwaysOn | SetPrivacy | SetRealname | Introduce | ChangePassword | Ping | Pong | Quit;

export type FromServer = Hello | Challenge | Authenticated | Welcome | Sent | Message | ReceiptEvent | ReadElsewhere | Waiting | History | Redacted | Talks | Typing | Tags | CallOffer | CallAnswer | CallCandidate | CallEnd | DirectOffer | DirectAnswer | FileOffer | FileAccept | FileDecline | PresenceOf | Roster | ContactAnswer | RosterChanged | RoomState | Rooms | RoomAltered | Masks | RoomJoined | RoomParted | RoomsLeft | RoomKicked | RoomRenamed | RoomTopic | RoomChanged | RoomsRenamed | RoomInvited | RoomDetails | ConversationOf | AccountAnswer | Sessions | Ok | Error | Ping | Pong | Bye;

export interface AccountAnswer {
  readonly type: "account";
  readonly ref?: number;
  readonly address: string;
  readonly session: string;
  readonly created: number;
  readonly visible_to: "contacts" | "everyone" | "nobody";
  readonly share_location?: boolean;
  readonly always_on?: boolean;
}

export interface Ack {
  readonly type: "ack";
  readonly ref?: number;
  readonly ids: readonly string[];
}

export interface Authenticate {
  readonly type: "authenticate";
  readonly ref?: number;
  readonly mechanism: string;
  readonly data?: string | null;
}

export interface Authenticated {
  readonly type: "authenticated";
  readonly ref?: number;
  readonly address: string;
  readonly data?: string | null;
  readonly secret?: string;
}

export interface Bye {
  readonly type: "bye";
  readonly code: string;
  readonly text: string;
}

export interface CallAnswer {
  readonly type: "call-answer";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly call: string;
  readonly sdp: string;
}

export interface CallCandidate {
  readonly type: "call-candidate";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly call: string;
  readonly candidate: string;
  readonly mid?: string;
  readonly index?: number;
}

export interface CallEnd {
  readonly type: "call-end";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly call: string;
  readonly reason?: string;
}

export interface CallOffer {
  readonly type: "call-offer";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly call: string;
  readonly sdp: string;
  readonly media?: readonly ("audio" | "video")[];
}

export interface Challenge {
  readonly type: "challenge";
  readonly ref?: number;
  readonly data?: string;
}

export interface ChangePassword {
  readonly type: "change-password";
  readonly ref?: number;
  readonly current: string;
  readonly password: string;
}

export interface ChangeRoom {
  readonly type: "change-room";
  readonly ref?: number;
  readonly room: string;
  readonly changes: readonly (FlagChange | KeyChange | LimitChange | ListChange | RoleChange)[];
}

export interface CloseConversation {
  readonly type: "close-conversation";
  readonly ref?: number;
  readonly desk: string;
}

export interface Contact {
  readonly address: string;
  readonly label?: string;
  readonly groups?: readonly string[];
  readonly subscription?: "both" | "from" | "none" | "to";
  readonly asking?: boolean;
  readonly asked?: boolean;
  readonly approved?: boolean;
  readonly blocked?: boolean;
}

export interface ContactAnswer {
  readonly type: "contact";
  readonly ref?: number;
  readonly contact: Contact;
}

export interface ConversationOf {
  readonly type: "conversation";
  readonly desk: string;
  readonly person: string;
  readonly state: "closed" | "ringing" | "taken";
  readonly by?: string;
  readonly name?: string;
  readonly time: number;
}

export interface DirectAnswer {
  readonly type: "direct-answer";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly offer: string;
  readonly accepted: boolean;
  readonly addresses?: readonly string[];
  readonly fingerprint?: string;
}

export interface DirectOffer {
  readonly type: "direct-offer";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly offer: string;
  readonly addresses: readonly string[];
  readonly fingerprint?: string;
}

export interface Error {
  readonly type: "error";
  readonly ref?: number;
  readonly code: string;
  readonly text: string;
  readonly retry_after?: number | null;
}

export interface Fetch {
  readonly type: "fetch";
  readonly ref?: number;
}

export interface FileAccept {
  readonly type: "file-accept";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly offer: string;
  readonly offset?: number;
}

export interface FileDecline {
  readonly type: "file-decline";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly offer: string;
  readonly reason?: string;
}

export interface FileOffer {
  readonly type: "file-offer";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly offer: string;
  readonly name: string;
  readonly size: number;
  readonly sha256?: string;
  readonly media_type?: string;
}

export interface FlagChange {
  readonly change: "flag";
  readonly flag: "accounts-only" | "invite-only" | "moderated" | "no-ctcp" | "no-outsiders" | "secret" | "topic-protected";
  readonly on: boolean;
}

export interface GetHistory {
  readonly type: "get-history";
  readonly ref?: number;
  readonly with: string;
  readonly before?: number;
  readonly after?: number;
  readonly oldest?: boolean;
  readonly around?: string;
  readonly limit?: number;
}

export interface GetMasks {
  readonly type: "get-masks";
  readonly ref?: number;
  readonly room: string;
  readonly list: "ban" | "exception" | "invite-exception";
}

export interface GetPresence {
  readonly type: "get-presence";
  readonly ref?: number;
  readonly name: string;
}

export interface GetRoom {
  readonly type: "get-room";
  readonly ref?: number;
  readonly room: string;
}

export interface GetRooms {
  readonly type: "get-rooms";
  readonly ref?: number;
  readonly after?: string;
  readonly limit?: number;
}

export interface GetSessions {
  readonly type: "get-sessions";
  readonly ref?: number;
}

export interface GetTalks {
  readonly type: "get-talks";
  readonly ref?: number;
  readonly after?: number;
  readonly before?: number;
  readonly limit?: number;
}

export interface Hello {
  readonly type: "hello";
  readonly protocol: number;
  readonly server: string;
  readonly domain: string;
  readonly mechanisms: readonly string[];
  readonly registration: "closed" | "invite" | "open";
  readonly limits: Limits;
}

export interface History {
  readonly type: "history";
  readonly ref?: number;
  readonly messages: readonly Line[];
  readonly redacted?: readonly string[];
}

export interface Introduce {
  readonly type: "introduce";
  readonly ref?: number;
  readonly name?: string;
  readonly email?: string;
  readonly page?: string;
  readonly title?: string;
}

export interface Invite {
  readonly type: "invite";
  readonly ref?: number;
  readonly room: string;
  readonly who: string;
}

export interface Join {
  readonly type: "join";
  readonly ref?: number;
  readonly room: string;
  readonly key?: string;
}

export interface KeyChange {
  readonly change: "key";
  readonly key: string;
}

export interface Kick {
  readonly type: "kick";
  readonly ref?: number;
  readonly room: string;
  readonly who: string;
  readonly text?: string;
}

export interface LimitChange {
  readonly change: "limit";
  readonly limit: number;
}

export interface Limits {
  readonly line: number;
  readonly line_before_sign_on: number;
  readonly message: number;
  readonly ping_interval: number;
  readonly ping_timeout: number;
}

export interface Line {
  readonly id: string;
  readonly seq: number;
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly kind?: "action" | "notice" | "text";
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ListChange {
  readonly change: "list";
  readonly list: "ban" | "exception" | "invite-exception";
  readonly mask: string;
  readonly on: boolean;
}

export interface Location {
  readonly door: string;
  readonly address: string;
  readonly port: number;
  readonly tcp_port?: number;
  readonly udp_port?: number;
  readonly client?: string;
  readonly version?: string;
  readonly since: number;
}

export interface Mask {
  readonly mask: string;
  readonly by: string;
  readonly time: number;
}

export interface Masks {
  readonly type: "masks";
  readonly ref?: number;
  readonly room: string;
  readonly list: "ban" | "exception" | "invite-exception";
  readonly masks: readonly Mask[];
}

export interface Member {
  readonly address: string;
  readonly roles?: readonly ("admin" | "founder" | "half-operator" | "operator" | "voice")[];
  readonly realname?: string;
}

export interface Message {
  readonly type: "message";
  readonly id: string;
  readonly seq: number;
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly kind?: "action" | "notice" | "text";
  readonly tags?: Readonly<Record<string, string>>;
  readonly repeat?: boolean;
  readonly least?: "admin" | "founder" | "half-operator" | "operator" | "voice" | "";
}

export interface Ok {
  readonly type: "ok";
  readonly ref?: number;
}

export interface OpenSession {
  readonly type: "session";
  readonly ref?: number;
  readonly client?: string;
  readonly version?: string;
  readonly tcp_port?: number;
  readonly udp_port?: number;
  readonly device?: string;
  readonly realname?: string;
  readonly presence?: OwnPresence;
}

export interface OwnPresence {
  readonly state?: "available" | "away" | "busy" | "extended-away" | "invisible";
  readonly text?: string;
  readonly idle_since?: number | null;
}

export interface OwnSession {
  readonly session: string;
  readonly door: string;
  readonly address: string;
  readonly port: number;
  readonly secure?: boolean;
  readonly client?: string;
  readonly version?: string;
  readonly device?: string;
  readonly since: number;
  readonly state?: "available" | "away" | "busy" | "extended-away" | "invisible" | "offline";
}

export interface Part {
  readonly type: "part";
  readonly ref?: number;
  readonly room: string;
  readonly text?: string;
}

export interface PersonPresence {
  readonly address: string;
  readonly state: "available" | "away" | "busy" | "extended-away" | "invisible" | "offline";
  readonly text?: string;
  readonly idle_since?: number | null;
  readonly locations?: readonly Location[];
  readonly realname?: string;
}

export interface Ping {
  readonly type: "ping";
  readonly ref?: number;
}

export interface Pong {
  readonly type: "pong";
  readonly ref?: number;
}

export interface PresenceOf {
  readonly type: "presence";
  readonly ref?: number;
  readonly address: string;
  readonly state: "available" | "away" | "busy" | "extended-away" | "invisible" | "offline";
  readonly text?: string;
  readonly idle_since?: number | null;
  readonly locations?: readonly Location[];
  readonly renamed_from?: string;
  readonly realname?: string;
}

export interface Quit {
  readonly type: "quit";
  readonly ref?: number;
  readonly text?: string;
}

export interface Read {
  readonly type: "read";
  readonly ref?: number;
  readonly id?: string;
  readonly with?: string;
  readonly time?: number;
}

export interface ReadElsewhere {
  readonly type: "read-elsewhere";
  readonly id?: string;
  readonly with?: string;
  readonly time?: number;
}

export interface Reason {
  readonly code: string;
  readonly text: string;
}

export interface ReceiptEvent {
  readonly type: "receipt";
  readonly id: string;
  readonly client_id?: string;
  readonly to?: string;
  readonly outcome: "delivered" | "read";
  readonly time: number;
}

export interface Redact {
  readonly type: "redact";
  readonly ref?: number;
  readonly with: string;
  readonly id: string;
  readonly text?: string;
}

export interface Redacted {
  readonly type: "redacted";
  readonly with: string;
  readonly id: string;
  readonly time: number;
  readonly by: string;
  readonly text?: string;
}

export interface Register {
  readonly type: "register";
  readonly ref?: number;
  readonly name: string;
  readonly password: string;
  readonly invitation?: string;
}

export interface RenameRoom {
  readonly type: "rename-room";
  readonly ref?: number;
  readonly room: string;
  readonly name: string;
  readonly text?: string;
}

export interface Response {
  readonly type: "response";
  readonly ref?: number;
  readonly data?: string;
}

export interface Resume {
  readonly type: "resume";
  readonly ref?: number;
  readonly client?: string;
  readonly version?: string;
  readonly tcp_port?: number;
  readonly udp_port?: number;
  readonly device?: string;
  readonly realname?: string;
  readonly presence?: OwnPresence;
  readonly token: string;
  readonly session?: string;
}

export interface RoleChange {
  readonly change: "role";
  readonly role: "admin" | "founder" | "half-operator" | "operator" | "voice";
  readonly who: string;
  readonly on: boolean;
}

export interface RoomAltered {
  readonly type: "room-altered";
  readonly ref?: number;
  readonly refused?: readonly Reason[];
}

export interface RoomChanged {
  readonly type: "room-changed";
  readonly room: string;
  readonly time: number;
  readonly by?: string;
  readonly changes: readonly (FlagChange | KeyChange | LimitChange | ListChange | RoleChange)[];
}

export interface RoomDetails {
  readonly type: "room-details";
  readonly room: string;
  readonly time: number;
  readonly by?: string;
  readonly who: string;
  readonly realname?: string;
}

export interface RoomInfo {
  readonly name: string;
  readonly topic?: Topic | null;
  readonly members?: number;
  readonly flags?: readonly ("accounts-only" | "invite-only" | "moderated" | "no-ctcp" | "no-outsiders" | "secret" | "topic-protected")[];
  readonly limit?: number;
  readonly created: number;
  readonly roles?: readonly ("admin" | "founder" | "half-operator" | "operator" | "voice")[];
}

export interface RoomInvited {
  readonly type: "room-invited";
  readonly room: string;
  readonly time: number;
  readonly by?: string;
  readonly who: string;
}

export interface RoomJoined {
  readonly type: "room-joined";
  readonly room: string;
  readonly time: number;
  readonly by?: string;
  readonly who: string;
  readonly realname?: string;
}

export interface RoomKicked {
  readonly type: "room-kicked";
  readonly room: string;
  readonly time: number;
  readonly by?: string;
  readonly who: string;
  readonly text?: string;
}

export interface RoomParted {
  readonly type: "room-parted";
  readonly room: string;
  readonly time: number;
  readonly by?: string;
  readonly who: string;
  readonly text?: string;
}

export interface RoomRenamed {
  readonly type: "room-renamed";
  readonly room: string;
  readonly time: number;
  readonly by?: string;
  readonly before: string;
  readonly text?: string;
}

export interface RoomState {
  readonly type: "room";
  readonly ref?: number;
  readonly room: RoomInfo;
  readonly people: readonly Member[];
}

export interface RoomTopic {
  readonly type: "room-topic";
  readonly room: string;
  readonly time: number;
  readonly by?: string;
  readonly topic: Topic;
}

export interface Rooms {
  readonly type: "rooms";
  readonly ref?: number;
  readonly rooms: readonly RoomInfo[];
  readonly more?: boolean;
}

export interface RoomsLeft {
  readonly type: "rooms-left";
  readonly time: number;
  readonly who: string;
  readonly text?: string;
}

export interface RoomsRenamed {
  readonly type: "rooms-renamed";
  readonly time: number;
  readonly before: string;
  readonly who: string;
}

export interface Roster {
  readonly type: "roster";
  readonly ref?: number;
  readonly contacts: readonly Contact[];
}

export interface RosterApprove {
  readonly type: "roster-approve";
  readonly ref?: number;
  readonly name: string;
}

export interface RosterAsk {
  readonly type: "roster-ask";
  readonly ref?: number;
  readonly name: string;
  readonly label?: string;
  readonly groups?: readonly string[];
}

export interface RosterBlock {
  readonly type: "roster-block";
  readonly ref?: number;
  readonly name: string;
}

export interface RosterCancel {
  readonly type: "roster-cancel";
  readonly ref?: number;
  readonly name: string;
}

export interface RosterChanged {
  readonly type: "roster-changed";
  readonly action: "approved" | "asked" | "changed" | "refused" | "removed";
  readonly contact: Contact;
}

export interface RosterGet {
  readonly type: "roster-get";
  readonly ref?: number;
}

export interface RosterPut {
  readonly type: "roster-put";
  readonly ref?: number;
  readonly name: string;
  readonly label?: string;
  readonly groups?: readonly string[];
}

export interface RosterRefuse {
  readonly type: "roster-refuse";
  readonly ref?: number;
  readonly name: string;
}

export interface RosterRemove {
  readonly type: "roster-remove";
  readonly ref?: number;
  readonly name: string;
}

export interface RosterUnblock {
  readonly type: "roster-unblock";
  readonly ref?: number;
  readonly name: string;
}

export interface Send {
  readonly type: "send";
  readonly ref?: number;
  readonly to: string;
  readonly client_id: string;
  readonly body: string;
  readonly least?: "admin" | "founder" | "half-operator" | "operator" | "voice" | "";
  readonly kind?: "action" | "notice" | "text";
  readonly tags?: Readonly<Record<string, string>>;
}

export interface Sent {
  readonly type: "sent";
  readonly ref?: number;
  readonly id: string;
  readonly client_id: string;
  readonly outcome: "accepted" | "kept" | "refused" | "unknown";
  readonly time: number;
  readonly code?: string;
  readonly text?: string;
  readonly retry_after?: number | null;
}

export interface Sessions {
  readonly type: "sessions";
  readonly ref?: number;
  readonly sessions: readonly OwnSession[];
}

export interface SetAlwaysOn {
  readonly type: "set-always-on";
  readonly ref?: number;
  readonly on: boolean;
}

export interface SetPresence {
  readonly type: "set-presence";
  readonly ref?: number;
  readonly state?: "available" | "away" | "busy" | "extended-away" | "invisible";
  readonly text?: string;
  readonly idle_since?: number | null;
}

export interface SetPrivacy {
  readonly type: "set-privacy";
  readonly ref?: number;
  readonly visible_to?: "contacts" | "everyone" | "nobody" | null;
  readonly share_location?: boolean | null;
}

export interface SetRealname {
  readonly type: "set-realname";
  readonly ref?: number;
  readonly realname: string;
}

export interface SetTopic {
  readonly type: "set-topic";
  readonly ref?: number;
  readonly room: string;
  readonly text: string;
}

export interface Tags {
  readonly type: "signal";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Talk {
  readonly with: string;
  readonly time: number;
}

export interface Talks {
  readonly type: "talks";
  readonly ref?: number;
  readonly talks: readonly Talk[];
}

export interface Topic {
  readonly text: string;
  readonly by: string;
  readonly time: number;
}

export interface Typing {
  readonly type: "typing";
  readonly ref?: number;
  readonly to?: string;
  readonly from?: string;
  readonly time?: number;
  readonly desk?: string;
  readonly state: "active" | "done" | "paused";
}

export interface Unwatch {
  readonly type: "unwatch";
  readonly ref?: number;
  readonly name: string;
}

export interface Visit {
  readonly type: "visit";
  readonly ref?: number;
  readonly site?: string;
  readonly secret?: string;
  readonly name?: string;
  readonly email?: string;
}

export interface Waiting {
  readonly type: "waiting";
  readonly ref?: number;
  readonly count: number;
}

export interface Watch {
  readonly type: "watch";
  readonly ref?: number;
  readonly name: string;
}

export interface Welcome {
  readonly type: "welcome";
  readonly ref?: number;
  readonly session: string;
  readonly token: string;
  readonly address: string;
  readonly visible_to: "contacts" | "everyone" | "nobody";
  readonly share_location?: boolean;
  readonly roster?: readonly Contact[];
  readonly presence?: readonly PersonPresence[];
  readonly rooms?: readonly RoomInfo[];
  readonly waiting?: number;
  readonly time: number;
}

export interface Whoami {
  readonly type: "whoami";
  readonly ref?: number;
}
