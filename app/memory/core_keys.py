"""Core memories in addresses: by the user's own key for them, or by id."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator
from starlette.convertors import Convertor, register_url_convertor

from app.memory.limits import MemoryLimits
from app.memory.names import core_key

_MOST_SENT = 4 * MemoryLimits.key_characters  # before spaces are collapsed


class _KeyConvertor(Convertor[str]):
    """Any characters, slashes and line ends among them."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("core_key", _KeyConvertor())


def id_in(key: str) -> UUID | None:
    """A key that is written like an id names the memory with that id, and never one by key."""
    try:
        named = UUID(key)
    except ValueError:
        return None
    return named if str(named) == key else None


CoreKey = Annotated[
    str,
    Path(
        min_length=1,
        max_length=_MOST_SENT,
        description="The memory's key: at most 64 printable characters, in any case and any script, slashes as `%2F`. Or "
        "the id of a core memory.",
        examples=["answers"],
    ),
    AfterValidator(core_key),
]
