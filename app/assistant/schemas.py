"""What crosses HTTP about turns."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.devices.frames import Mutation
from app.devices.schemas import printable
from app.kit.schema import Answer, Body, shown_as


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("there is nothing in it")
    return text


class ChatContext(Body):
    """What the client knows and the service does not. It is data to the assistant, never instruction."""

    user_profile: dict[str, Any] | str | None = Field(default=None, examples=[{"name": "Ada", "role": "engineer"}])
    relevant_documents: list[dict[str, Any] | str] | None = None
    recent_tasks: list[dict[str, Any] | str] | None = None
    conversation_history: list[dict[str, Any]] | None = Field(
        default=None,
        description="`{role, content}` of user and assistant; used when there is no `thread_id`.",
        examples=[[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello! What can I do?"}]],
    )


class ChatBody(Body):
    model_config = shown_as({"message": "List my tasks"})

    message: Annotated[
        str, AfterValidator(_not_blank), Field(description="At most 32,000 characters.", examples=["List my tasks"])
    ]
    context: ChatContext | None = None
    thread_id: UUID | None = Field(default=None, description="The conversation to go on with; none begins a new one.")
    session_id: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=128),
        AfterValidator(lambda text: None if text is None else printable(text)),
        Field(description="Groups turns that belong to one sitting."),
    ] = None


class MutationAnswer(Answer):
    action: Literal["insert", "update", "delete"] = Field(examples=["insert"])
    table: str = Field(examples=["tasks"])
    id: str = Field(description="The row's id on the device.", examples=["0c2d1f1e-6a64-4c1c-9a42-51c5b7a7d6b1"])
    data: dict[str, Any] = Field(description="The row as it is now.", examples=[{"title": "Buy milk"}])


class UsageAnswer(Answer):
    input_tokens: int = Field(examples=[1250])
    output_tokens: int = Field(examples=[48])


class ChatAnswer(Answer):
    response: str = Field(description="Markdown, with entity tags and charts.", examples=["You have 3 tasks today."])
    thread_id: UUID
    request_id: str
    mutations: list[MutationAnswer]
    usage: UsageAnswer


class TurnErrorAnswer(Answer):
    code: str = Field(examples=["model_unavailable"])
    message: str


class TurnAnswer(ChatAnswer):
    status: Literal["running", "waiting", "completed", "cancelled", "failed"] = Field(
        description="`waiting`: for an approval."
    )
    error: TurnErrorAnswer | None = None


class CancelAnswer(Answer):
    request_id: str = Field(examples=["r-17"])
    cancelled: bool = Field(description="False when the turn had ended already.", examples=[True])


def mutation_answers(mutations: list[Mutation]) -> list[MutationAnswer]:
    return [MutationAnswer(action=m.action, table=m.table, id=m.id, data=m.data) for m in mutations]
