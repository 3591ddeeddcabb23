"""Rows as an aligned table, as wide as the terminal, whatever the cells hold."""

import shutil
import unicodedata
from collections.abc import Sequence
from typing import Any

_NARROWEST = 6
_GAP = "  "


def table(names: Sequence[str], rows: Sequence[Sequence[Any]], width: int | None = None) -> str:
    """`width`: in columns of the terminal; default: the terminal's own. Cells are cut to fit, the widest columns first."""
    lines = [[_shown(each) for each in line] for line in [names, *rows]]
    room = width or shutil.get_terminal_size((120, 24)).columns
    widths = fitting([max(columns(line[place]) for line in lines) for place in range(len(names))], room)
    lines.insert(1, ["─" * each for each in widths])
    return "".join(_line(line, widths) for line in lines)


def aligned(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The same without names above: lines for a text."""
    if not rows:
        return []
    widths = fitting([max(columns(line[place]) for line in rows) for place in range(len(rows[0]))], width)
    return [_line(line, widths).rstrip() for line in rows]


def fitting(widths: list[int], room: int) -> list[int]:
    """The widest are cut first, down to what can still be read."""
    widths, room = list(widths), room - len(_GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(padded(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"


def padded(text: str, width: int) -> str:
    if columns(text) > width:
        while columns(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - columns(text))


def _shown(value: Any) -> str:
    """Nothing that moves the cursor or changes colours: notes may hold anything."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    text = str(value)[:2000].replace("\n", "⏎").replace("\t", " ")
    return "".join(each if each.isprintable() else "·" for each in text)


def columns(text: str) -> int:
    """How wide a terminal shows it."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )
