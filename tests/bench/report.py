"""Figures side by side: measured, rival, ratio, budget, ok? Arithmetic and layout only."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Budget:
    """What is wanted (DESIGN section 8). All bounds are inclusive; without any, a row is for information."""

    ratio_at_most: float | None = None
    ratio_at_least: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    def __str__(self) -> str:
        bounds = (
            (self.ratio_at_most, "≤ {} ×"),
            (self.ratio_at_least, "≥ {} ×"),
            (self.at_most, "≤ {}"),
            (self.at_least, "≥ {}"),
        )
        return ", ".join(form.format(number(bound)) for bound, form in bounds if bound is not None)

    def met(self, measured: float, ratio: float | None) -> bool | None:
        """None without a budget. A ratio that could not be taken does not meet one."""
        verdicts = [
            self.ratio_at_most is None or (ratio is not None and ratio <= self.ratio_at_most),
            self.ratio_at_least is None or (ratio is not None and ratio >= self.ratio_at_least),
            self.at_most is None or measured <= self.at_most,
            self.at_least is None or measured >= self.at_least,
        ]
        return all(verdicts) if str(self) else None


@dataclass(frozen=True)
class Row:
    """One line of the table. `measured` is None when the run was void; `note` then says why."""

    work: str
    unit: str
    measured: float | None
    rival: str = ""
    against: float | None = None
    budget: Budget = field(default_factory=Budget)
    note: str = ""

    @property
    def ratio(self) -> float | None:
        if self.measured is None or not self.against:
            return None
        return self.measured / self.against

    @property
    def ok(self) -> bool | None:
        """None: no budget."""
        if self.measured is None:
            return False
        return self.budget.met(self.measured, self.ratio)


def per_operation(figures: dict[str, Any], operations: str = "measured", process: int = 0) -> float:
    """CPU in µs per operation, of the server or a process beside it. Raises `ValueError` when nothing was measured."""
    count = figures[operations]
    if not count:
        raise ValueError("nothing was measured")
    seconds: float = figures["server_cpu_s"][process]
    return float(seconds / count * 1e6)


def middle(values: Sequence[float]) -> float:
    """The median of the repeated runs."""
    return float(statistics.median(values))


def number(value: float | None) -> str:
    """Three digits that matter: 0.462, 4.62, 46.2, 4,620."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1000:
        return f"{value:.0f}"
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"


def table(rows: Iterable[Row]) -> str:
    """For a terminal, and as a table in Markdown."""
    head = ("work", "measured", "rival", "", "ratio", "wanted", "ok?")
    words = {True: "yes", False: "NO", None: ""}
    lines = [head]
    for row in rows:
        measured = "void" if row.measured is None else f"{number(row.measured)} {row.unit}"
        lines.append(
            (
                row.work + (f" ({row.note})" if row.note else ""),
                measured,
                row.rival,
                number(row.against),
                number(row.ratio),
                str(row.budget),
                words[row.ok],
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    right = (1, 3, 4)

    def laid_out(line: Sequence[str]) -> str:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = (
        "|"
        + "|".join("-" * (width + 1) + (":" if column in right else "-") for column, width in enumerate(widths))
        + "|"
    )
    return "\n".join([laid_out(head), rule, *map(laid_out, lines[1:])])


def write(path: Path, rows: Iterable[Row], runs: list[dict[str, Any]], about: dict[str, Any]) -> None:
    """``bench.json``: the rows, and below them every run they come from."""
    content = {
        **about,
        "rows": [{**asdict(row), "budget": str(row.budget), "ratio": row.ratio, "ok": row.ok} for row in rows],
        "runs": runs,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
