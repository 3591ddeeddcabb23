"""What the service knows of a tool besides its function: how its work is shown, and what it changes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.tools import BaseTool
from pydantic import BaseModel

from app.assistant.desk import Desk
from app.assistant.permissions import SubAgentName, WriteAction
from app.devices.frames import Table

Domain = Literal["tasks", "projects", "notes", "timelines", "clients"]
Describe = Callable[[Desk, dict[str, Any]], Awaitable[str | None]]


@dataclass(frozen=True)
class Write:
    """`describe` tells the user what they are asked to approve, in a sentence ("Delete the task “Buy milk”"); it may read.

    None when there is nothing to approve because what is named does not exist: the tool then says so.
    """

    action: WriteAction
    table: Table | None  # None: it changes what is remembered of the user, and nothing on the device
    describe: Describe


@dataclass(frozen=True)
class AgentTool:
    """`label` is the activity line while it works: "Looking at your tasks"."""

    tool: BaseTool
    label: str
    write: Write | None = None

    @property
    def name(self) -> str:
        return self.tool.name

    def check(self, args: dict[str, Any]) -> None:
        """Raises pydantic's `ValidationError` for arguments the tool does not take."""
        schema = self.tool.tool_call_schema
        assert isinstance(schema, type)
        assert issubclass(schema, BaseModel)
        schema.model_validate(args)


@dataclass(frozen=True)
class SubAgentSpec:
    """A sub-agent: data only. `description` is what the supervisors choose by."""

    name: SubAgentName
    domain: Domain
    label: str  # "Working on your tasks"
    description: str
    prompt: str
    tools: tuple[AgentTool, ...]
