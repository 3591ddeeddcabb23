"""What crosses HTTP about threads."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StringConstraints

from app.kit.clock import to_ms
from app.kit.schema import Answer, Body, Ms, shown_as
from app.threads.conversations import Conversation, Said
from app.threads.records import Actor, EventType


class ThreadAnswer(Answer):
    id: UUID
    title: str | None = Field(
        description="Given after the first answer, or by you; null until then.", examples=["Tasks due today"]
    )
    created_at: Ms
    updated_at: Ms = Field(description="When something was last said in it, in milliseconds since the Unix epoch.")
    archived: bool
    message_count: int = Field(description="Messages of everyone in it; tool calls are not counted.", examples=[2])

    @classmethod
    def of(cls, thread: Conversation) -> "ThreadAnswer":
        return cls(
            id=thread.id,
            title=thread.title,
            created_at=to_ms(thread.created_at),
            updated_at=to_ms(thread.updated_at),
            archived=thread.archived,
            message_count=thread.message_count,
        )


def _one_line(title: str) -> str:
    line = " ".join(title.split())
    if not line.isprintable():
        raise ValueError("only printable characters are allowed")
    return line


Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)
]


class ThreadBody(Body):
    """What is left out, or null, stays as it is."""

    model_config = shown_as({"title": "Holiday plans"})

    title: Title | None = Field(default=None, examples=["Holiday plans"])
    archived: StrictBool | None = Field(default=None, description="Archived threads stand in a list of their own.")


class EventAnswer(Answer):
    id: UUID
    thread_id: UUID
    run_id: UUID = Field(description="The turn it belongs to.")
    type: EventType
    actor: Actor
    content: Any = Field(
        description="`message`: its text. `tool.call`: `{call_id, tool, args}`. `tool.result`: `{call_id, tool, text}`.",
        examples=["What is due today?"],
    )
    created_at: Ms

    @classmethod
    def of(cls, event: Said) -> "EventAnswer":
        return cls.model_validate(
            {
                "id": event.id,
                "thread_id": event.thread_id,
                "run_id": event.run_id,
                "type": event.type,
                "actor": event.actor,
                "content": event.content,
                "created_at": to_ms(event.created_at),
            }
        )
