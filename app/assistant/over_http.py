"""A turn as HTTP tells it: a question from a request, an answer or a problem from an ending."""

import hashlib
from uuid import UUID, uuid4

from app.assistant.deps import AssistantServices
from app.assistant.ending import STATUS, Ending, message_of
from app.assistant.question import Question
from app.assistant.schemas import (
    ChatAnswer,
    ChatBody,
    MutationAnswer,
    TurnAnswer,
    TurnErrorAnswer,
    UsageAnswer,
    mutation_answers,
)
from app.assistant.turn import Turn, TurnResult
from app.devices.turns import TurnStream
from app.errors import AdiuvaError, Conflict
from app.idempotency.keep import KeyReused
from app.threads.records import RunExists, RunRecord


class TurnCancelled(Conflict):
    code = "turn_cancelled"


class TurnRuns(Conflict):
    code = "turn_running"


class TurnFailed(AdiuvaError):
    """With the code the turn ended with, as in `stream_end`."""

    def __init__(self, ending: Ending, request_id: str) -> None:
        super().__init__(ending.message or "", request_id=request_id)
        self.code = ending.code or "internal_error"  # type: ignore[misc]  # one class for all endings
        self.status = STATUS.get(self.code, 500)  # type: ignore[misc]  # likewise


def question_of(user_id: UUID, body: ChatBody, key: str | None, timezone: str | None) -> Question:
    """`key`: the request's Idempotency-Key: the same key names the same turn."""
    request_id = f"key-{hashlib.sha256(key.encode()).hexdigest()[:40]}" if key else str(uuid4())
    context = body.context.model_dump(exclude_none=True) if body.context else {}
    history = context.pop("conversation_history", [])
    return Question(
        user_id=user_id,
        request_id=request_id,
        kind="home",
        message=body.message,
        thread_id=body.thread_id,
        session_id=body.session_id,
        context=context,
        history=history,
        timezone=timezone,
        request_hash=hashlib.sha256(body.model_dump_json().encode()).digest() if key else None,
    )


async def begun(services: AssistantServices, question: Question) -> Turn | TurnStream | None:
    """The turn; or, for a request that was made before, what there still is of it. Raises `KeyReused`."""
    try:
        return await services.assistant.ask(question, is_counted=True)
    except RunExists as known:
        if known.request_hash != question.request_hash:
            raise KeyReused("This Idempotency-Key was used for another request.") from None
        user_id, request_id = question.user_id, question.request_id
        return services.assistant.find(user_id, request_id) or services.assistant.stream(user_id, request_id)


def answer_of(turn: Turn, result: TurnResult) -> ChatAnswer:
    """Raises what the turn has failed with, and `TurnCancelled`."""
    _raise_unless_completed(result.ending, turn.run.request_id)
    return ChatAnswer(
        response=result.answer,
        thread_id=turn.run.thread_id,
        request_id=turn.run.request_id,
        mutations=mutation_answers(result.mutations),
        usage=UsageAnswer(input_tokens=result.usage.input_tokens, output_tokens=result.usage.output_tokens),
    )


def answer_of_record(record: RunRecord) -> ChatAnswer:
    """The same, of a turn that ended before. Raises likewise."""
    told = turn_of_record(record)
    if record.status == "running" or record.status == "waiting":
        raise TurnRuns("This turn is still under way elsewhere.", request_id=record.request_id)
    error = told.error or TurnErrorAnswer(code="", message="")
    _raise_unless_completed(Ending(record.status, error.code or None, error.message), record.request_id)
    return ChatAnswer(**told.model_dump(exclude={"status", "error"}))


def turn_of_record(record: RunRecord) -> TurnAnswer:
    error = (
        TurnErrorAnswer(code=record.error_code, message=message_of(record.error_code)) if record.error_code else None
    )
    return TurnAnswer(
        response=record.response,
        thread_id=record.thread_id,
        request_id=record.request_id,
        mutations=[MutationAnswer(**each) for each in record.mutations],
        usage=UsageAnswer(input_tokens=record.input_tokens, output_tokens=record.output_tokens),
        status=record.status,
        error=error,
    )


def _raise_unless_completed(ending: Ending, request_id: str) -> None:
    if ending.status == "cancelled":
        raise TurnCancelled("The turn was cancelled.", request_id=request_id)
    if ending.status == "failed":
        raise TurnFailed(ending, request_id)
