"""Asking a small model for the title of a thread."""

from uuid import UUID

from app.assistant.fitting import text_of
from app.assistant.prompts import prompt
from app.assistant.shaping.sanitizer import Sanitizer
from app.assistant.shaping.seen import SeenIds
from app.assistant.shaping.shaper import Shaper
from app.billing.token_budget import TokenBudget
from app.llm.port import ChatModel, Finished, ModelRequest, TextDelta

MOST_READ = 2000  # characters of the question, and of the answer


class Titling:
    def __init__(self, model: ChatModel, budget: TokenBudget, sanitizer: Sanitizer) -> None:
        self._model, self._budget, self._sanitizer = model, budget, sanitizer

    async def ask(self, user_id: UUID, message: str, answer: str) -> str:
        """A title for a conversation that began like this; empty when the model has none to show.

        Raises `ModelFailed`, `QuotaExceeded`.
        """
        if not self._model.is_free:
            await self._budget.allow(user_id)
        words: list[str] = []
        async for delta in self._model.stream(_request(message, answer)):
            if isinstance(delta, TextDelta):
                words.append(delta.text)
            elif isinstance(delta, Finished) and not delta.is_free:
                await self._budget.count(user_id, delta.usage.input_tokens, delta.usage.output_tokens)
        # No row has been read here, so no tag can be right.
        shaper = Shaper(sanitizer=self._sanitizer, seen=SeenIds(), own_urls=frozenset(), tags=False)
        return "".join([*shaper.feed(text_of("".join(words))), *shaper.end()])


def _request(message: str, answer: str) -> ModelRequest:
    conversation = f"{message[:MOST_READ]}\n\nAnswer:\n{answer[:MOST_READ]}" if answer else message[:MOST_READ]
    return ModelRequest(
        messages=[{"role": "system", "content": prompt("title")}, {"role": "user", "content": conversation}]
    )
