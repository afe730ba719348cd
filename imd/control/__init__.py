"""The operator's door: ``imdctl``, and the socket in the data folder it talks to.

wire      one AMP command: an action and its arguments as JSON, and the answer, in pages when it is long
directory what an operator does with accounts; works with and without a daemon
bans      imdctl ban
desks     who is at which desk, and open conversations
history   what one account has said: handed out, or erased
limits    how often each limit was met, and how much of it is used
actions   everything an operator can ask of a running daemon
place     where the socket is
listener  the Unix socket (mode 0600): whoever may open it is the operator
call      the other end: one question after another over the socket
show      answers as text for people
options   the command line, and what its help teaches
cli       imdctl itself

::

    imdctl ── call ──► control.sock ──► listener ─► actions ─► hub, stores
       └── no daemon: directory on the store itself, under its lease
"""
