"""Asking a small model beside any turn: paid from the user's month, without tools, once more when the answer is no use."""

import re
import secrets
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.billing.token_budget import TokenBudget
from app.llm.failures import ModelFailed
from app.llm.port import ChatModel, Finished, Message, ModelRequest, TextDelta
from app.memory.by_model.prompts import PromptName, prompt

T = TypeVar("T")
Row = TypeVar("Row", bound=BaseModel)

IsPrivate = Callable[[str], bool]
"""Does a text hold our prompts or keys? Nothing that does is remembered."""

TRIES = 2
MOST_QUOTED = 2_000  # characters of an answer that is shown to the model again
_FENCED = re.compile(r"```\w*\s*\n(.*?)```", re.DOTALL)
_AGAIN = "That cannot be used. Answer again, exactly in the form that was asked for, with nothing before or behind it."

log = structlog.stdlib.get_logger()


class AnswerUnusable(ModelFailed):
    """The model answered, twice, and not what it was asked for."""


class CannotUse(Exception):
    """What a reader of answers raises: ask again."""


class Told:
    """What a model is told besides its prompt: facts of ours as they are, words of others in marked blocks.

    Whoever wrote the words could not know the mark, so nothing in them can end their block.
    """

    def __init__(self) -> None:
        self._mark = secrets.token_hex(4)
        self._parts: list[str] = []

    def fact(self, line: str) -> "Told":
        self._parts.append(line)
        return self

    def data(self, kind: str, text: str) -> "Told":
        """Left out when there is nothing in it."""
        if text:
            self._parts.append(f'<data-{self._mark} kind="{kind}">\n{text}\n</data-{self._mark}>')
        return self

    def __str__(self) -> str:
        return "\n".join(self._parts)


class Asking:
    def __init__(self, model: ChatModel, budget: TokenBudget) -> None:
        self._model, self._budget = model, budget

    async def usable(self, user_id: UUID, name: PromptName, told: Told, read: Callable[[str], T]) -> T:
        """What `read` makes of the answer; when it raises `CannotUse`, the model is asked once more.

        Raises `ModelFailed`, `AnswerUnusable` among them, `QuotaExceeded`, `NotAuthenticated`.
        """
        messages: list[Message] = [
            {"role": "system", "content": prompt(name)},
            {"role": "user", "content": str(told)},
        ]
        for attempt in range(1, TRIES + 1):
            answer = await self._answer(user_id, messages)
            try:
                return read(answer)
            except CannotUse:
                log.info("memory_answer_unusable", prompt=name, attempt=attempt, characters=len(answer))
            messages += [{"role": "assistant", "content": answer[:MOST_QUOTED]}, {"role": "user", "content": _AGAIN}]
        raise AnswerUnusable("The model's answer could not be used.")

    async def _answer(self, user_id: UUID, messages: list[Message]) -> str:
        if not self._model.is_free:
            await self._budget.allow(user_id)
        words: list[str] = []
        async for delta in self._model.stream(ModelRequest(messages=tuple(messages))):
            if isinstance(delta, TextDelta):
                words.append(delta.text)
            elif isinstance(delta, Finished) and not delta.is_free:
                await self._budget.count(user_id, delta.usage.input_tokens, delta.usage.output_tokens)
        return "".join(words)


def rows_of(answer: str, rows: TypeAdapter[list[Row]]) -> list[Row]:
    """The array in an answer, whatever stands around it. Raises `CannotUse`, also when one of its elements is wrong."""
    fenced = _FENCED.search(answer)
    text = fenced[1] if fenced else answer
    try:
        return rows.validate_json(text[text.find("[") : text.rfind("]") + 1])
    except ValidationError:
        raise CannotUse from None
