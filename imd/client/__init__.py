"""The client: a library for applications, and ``imc``, for the terminal and for scripts.

::

    cli ─► options, password ─┬─► pipe (--to, --receive) ─► streams, printing ─┐
                              └─► terminal (the rest)                          ├─► library ─► wire ─► server
                                                                               │     ├─ reaching, signing_on
                                                                               ┘     └─ outgoing, requests

- `library`      one session that outlives its connections: what an application sees
- `outgoing`     messages on their way out, in order, repeated until they are settled
- `requests`     all other requests, by their numbers
- `signing_on`   SASL, registration, resuming
- `reaching`     from a host to a greeted connection: TLS, certificates, loopback; `destination`: NAME@HOST[:PORT]
- `datagram`     the same by UDP
- `wire`         one connection: bytes and messages, signs of life
- `pipe`         the client for scripts; `streams`: standard input and output; `printing`: a message as one line
- `terminal`     the client for people
- `cli`          the program; `options`: its command line; `password`: where the password comes from
- `errors`       what can go wrong, with the exit codes

Of the daemon it knows only what clients may know: `imd.messages`, the native wire, and SCRAM in `imd.net`.
"""
