"""Charts: what passes is what the schema knows, encoded anew."""

import json
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Value = str | int | float | bool | None
Row = Annotated[dict[str, Value], Meta(min_length=1, max_length=64)]
_FUNCTION = "rgb|rgba|hsl|hsla|hwb|lab|lch|oklab|oklch"
_VARIABLE = r"var\(--[\w-]{1,40}\)"
# What a style sheet takes for a color, and nothing that would fetch anything: `#1a2b3c`, `teal`, `hsl(var(--chart-1))`.
Color = Annotated[
    str,
    Meta(
        pattern=rf"^(|#[0-9A-Fa-f]{{3,8}}|[A-Za-z]{{1,32}}|{_VARIABLE}|({_FUNCTION})\(([\w\s.,%/+-]|{_VARIABLE}){{1,64}}\))$"
    ),
]


class Series(msgspec.Struct, omit_defaults=True):
    label: str
    color: Color | None = None


class Chart(msgspec.Struct):
    """Fields it does not know are left behind."""

    chartType: Literal["area", "bar", "line", "pie", "radar", "radial"]  # noqa: N815 (a name of the protocol)
    title: str
    data: Annotated[list[Row], Meta(min_length=1, max_length=1_000)]
    config: Annotated[dict[str, Series], Meta(max_length=64)]


_decode = msgspec.json.Decoder(Chart).decode
_encode = msgspec.json.Encoder().encode


def verified(text: str, clean: Callable[[str], str]) -> str | None:
    """The chart as compact JSON, its texts cleaned; None if it is none.

    A key of `config` counts when it occurs in the data: as a column, or as a value (a slice of a pie has its row's name).
    """
    try:
        chart = _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    occurring = {text for row in chart.data for pair in row.items() for text in pair if isinstance(text, str)}
    config = {key: each for key, each in chart.config.items() if key in occurring}
    if chart.config and not config:
        return None
    chart.config = config
    # A "<" in a text must not look like the beginning or the end of a tag.
    return _encode(_cleaned(chart, clean)).decode().replace("<", "\\u003c")


def _cleaned(chart: Chart, clean: Callable[[str], str]) -> Chart:
    known: dict[str, str] = {}

    def cleaned(text: str) -> str:
        if text not in known:
            known[text] = clean(text)
        return known[text]

    return Chart(
        chartType=chart.chartType,
        title=cleaned(chart.title),
        data=[
            {cleaned(key): cleaned(value) if isinstance(value, str) else value for key, value in row.items()}
            for row in chart.data
        ],
        config={cleaned(key): Series(cleaned(each.label), each.color or None) for key, each in chart.config.items()},
    )


def end_of_object(text: str, start: int) -> int:
    """Behind the JSON object at `start`; the text's length if it does not end."""
    rest = text[start:].lstrip()
    try:
        return len(text) - len(rest) + json.JSONDecoder().raw_decode(rest)[1]
    except (ValueError, RecursionError):
        return len(text)
