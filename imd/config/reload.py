"""What changes when the settings are read again, and when it takes effect.

Each setting of the model is `live` (a reload is enough) or not (the next start). A wrong new setting raises
before anything is compared, so the old settings stay in force as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from imd.config.catalogue import as_toml, catalogue
from imd.config.load import load
from imd.config.model import Settings


class Change(msgspec.Struct, frozen=True):
    """One setting that differs, its values written as TOML; a secret one without its values."""

    key: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.key}: {self.before} -> {self.after}" if self.before else f"{self.key} (not shown)"


class Changes(msgspec.Struct, frozen=True):
    """What differs between the settings in force and those just read."""

    live: tuple[Change, ...]
    """In force at once."""
    restart: tuple[Change, ...]
    """In force at the next start."""
    in_force: Settings
    """What holds from now on: the new settings, but the old values of those that need a restart."""

    def __bool__(self) -> bool:
        return bool(self.live or self.restart)

    def __contains__(self, key: object) -> bool:
        """Whether this setting takes effect now with another value; a section for any of its settings."""
        return any(change.key == key or change.key.rpartition(".")[0] == key for change in self.live)


def compare(old: Settings, new: Settings) -> Changes:
    """Compare the settings in force with new ones."""
    live: list[Change] = []
    restart: list[Change] = []
    in_force = new
    for setting in catalogue().values():
        before, after = setting.of(old), setting.of(new)
        if before == after:
            continue
        change = Change(setting.key, "", "") if setting.secret else Change(setting.key, as_toml(before), as_toml(after))
        (live if setting.live else restart).append(change)
        if not setting.live:
            in_force = _with(in_force, setting.section, setting.name, before)
    return Changes(tuple(live), tuple(restart), in_force)


def reload(old: Settings, path: Path | None, overrides: Sequence[str] = (), data: str | None = None) -> Changes:
    """Read the settings again, as `load` does, and compare them with those in force.

    Raises SettingsError where the new ones are wrong: nothing changes then.
    """
    return compare(old, load(path, overrides, data))


def _with(settings: Settings, section: str, name: str, value: object) -> Settings:
    if not section:
        return msgspec.structs.replace(settings, **{name: value})
    table = msgspec.structs.replace(getattr(settings, section), **{name: value})
    return msgspec.structs.replace(settings, **{section: table})
