"""What a feature hands to the worker: a name, a bound coroutine function, and how often to try."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from app.errors import AdiuvaError


@dataclass(frozen=True)
class JobInfo:
    """Which job this is. `id` stays the same over all attempts, so it is what an effect's guard is keyed by."""

    id: int
    attempt: int  # from 1; an attempt that ended with its worker counts, one cut short by a shutdown does not
    task: str


@dataclass(frozen=True)
class Retry:
    """When to try again. No jitter: a schedule that can be told beforehand is worth more than spreading a few jobs."""

    attempts: int = 8  # in all; the default schedule spreads them over about two and a half hours
    first_s: float = 5
    factor: float = 4
    longest_s: float = 3600
    give_up_on: tuple[type[Exception], ...] = ()  # errors that another attempt cannot mend

    def pause_after(self, attempt: int) -> float | None:
        """Seconds to wait after this attempt (from 1) has failed; None when it was the last."""
        if attempt >= self.attempts:
            return None
        return min(self.first_s * self.factor ** min(attempt - 1, 64), self.longest_s)


@dataclass(frozen=True)
class Task:
    """A kind of job. `run` is called as `await run(job, **args)` and closes over the services it needs.

    It may be started more than once for one job, so its effect must be guarded: docs/jobs.md.
    """

    name: str
    run: Callable[..., Awaitable[None]]
    retry: Retry = field(default_factory=Retry)
    timeout_s: float = 900  # a run that takes longer is cancelled and counts as a failed attempt


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed, without a word of what the exception says: that may be content."""

    error: str
    code: str | None = None
    where: str | None = None
    final: bool = False  # another attempt cannot mend it

    @classmethod
    def of(cls, error: Exception, retry: Retry) -> Self:
        code = error.code if isinstance(error, AdiuvaError) else None
        return cls(type(error).__name__, code, _innermost(error.__traceback__), isinstance(error, retry.give_up_on))


def _innermost(trace: TracebackType | None) -> str | None:
    """The innermost of our own lines, as `app/mail/outbox.py:41`."""
    found = None
    while trace is not None:
        _, ours, path = trace.tb_frame.f_code.co_filename.rpartition("/app/")
        if ours:
            found = f"app/{path}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
