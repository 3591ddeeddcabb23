"""The base of everything that crosses HTTP."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Ms = Annotated[int, Field(description="Milliseconds since the Unix epoch.", examples=[1767225600000])]


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)


class Answer(BaseModel):
    """What the service sends."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """What a client sends. Unknown fields are ignored, NUL characters refused (Postgres cannot store them), and a
    rejected value is never repeated in the error."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        if _has_nul(value):
            raise ValueError("NUL characters are not allowed")
        return value
