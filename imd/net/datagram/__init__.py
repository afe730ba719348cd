"""Messages over datagrams: reliability above, DTLS or (on loopback) nothing below. docs/protocols/native-udp.md.

::

    socket ─► port ─► [dtls] ─► packet ─► connection ─► incoming ─► the door's messages
    socket ◄─ port ◄─ [dtls] ◄─ packet ◄─ connection ◄─ outgoing ◄─ the door's messages
                                             ├─ acknowledging  which packets have come (ranges), and telling so
                                             └─ recovery       which have arrived over there: timers, losses, the window

packet      bytes ↔ frames
ranges      sets of packet numbers, bounded
recovery    RFC 6298 timers, fast retransmit, RFC 5681 window
outgoing    messages to fragments, kept until acknowledged
incoming    fragments to messages, in order and once
acknowledging  what has come, and when the other end is told
terms       what an end goes by, and what it counts
connection  all of these, without I/O: time and datagrams are arguments
welcome     packets of no connection: who may open one
path        addresses in question: the other end's new one, our own
tokens      proof that somebody receives what is sent to an address, without keeping anything
records     DTLS records without keys: what OpenSSL may have of them
dtls        DTLS by pyOpenSSL's memory BIOs: the listening end with cookies, and associations
link        one peer of a port
port        one socket for all peers of a door; timetable: who of them wants to be woken when
dialing     the client's end on a socket of its own
"""
