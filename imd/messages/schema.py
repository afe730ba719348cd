"""Writes what `docs/protocols` says of each message, from the types: ``python -m imd.messages.schema [FOLDER]``.

``native.schema.json`` is a JSON Schema (2020-12); in ``native.md`` the part between the two marks is replaced.
"""

import inspect
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from imd.messages import catalogue, values
from imd.messages.base import Ref, Request, Wire

BEGIN = "<!-- reference: written by `python -m imd.messages.schema` -->"
END = "<!-- end of reference -->"

_SECTIONS = {
    "signon": "Signing on",
    "messaging": "Messages",
    "history": "History",
    "signals": "Signals",
    "presence": "Presence",
    "roster": "The buddy list",
    "rooms": "Rooms",
    "desks": "Desks",
    "account": "The account",
    "connection": "The connection",
}


def schema() -> dict[str, Any]:
    """The JSON Schema of all messages: ``#/$defs/FromClient`` and ``#/$defs/FromServer`` are the two unions."""
    unions = (catalogue.FromClient, catalogue.FromServer)
    (client, server), components = msgspec.json.schema_components(unions, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The native protocol of imd",
        "description": "Written from the types in imd/messages. Unknown fields are to be ignored.",
        "anyOf": [{"$ref": "#/$defs/FromClient"}, {"$ref": "#/$defs/FromServer"}],
        "$defs": {"FromClient": client, "FromServer": server, **dict(sorted(components.items()))},
    }


def schema_text() -> str:
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def examples(kind: type[Wire]) -> list[str]:
    """The example lines in the docstring of a message."""
    _, _, text = inspect.cleandoc(kind.__doc__ or "").partition("Example::")
    return [line.strip() for line in text.splitlines() if line.strip()]


def reference() -> str:
    """The part of ``native.md`` that describes each message and value, in Markdown."""
    lines: list[str] = []
    for module, title in _SECTIONS.items():
        lines += [f"### {title}", ""]
        for tag, kind in {**catalogue.CLIENT_MESSAGES, **catalogue.SERVER_MESSAGES}.items():
            if kind.__module__ == f"imd.messages.{module}":
                lines += _message(tag, kind)
    lines += ["### Values", ""]
    for name, value in _values():
        change = value.__struct_config__.tag
        prose = f"`change` is `{change}`." if change else inspect.cleandoc(value.__doc__ or "")
        lines += [f"#### Value {name}", "", prose, "", *_fields(value)]
    return "\n".join(lines).rstrip() + "\n"


def document(text: str) -> str:
    """``native.md`` with its reference part as it has to be."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("The marks around the reference are missing.")
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def _values() -> Iterator[tuple[str, type[msgspec.Struct]]]:
    for module in (values, sys.modules["imd.messages.signon"], sys.modules["imd.messages.history"]):
        for name, kind in vars(module).items():
            if (
                isinstance(kind, type)
                and kind.__module__ == module.__name__
                and issubclass(kind, values.Value | values.Change)
                and kind.__struct_fields__
            ):
                yield name, kind


def _message(tag: str, kind: type[Wire]) -> list[str]:
    ways = [
        way
        for way, messages in (
            ("from the client", catalogue.CLIENT_MESSAGES),
            ("from the server", catalogue.SERVER_MESSAGES),
        )
        if tag in messages
    ]
    answers = kind.answers if issubclass(kind, Request) else ()
    answered = ", answered by " + " or ".join(f"`{answer}`" for answer in answers) if answers else ""
    prose = inspect.cleandoc(kind.__doc__ or "").partition("Example::")[0].strip()
    return [
        f"#### `{tag}`",
        "",
        f"*{' and '.join(ways).capitalize()}{answered}.*",
        "",
        prose,
        "",
        *_fields(kind),
        "```json",
        *examples(kind),
        "```",
        "",
    ]


def _fields(kind: type[msgspec.Struct]) -> list[str]:
    hints = get_type_hints(kind, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        if hint is Ref:
            continue
        meaning = " ".join(meta.description for meta in _metas(hint) if meta.description)
        rows.append(f"| `{field.encode_name}` | {_type(hint)} | {_default(field)} | {meaning} |")
    if not rows:
        return []
    return ["| field | type | if left out | meaning |", "|---|---|---|---|", *rows, ""]


def _metas(hint: Any) -> list[msgspec.Meta]:
    # The outermost description is the field's own; one further in belongs to the alias it uses.
    found = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    return found[-1:]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, msgspec.Struct):
        return "`{}`"
    return f"`{msgspec.json.encode(value).decode()}`"


_NAMES: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "true or false",
    bytes: "base64 string",
    type(None): "null",
}


def _type(hint: Any) -> str:
    if hasattr(hint, "__metadata__"):
        limits = [
            f"{word} {limit}"
            for meta in hint.__metadata__
            for word, limit in (
                ("from", meta.ge),
                ("to", meta.le),
                ("at most", meta.max_length),
            )
            if limit is not None
        ]
        return " ".join([_type(hint.__origin__), *limits])
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return "object of strings"
    if origin is types.UnionType or arguments:
        return " or ".join(_type(argument) for argument in arguments)
    return _NAMES.get(hint) or f"[{hint.__name__}](#value-{hint.__name__.lower()})"


def main(folder: Path) -> None:
    (folder / "native.schema.json").write_text(schema_text(), encoding="utf-8")
    page = folder / "native.md"
    page.write_text(document(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/protocols"))
