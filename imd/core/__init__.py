"""What an instant-messaging service is: people, presence, buddy lists, rooms, and the way of a message.

No Twisted, no sockets, no SQL; time, log and storage come in through `ports` and `stores`. Files:

values    address  message  session  contact  talk  past  ban  refusal  tally
          (frozen or read-only; doors may import them)
          verifier (SCRAM)   precis, lookalike, confusables, posing (which names are alike)   masks
edges     ports    stores
parts     accounts (who exists)      people (who is on)          presence (the PresenceRegistry)
          people's own: arriving (signing on)  nicks (whose name is whose)  origins (user@host, cloaks)
                        gone (no client)   promotion (guests who sign on), passage (their rooms)
                        whowas (who has been seen)   accepting (who hears from guests)   bans
          presence's own: sight (sessions merged, and who sees how much)  telling (one change, to its watchers)
                          roommates (away and back in rooms)
          roster (turnstile: one change at a time)   rooms   delivery (the ladder: direct, relay, offline, extended)
          rooms' own: roombase, roomsettings (what is set)  roomindex (membership)  roomnews, talking, crowds (telling)
                      roomrules, roomranks, roommasks (who may what)   invitations
                      roombook (what is durable)  roomkeeping (whose they are)
          delivery's own: aside (not up the ladder)  recipients (who a name is)  receiving, relay (sessions)  catchup
                          keeping, limbo (outcomes)   offline (the queue)   repetitions   trace
                          sequence (ids and order)
          history (writing)  reading  happening (rooms' events)  redacting  own (export, erasure)
          desks/ (addresses answered by whoever is there)   conversation (theirs, as doors see it)   sites
          visitors (who came by a page, and what they may do)   visits (how long they are known)
          introduction (what they say of themselves)   members (what sites say of theirs)
          missed, held, track, cursors (what a device is handed when it comes back)  read_marks (how far one has read)
          staying (members without a client)   metadata (what is shown)   offers   ledger   limits
joined by hub

::

    door ─► hub ─► delivery ─► direct │ relay │ offline │ extended
                      │                   │        │
                   people ◄── presence    └─ Client.deliver / InboxStore
"""
