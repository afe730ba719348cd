"""Bytes ↔ `Line` (Modern IRC, "Message Format"; IRCv3 message-tags).

`Framer` cuts what arrives into lines, however it was chopped up; `parse` reads one; `encode` writes one. All that can
be wrong with what a peer sends is one class, `BadLine`.
"""

from collections.abc import Mapping, Sequence

import msgspec

from imd.protocols.irc.wire.tags import format_tags, parse_tags

#: Modern IRC: "512 bytes, including the trailing CRLF", tags not counted.
MAX_BODY = 512
#: IRCv3 message-tags, "Size limit": what a client may send between ``@`` and the space.
MAX_CLIENT_TAGS = 4094


class BadLine(Exception):
    """A line the peer should not have sent. `code` is ``too-long``, ``tags-too-long``, ``not-utf8``, ``malformed``, or
    ``empty``, which is none at all."""

    def __init__(self, code: str, command: str = "*", label: str = "") -> None:
        super().__init__(f"{command}: {code}")
        #: As a `Line` has them: of all tags the label is kept, under which the answer is wanted.
        self.tags: dict[str, str] = {"label": label} if label else {}
        self.code = code
        #: What the line was about, as far as that could be read.
        self.command = command

    def __len__(self) -> int:
        """Of the line nothing is kept."""
        return 32


class Line(msgspec.Struct):
    """One message. `command` is in capitals, tag values are unescaped."""

    command: str
    params: list[str] = msgspec.field(default_factory=list)
    source: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)

    def __len__(self) -> int:
        """About as many bytes as it came in."""
        return sum(map(len, self.params)) + sum(map(len, self.tags.values())) + 32

    def param(self, index: int, default: str = "") -> str:
        """The parameter at `index`, or `default` where it was not given."""
        return self.params[index] if index < len(self.params) else default


def parse(data: bytes, client_tags: int = MAX_CLIENT_TAGS) -> Line:
    """Read one line, without its end. `client_tags` is the most bytes of tags. Raises `BadLine`."""
    tags: dict[str, str] = {}
    body = data
    if data[:1] == b"@":
        head, _, body = data.partition(b" ")
        if len(head) - 1 > client_tags:
            raise BadLine("tags-too-long")
        try:
            tags = parse_tags(head[1:].decode())
        except UnicodeDecodeError:
            raise BadLine("not-utf8", _command_of(body)) from None
        body = body.lstrip(b" ")
    if len(body) > MAX_BODY - 2:
        raise BadLine("too-long", _command_of(body), tags.get("label", ""))
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadLine("not-utf8", _command_of(body), tags.get("label", "")) from None
    if "\0" in text:
        raise BadLine("malformed", _command_of(body), tags.get("label", ""))
    source = ""
    if text[:1] == ":":
        source, _, text = text[1:].partition(" ")
    middle, colon, trailing = text.partition(" :")
    words = middle.split(" ")
    params = [word for word in words if word] if "" in words else words
    if not (params or colon or source or tags):
        raise BadLine("empty")
    # A line that opens with " :" has no command; one with ":" after the source neither.
    if not params or not params[0].isalnum() or not params[0].isascii():
        raise BadLine("malformed", _command_of(body))
    command = params.pop(0).upper()
    if colon:
        params.append(trailing)
    return Line(command, params, source, tags)


def _command_of(body: bytes) -> str:
    words = body.split(maxsplit=2)
    if words and words[0].startswith(b":"):
        words = words[1:]
    word = words[0][:32] if words else b""
    return word.decode("ascii").upper() if word.isalnum() and word.isascii() else "*"


def encode(
    command: str,
    params: Sequence[str] = (),
    *,
    source: str = "",
    tags: Mapping[str, str] | str = "",
    colon: bool = False,
) -> bytes:
    """Write one line, its end included.

    `tags` are a mapping, or the output of `format_tags`. `colon` marks the last parameter even where it need not be.
    What must not stand in a parameter (CR, LF, NUL) becomes a space, so that nobody can write a line into a line;
    what is too long is cut at the end, between characters.
    """
    words = [f":{source}", command] if source else [command]
    words += params[:-1]
    if params:
        last = params[-1]
        words.append(f":{last}" if colon or not last or last[0] == ":" or " " in last else last)
    text = " ".join(words)
    if "\n" in text or "\r" in text or "\0" in text:
        cleaned = [param.translate(_FORBIDDEN) for param in params]
        return encode(command, cleaned, source=source.translate(_FORBIDDEN), tags=tags, colon=colon)
    body = text.encode("utf-8", "replace")
    if len(body) > MAX_BODY - 2:
        body = cut(body, MAX_BODY - 2)
    if tags:
        head = tags if isinstance(tags, str) else format_tags(tags)
        return b"@%b %b\r\n" % (head.encode("utf-8", "replace"), body)
    return body + b"\r\n"


_FORBIDDEN = str.maketrans("\r\n\0", "   ")


def cut(data: bytes, size: int) -> bytes:
    """The first at most `size` bytes of UTF-8 that end between two characters."""
    if len(data) <= size:
        return data
    # RFC 3629: bytes 10xxxxxx continue a character.
    while size and data[size] & 0xC0 == 0x80:
        size -= 1
    return data[:size]


class Framer:
    """Cuts a stream into lines. CR, LF and CRLF end a line, empty lines are dropped, a line that grows too long is
    reported once and skipped to its end.

    `feed` what arrives, then take lines by `next` as fast as they can be served: what was not taken stays as bytes.
    """

    __slots__ = ("_at", "_limit", "_skipping", "buffer")

    def __init__(self, client_tags: int = MAX_CLIENT_TAGS) -> None:
        #: What was fed; empty once all is taken.
        self.buffer = b""
        #: Where in the buffer the next line begins.
        self._at = 0
        self._skipping = False
        self._limit = client_tags + 2 + MAX_BODY

    def __len__(self) -> int:
        """How many bytes were fed and not taken."""
        return len(self.buffer) - self._at

    def clear(self) -> None:
        """Forget what was fed and not taken."""
        self.buffer = b""
        self._at = 0

    def feed(self, data: bytes) -> None:
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self.buffer = self.buffer[self._at :] + data if self.buffer else data
        self._at = 0

    def next(self) -> bytes | BadLine | None:
        """The next line without its end, a `BadLine` for one that is too long, or None until more is fed."""
        buffer = self.buffer
        while True:
            end = buffer.find(b"\n", self._at)
            if end < 0:
                return self._unfinished()
            line = buffer[self._at : end]
            self._at = end + 1
            if self._at == len(buffer):
                # An idle connection keeps nothing of what it once sent.
                self.buffer = buffer = b""
                self._at = 0
            if self._skipping:
                self._skipping = False
            elif len(line) > self._limit:
                return BadLine("too-long")
            elif line:
                return line

    def _unfinished(self) -> BadLine | None:
        if not self.buffer or (not self._skipping and len(self) <= self._limit):
            return None
        self.buffer = b""
        self._at = 0
        if self._skipping:
            return None
        self._skipping = True
        return BadLine("too-long")
