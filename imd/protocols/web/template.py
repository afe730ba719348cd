"""Templates: a text with places to be filled in.

``{{name}}`` stands for a text, which is escaped; ``{{#name}}…{{/name}}`` is there only if that text is not empty.
"""

import re
from collections.abc import Mapping
from html import escape

_MARK = re.compile(r"\{\{([#/]?)([A-Za-z0-9._-]+)\}\}")


class Template:
    """One template. Raises ValueError for a section that has no end, or no beginning."""

    def __init__(self, text: str) -> None:
        # Text, mark, name, text, mark, name … text.
        parts = _MARK.split(text)
        self._first = parts[0]
        #: What is to be done, with which name, and the text that follows.
        self._steps = list(zip(parts[1::3], parts[2::3], parts[3::3], strict=True))
        #: All that can be asked for.
        self.names = frozenset(name for _, name, _ in self._steps)
        self._check()

    def _check(self) -> None:
        inside: list[str] = []
        for mark, name, _ in self._steps:
            if mark == "#":
                inside.append(name)
            elif mark and (not inside or inside.pop() != name):
                raise ValueError(f"section {name} ends where it has not begun")
        if inside:
            raise ValueError(f"section {inside[-1]} does not end")

    def fill(self, texts: Mapping[str, str]) -> str:
        """The text with these in their places."""
        written = [self._first]
        # How deep in sections that are not there.
        hidden = 0
        for mark, name, after in self._steps:
            if mark == "#":
                hidden += hidden > 0 or not texts[name]
            elif mark:
                hidden -= hidden > 0
            elif not hidden:
                written.append(escape(texts[name]))
            if not hidden:
                written.append(after)
        return "".join(written)
