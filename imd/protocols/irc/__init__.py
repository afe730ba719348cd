"""The IRC door: Modern IRC (https://modern.ircdocs.horse) and IRCv3 (https://ircv3.net/irc/).

::

    bytes ─► wire/line ─► session ─► commands ─► a family's function ─► imd.core.ports.Hub
                             │           │
                             │           └─► a slot of replies (order, labels, batches) ─► connection
    core's Client ─► session ─► incoming, room_events, presence, buddyserv ──────────────► connection

    wire/            bytes ↔ lines, tags, splitting; standard library and msgspec only
    numerics.py      the numeric replies, one table
    capabilities.py  the capabilities, one table with links; tags by what a client negotiated
    commands.py      the command table; the checks every command needs; what happens to refusals
    replies.py       answers in command order, labelled and batched
    session.py       one connection: state, hearing, ending
    known.py         who is behind it
    speaking.py      what it says, and what it needs of the connection
    pace.py          how fast lines are taken
    families.py      every family, so that the table is whole
    door.py          what all sessions share
    settings.py      what the door is told
    registration.py  NICK, USER, PASS, QUIT, SETNAME, PING, PONG; the way to the welcome
    negotiation.py   CAP
    devices.py       account@device: which of a person's devices it is
    sasl.py          AUTHENTICATE: PLAIN, SCRAM-SHA-256, EXTERNAL
    accounts.py      REGISTER, VERIFY: making an account
    identity.py      what SASL, REGISTER and NickServ share: who a connection is
    asking.py        CTCP VERSION, once
    welcome.py       001 to 005 and what follows
    isupport.py      RPL_ISUPPORT, one table; ISUPPORT
    dcc.py           offers of direct talks and files, told from other CTCP
    messaging.py     PRIVMSG, NOTICE, TAGMSG: from the client to the core
    metadata/        METADATA: what people and rooms show of themselves
    multiline.py     BATCH: from the client to one message of several lines
    chathistory.py   CHATHISTORY
    redacting.py     REDACT
    histserv.py      HistServ: PLAY, DELETE, EXPORT, FORGET
    playback.py      what history has, as lines
    incoming.py      messages from the core to the client
    missed.py        what a device has missed
    barrier.py       the PING whose PONG confirms messages
    modes.py         mode letters ↔ what the core says of rooms and people
    rooms.py         JOIN, PART, TOPIC, LIST, KICK, RENAME
    inviting.py      INVITE
    names.py         NAMES
    room_modes.py    MODE
    user_modes.py    MODE for oneself
    refusals.py      reasons of the core as numerics, one table
    room_events.py   what happens in rooms, as lines
    who.py           WHO and WHOX
    whois.py         WHOIS, ISON, USERHOST
    whowas.py        WHOWAS
    queries.py       MOTD, LUSERS, LINKS, VERSION, TIME, ADMIN, INFO, HELP: questions about the server
    operators.py     OPER, KILL, WALLOPS, REHASH, STATS; what operators are told
    identifying.py   host names and ident, where they are asked for
    sts.py           strict transport security, told by CAP LS
    webirc.py        WEBIRC
    acting.py        SAJOIN, SAPART, SAMODE
    bans.py          KLINE, DLINE, UNKLINE, UNDLINE
    accepting.py     ACCEPT
    presence.py      AWAY, MONITOR, away-notify
    services.py      what services have in common: verbs, HELP, answers
    nickserv.py      NickServ: who one is; nickserv_settings.py: what belongs to one's account
    buddyserv/       BuddyServ: the buddy list for any client
    read_marker.py   MARKREAD
    chanserv/        ChanServ: rooms that belong to accounts
    forms.py         how each command is written, for HELP and the page
    conformance.py   writes the tables of docs/protocols/irc.md
    specifications.py  where commands are specified, and what is left out
    evidence.py      which test shows what
    connection.py    the Twisted protocol
    gateway.py       the factory; settings in, sessions out

How a family writes its answers:

* `session.numeric(numerics.X, …)`, `session.reply("JOIN", …, source=…)` and `session.answer(bytes)` answer the command
  that runs now. They get its label and its place in the order, also after an await.
* `session.push(bytes)` is for news of others. An event that this session itself caused (`event.session` is its id)
  belongs to the answer: `session.answer`.
* Lines for many are encoded once per `session.flavour` (`line_tags(flavour, time, …)` and `wire.line.encode`), and
  kept in `event.encoded`, `view.encoded` or `envelope.encoded`, under a key that begins with ``"irc"``.

* What a person writes to a service (BuddyServ) reaches the function decorated with ``BUDDYSERV.verb("LIST", …)``.
* For one's own new name `session.renamed()` tells the client once, whoever hears of it first.

The core's `Client` methods go to ``incoming.deliver(session, envelopes)``, ``room_events.room_event(session, event)``,
``room_events.said(session, told)`` (what is said in a room, many lines at a time),
``presence.presence_changed(session, views)`` and ``buddyserv.roster_changed(session, change)``.
"""
