from dataclasses import dataclass
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request

from app.assistant.approvals.wanted import OpenApproval
from app.assistant.assistant import Assistant
from app.assistant.services import TurnServices
from app.errors import NotFound
from app.threads.records import RunRecord


@dataclass(frozen=True)
class AssistantServices:
    assistant: Assistant
    turns: TurnServices

    def timezone(self, user_id: UUID) -> str | None:
        """That of the device the turn will work on."""
        line = self.turns.hub.reachable(user_id, None)
        return line.connection.timezone if line is not None and line.connection is not None else None

    async def asked(self, user_id: UUID, request_id: str) -> list[OpenApproval]:
        """What a turn asks the user and has no answer to."""
        still_open = await self.turns.approvals.open_of(user_id)
        return [approval for approval in still_open if approval.request_id == request_id]

    async def record(self, user_id: UUID, request_id: str) -> RunRecord:
        """Raises `NotFound`."""
        record = await self.turns.runs.find(user_id, request_id)
        if record is None:
            raise NotFound("There is no such turn.")
        return record


def services(request: Request) -> AssistantServices:
    return cast("AssistantServices", request.app.state.assistant)


Conversations = Annotated[AssistantServices, Depends(services)]
"""Talking with the assistant."""
