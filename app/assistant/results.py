"""What a tool call gives the model that made it, no longer than a model has room for."""

from dataclasses import replace
from typing import Any

from langchain_core.messages import ToolMessage
from langgraph.types import Command

from app.assistant.model_calls import words_of

Result = ToolMessage | Command[Any]
MOST_OF_A_RESULT = 60_000  # characters


def bounded(result: Result, mark: str) -> Result:
    """`mark`: of the turn's blocks of data; one that is cut is closed."""
    if isinstance(result, ToolMessage):
        text = words_of(result)
        return result if len(text) <= MOST_OF_A_RESULT else result.model_copy(update={"content": _cut(text, mark)})
    if isinstance(result.update, dict) and (messages := result.update.get("messages")):
        told = [bounded(each, mark) if isinstance(each, ToolMessage) else each for each in messages]
        return replace(result, update={**result.update, "messages": told})
    return result


def _cut(text: str, mark: str) -> str:
    """At the end of a line, unless that would cost half of it."""
    end = text.rfind("\n", 0, MOST_OF_A_RESULT)
    kept = text[: end if end > MOST_OF_A_RESULT // 2 else MOST_OF_A_RESULT]
    closing = f"</data-{mark}>"
    is_open = kept.rfind(f"<data-{mark} ") > kept.rfind(closing)
    told = f"Only the first {len(kept)} of {len(text)} characters; the rest is left out. Ask for less at a time."
    return "\n".join([kept, *([closing] if is_open else ()), told])
