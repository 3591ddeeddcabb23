"""A chat model one can rely on: it waits so long and no longer, asks again, then asks the fallbacks.

All of that only while nothing has been said. An answer that breaks off after its first word is a failure: asked again,
the model would begin differently.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from app.llm.failures import ModelTimeout, ModelUnavailable
from app.llm.inbox import Inbox
from app.llm.limits import ModelLimits
from app.llm.measures import ATTEMPTS, TOKENS
from app.llm.port import Delta, Finished, ModelRequest, TextDelta
from app.llm.provider import AttemptFailed, Part, Provider
from app.llm.tries import Tries


class ResilientModel:
    """The first provider is the model, the others its fallbacks."""

    def __init__(self, providers: Sequence[Provider], limits: ModelLimits | None = None) -> None:
        self._providers = tuple(providers)
        self._limits = limits or ModelLimits()

    @property
    def is_free(self) -> bool:
        return self._providers[0].is_free

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        tries = Tries(self._providers, self._limits)
        while True:
            has_spoken = False
            try:
                async with aclosing(self._attempt(tries, request)) as deltas:
                    async for delta in deltas:
                        has_spoken = True
                        yield delta
            except AttemptFailed as failure:
                tries.record(failure)
                if has_spoken:
                    raise _broken_off(failure) from None
                await tries.after(failure)
            else:
                return

    async def _attempt(self, tries: Tries[Provider], request: ModelRequest) -> AsyncGenerator[Delta, None]:
        inbox = Inbox(tries.model.attempt(request))
        wait_s = self._limits.first_token_s
        has_ended = False
        try:
            while parts := await _within(min(wait_s, tries.seconds_left), inbox):
                wait_s = self._limits.between_tokens_s
                for delta in _deltas(parts):
                    if isinstance(delta, Finished):
                        has_ended = True
                        _count(tries.model.name, delta)
                    yield delta
        except GeneratorExit:
            if not has_ended:
                ATTEMPTS.labels(tries.model.name, "cancelled").inc()
            raise
        except asyncio.CancelledError:
            ATTEMPTS.labels(tries.model.name, "cancelled").inc()
            raise
        finally:
            await inbox.close()


async def _within(seconds: float, inbox: Inbox) -> list[Part]:
    try:
        async with asyncio.timeout(seconds):
            return await inbox.take()
    except TimeoutError:
        raise AttemptFailed("timeout") from None


def _deltas(parts: list[Part]) -> list[Delta]:
    """Text joined: it all comes before the calls and the finish."""
    text = "".join([part for part in parts if isinstance(part, str)])
    rest: list[Delta] = [part for part in parts if part is not None and not isinstance(part, str)]
    return [TextDelta(text), *rest] if text else rest


def _count(model: str, finished: Finished) -> None:
    ATTEMPTS.labels(model, "answered").inc()
    TOKENS.labels(model, "input").inc(finished.usage.input_tokens)
    TOKENS.labels(model, "output").inc(finished.usage.output_tokens)


def _broken_off(failure: AttemptFailed) -> ModelTimeout | ModelUnavailable:
    if failure.kind == "timeout":
        return ModelTimeout("The model fell silent in the middle of its answer.")
    return ModelUnavailable("The model's answer broke off.")
