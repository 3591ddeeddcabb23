"""The components in an answer's text (PROTOCOL section 8): entities and charts. A tag is whole inside one `stream_text`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

_TAG = re.compile(r"<(task|project|note|timeline|client)>\[([^\]<]*)\]</\1>|<chart>(.*?)</chart>", re.DOTALL)


@dataclass(frozen=True)
class Entities:
    """`kind`: `task`, `project`, `note`, `timeline` or `client`."""

    kind: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """What the tag holds, unchecked: `charts.drawn` looks at it."""

    content: dict[str, Any]


def pieces(text: str) -> Iterator[str | Entities | Chart]:
    """Text and components in their order. A chart that is no JSON object is left out."""
    done = 0
    for tag in _TAG.finditer(text):
        if before := text[done : tag.start()]:
            yield before
        kind, ids, chart = tag.groups()
        if kind is not None:
            yield Entities(kind, tuple(each.strip() for each in ids.split(",") if each.strip()))
        elif (content := _parsed(chart)) is not None:
            yield Chart(content)
        done = tag.end()
    if rest := text[done:]:
        yield rest


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None
