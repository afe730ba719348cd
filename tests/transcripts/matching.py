"""What a transcript says a line should be, and whether it is. The format is told in the package's docstring."""

import base64
import re
from typing import NamedTuple

#: ``{name}``, ``{=text}``, ``{300 x}``.
_BRACES = re.compile(r"\{(?:(?P<name>[a-z][a-z0-9_]*)|=(?P<base64>[^}]*)|(?P<count>\d+) (?P<sign>.))\}")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0"}
#: The pieces of a pattern: an escape, braces, an asterisk.
_PIECE = re.compile(rf"(?P<escape>{_ESCAPE.pattern})|(?P<braces>{_BRACES.pattern})|(?P<star>\*)", re.DOTALL)

Known = dict[str, str]


class Mismatch(Exception):
    """Why a line is not what was expected."""


class Parts(NamedTuple):
    """A line taken apart, by code of the tests' own (Modern IRC, "Message Format")."""

    tags: dict[str, str] | None
    source: str
    command: str
    params: list[str]


def take_apart(text: str) -> Parts:
    tags: dict[str, str] | None = None
    source = ""
    if text.startswith("@"):
        head, _, text = text[1:].partition(" ")
        tags = dict(_key_and_value(tag) for tag in head.split(";") if tag)
    if text.startswith(":"):
        source, _, text = text[1:].partition(" ")
    middle, colon, trailing = text.partition(" :")
    words = middle.split()
    if not words:
        raise Mismatch(f"no command in {text!r}")
    return Parts(tags, source, words[0], words[1:] + ([trailing] if colon else []))


def _key_and_value(tag: str) -> tuple[str, str]:
    key, _, value = tag.partition("=")
    return key, value


def sent(text: str, known: Known) -> bytes:
    """What somebody sends, with names, repetitions and escapes replaced."""
    out = bytearray()
    at = 0
    for piece in _PIECE.finditer(text):
        out += text[at : piece.start()].encode()
        at = piece.end()
        if piece["escape"]:
            out += _byte(piece["escape"])
        elif piece["braces"]:
            out += _filled(piece, known).encode()
        else:
            out += b"*"
    return bytes(out + text[at:].encode())


def _byte(escape: str) -> bytes:
    what = escape[1:]
    if len(what) == 3:
        return bytes([int(what[1:], 16)])
    return _ESCAPES.get(what, what).encode()


def _filled(piece: "re.Match[str]", known: Known) -> str:
    if piece["count"]:
        return piece["sign"] * int(piece["count"])
    if piece["base64"] is not None:
        text = known.get(piece["base64"], piece["base64"])
        return base64.b64encode(text.replace(r"\0", "\0").encode()).decode()
    name = piece["name"]
    if name not in known:
        raise Mismatch(f"nobody has got {{{name}}} yet")
    return known[name]


def match(pattern: str, line: str, known: Known, server: str) -> None:
    """Raise `Mismatch` unless the line is as the pattern says; otherwise enter what it captures into `known`."""
    wanted, got = take_apart(_PIECE.sub(lambda piece: _expanded(piece, known), pattern)), take_apart(line)
    learnt = dict(known)
    _match_source(wanted.source, got.source, learnt, server)
    _match_text("command", wanted.command, got.command, learnt)
    _match_params(wanted.params, got.params, learnt)
    _match_tags(wanted.tags, got.tags, learnt)
    known.update(learnt)


def _expanded(piece: "re.Match[str]", known: Known) -> str:
    """What holds spaces of its own is replaced before the pattern is split at spaces."""
    return _filled(piece, known) if piece["count"] or piece["base64"] is not None else piece[0]


def _match_source(wanted: str, got: str, known: Known, server: str) -> None:
    if wanted:
        _match_text("source", wanted, got, known)
    elif got not in ("", server):
        raise Mismatch(f"it comes from {got}, not from the server")


def _match_params(wanted: list[str], got: list[str], known: Known) -> None:
    if wanted and wanted[-1] == "...":
        wanted = wanted[:-1]
        got = got[: len(wanted)]
    if len(wanted) != len(got):
        raise Mismatch(f"{len(got)} parameters instead of {len(wanted)}")
    for number, (one, other) in enumerate(zip(wanted, got, strict=True), 1):
        _match_text(f"parameter {number}", one, other, known)


def _match_tags(wanted: dict[str, str] | None, got: dict[str, str] | None, known: Known) -> None:
    wanted, got = dict(wanted or {}), dict(got or {})
    others = wanted.pop("...", None) is not None
    for key, value in wanted.items():
        if key not in got:
            raise Mismatch(f"the tag {key} is missing")
        _match_text(f"tag {key}", value, got.pop(key), known)
    if got and not others:
        raise Mismatch(f"it has the tags {', '.join(sorted(got))}")


def _match_text(what: str, pattern: str, text: str, known: Known) -> None:
    found = re.fullmatch(_regular(pattern, known), text, re.DOTALL)
    if found is None:
        raise Mismatch(f"{what} is {text!r}")
    known.update(found.groupdict())


def _regular(pattern: str, known: Known) -> str:
    """The pattern as a regular expression, with a group for each name that is new."""
    out, at = "", 0
    new: set[str] = set()
    for piece in _PIECE.finditer(pattern):
        out += re.escape(pattern[at : piece.start()])
        at = piece.end()
        if piece["star"]:
            out += ".*?"
        elif piece["escape"]:
            out += re.escape(_byte(piece["escape"]).decode("utf-8", "replace"))
        elif piece["name"] and piece["name"] not in known:
            out += f"(?P={piece['name']})" if piece["name"] in new else f"(?P<{piece['name']}>.+?)"
            new.add(piece["name"])
        else:
            out += re.escape(_filled(piece, known))
    return out + re.escape(pattern[at:])
