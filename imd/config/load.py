"""From a settings file and the command line to checked settings.

A wrong setting is an error that names file, line and key, and says what is allowed: nothing is guessed.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, Final, get_args, get_origin

import msgspec

from imd.config.broken import Broken
from imd.config.catalogue import Setting, as_toml, catalogue, sections, unknown
from imd.config.error import SettingsError
from imd.config.locate import KeyPath, locate
from imd.config.model import Settings
from imd.config.rules import broken, unreadable
from imd.config.values import Duration, Size

_LARGEST_FILE: Final = 1024 * 1024
_TOML_PLACE: Final = re.compile(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)\Z")


class _Source(msgspec.Struct, frozen=True):
    """Settings from one place, before they are checked."""

    file: str
    tables: dict[str, Any]
    lines: dict[KeyPath, int]
    folder: Path
    """Relative paths count from here."""

    def error(self, key: str, problem: str, allowed: str = "", element: int | None = None) -> SettingsError:
        path: KeyPath = tuple(key.split("."))
        line = self.lines.get((*path, element)) if element is not None else None
        while line is None and path:
            line = self.lines.get(path)
            path = path[:-1]
        return SettingsError(self.file, line, key, problem, allowed)


def load(path: Path | None, overrides: Sequence[str] = (), data: str | None = None) -> Settings:
    """Read the settings.

    path: the settings file; None for the defaults.
    overrides: `KEY=VALUE` each, VALUE in TOML, as given to `--set`; later ones win, all win over the file.
    data: the folder given to `--data`; wins over all else, and counts from the working directory.

    Relative paths in the file and in overrides count from the file's folder, without a file from the working
    directory; in the result they are absolute. Raises SettingsError for the first thing that is wrong.
    """
    settings, errors = _read(path, overrides, data)
    if settings is None:
        raise errors[0]
    return settings


def check(path: Path | None, overrides: Sequence[str] = (), data: str | None = None) -> list[SettingsError]:
    """Everything that is wrong, in the order of the file; empty where `load` succeeds."""
    return _read(path, overrides, data)[1]


def _read(path: Path | None, overrides: Sequence[str], data: str | None) -> tuple[Settings | None, list[SettingsError]]:
    folder = Path.cwd() if path is None else path.absolute().parent
    errors: list[SettingsError] = []
    sources = [_Source("", {}, {}, folder)]
    try:
        if path is not None:
            sources.append(_file(path, folder))
    except SettingsError as error:
        return None, [error]
    for override in overrides:
        try:
            sources.append(_override(override, folder))
        except SettingsError as error:
            errors.append(error)
    if data is not None:
        sources.append(_Source("--data", {"data": data}, {}, Path.cwd()))

    values = {setting.key: _converted(setting, as_plain(setting.default), folder) for setting in catalogue().values()}
    origins = dict.fromkeys(values, sources[0])
    for source in sources:
        wrong: list[SettingsError] = []
        for key, value in _settings_in(source, wrong):
            try:
                values[key] = _converted(catalogue()[key], value, source.folder)
                origins[key] = source
            except ValueError as reason:
                element = reason.args[1] if len(reason.args) > 1 else None
                allowed = catalogue()[key].allowed
                wrong.append(source.error(key, str(reason.args[0]), allowed, element))
        errors += sorted(wrong, key=lambda error: error.line or 0)
    if errors:
        return None, errors

    settings = _assemble(values)
    rules = list(broken(settings)) or list(unreadable(settings))
    if rules:
        return None, sorted((_blame(rule, origins) for rule in rules), key=lambda error: (error.file, error.line or 0))
    return settings, []


def _file(path: Path, folder: Path) -> _Source:
    name = str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as reason:
        said = reason.strerror if isinstance(reason, OSError) else str(reason)
        raise SettingsError(name, None, "", f"the settings file cannot be read: {said}") from None
    if len(raw) > _LARGEST_FILE:
        raise SettingsError(name, None, "", "this is no settings file: it is larger than 1 MiB")
    try:
        text = raw.decode()
    except UnicodeDecodeError as reason:
        line = raw.count(b"\n", 0, reason.start) + 1
        raise SettingsError(name, line, "", "the file is not in UTF-8") from None
    tables = _toml(text, name)
    # tomllib reads CRLF as LF; the lines stay the same.
    return _Source(name, tables, locate(text.replace("\r\n", "\n")), folder)


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        said = str(reason)
        place = _TOML_PLACE.search(said)
        line = None
        if place:
            said = said[: place.start()]
            line = int(place[1]) if place[1] else max(text.count("\n", 0, len(text.rstrip())) + 1, 1)
        raise SettingsError(name, line, "", f"this is not TOML: {said[:1].lower()}{said[1:]}") from None
    except (ValueError, RecursionError):
        # A number of thousands of digits, thousands of brackets.
        raise SettingsError(name, None, "", "this is not a settings file: a value is too large") from None


def _override(text: str, folder: Path) -> _Source:
    key, equals, value = text.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or not key:
        raise SettingsError("--set", None, "", f'"{text}" is not of the form KEY=VALUE, such as irc.confirm=false')
    setting = catalogue().get(key)
    if setting is None and key not in sections():
        raise SettingsError("--set", None, key, unknown(key))
    try:
        tables = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        tables = {}
    # More than one key: the value had a line end in it and went on as a document.
    if tables.keys() != {"value"}:
        raise SettingsError("--set", None, key, "the value is not TOML" + _quoting_hint(key, value, setting))
    nested = tables["value"]
    for name in reversed(key.split(".")):
        nested = {name: nested}
    return _Source("--set", nested, {}, folder)


def _quoting_hint(key: str, value: str, setting: Setting | None) -> str:
    """How to write for the shell what was probably meant."""
    general = "; a text needs double quotes around it, and single quotes around those for the shell"
    if setting is None or setting.secret or "'" in value or not value.isprintable():
        return general
    kind = get_args(setting.hint)[0]
    if kind in (bool, int):
        return f"; it must be {setting.allowed}"
    bare = value.strip('"[] ')
    meant = as_toml([part.strip('" ') for part in bare.split(",")] if get_origin(kind) is tuple else bare)
    return general if "'" in meant else f"; did you mean --set {key}='{meant}'?"


def _settings_in(source: _Source, wrong: list[SettingsError]) -> Iterator[tuple[str, Any]]:
    """Every known key with its raw value; what is unknown goes to `wrong`."""
    for name, value in source.tables.items():
        if name in sections():
            if not isinstance(value, dict):
                wrong.append(source.error(name, f"{_shown(value)} is not allowed", f"a table: [{name}]"))
                continue
            for inner, inner_value in value.items():
                key = f"{name}.{inner}"
                if key in catalogue():
                    yield key, inner_value
                else:
                    wrong.append(_unknown(source, (name, inner)))
        elif name in catalogue():
            yield name, value
        else:
            wrong.append(_unknown(source, (name,)))


def _unknown(source: _Source, path: KeyPath) -> SettingsError:
    key = ".".join(map(str, path))
    return SettingsError(source.file, source.lines.get(path), key, unknown(key))


def _converted(setting: Setting, value: object, folder: Path) -> Any:
    """The value in the type of its setting. Raises ValueError with a reason, and the position in a list."""
    kind = get_args(setting.hint)[0]
    if Path in (kind, *get_args(kind)):
        return _path(value, folder, optional=NoneType in get_args(kind))
    if kind in (Duration, Size):
        return _quantity(kind, value)
    if get_origin(kind) is tuple and isinstance(value, list) and get_args(kind)[0] is not str:
        return tuple(_table(get_args(kind)[0], element, position, folder) for position, element in enumerate(value))
    if get_origin(kind) is tuple and isinstance(value, list):
        for position, element in enumerate(value):
            if not isinstance(element, str):
                raise ValueError(f"{_shown(element)} is no text in quotes", position)
    try:
        return msgspec.convert(value, setting.hint)
    except msgspec.ValidationError:
        shown = "what is written there" if setting.secret else _shown(value)
        raise ValueError(f"{shown} is not allowed") from None


def _table(kind: type, value: object, position: int, folder: Path) -> Any:
    """One table of a list of tables. Its values may be secret: only names of keys are repeated."""
    try:
        table: Any = msgspec.convert(value, kind)
    except msgspec.ValidationError as reason:
        said = str(reason)
        if said.startswith(("Object contains unknown field", "Object missing required field")):
            raise ValueError(said.partition(" - at")[0].lower().replace("object", "the table", 1), position) from None
        raise ValueError("one of the tables is not of this form", position) from None
    if not hasattr(table, "resolved"):
        return table
    try:
        return table.resolved(folder)
    except ValueError as reason:
        raise ValueError(str(reason), position) from None


def _quantity(kind: type[Duration] | type[Size], value: object) -> Duration | Size:
    # A bare 0 needs no unit; a bare number of bytes has one by nature. bool is an int to Python.
    if isinstance(value, int) and not isinstance(value, bool) and (value == 0 or kind is Size):
        value = str(value)
    if type(value) in (int, float):
        raise ValueError(f"{_shown(value)} has no unit")
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is not allowed")
    return kind.parse(value)


def _path(value: object, folder: Path, *, optional: bool) -> Path | None:
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is not allowed")
    if "\0" in value:
        raise ValueError("a file name cannot hold a NUL character")
    if not value:
        if optional:
            return None
        raise ValueError("it cannot be empty")
    try:
        return folder / Path(value).expanduser()
    except RuntimeError:
        raise ValueError(f"{_shown(value)} names a home directory that does not exist") from None


def _shown(value: object) -> str:
    """A raw value in a few characters."""
    if isinstance(value, dict):
        return "a table"
    try:
        text = as_toml(value)
    except TypeError:
        text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def as_plain(value: object) -> object:
    """A value of the model as tomllib would give it."""
    match value:
        case None:
            return ""
        case Duration() | Size():
            return value.text
        case Path():
            return str(value)
        case tuple():
            return list(value)
    return value


def _assemble(values: dict[str, Any]) -> Settings:
    top: dict[str, Any] = {setting.name: values[setting.key] for setting in _members("")}
    for section, table in sections().items():
        top[section] = table(**{setting.name: values[setting.key] for setting in _members(section)})
    return Settings(**top)


@functools.cache
def _members(section: str) -> tuple[Setting, ...]:
    return tuple(setting for setting in catalogue().values() if setting.section == section)


def _blame(rule: Broken, origins: dict[str, _Source]) -> SettingsError:
    """Name the setting that somebody wrote: a default is seldom what is wrong."""
    for key in (rule.key, *rule.also):
        if origins[key].file:
            return origins[key].error(key, rule.problem, element=rule.element if key == rule.key else None)
    return origins[rule.key].error(rule.key, rule.problem)
