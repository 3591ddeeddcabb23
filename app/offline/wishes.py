"""A wish: one thing to be done with the user's rows, and the sentence that carries it from supervisor to sub-agent.

The sentence is plain English with exact values, so that nothing is read twice with two meanings:
`Update the task: named "Buy milk"; status "done"; due 1795305600000.`
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Value = str | int | bool | list[str]

_HEAD = re.compile(r"(?P<verb>[A-Z][a-z]+) the (?P<noun>[a-z]+)(?P<end>[:.])\s*")
_KEY = re.compile(r"(?P<key>[a-z_]+) ")


@dataclass(frozen=True, slots=True)
class Wish:
    """`verb`: list, find, show, create, update, append, search or delete. `noun`: a name of `nouns.NOUNS`, or "" when the
    user did not say; or "memory", with the verbs remember, keep (in mind), recall and forget. `details` by meaning, the same
    for all nouns: `title` is also a project's name, `due` a milestone's date."""

    verb: str
    noun: str = ""
    details: Mapping[str, Value] = field(default_factory=dict)

    def text(self, key: str) -> str:
        value = self.details.get(key, "")
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int | None:
        value = self.details.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def texts(self, key: str) -> list[str]:
        value = self.details.get(key)
        return value if isinstance(value, list) else []

    def has(self, key: str) -> bool:
        return key in self.details

    def but(self, **changes: Value) -> "Wish":
        return replace(self, details=dict(self.details) | changes)

    def without(self, *keys: str) -> "Wish":
        return replace(self, details={key: value for key, value in self.details.items() if key not in keys})

    def of(self, noun: str) -> "Wish":
        return replace(self, noun=noun)

    def sentence(self) -> str:
        head = f"{self.verb.capitalize()} the {self.noun}"
        parts = "; ".join(f"{key} {json.dumps(value, ensure_ascii=False)}" for key, value in self.details.items())
        return f"{head}: {parts}." if parts else f"{head}."


def read_sentence(text: str) -> Wish | None:
    """The wish of a sentence made above; None for any other text."""
    head = _HEAD.match(text)
    if head is None:
        return None
    details: dict[str, Value] = {}
    place = head.end()
    while head["end"] == ":":
        key = _KEY.match(text, place)
        if key is None:
            return None
        try:
            value, place = json.JSONDecoder().raw_decode(text, key.end())
        except (ValueError, RecursionError):
            return None
        details[key["key"]] = _checked(value)
        if text[place : place + 2] != "; ":
            break
        place += 2
    return Wish(head["verb"].lower(), head["noun"], details) if text[place:].strip() in ("", ".") else None


def _checked(value: Any) -> Value:
    if isinstance(value, str | int):
        return value
    return [str(each) for each in value] if isinstance(value, list) else str(value)
