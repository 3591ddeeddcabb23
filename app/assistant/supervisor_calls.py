"""The calls of a supervisor: it hands work to sub-agents, and has a few tools of its own."""

from collections.abc import Sequence

from langchain.agents.middleware.types import ToolCallRequest
from langgraph.errors import GraphBubbleUp

from app.assistant.context import TurnContext
from app.assistant.permissions import AgentName
from app.assistant.results import Result, bounded
from app.assistant.tool_calls import Handler, ToolCalls, told
from app.assistant.tools.declared import AgentTool, SubAgentSpec

DELEGATE = "task"


class SupervisorCalls(ToolCalls):
    def __init__(self, agent: AgentName, tools: Sequence[AgentTool], subagents: Sequence[SubAgentSpec]) -> None:
        super().__init__(agent, tools)
        self._names |= {DELEGATE}
        self._subagents = {spec.name: spec for spec in subagents}

    async def _carry_out(self, turn: TurnContext, request: ToolCallRequest, handler: Handler) -> Result:
        if request.tool_call["name"] == DELEGATE:
            return await self._delegate(turn, request, handler)
        return await super()._carry_out(turn, request, handler)

    async def _delegate(self, turn: TurnContext, request: ToolCallRequest, handler: Handler) -> Result:
        args = request.tool_call["args"]
        spec = self._subagents.get(args.get("subagent_type"))  # type: ignore[arg-type]  # anything the model writes
        if spec is None:
            return told(request, f"Error: subagent_type must be one of {', '.join(sorted(self._subagents))}.")
        if not isinstance(args.get("description"), str) or not args["description"].strip():
            return told(request, "Error: description must say what is to be done.")
        is_new = turn.started_once(str(request.tool_call["id"]))
        if is_new:
            turn.voice.agent(spec.name, spec.domain, "started", spec.label)
        try:
            result = bounded(await handler(request), turn.mark)
        except GraphBubbleUp:  # it waits for an approval, and is called again
            raise
        except BaseException:
            turn.voice.agent(spec.name, spec.domain, "failed", spec.label)
            raise
        turn.voice.agent(spec.name, spec.domain, "finished", spec.label)
        return result
