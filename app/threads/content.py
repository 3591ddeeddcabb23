"""Content on its way into a sealed column and back.

What a model wrote may hold half a surrogate pair or a number of a hundred digits. A turn must not fail to be kept
because of that: such a character becomes `?`.
"""

import json
from typing import Any

import orjson


def to_json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # orjson's error for both
        return whole(json.dumps(value, ensure_ascii=False))


def from_json(text: str) -> Any:
    return orjson.loads(text)


def whole(text: str) -> str:
    """The text without halves of surrogate pairs, which UTF-8 cannot hold."""
    return text.encode(errors="replace").decode()
