"""Every call of a supervisor or sub-agent to its model: counted, budgeted, streamed.

It stands where the graph would call a LangChain model and asks the turn's model port instead. Nothing is built per token or
per call that could be built once, and text reaches the user without passing through the graph.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, cast

import msgspec
from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolCall, ToolMessage

from app.assistant.context import TurnContext
from app.assistant.fitting import arguments_of, text_of
from app.llm import port
from app.llm.failures import ModelUnavailable
from app.threads.tokens import tokens

ANSWER_TOKENS = 4096  # reserved for what a model may write in one call
LIMIT_REACHED = "The limits of this turn are reached. What was found so far stands above."
NO_LAST_WORD = "I have done what I could within the limits of one turn."
_EMPTY_ANSWERS_ALLOWED = 1


class ModelCalls(AgentMiddleware[AgentState[Any], TurnContext, Any]):
    """One agent's calls. Its prompt and tool schemas are fixed when the graphs are built."""

    def __init__(self, prompt: str, last_prompt: str, tools: Sequence[port.ToolSchema], *, speaks: bool) -> None:
        """`speaks`: its words are the answer (a supervisor's). `last_prompt`: added when it has to end without tools."""
        super().__init__()
        self._system: port.Message = {"role": "system", "content": prompt}
        self._last_system: port.Message = {"role": "system", "content": f"{prompt}\n\n{last_prompt}"}
        self._tools, self._speaks = tuple(tools), speaks

    async def awrap_model_call(
        self,
        request: ModelRequest[TurnContext],
        handler: Callable[[ModelRequest[TurnContext]], Awaitable[ModelResponse[Any]]],  # noqa: ARG002 - see below
    ) -> ModelResponse[Any]:
        """Ask the turn's model. `handler`, which would ask the graph's own, is never called."""
        return ModelResponse(result=[await self._answer(request.runtime.context, request.messages)])

    async def _answer(self, turn: TurnContext, messages: Sequence[AnyMessage]) -> AIMessage:
        is_last = turn.meter.is_used_up
        if is_last and not self._speaks:
            return AIMessage(LIMIT_REACHED)
        wire = [self._last_system if is_last else self._system]
        if not self._speaks:
            wire.append({"role": "user", "content": turn.about})
        wire += [to_wire(message) for message in messages]
        question = port.ModelRequest(messages=wire, tools=() if is_last else self._tools)
        if is_last:
            return await self._last(turn, question)
        for _ in range(1 + _EMPTY_ANSWERS_ALLOWED):
            answer = await self._ask(turn, question)
            if answer.content or answer.tool_calls:
                return answer
        raise ModelUnavailable("The model gave an empty answer.")

    async def _last(self, turn: TurnContext, question: port.ModelRequest) -> AIMessage:
        """It was offered no tools: one that calls them all the same, or says nothing, has nothing more to say."""
        answer = await self._ask(turn, question)
        if answer.content:
            return answer
        turn.voice.text(NO_LAST_WORD)
        turn.voice.end_message()
        return AIMessage(NO_LAST_WORD)

    async def _ask(self, turn: TurnContext, question: port.ModelRequest) -> AIMessage:
        turn.meter.count_model_call()
        asked = 0 if turn.model.is_free else tokens(question.messages)
        if asked:
            await turn.budget.reserve(asked + ANSWER_TOKENS)
        answer = _Answer(turn, speaks=self._speaks, may_call=bool(question.tools))
        try:
            # The port promises an iterator that can be closed: closing it ends the provider's request.
            async with aclosing(cast("AsyncGenerator[port.Delta, None]", turn.model.stream(question))) as deltas:
                async for delta in deltas:
                    answer.take(delta)
        finally:
            used = answer.count(asked)
            if asked:
                turn.budget.used(asked + ANSWER_TOKENS, used)
        return answer.message()


class _Answer:
    """A model's answer while it comes."""

    def __init__(self, turn: TurnContext, *, speaks: bool, may_call: bool) -> None:
        self._turn, self._speaks, self._may_call = turn, speaks, may_call
        self._text: list[str] = []
        self._calls: list[ToolCall] = []
        self._finished: port.Finished | None = None

    def take(self, delta: port.Delta) -> None:
        if isinstance(delta, port.Finished):
            self._finished = delta
        elif isinstance(delta, port.TextDelta):
            self._text.append(delta.text)
            if self._speaks:
                self._turn.voice.text(delta.text)
        elif self._may_call:
            self._calls.append(self._call(delta))

    def _call(self, asked: port.ToolCallRequest) -> ToolCall:
        call_id = self._turn.meter.next_id()
        args = arguments_of(asked.arguments or "{}")
        if args is None:
            self._turn.unreadable.add(call_id)
        return ToolCall(name=text_of(asked.name), args=args or {}, id=call_id)

    def count(self, asked: int) -> int:
        """Add what was used to the turn's meter; how many tokens of it are paid for.

        An answer that broke off, or was cancelled, has no count: what the provider has read and written is estimated.
        """
        done = self._finished
        if done is None and not self._text and not self._calls:
            return 0
        written = tokens([{"role": "assistant", "content": "".join(self._text)}])
        usage = done.usage if done is not None else port.ModelUsage(asked, written)
        is_free = done.is_free if done is not None else not asked
        self._turn.meter.add(usage, is_free=is_free)
        return 0 if is_free else usage.input_tokens + usage.output_tokens

    def message(self) -> AIMessage:
        if self._speaks:
            self._turn.voice.end_message()
        return AIMessage(text_of("".join(self._text)), tool_calls=self._calls)


def words_of(message: AnyMessage) -> str:
    """As a plain string: LangChain's is of a class of its own, which serializers refuse."""
    return str(message.text)


def to_wire(message: AnyMessage) -> port.Message:
    """A message of the graph's state in the shape of the model port."""
    if isinstance(message, HumanMessage):
        return {"role": "user", "content": words_of(message)}
    if isinstance(message, ToolMessage):
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": words_of(message)}
    wire: port.Message = {"role": "assistant", "content": words_of(message)}
    if isinstance(message, AIMessage) and message.tool_calls:
        wire["tool_calls"] = [_wire_call(call) for call in message.tool_calls]
    return wire


def _wire_call(call: ToolCall) -> dict[str, Any]:
    arguments = msgspec.json.encode(call["args"]).decode()
    return {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": arguments}}
