"""Every tool call of an agent: counted, allowed or asked about, shown, and never the end of a turn.

Whatever goes wrong becomes a text the model can act on. Only bugs raise.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import msgspec
import structlog
from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.errors import GraphBubbleUp
from langgraph.types import interrupt
from pydantic import ValidationError

from app.assistant.approvals.policy import Decision, Rule, rule_for
from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.fitting import fits
from app.assistant.model_calls import words_of
from app.assistant.own_words import tells_on_us
from app.assistant.permissions import AgentName, WriteAction
from app.assistant.results import Result, bounded
from app.assistant.tools.declared import AgentTool, Write
from app.errors import AdiuvaError
from app.llm.failures import ModelFailed

log = structlog.get_logger()

Handler = Callable[[ToolCallRequest], Awaitable[Result]]
NO_MORE = "Error: this turn has made as many tool calls as it may. Answer from what is there."
UNREADABLE = (
    "Error: the arguments were not a JSON object of texts and numbers of at most 64 bits. "
    "Call the tool again with valid JSON."
)
EDIT_UNREADABLE = "Error: the user changed the arguments to some that cannot be stored. Nothing was done."
MOST_ASKED_ABOUT = 64 * 1024  # bytes of arguments that a user can be asked to approve


class TooMuchToApprove(AdiuvaError):
    """What is approved is what is done: it is not cut for the question."""

    status = 413
    code = "too_large"


class ToolCalls(AgentMiddleware[AgentState[Any], TurnContext, Any]):
    """The calls of one agent to its own tools."""

    def __init__(self, agent: AgentName, tools: Sequence[AgentTool]) -> None:
        super().__init__()
        self._agent: AgentName = agent
        self._tools = {tool.name: tool for tool in tools}
        self._names = frozenset(self._tools)

    async def awrap_tool_call(self, request: ToolCallRequest, handler: Handler) -> Result:
        turn = cast("TurnContext", request.runtime.context)
        call = request.tool_call
        if refusal := self._refusal(turn, call["name"], str(call["id"])):
            return told(request, refusal)
        return await self._carry_out(turn, request, handler)

    def _refusal(self, turn: TurnContext, name: str, call_id: str) -> str | None:
        if call_id not in turn.decisions and not turn.meter.take_tool_call():
            return NO_MORE
        if name not in self._names:
            return f"Error: there is no tool of this name. There are: {', '.join(sorted(self._names))}."
        if call_id in turn.unreadable:
            return UNREADABLE
        return None

    async def _carry_out(self, turn: TurnContext, request: ToolCallRequest, handler: Handler) -> Result:
        call_id, declared = str(request.tool_call["id"]), self._tools[request.tool_call["name"]]
        if declared.write is not None and await tells_on_us(turn, request.tool_call["args"]):
            return told(request, "Error: this text is private and cannot be written down.")
        if turn.started_once(call_id):
            turn.voice.tool(self._agent, declared.name, "started", declared.label)
            turn.noted.called(call_id, declared.name, request.tool_call["args"])
        try:
            result = await self._allowed(turn, request, handler, declared)
        except GraphBubbleUp:
            raise
        except ModelFailed as failure:  # of the embedding model
            result = told(request, f"Error: {failure.detail}")
        except AdiuvaError as refusal:
            result = told(request, _sentence(refusal))
        except ValidationError as wrong:
            result = told(request, _what_is_wrong(wrong))
        except Exception:
            log.exception("tool_failed", tool=declared.name)
            result = told(request, "Error: the tool failed for a reason of its own. It has been recorded.")
        result = bounded(result, turn.mark)
        text = words_of(result) if isinstance(result, ToolMessage) else ""
        failed = text.startswith("Error:") or (isinstance(result, ToolMessage) and result.status == "error")
        turn.voice.tool(self._agent, declared.name, "failed" if failed else "finished", declared.label)
        turn.noted.answered(call_id, declared.name, text)
        return result

    async def _allowed(
        self, turn: TurnContext, request: ToolCallRequest, handler: Handler, declared: AgentTool
    ) -> Result:
        call_id = str(request.tool_call["id"])
        declared.check(request.tool_call["args"])
        turn.grants[call_id] = (self._agent, None)
        if declared.write is not None:
            decision = turn.decisions.get(call_id) or await self._decision(turn, request, declared, declared.write)
            if decision.kind in ("reject", "expired"):
                return told(request, _rejected(decision))
            if decision.kind == "edit" and decision.args is not None:
                if not fits(decision.args):
                    return told(request, EDIT_UNREADABLE)
                request = request.override(tool_call={**request.tool_call, "args": decision.args})
            turn.grants[call_id] = (self._agent, declared.write.action)
        return await handler(request)

    async def _decision(
        self, turn: TurnContext, request: ToolCallRequest, declared: AgentTool, write: Write
    ) -> Decision:
        """The user's standing decision; or the graph stops here, and this is called again when there is one."""
        rule = _rule(turn, write)
        if rule == "allow":
            turn.noted.allowed(write.action)  # at once: other calls of the same answer are looked at next
            return Decision("approve")
        if rule == "deny":
            return Decision("reject", reason=f"The user does not let the assistant {_VERBS[write.action]} anything.")
        args = request.tool_call["args"]
        if len(msgspec.json.encode(args)) > MOST_ASKED_ABOUT:
            raise TooMuchToApprove("This is more than the user can be asked to approve. Do it in smaller steps.")
        summary = await write.describe(Desk(turn.tables, self._agent, None, turn.noted), args)
        if summary is None:
            return Decision("approve")  # there is nothing to change; the tool says so
        if not turn.can_be_asked():
            return Decision("reject", reason="No device is connected on which the user could approve it.")
        interrupt(
            {
                "tool_call_id": request.tool_call["id"],
                "tool": declared.name,
                "action": write.action,
                "summary": summary,
                "args": args,
            }
        )
        raise AssertionError("an interrupt is only passed with a decision")


def _rule(turn: TurnContext, write: Write) -> Rule:
    if write.table is None:  # words of others could have asked for it, and it would hold in every turn to come
        return "ask" if turn.noted.has_read_outside_text else "allow"
    return rule_for(
        turn.policy,
        write.action,
        has_read_outside_text=turn.noted.has_read_outside_text,
        updates_so_far=turn.noted.updates_after_outside_text,
    )


_VERBS: dict[WriteAction, str] = {"insert": "create", "update": "change", "delete": "delete"}


def told(request: ToolCallRequest, text: str) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(text, tool_call_id=str(call["id"]), name=call["name"])


def _sentence(refusal: AdiuvaError) -> str:
    doubt = (
        " It may have happened all the same: look before you try again."
        if refusal.facts.get("may_have_happened")
        else ""
    )
    return f"Error: {refusal.detail}{doubt}"


def _rejected(decision: Decision) -> str:
    if decision.kind == "expired":
        return "The user did not answer in time, so it was not done."
    return f"The user rejected this: {decision.reason}" if decision.reason else "The user rejected this."


def _what_is_wrong(error: ValidationError) -> str:
    told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return f"Error: wrong arguments. {'; '.join(told)}."
