"""A small IRC server that does wrong on purpose: what the generator must notice.

Each `Fault` is done once, to the tenth private message or room line; `NONE` makes it an honest server. It runs in a
thread of its own and stops with `close`.
"""

import enum
import selectors
import socket
import threading


class Fault(enum.Enum):
    NONE = "none"
    LOSE = "lose"
    DOUBLE = "double"
    MISDELIVER = "misdeliver"  #: to somebody it is not for
    FORGE = "forge"  #: as if somebody else had said it
    SWAP = "swap"  #: two messages in the wrong order
    HANG_UP = "hang up"
    REFUSE = "refuse"


class Misbehaving:
    """Listens on `port` from the moment it is made."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._count = 0
        self._held: tuple[socket.socket, bytes] | None = None
        self._people: dict[str, socket.socket] = {}
        self._names: dict[socket.socket, str] = {}
        self._rooms: dict[str, list[socket.socket]] = {}
        self._rest: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        self._stop, self._stopped = socket.socketpair()
        for each in (self._listener, self._stopped):
            self._selector.register(each, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._stop.send(b"x")
        self._thread.join()
        for each in (self._listener, self._stop, self._stopped, *self._rest):
            each.close()
        self._selector.close()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._stopped:
                    return
                if key.fileobj is self._listener:
                    new, _ = self._listener.accept()
                    self._rest[new] = b""
                    self._selector.register(new, selectors.EVENT_READ)
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._readable(key.fileobj)

    def _readable(self, peer: socket.socket) -> None:
        try:
            data = peer.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._hang_up(peer)
            return
        *lines, self._rest[peer] = (self._rest[peer] + data).split(b"\r\n")
        for line in lines:
            if peer in self._rest:
                self._command(peer, *line.decode().split(" ", 2))

    def _hang_up(self, peer: socket.socket) -> None:
        if self._rest.pop(peer, None) is not None:
            self._selector.unregister(peer)
            self._people.pop(self._names.pop(peer, ""), None)
            peer.close()

    def _command(self, peer: socket.socket, command: str, target: str = "", text: str = "") -> None:
        if command == "NICK":
            self._people[target], self._names[peer] = peer, target
            self._write(peer, f":fake 001 {target} :Welcome")
        elif command == "PING":
            self._write(peer, f":fake PONG fake {target}")
        elif command == "JOIN":
            self._rooms.setdefault(target, []).append(peer)
            self._write(peer, f":fake 366 me {target} :End")
        elif command == "PRIVMSG":
            self._say(peer, target, text)

    def _say(self, peer: socket.socket, target: str, text: str) -> None:
        room = self._rooms.get(target)
        if room is None and target not in self._people:
            return
        readers = [each for each in room if each is not peer] if room else [self._people[target]]
        line = f":{self._names[peer]}!u@h PRIVMSG {target} {text}"
        self._count += 1
        if self._count == 10:
            self._wrong(peer, readers, line)
            return
        for reader in readers:
            self._write(reader, line)
        if self._held is not None and self._held[0] in readers:
            (reader, late), self._held = self._held, None
            self._write(reader, late.decode())

    def _wrong(self, peer: socket.socket, readers: list[socket.socket], line: str) -> None:
        """The tenth message: wrong for the last of its readers."""
        fault, unlucky = self._fault, readers[-1]
        for reader in readers[:-1]:
            self._write(reader, line)
        if fault is Fault.FORGE:
            source, _, rest = line.partition("!")
            line = f"{source[:-1]}{9 - int(source[-1])}!{rest}"
        if fault not in (Fault.LOSE, Fault.SWAP, Fault.HANG_UP):
            self._write(unlucky, line)
        if fault is Fault.DOUBLE:
            self._write(unlucky, line)
        elif fault is Fault.MISDELIVER:
            self._write(peer, line)
        elif fault is Fault.REFUSE:
            self._write(peer, ":fake 401 me you :No such nick")
        elif fault is Fault.HANG_UP:
            self._hang_up(unlucky)
        elif fault is Fault.SWAP:
            self._held = unlucky, line.encode()

    def _write(self, peer: socket.socket, line: str) -> None:
        if peer in self._rest:
            peer.sendall(line.encode() + b"\r\n")
