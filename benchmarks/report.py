"""What a benchmark found, and how it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    sentence: str
    measured: str
    met: bool

    def __str__(self) -> str:
        return f"{'met   ' if self.met else 'MISSED'}  {self.sentence}: {self.measured}"


@dataclass(frozen=True)
class Report:
    """One table. The first column names what was measured; ratios name their baseline in the row or the heading."""

    name: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal] = ()
    notes: Sequence[str] = field(default=())

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.about}", *_table(self.columns, self.rows)]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  goal {goal}" for goal in self.goals]
        return "\n".join(lines)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    return [
        "  "
        + row[0].ljust(widths[0])
        + "".join(f"   {cell.rjust(width)}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in [columns, *rows]
    ]
