"""Talking with the assistant over HTTP."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import StreamingResponse

from app.assistant.deps import Conversations
from app.assistant.over_http import answer_of, answer_of_record, begun, question_of, turn_of_record
from app.assistant.schemas import CancelAnswer, ChatAnswer, ChatBody, TurnAnswer
from app.assistant.server_sent import events
from app.assistant.turn import Turn
from app.auth.deps import ChatCaller, TurnCaller, TurnReader
from app.edge.documented import errors
from app.errors import NotFound

router = APIRouter(tags=["chat"])

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key with the same body gets the same turn: it runs once.",
    ),
]
Named = Annotated[str, Path(min_length=1, max_length=128, description="The turn's `request_id`.")]
_ASKING = errors(
    {
        403: "This month's tokens are used up (`quota_exceeded`).",
        404: "No such thread (`not_found`).",
        409: "The turn was cancelled (`turn_cancelled`).",
        413: "The message is too long (`too_large`).",
        422: "The conversation is longer than the model can take (`context_too_long`).",
        503: "The model cannot be reached (`model_unavailable`), or the service restarts (`interrupted`).",
        504: "The model, or the whole turn, took too long (`model_timeout`, `turn_timeout`).",
    }
)
_EXAMPLE = 'event: stream_text\nid: 2\ndata: {"type":"stream_text","request_id":"r1","seq":2,"chunk":"You have"}\n\n'
_EVENT = {
    "type": "object",
    "description": "Each event of the stream.",
    "properties": {
        "event": {"type": "string", "description": "The frame's `type`."},
        "id": {"type": "string", "description": "The frame's `seq`, where it has one."},
        "data": {"type": "string", "description": "The frame, as JSON."},
    },
    "required": ["event", "data"],
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One event for each frame of the turn.",
        "content": {"text/event-stream": {"schema": _EVENT, "example": _EXAMPLE}},
    }
}


class _TurnConvertor(Convertor[str]):
    """A client chooses the id of a turn, maybe one with a slash; what ends in `/cancel` is the other route."""

    regex = "(?!.*/cancel$).+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("turn", _TurnConvertor())


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


@router.post("/chat", summary="Ask the assistant", responses=_ASKING)
async def chat(body: ChatBody, caller: TurnCaller, conversations: Conversations, key: Key = None) -> ChatAnswer:
    """One Home turn; the answer comes when it is complete. The assistant works on your device that is connected; with
    none connected it says so. A turn goes on when the request is lost: `GET /chat/{request_id}` has it."""
    question = question_of(caller.user_id, body, key, conversations.timezone(caller.user_id))
    turn = await begun(conversations, question)
    if isinstance(turn, Turn):
        return answer_of(turn, await turn.result())
    return answer_of_record(await conversations.record(caller.user_id, question.request_id))


@router.post(
    "/chat/stream",
    summary="Ask the assistant, and read along",
    response_class=EventStream,
    responses={**_ASKING, **_STREAM},
)
async def chat_stream(body: ChatBody, caller: TurnCaller, conversations: Conversations, key: Key = None) -> EventStream:
    """The same as server-sent events: one for each frame of the socket protocol (`stream_start`, `activity`,
    `stream_text`, …, `stream_end`), and `approval_request` where you are asked. `id` is the frame's `seq`."""
    question = question_of(caller.user_id, body, key, conversations.timezone(caller.user_id))
    turn = await begun(conversations, question)
    stream = turn.stream if isinstance(turn, Turn) else turn
    if stream is None or not stream.can_resume(0):
        raise NotFound("The frames of this turn are no longer kept; GET /chat/{request_id} has its answer.")
    is_waiting = isinstance(turn, Turn) and turn.is_waiting
    asked = partial(conversations.asked, caller.user_id, question.request_id) if is_waiting else None
    return EventStream(
        events(stream, caller.user_id, conversations.turns.asking, asked, beat_s=conversations.turns.limits.beat_s),
        headers={"X-Accel-Buffering": "no"},
    )


@router.get("/chat/{request_id:turn}", summary="Read a turn", responses=errors({404: "No such turn (`not_found`)."}))
async def read_turn(request_id: Named, caller: TurnReader, conversations: Conversations) -> TurnAnswer:
    """A turn whose stream was lost: where it stands, and what it said."""
    return turn_of_record(await conversations.record(caller.user_id, request_id))


@router.post(
    "/chat/{request_id:path}/cancel", summary="Stop a turn", responses=errors({404: "No such turn (`not_found`)."})
)
async def cancel_turn(request_id: Named, caller: ChatCaller, conversations: Conversations) -> CancelAnswer:
    """The model is stopped and every tool that waits. What was changed on the device stays."""
    cancelled = await conversations.assistant.cancel(caller.user_id, request_id, "api")
    if not cancelled:
        await conversations.record(caller.user_id, request_id)
    return CancelAnswer(request_id=request_id, cancelled=cancelled)
