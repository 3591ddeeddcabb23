"""How a turn ends, as its last frame tells it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from app.edge.problems import database_is_away
from app.errors import AdiuvaError

log = structlog.get_logger()


class TurnTimeout(AdiuvaError):
    """The whole turn took longer than a turn may."""

    status = 504
    code = "turn_timeout"


class NoLongerOurs(Exception):
    """Another process goes on with the turn, or has ended it: nothing is said, kept or counted here."""


class TakenForDead(Exception):
    """The lease was over while this process still worked on the turn: it has been ended, or was deleted."""


@dataclass(frozen=True)
class Ending:
    status: Literal["completed", "cancelled", "failed"]
    code: str | None = None
    message: str | None = None


COMPLETED = Ending("completed")
CANCELLED = Ending("cancelled")
INTERRUPTED = Ending("failed", "interrupted", "The service was restarted before the answer was complete. Ask again.")
NOT_KEPT = Ending("failed", "database_unavailable", "The answer could not be kept: the database does not answer.")
GONE = Ending("failed", "not_authenticated", "This account no longer exists.")
BUG = Ending("failed", "internal_error", "Something went wrong on our side. It has been recorded.")


STATUS = {  # over HTTP
    "model_unavailable": 503,
    "model_timeout": 504,
    "context_too_long": 422,
    "not_authenticated": 401,
    "quota_exceeded": 403,
    "turn_timeout": 504,
    "interrupted": 503,
    "database_unavailable": 503,
}
_MESSAGES = {
    "model_unavailable": "The language model could not be reached, or gave no answer.",
    "model_timeout": "The language model did not answer in time.",
    "context_too_long": "The conversation is longer than the language model can take. Begin a new one.",
    "quota_exceeded": "This month's tokens are used up.",
    "turn_timeout": "The turn took longer than a turn may.",
    "interrupted": INTERRUPTED.message,
    "not_authenticated": GONE.message,
    "database_unavailable": NOT_KEPT.message,
}


def message_of(code: str) -> str:
    """A sentence for the code of a turn that has failed, when the one it was told with is gone."""
    return _MESSAGES.get(code) or str(BUG.message)


def ending_of(work: "asyncio.Task[Any]", stopped_by: str | None) -> Ending:
    """What became of a turn's work, which is done. `stopped_by`: the code of what cancelled it."""
    if work.cancelled():
        return CANCELLED if stopped_by == "cancelled" else INTERRUPTED
    error = work.exception()
    if error is None:
        return COMPLETED
    if isinstance(error, TakenForDead):
        return INTERRUPTED
    if isinstance(error, AdiuvaError):
        log.info("turn_failed", code=error.code)
        return Ending("failed", error.code, error.detail)
    if isinstance(error, Exception) and database_is_away(error):
        log.warning("turn_failed", code="database_unavailable", error=type(error).__name__)
        return Ending("failed", "database_unavailable", "The database does not answer right now. Try again.")
    log.error("turn_failed", code="internal_error", exc_info=error)
    return BUG
