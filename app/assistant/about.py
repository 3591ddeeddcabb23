"""What a turn's models are told besides the user's words: when it is, what is looked at, what the client sends along."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from app.devices.frames import Scope
from app.kit.clock import to_ms

MOST_CONTEXT_CHARACTERS = 60_000  # of what a client sends along, over all its parts


def zone_of(name: str | None) -> ZoneInfo:
    """The time zone a device has named; UTC when it names none, or one that does not exist."""
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError, KeyError):  # a bad name, a folder's name, an unknown one
        return ZoneInfo("UTC")


def new_mark() -> str:
    """Names a turn's data blocks: whoever wrote the data could not know it, so nothing in it can end its block."""
    return secrets.token_hex(4)


def about(now: datetime, scope: Scope | None) -> str:
    """`now` in the user's zone."""
    lines = [f"Now: {now:%A %Y-%m-%d %H:%M}, {_name(now.tzinfo)} ({to_ms(now)} ms)"]
    if scope is not None and scope.type != "none":
        lines.append(f"Looking at: {scope.type} {scope.id}" if scope.id else f"Looking at: the user's {scope.type}s")
    return "\n".join(["<context>", *lines, "</context>"])


def with_context(told: str, memory: str, context: Mapping[str, Any], mark: str) -> str:
    """`told`, what is remembered of the user, and what the client sends along: each part in a marked block."""
    blocks, left = [told, *([marked("memory", memory, mark)] if memory else ())], MOST_CONTEXT_CHARACTERS
    for kind, value in context.items():
        text = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:left]
        left -= len(text)
        if text and text not in ("{}", "[]", "null"):
            blocks.append(marked(_word(kind), text, mark))
    return "\n".join(blocks)


def marked(kind: str, text: str, mark: str) -> str:
    return f'<data-{mark} kind="{kind}">\n{text}\n</data-{mark}>'


def _word(kind: str) -> str:
    """A client's name for what it sends along. Memory is ours to tell of."""
    word = "".join(letter for letter in kind if letter.isalnum() or letter in "_-")[:40]
    return word if word and word.lower() != "memory" else "context"


def _name(zone: tzinfo | None) -> str:
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"
