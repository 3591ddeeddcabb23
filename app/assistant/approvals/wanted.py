"""An approval, as the turn that wants it and the people who are asked see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a turn asks. `summary` is the question in a sentence; `args` are the tool's, as the model gave them."""

    id: UUID
    interrupt_id: str
    tool_call_id: str
    tool: str
    action: str  # insert, update or delete
    summary: str
    args: dict[str, Any]
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class OpenApproval(Wanted):
    """The same, with whose it is."""

    run_id: UUID
    request_id: str
    user_id: UUID
