"""What is wrong with a setting, for the person who wrote it."""

from __future__ import annotations


class SettingsError(Exception):
    """One thing that is wrong with the settings.

    file: the settings file as it was named, or `--set` / `--data`; "" for none.
    line: counted from 1; None where there is no line.
    key: the whole key, such as `limits.rooms`; "" where the text is no TOML at all.
    problem: what is wrong.
    allowed: what may be written instead; "" where the problem says it.
    """

    def __init__(self, file: str, line: int | None, key: str, problem: str, allowed: str = "") -> None:
        super().__init__(file, line, key, problem, allowed)
        self.file = file
        self.line = line
        self.key = key
        self.problem = problem
        self.allowed = allowed

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line is not None else self.file
        parts = [part for part in (place, self.key) if part]
        sentence = ": ".join([*parts, self.problem])
        return f"{sentence}; it must be {self.allowed}" if self.allowed else sentence
