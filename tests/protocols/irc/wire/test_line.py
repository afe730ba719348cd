"""Lines: what the tables of Modern IRC and the parser tests of ircdocs say, and that no garbage gets past."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.irc.wire.line import MAX_BODY, MAX_CLIENT_TAGS, BadLine, Framer, Line, cut, encode, parse

#: https://github.com/ircdocs/parser-tests, "msg-split", in the part that concerns a server.
TABLE: list[tuple[str, Line]] = [
    ("foo bar baz asdf", Line("FOO", ["bar", "baz", "asdf"])),
    (":coolguy foo bar baz asdf", Line("FOO", ["bar", "baz", "asdf"], "coolguy")),
    ("foo bar baz :asdf quux", Line("FOO", ["bar", "baz", "asdf quux"])),
    ("foo bar baz :", Line("FOO", ["bar", "baz", ""])),
    ("foo bar baz ::asdf", Line("FOO", ["bar", "baz", ":asdf"])),
    (":coolguy foo bar baz :  asdf quux ", Line("FOO", ["bar", "baz", "  asdf quux "], "coolguy")),
    (":coolguy PRIVMSG bar :lol :) ", Line("PRIVMSG", ["bar", "lol :) "], "coolguy")),
    ("foo   bar  baz   :  x", Line("FOO", ["bar", "baz", "  x"])),
    (":src JOIN #chan ", Line("JOIN", ["#chan"], "src")),
    ("@a=b;c=32;k;rt=ql7 foo", Line("FOO", [], tags={"a": "b", "c": "32", "k": "", "rt": "ql7"})),
    ("@a=b\\\\and\\nk;c=72\\s45;d=gh\\:764 foo", Line("FOO", [], tags={"a": "b\\and\nk", "c": "72 45", "d": "gh;764"})),
    ("@c;h=;a=b :quux ab cd", Line("AB", ["cd"], "quux", {"c": "", "h": "", "a": "b"})),
    ("@foo=\\b\\ :x COMMAND", Line("COMMAND", [], "x", {"foo": "b"})),
    ("@tag1=1;tag1=2 COMMAND", Line("COMMAND", [], tags={"tag1": "2"})),
    ("@+example=x;=y;+=z COMMAND a", Line("COMMAND", ["a"], tags={"+example": "x"})),
    ("privmsg #chan :\u00e9\U0001f600", Line("PRIVMSG", ["#chan", "\u00e9\U0001f600"])),
]


class Reading(SynchronousTestCase):
    def test_table(self) -> None:
        """Each line of the table is read as the table says."""
        for text, line in TABLE:
            self.assertEqual(parse(text.encode()), line, text)

    def test_bad(self) -> None:
        """What is no line of IRC is a `BadLine` that says what is wrong, and of which command."""
        for data, code, command in [
            (b"PRIVMSG a :\xff\xfe", "not-utf8", "PRIVMSG"),
            (b"@a=\xff :me PRIVMSG a :b", "not-utf8", "PRIVMSG"),
            (b"PRIVMSG a :b\0c", "malformed", "PRIVMSG"),
            (b"PRIVMSG a :" + b"x" * MAX_BODY, "too-long", "PRIVMSG"),
            (b"@a=" + b"x" * MAX_CLIENT_TAGS + b" PING a", "tags-too-long", "*"),
            (b"   ", "empty", "*"),
            (b":source", "malformed", "*"),
            (b"@tags", "malformed", "*"),
            (b"J\xc3\x96IN a", "malformed", "*"),
            (b"a-b c", "malformed", "*"),
        ]:
            bad = self.assertRaises(BadLine, parse, data)
            self.assertEqual((bad.code, bad.command), (code, command), data)

    def test_limits(self) -> None:
        """The longest lines allowed are read: 510 bytes without CRLF, and 4,094 bytes of tags besides."""
        body = b"PRIVMSG a :".ljust(MAX_BODY - 2, b"x")
        tags = b"@a=".ljust(MAX_CLIENT_TAGS + 1, b"y")
        line = parse(tags + b" " + body)
        self.assertEqual((len(line.params[1]), len(line.tags["a"])), (MAX_BODY - 13, MAX_CLIENT_TAGS - 2))

    @given(st.binary(max_size=700))
    def test_garbage(self, data: bytes) -> None:
        """Any bytes are a line or a `BadLine`, and nothing else."""
        try:
            line = parse(data)
        except BadLine:
            return
        self.assertTrue(line.command.isalnum() and line.command == line.command.upper())


class Writing(SynchronousTestCase):
    def test_forms(self) -> None:
        """The last parameter gets its colon where it needs one."""
        self.assertEqual(encode("PING", ["x"]), b"PING x\r\n")
        self.assertEqual(encode("PING", ["x"], colon=True), b"PING :x\r\n")
        self.assertEqual(encode("TOPIC", ["#a", ""], source="s"), b":s TOPIC #a :\r\n")
        self.assertEqual(encode("PRIVMSG", ["a", ":)"]), b"PRIVMSG a ::)\r\n")
        self.assertEqual(encode("X", ["a b"], tags={"k": "v;w", "l": ""}), b"@k=v\\:w;l X :a b\r\n")
        self.assertEqual(encode("X", tags="ready=made"), b"@ready=made X\r\n")

    def test_injection(self) -> None:
        """Nobody can write a line into a line."""
        data = encode("PRIVMSG", ["a", "b\r\nQUIT\0:x"], source="s\nX", tags={"t": "\r\n\0"})
        self.assertEqual(data.count(b"\n"), 1)
        self.assertEqual(data, b"@t=\\r\\n :s X PRIVMSG a :b  QUIT :x\r\n")

    @given(st.text(max_size=600), st.text(max_size=50))
    def test_always_a_line(self, text: str, tag: str) -> None:
        """Whatever the text, one line comes out that is not too long and can be read again."""
        data = encode("PRIVMSG", ["#a", text], tags={"+k": tag})
        self.assertTrue(data.endswith(b"\r\n") and data.count(b"\r") == data.count(b"\n") == 1)
        line = parse(data[:-2])
        self.assertEqual(line.command, "PRIVMSG")
        plain = text.translate({0: 32, 10: 32, 13: 32}).encode("utf-8", "replace").decode()
        self.assertTrue(plain.startswith(line.params[1]))
        self.assertEqual(line.tags["+k"], tag.replace("\0", "").encode("utf-8", "replace").decode())

    @given(st.text(), st.integers(0, 40))
    def test_cut(self, text: str, size: int) -> None:
        """A cut text is a beginning of the text, whole characters only, and no more than one short of the size."""
        data = text.encode("utf-8", "replace")
        piece = cut(data, size)
        self.assertTrue(data.startswith(piece) and len(piece) <= size)
        piece.decode()
        self.assertTrue(piece == data or len(piece) > size - 4)


def lines_of(framer: Framer) -> list[bytes | str]:
    found: list[bytes | str] = []
    while (line := framer.next()) is not None:
        found.append(line if isinstance(line, bytes) else line.code)
    return found


_PARTS = [b"a", b"PING x", b"\r", b"\n", b"\r\n", b"z" * 700, b"\xff\0", b"@t=1 "]


class Framing(SynchronousTestCase):
    def test_ends(self) -> None:
        """CRLF, LF and CR end a line; empty lines are none."""
        framer = Framer()
        framer.feed(b"a b\r\nc\nd\re\r\n\r\n\nf")
        self.assertEqual(lines_of(framer), [b"a b", b"c", b"d", b"e"])
        framer.feed(b"g\n")
        self.assertEqual(lines_of(framer), [b"fg"])

    def test_too_long(self) -> None:
        """A line without end is reported once, whatever it grows to, and skipped to its end; nothing of it is kept."""
        framer = Framer(100)
        for _ in range(50):
            framer.feed(b"x" * 99)
            lines = lines_of(framer)
            self.assertIn(lines, ([], ["too-long"]))
            self.assertLessEqual(len(framer), 100 + MAX_BODY + 2)
        framer.feed(b"tail\nnext\n" + b"y" * 1000 + b"\nlast\n")
        self.assertEqual(lines_of(framer), [b"next", "too-long", b"last"])

    def test_nothing_is_kept(self) -> None:
        """Of lines that were taken nothing stays in memory."""
        framer = Framer()
        framer.feed(b"PING x\r\n" * 5000)
        self.assertEqual(len(lines_of(framer)), 5000)
        self.assertEqual(framer.buffer, b"")

    @settings(max_examples=200)
    @given(
        st.lists(
            st.sampled_from([b"a", b"PING x", b"\r", b"\n", b"\r\n", b"z" * 700, b"\xff\0", b"@t=1 "]), max_size=30
        ),
        st.lists(st.integers(1, 900), min_size=1, max_size=20),
    )
    def test_any_chunking(self, parts: list[bytes], sizes: list[int]) -> None:
        """However a stream is chopped up, the same lines come out."""
        stream = b"".join(parts)
        whole = Framer(100)
        whole.feed(stream)
        expected = lines_of(whole)
        chopped = Framer(100)
        found: list[bytes | str] = []
        at = turn = 0
        while at < len(stream):
            size = sizes[turn % len(sizes)]
            chopped.feed(stream[at : at + size])
            found += lines_of(chopped)
            at, turn = at + size, turn + 1
        self.assertEqual(found, expected)
