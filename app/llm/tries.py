"""Which model is asked next: the same again after a pause, then the fallbacks in order, then nobody."""

import asyncio
import random
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from app.llm.failures import ContextTooLong, ModelFailed, ModelTimeout, ModelUnavailable
from app.llm.limits import ModelLimits
from app.llm.measures import ATTEMPTS
from app.llm.provider import AttemptFailed

log = structlog.get_logger()


class Named(Protocol):
    name: str


T = TypeVar("T", bound=Named)


class Tries(Generic[T]):
    """The tries of one call, which has `limits.call_s` from now on."""

    def __init__(self, models: Sequence[T], limits: ModelLimits) -> None:
        self._left = list(models)
        self._limits = limits
        self._deadline = asyncio.get_running_loop().time() + limits.call_s
        self._attempt = 1
        self._failure_of_first: AttemptFailed | None = None

    @property
    def model(self) -> T:
        return self._left[0]

    @property
    def seconds_left(self) -> float:
        return self._deadline - asyncio.get_running_loop().time()

    def record(self, failure: AttemptFailed) -> None:
        ATTEMPTS.labels(self.model.name, failure.kind).inc()
        log.warning(
            "model_attempt_failed",
            model=self.model.name,
            attempt=self._attempt,
            kind=failure.kind,
            status=failure.status,
            code=failure.code,
        )

    async def after(self, failure: AttemptFailed) -> None:
        """Wait for the next try. Raises what the first model failed with, as a `ModelFailed`, when there is none."""
        if self._attempt < self._limits.attempts and (pause_s := self._pause_s(failure)) is not None:
            self._attempt += 1
            await asyncio.sleep(pause_s)
            return
        self._failure_of_first = self._failure_of_first or failure
        del self._left[0]
        self._attempt = 1
        if not self._left or self.seconds_left <= 0:
            raise as_told(self._failure_of_first)

    def _pause_s(self, failure: AttemptFailed) -> float | None:
        """None: this model is not asked again."""
        if not failure.may_pass:
            return None
        limits = self._limits
        backoff_s = min(limits.longest_pause_s, limits.pause_s * 2 ** (self._attempt - 1))
        pause_s = backoff_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        if failure.retry_after_s is not None:
            if failure.retry_after_s > limits.longest_retry_after_s:
                return None
            pause_s = failure.retry_after_s + pause_s * 0.1  # those who were told the same do not return as one
        return pause_s if pause_s < self.seconds_left else None


def as_told(failure: AttemptFailed) -> ModelFailed:
    if failure.kind == "too_long":
        return ContextTooLong("The conversation is longer than the model can read.")
    if failure.kind == "timeout":
        return ModelTimeout("The model did not answer in time.")
    return ModelUnavailable("The model cannot be reached or refuses to answer right now.")
