"""What doors share: listening, TLS, limits on connections, the write path, the reactor's clock, SCRAM on paper.

listening       from an endpoint string to a bound port
connections     how many connections, from where, and how long they may take to sign on
admitting       from an accepted socket to a door's protocol: counted, secured, or turned away
proxy_header    what a balancer says of whose connection it passes on; proxied: waiting for it
naming          names of addresses by DNS; ident: whose connection it is (RFC 1413)
first_byte      one listener for TLS and plain, told apart by the first byte
after_handshake the door hears of a TLS connection once it is secured
peer            who is at the far end, as doors and the ledger see it
tls             the certificate in force, renewed without a restart; self_signed makes one where none is configured
sending         a bounded queue in front of a transport
resident        the memory of the whole process; the doors are shut while it is too much
back_pressure   who does not read is asked nothing more
memory          what all connections hold together; the largest go when it is too much
web             the web listener: one site, whose requests may become WebSockets
polling         the same messages by HTTP requests, where WebSockets do not get through
websocket       RFC 6455: frames to and from the wire, the handshake, the write path
datagram        messages by UDP: reliability, DTLS, one socket for all peers
bucket          token bucket
shapes          names of attributes, kept once for all connections
rounds          one timer for the signs of life of all connections
holding         how long the reactor is held by one turn, and how many sockets a turn serves
garbage         garbage collection that does not hold the reactor
reactor_clock   the core's Clock and Spawn on a reactor, and what happens at the end of a turn
turns           the reactor's turns, leaner than the stock ones
origin          which pages may come, by what browsers say of them
oauthbearer     the client's message of SASL OAUTHBEARER
scram           what both ends of SCRAM share; scram_client: the client's end; opaque_string: passwords

::

    socket ─► admitting ─► [proxied] ─► [first_byte] ─► [TLS ─► after_handshake] ─► the door ─► sending.Outbox
"""
