"""The baseline of turns: the same graph on ChatLiteLLM, with no socket, database or shaping around it."""

import os
import time
from datetime import UTC, datetime
from typing import Any

from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.tools import BaseTool, StructuredTool

from app.assistant.about import about
from app.assistant.graphs import RECURSION_LIMIT, delegation
from app.assistant.prompts import prompt
from app.assistant.subagents import SUBAGENTS
from app.llm.litellm_provider import ENVIRONMENT
from benchmarks.round_trips import ROWS_TOLD
from benchmarks.turn_driver import PlainTurn
from benchmarks.turn_model import MODEL, check, question


def on_litellm(url: str) -> PlainTurn:
    """deepagents as one sets it up for speed (no file tools, no general agent, no summaries), its text streamed."""
    graph = _graph(url)

    async def turn(tokens: int) -> float:
        first_text_at, said = 0.0, 0
        given = {"messages": [HumanMessage(about(datetime.now(UTC), None)), HumanMessage(question(tokens))]}
        pieces = graph.astream(given, {"recursion_limit": RECURSION_LIMIT}, stream_mode="messages", subgraphs=True)
        async for namespace, (piece, _) in pieces:
            if not namespace and isinstance(piece, AIMessageChunk) and piece.text:
                first_text_at = first_text_at or time.perf_counter()
                said += len(piece.text)
        check(said, tokens)
        return first_text_at

    return turn


def _graph(url: str) -> Any:
    os.environ.update(ENVIRONMENT)
    from deepagents import SubAgent, create_deep_agent
    from deepagents.profiles import GeneralPurposeSubagentProfile, HarnessProfile, register_harness_profile
    from langchain_litellm import ChatLiteLLM

    slim = HarnessProfile(
        excluded_tools=frozenset({"ls", "read_file", "write_file", "edit_file", "delete", "glob", "grep", "execute"}),
        general_purpose_subagent=GeneralPurposeSubagentProfile(enabled=False),
        excluded_middleware=frozenset({"SummarizationMiddleware", "PatchToolCallsMiddleware"}),
        tool_description_overrides={"task": delegation(SUBAGENTS)["function"]["description"]},
    )
    register_harness_profile("litellm", slim)
    subagents = [
        SubAgent(
            name=spec.name,
            description=spec.description,
            system_prompt=spec.prompt,
            tools=[_plain(tool.tool) for tool in spec.tools],
        )
        for spec in SUBAGENTS
    ]
    counted = {"include_usage": True}
    model = ChatLiteLLM(model=f"openai/{MODEL}", api_base=url, api_key="none", streaming=True, stream_options=counted)
    return create_deep_agent(model=model, system_prompt=prompt("home"), subagents=subagents)


def _plain(tool: BaseTool) -> BaseTool:
    """For the model the same tool; it needs no device."""

    async def listed(**_given: Any) -> str:
        return ROWS_TOLD

    return StructuredTool(
        name=tool.name, description=tool.description, args_schema=tool.tool_call_schema, coroutine=listed
    )
