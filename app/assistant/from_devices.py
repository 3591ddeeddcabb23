"""What devices send to the assistant: requests, cancels, decisions. Each is answered apart from the socket's loop, which
must go on taking the results that the answer waits for."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID, uuid4

import structlog

from app.assistant.approvals.policy import Decision
from app.assistant.approvals.store import Approvals
from app.assistant.assistant import Assistant
from app.assistant.lines import Lines, Work
from app.assistant.question import MessageTooLong, Question
from app.billing.token_budget import QuotaExceeded
from app.devices.closing import SESSION_ENDED, Close
from app.devices.codec import BadFrame
from app.devices.connection import DeviceConnection
from app.devices.frames import ApprovalResponse, Cancel, Error, ErrorCode, FloatingRequest, HomeRequest
from app.devices.handlers import Handlers
from app.devices.turns import Turns as Streams
from app.edge.problems import database_is_away
from app.errors import AdiuvaError, NotAuthenticated, Overloaded, RateLimited
from app.threads.records import RunExists

log = structlog.get_logger()

AWAY = "The database does not answer right now. Ask again."
MAY_NOT_CHAT = "This API key may not chat."
TOO_MANY = "Too many of these are waiting already. Send it again."
RETRY_S = 2
BUG = "Something went wrong on our side. It has been recorded."
_CODES: dict[type[AdiuvaError], ErrorCode] = {
    MessageTooLong: "too_large",
    RateLimited: "rate_limited",
    Overloaded: "rate_limited",
    QuotaExceeded: "quota_exceeded",
}


class FromDevices:
    def __init__(self, assistant: Assistant, approvals: Approvals, streams: Streams) -> None:
        self._assistant, self._approvals, self._streams = assistant, approvals, streams
        self._busy: set[asyncio.Task[None]] = set()
        self._lines = Lines()

    def register(self, handlers: Handlers) -> None:
        handlers.register(HomeRequest, self.requested)
        handlers.register(FloatingRequest, self.requested)
        handlers.register(Cancel, self.cancelled)
        handlers.register(ApprovalResponse, self.decided)

    async def requested(self, connection: DeviceConnection, frame: HomeRequest | FloatingRequest) -> None:
        """Raises `BadFrame`."""
        question = question_of(connection, frame)
        self._go(self._ask(connection, question), connection, question.request_id)

    async def cancelled(self, connection: DeviceConnection, frame: Cancel) -> None:
        """Raises `BadFrame`."""
        if not connection.credential.may_chat:
            raise BadFrame("invalid_frame", MAY_NOT_CHAT, request_id=frame.request_id)

        async def cancel() -> None:
            await self._assistant.cancel(connection.user_id, frame.request_id, connection.device_id)

        self._join(cancel, connection, frame.request_id)

    async def decided(self, connection: DeviceConnection, frame: ApprovalResponse) -> None:
        """Raises `BadFrame`."""
        if not connection.credential.may_chat:
            raise BadFrame("invalid_frame", MAY_NOT_CHAT, id=frame.id)
        self._join(lambda: self._decide(connection, frame), connection, approval_id=frame.id)

    async def _ask(self, connection: DeviceConnection, question: Question) -> None:
        try:
            stream = (await self._assistant.ask(question)).stream
        except RunExists:
            # It came twice, after a lost connection as a rule: the turn is resumed, it never runs again.
            known = self._assistant.stream(question.user_id, question.request_id)
            if known is None or not known.can_resume(0):
                _tell(
                    connection,
                    "duplicate_request",
                    "This request was made before; its thread has the answer.",
                    question,
                )
                return
            stream = known
        except AdiuvaError as refusal:
            _refuse(connection, refusal, question)
            return
        self._streams.follow(connection, stream)

    async def _decide(self, connection: DeviceConnection, frame: ApprovalResponse) -> None:
        decision = Decision(frame.decision, frame.args, frame.reason, by=connection.device_id)
        try:
            approval_id = UUID(frame.id)
            await self._approvals.resolve(connection.user_id, approval_id, decision)
        except ValueError:
            connection.send(Error(code="invalid_frame", message="There is no such approval.", id=frame.id))
        except AdiuvaError as refusal:
            connection.send(Error(code="invalid_frame", message=refusal.detail, id=frame.id))

    def _go(self, work: Coroutine[Any, Any, None], connection: DeviceConnection, request_id: str | None = None) -> None:
        task = asyncio.create_task(_guarded(work, connection, request_id))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    def _join(
        self, work: Work, connection: DeviceConnection, request_id: str | None = None, approval_id: str | None = None
    ) -> None:
        """Each of these is a transaction: a user has a few at a time, and so leaves the database to the others."""
        if not self._lines.join(connection.user_id, lambda: _guarded(work(), connection, request_id)):
            error = Error(
                code="rate_limited", message=TOO_MANY, request_id=request_id, id=approval_id, retry_after=RETRY_S
            )
            connection.send(error)


def question_of(connection: DeviceConnection, frame: HomeRequest | FloatingRequest) -> Question:
    """Raises `BadFrame`."""
    request_id = frame.request_id or str(uuid4())

    def bad(message: str) -> BadFrame:
        return BadFrame("invalid_frame", message, request_id=request_id)

    if not connection.credential.may_chat:
        raise bad(MAY_NOT_CHAT)
    if not frame.message.strip():
        raise bad("message: there is nothing in it.")
    if not all(each is None or each.isprintable() for each in (frame.request_id, frame.session_id, frame.thread_id)):
        raise bad("Ids are 1 to 128 printable characters.")
    try:
        thread_id = UUID(frame.thread_id) if frame.thread_id else None
    except ValueError:
        raise bad("thread_id: there is no such thread.") from None
    is_floating = isinstance(frame, FloatingRequest)
    return Question(
        user_id=connection.user_id,
        request_id=request_id,
        kind="floating" if is_floating else "home",
        message=frame.message,
        thread_id=thread_id,
        session_id=frame.session_id or connection.id,
        context=dict(frame.context or {}),
        history=[{"role": each.role, "content": each.content} for each in frame.conversation_history or ()],
        scope=frame.scope if isinstance(frame, FloatingRequest) else None,
        device_id=connection.device_id,
        timezone=connection.timezone,
    )


async def _guarded(work: Coroutine[Any, Any, None], connection: DeviceConnection, request_id: str | None) -> None:
    try:
        await work
    except Exception as error:
        if database_is_away(error):
            log.warning("database_unavailable", error=type(error).__name__)
            message = AWAY
        else:
            log.exception("request_failed")
            message = BUG
        connection.send(Error(code="rate_limited", message=message, request_id=request_id, retry_after=RETRY_S))


def _refuse(connection: DeviceConnection, refusal: AdiuvaError, question: Question) -> None:
    if isinstance(refusal, NotAuthenticated):
        connection.close(Close.NOT_AUTHENTICATED, SESSION_ENDED)
        return
    codes: list[ErrorCode] = [code for kind, code in _CODES.items() if isinstance(refusal, kind)]
    code: ErrorCode = codes[0] if codes else "invalid_frame"
    _tell(connection, code, refusal.detail, question, refusal.retry_after)


def _tell(
    connection: DeviceConnection, code: ErrorCode, message: str, question: Question, retry_after: int | None = None
) -> None:
    connection.send(Error(code=code, message=message, request_id=question.request_id, retry_after=retry_after))
