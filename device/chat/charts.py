"""Charts drawn with characters. Numbers stand beside every bar: a terminal is coarse, and the point is to be read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from device.chat.screen import harmless
from device.cli.tables import columns, padded

_INDENT = "  "
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"
_LONGEST_LABEL, _LONGEST_BAR = 24, 40
_COLOURS = {"fill", "color"}  # of a place, for clients that have them


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, each with the label of its place; None where the chart has no number."""

    label: str
    places: tuple[str, ...]
    numbers: tuple[float | None, ...]

    @property
    def known(self) -> list[tuple[str, float]]:
        return [(place, each) for place, each in zip(self.places, self.numbers, strict=True) if each is not None]


def drawn(chart: dict[str, Any], width: int) -> list[str]:
    """Lines; none for a chart without numbers. `chartType`: bar, radar, pie, radial, line, area; others become bars."""
    series = [each for each in _series(chart) if each.known]
    if not series:
        return []
    title = chart.get("title")
    lines = [_INDENT + _flat(title)] if isinstance(title, str) and title.strip() else []
    for each in series:
        if len(series) > 1 and chart.get("chartType") not in ("line", "area"):
            lines.append(_INDENT + each.label)
        lines += [_INDENT + line for line in _body(chart.get("chartType"), each, width - len(_INDENT))]
    return lines


def _body(kind: Any, series: Series, width: int) -> list[str]:
    if kind in ("line", "area"):
        return _curve(series, width)
    if kind in ("pie", "radial"):
        whole = sum(abs(number) for _, number in series.known) or 1.0
        told = [f"{_number(number)}  {100 * abs(number) / whole:.0f} %" for _, number in series.known]
        return _bars(series, told, width)
    return _bars(series, [_number(number) for _, number in series.known], width)


def _bars(series: Series, told: Sequence[str], width: int) -> list[str]:
    named = min(_LONGEST_LABEL, max(columns(place) for place, _ in series.known))
    room = max(4, min(_LONGEST_BAR, width - named - 2 - max(map(len, told))))
    most = max(abs(number) for _, number in series.known) or 1.0
    return [
        f"{padded(place, named)} {_bar(abs(number) / most * room)} {words}".rstrip()
        for (place, number), words in zip(series.known, told, strict=True)
    ]


def _bar(length: float) -> str:
    """In columns, by eighths; what is more than nothing is seen."""
    eighths = round(length * 8) or int(length > 0)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def _curve(series: Series, width: int) -> list[str]:
    """As high as eight levels, one column a place, thinned out where there are more places than columns."""
    places = series.known
    if len(places) > width:
        places = [places[number * len(places) // width] for number in range(width)]
    low, high = min(number for _, number in places), max(number for _, number in places)
    span = (high - low) or 1.0
    curve = "".join(_LEVELS[round((number - low) / span * 7)] for _, number in places)
    (first, begin), (last, end) = series.known[0], series.known[-1]
    course = f"{series.label}: {first} {_number(begin)} → {last} {_number(end)}"
    return [curve, f"{course} (least {_number(low)}, most {_number(high)})"]


def _series(chart: dict[str, Any]) -> list[Series]:
    """Columns of numbers. `config` names them; where it names none of them, every column that holds numbers counts."""
    data = chart.get("data")
    rows = [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []
    config = chart.get("config")
    config = config if isinstance(config, dict) else {}
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in _COLOURS]
    numeric = [name for name in names if any(_is_number(row.get(name)) for row in rows)]
    shown = [name for name in numeric if name in config] or numeric
    places = tuple(_place(row, [each for each in names if each not in shown], config) for row in rows)
    return [
        Series(_label(name, config), places, tuple(row[name] if _is_number(row.get(name)) else None for row in rows))
        for name in shown
    ]


def _place(row: dict[str, Any], names: Sequence[str], config: dict[str, Any]) -> str:
    """The first text of a row says what its numbers are of; else the first number that is not drawn, a year perhaps."""
    values = [row[name] for name in names if name in row]
    for each in [*(value for value in values if isinstance(value, str)), *values]:
        if isinstance(each, (str, int, float)):
            return _label(str(each), config)
    return ""


def _label(name: str, config: dict[str, Any]) -> str:
    told = config.get(name)
    label = told.get("label") if isinstance(told, dict) else None
    return _flat(label if isinstance(label, str) and label else name)


def _flat(text: str) -> str:
    return harmless(text.replace("\n", " ").replace("\t", " ")).strip()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: float) -> str:
    return f"{value:,.10g}" if float(value).is_integer() else f"{value:,.2f}"
