"""The least a turn can be: its four questions to the model, with nothing around them."""

import time
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
from langchain_core.utils.function_calling import convert_to_openai_tool

from app.assistant.about import about
from app.assistant.graphs import delegation
from app.assistant.models import CONNECTIONS
from app.assistant.prompts import prompt
from app.assistant.subagents import SUBAGENTS
from benchmarks.round_trips import ROWS_TOLD
from benchmarks.turn_driver import PlainTurn
from benchmarks.turn_model import MODEL, answer, check, question

Message = dict[str, Any]


def raw_calls(url: str) -> PlainTurn:
    """The four questions of a turn to the model, over httpx, their events parsed and let go."""
    http, address = httpx.AsyncClient(limits=CONNECTIONS), f"{url}/chat/completions"

    async def turn(tokens: int) -> float:
        first_text_at, said = 0.0, 0
        for number, body in enumerate(_questions(tokens)):
            async with http.stream("POST", address, content=orjson.dumps(body)) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: {"):
                        choices = orjson.loads(line[6:])["choices"]
                        text = choices[0]["delta"].get("content") if choices else None
                        if text and number == 3:
                            first_text_at = first_text_at or time.perf_counter()
                            said += len(text)
        check(said, tokens)
        return first_text_at

    return turn


def _questions(tokens: int) -> list[dict[str, Any]]:
    task_agent, about_now = SUBAGENTS[0], about(datetime.now(UTC), None)
    asked = [{"role": "system", "content": prompt("home")}, {"role": "user", "content": about_now}]
    asked.append({"role": "user", "content": question(tokens)})
    handed = [{"role": "system", "content": task_agent.prompt}, {"role": "user", "content": about_now}]
    handed.append({"role": "user", "content": f"List the open tasks in {tokens} tokens."})
    tools = [convert_to_openai_tool(tool.tool) for tool in task_agent.tools]
    delegate = [delegation(SUBAGENTS)]
    called, told = _called("list_tasks", "{}", ROWS_TOLD), _called("task", "{}", answer(tokens))
    conversation = [(asked, delegate), (handed, tools), ([*handed, *called], tools), ([*asked, *told], delegate)]
    return [
        {
            "model": MODEL,
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": messages,
            "tools": offered,
        }
        for messages, offered in conversation
    ]


def _called(name: str, arguments: str, result: str) -> list[Message]:
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": result},
    ]
