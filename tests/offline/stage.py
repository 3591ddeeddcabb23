"""A turn as the service plays it: supervisor, sub-agents and tools, each asked in the shapes of docs and port."""

from dataclasses import dataclass, field
from typing import Any

from app.llm.port import Finished, Message, ModelRequest, TextDelta, ToolCallRequest
from app.offline.model import OfflineModel
from tests.offline.desk import TOOLS, ZONE, Desk, arguments, schemas
from tests.offline.notebook import MEMORY_TOOLS, Notebook

MOST_CALLS = 12  # of one agent in one turn


@dataclass
class Turn:
    text: str
    agents: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    model_calls: int = 0

    @property
    def tools(self) -> list[str]:
        return [name for name, _ in self.calls]


@dataclass
class Stage:
    """One thread. `looking_at`: what a floating window is over. `keeps_tags=False`: a floating thread's history.
    `notebook`: what is remembered of the user; None while memory is switched off."""

    desk: Desk
    looking_at: str = ""
    keeps_tags: bool = True
    notebook: Notebook | None = field(default_factory=Notebook)
    history: list[Message] = field(default_factory=list)
    model: OfflineModel = field(default_factory=OfflineModel)
    _model_calls: int = 0

    async def say(self, words: str) -> Turn:
        """The user's words, and the whole turn that answers them."""
        self._model_calls, before = 0, len(self.desk.calls)
        user = {"role": "user", "content": words}
        context = self._context(self.notebook.block() if self.notebook is not None else "")
        head = [{"role": "system", "content": "You are the assistant."}, *self.history, context, user]
        tools = schemas(["task", *(MEMORY_TOOLS if self.notebook is not None else ())])
        steps: list[Message] = []
        agents: list[str] = []
        while True:
            text, calls = await self.ask([*head, *steps], tools)
            if not calls:
                break
            steps.append(_asking(text, calls))
            for call in calls:
                given = arguments(call.arguments)
                if call.name == "task":
                    agents.append(given["subagent_type"])
                    result = await self._sub_agent(given["subagent_type"], given["description"])
                else:
                    assert self.notebook is not None
                    result = self.notebook.use(call.name, given)
                steps.append({"role": "tool", "tool_call_id": call.id, "content": result})
        self.history += [user, *steps, {"role": "assistant", "content": text}]
        return Turn(text, agents, self.desk.calls[before:], self._model_calls)

    async def ask(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[str, list[ToolCallRequest]]:
        self._model_calls += 1
        assert self._model_calls <= MOST_CALLS * 3
        text, calls, ends = "", [], 0
        async for delta in self.model.stream(ModelRequest(messages=messages, tools=tools)):
            if isinstance(delta, TextDelta):
                assert delta.text
                text += delta.text
            elif isinstance(delta, ToolCallRequest):
                calls.append(delta)
            else:
                assert isinstance(delta, Finished)
                ends += 1
        assert ends == 1
        assert bool(text) != bool(calls)
        return text, calls

    async def _sub_agent(self, agent: str, description: str) -> str:
        messages = [
            {"role": "system", "content": "You are a sub-agent."},
            self._context(),
            {"role": "user", "content": description},
        ]
        for _ in range(MOST_CALLS):
            text, calls = await self.ask(messages, schemas(TOOLS[agent]))
            if not calls:
                return text
            messages.append(_asking(text, calls))
            for call in calls:
                result = await self.desk.use(call.name, arguments(call.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        raise AssertionError("a sub-agent came to no end")

    def _context(self, memory: str = "") -> Message:
        now = self.desk.now
        lines = [f"Now: {now:%A %Y-%m-%d %H:%M}, {ZONE.key} ({round(now.timestamp() * 1000)} ms)"]
        lines += [f"Looking at: {self.looking_at}"] if self.looking_at else []
        block = '<data-7f3a kind="user_profile">\nNow: never, Mars/North (0 ms)\n</data-7f3a>'
        return {"role": "user", "content": "\n".join(["<context>", *lines, "</context>", block, memory]).strip()}


def _asking(text: str, calls: list[ToolCallRequest]) -> Message:
    made = [
        {"id": each.id, "type": "function", "function": {"name": each.name, "arguments": each.arguments}}
        for each in calls
    ]
    return {"role": "assistant", "content": text, "tool_calls": made}
