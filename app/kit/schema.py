"""The base of everything that crosses HTTP."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Ms = Annotated[int, Field(description="Milliseconds since the Unix epoch.", examples=[1767225600000])]


def _has_nul(value: Any) -> bool:
    """A loop, not a recursion: how deep the value is was the client's choice."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if "\x00" in each:
                return True
        elif isinstance(each, dict):
            waiting += each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False


def shown_as(example: dict[str, Any]) -> ConfigDict:
    """A body as the docs page fills it in. Without one it makes up a value for every field, ids and all."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class Answer(BaseModel):
    """What the service sends."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """What a client sends. Unknown fields are ignored, NUL characters refused (Postgres cannot store them), and a
    rejected value is never repeated in the error.

    Numbers and booleans are `Strict…`: `"yes"` and `1` are not taken for true. Not by `strict=True` for all: FastAPI hands
    over Python objects, and then ids and enums would be refused as well, for being strings.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        if _has_nul(value):
            raise ValueError("NUL characters are not allowed")
        return value
