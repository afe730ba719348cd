"""All settings as one table, in the order of the model: what drives checks, the sample file and the docs."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from imd.config.field import LARGEST_COUNT
from imd.config.model import Settings
from imd.config.values import Duration, Size

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting, as the model describes it."""

    key: str
    """As people write it: `limits.rooms`."""
    section: str
    """"" for the keys at the top."""
    name: str
    hint: Any
    """The type with its bounds, for msgspec."""
    default: Any
    description: str
    reason: str
    allowed: str
    """What may be written, to follow 'it must be'."""
    example: str
    live: bool
    """A change takes effect at a reload; otherwise at the next start."""
    secret: bool
    """Its value is never shown: it may hold a password."""
    switched: bool
    """`limits.enabled = false` turns it off."""

    def of(self, settings: Settings) -> Any:
        """Its value in these settings."""
        return getattr(getattr(settings, self.section) if self.section else settings, self.name)


def sections() -> dict[str, type[msgspec.Struct]]:
    """The tables of a settings file, in order."""
    hints = get_type_hints(Settings)
    return {name: hint for name, hint in hints.items() if isinstance(hint, type) and issubclass(hint, msgspec.Struct)}


@functools.cache
def catalogue() -> dict[str, Setting]:
    """Every setting by its key, those at the top first."""
    tables: list[tuple[str, type[msgspec.Struct]]] = [("", Settings), *sections().items()]
    found = {}
    for section, table in tables:
        defaults = table()
        for name, hint in get_type_hints(table, include_extras=True).items():
            if get_origin(hint) is None and name in sections():
                continue
            (meta,) = hint.__metadata__
            key = f"{section}.{name}" if section else name
            found[key] = Setting(
                key=key,
                section=section,
                name=name,
                hint=hint,
                default=getattr(defaults, name),
                description=meta.description,
                reason=meta.extra["reason"],
                allowed=meta.extra["allowed"] or _allowed(hint.__origin__, meta, section),
                example=meta.extra["example"],
                live=meta.extra["live"],
                secret=meta.extra["secret"],
                switched=meta.extra["switched"],
            )
    return found


def explain(key: str) -> str:
    """A paragraph about one setting, or a whole section, for people. Raises KeyError with the nearest key."""
    if key in sections():
        return "\n\n".join(explain(each.key) for each in catalogue().values() if each.section == key)
    if key not in catalogue():
        raise KeyError(unknown(key))
    setting = catalogue()[key]
    parts = [f"{key} = {as_toml(setting.default)}", setting.description]
    if setting.reason:
        parts.append(f"Why this default: {setting.reason}")
    parts.append(f"It must be {setting.allowed}.")
    parts.append("A change takes effect at " + ("a reload." if setting.live else "the next start."))
    return "\n".join(parts)


def unknown(key: str) -> str:
    """What to say of a key that does not exist, with the nearest one that does."""
    section, _, name = key.rpartition(".")
    siblings = {
        each.rpartition(".")[2]: each for each in [*catalogue(), *sections()] if each.rpartition(".")[0] == section
    }
    misspelt = [siblings[each] for each in difflib.get_close_matches(name, siblings, 1, 0.6)]
    # The right name in the wrong table is the commonest mistake after a misspelling.
    misplaced = [each for each in catalogue() if each.rpartition(".")[2] == name]
    distant = difflib.get_close_matches(key, [*catalogue(), *(set(sections()) - {section})], 1, 0.6)
    for near in (misspelt, misplaced, distant):
        if near:
            return f"there is no such setting; did you mean {near[0]}?"
    if section in sections():
        return f"there is no such setting; {section} has {_listed(_names(section))}"
    return f"there is no such setting; the tables are {_listed(sections())}"


def as_toml(value: object) -> str:
    """Write one value as TOML, so that reading it gives the same value."""
    match value:
        case None:
            return '""'
        case bool():
            return "true" if value else "false"
        case Duration() | Size():
            return f'"{value.text}"'
        case int() | float():
            return str(value)
        case str():
            return _quoted(value)
        case Path():
            return _quoted(str(value))
        case tuple() | list():
            return f"[{', '.join(map(as_toml, value))}]"
        case msgspec.Struct():
            members = ((name, getattr(value, name)) for name in value.__struct_fields__)
            return f"{{{', '.join(f'{name} = {as_toml(each)}' for name, each in members)}}}"
    raise TypeError(f"no setting has the type {type(value).__name__}")


def _quoted(text: str) -> str:
    if "\\" in text and text.isprintable() and "'" not in text:
        return f"'{text}'"
    written = "".join(
        _ESCAPES.get(each) or (f"\\u{ord(each):04x}" if ord(each) < 0x20 or ord(each) == 0x7F else each)
        for each in text
    )
    return f'"{written}"'


def _names(section: str) -> Iterable[str]:
    return (setting.name for setting in catalogue().values() if setting.section == section)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _allowed(kind: Any, meta: msgspec.Meta, section: str) -> str:
    if kind is bool:
        return "true or false"
    if kind is Duration:
        return 'a time such as "5 ms", "30 s" or "30 days"' + (', "0" means never' if section == "limits" else "")
    if kind is Size:
        return 'a size such as "512 bytes" or "16 KiB", 0 means unlimited'
    if get_origin(kind) is Literal:
        *most, last = (f'"{choice}"' for choice in get_args(kind))
        return f"{', '.join(most)} or {last}"
    if Path in (kind, *get_args(kind)):
        return "the name of a file" if NoneType in get_args(kind) else "the name of a folder"
    if kind is int:
        low, high = meta.ge, meta.le
        text = f"a whole number from {low} to {high}" if high != LARGEST_COUNT else "a whole number"
        return f"{text}, 0 means unlimited" if low == 0 else text
    return "a text in quotes"
