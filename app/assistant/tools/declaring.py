"""A function becomes a tool, and a sentence about a change becomes what the user is asked."""

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

from langchain_core.tools import BaseTool, StructuredTool
from langgraph.runtime import get_runtime
from pydantic import BaseModel, ValidationError

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.permissions import WriteAction
from app.assistant.tools.arguments import WrongArgument, answered
from app.assistant.tools.declared import AgentTool, Describe, Write
from app.devices.frames import Table
from app.devices.tables import Row

Function = Callable[..., Awaitable[str]]
Sentence = Callable[[Desk, Row, ZoneInfo], Awaitable[str | None]]


def reading(function: Function, label: str) -> AgentTool:
    """A tool that changes nothing. Its name, parameters and docstring are the function's."""
    return AgentTool(as_tool(function), label)


def writing(function: Function, label: str, action: WriteAction, table: Table, sentence: Sentence) -> AgentTool:
    """`sentence` gets the arguments complete and of their types. It may raise `WrongArgument`: the tool will as well."""
    tool = as_tool(function)
    return AgentTool(tool, label, Write(action, table, _describe(tool, sentence)))


def as_tool(function: Function) -> BaseTool:
    description = " ".join((function.__doc__ or "").split())
    return StructuredTool.from_function(coroutine=answered(function), description=description)


def _describe(tool: BaseTool, sentence: Sentence) -> Describe:
    schema = tool.tool_call_schema
    assert isinstance(schema, type)
    assert issubclass(schema, BaseModel)

    async def describe(desk: Desk, args: dict[str, Any]) -> str | None:
        try:
            values = schema.model_validate(args).model_dump()
            return await sentence(desk, values, _zone())
        except (ValidationError, WrongArgument):
            return None  # the tool refuses these arguments in the same way, and changes nothing

    return describe


def _zone() -> ZoneInfo:
    """The user's, from the turn that is running: a sentence about a date is read by the user."""
    return get_runtime(TurnContext).context.zone
