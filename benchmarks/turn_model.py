"""The scripted model of turns, in a process of its own: `python -m benchmarks.turn_model`.

It hands a question to the task agent, lists tasks, and answers in as many tokens as the question asks for: one process
serves every length, and every side asks the same model. A token is an event; `at_once` sends all of an answer's in one
write, else each has a write of its own.
"""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.partners import partner, tell, told
from tests.fakes.model import Reply, ScriptedModel, call, said_to, say

MODEL = "scripted"
TEXT = "Five of your tasks are open and none of them is due before Friday. "  # 4 characters a token are usual
_READS_FACTS = "lists what is worth remembering"  # of the prompt in app/memory/by_model
_WANTED = re.compile(r"in (\d+) tokens")


def question(tokens: int) -> str:
    return f"Which of my tasks are still open? Tell me in {tokens} tokens."


def answer(tokens: int) -> str:
    return (TEXT * (1 + 4 * tokens // len(TEXT)))[: 4 * tokens]


def reply(asked: dict[str, Any]) -> Reply:
    """The rule: delegate, list, answer. A request whose last message is no tool's result begins an agent's work."""
    wanted = _WANTED.search(said_to(asked, "user"))
    if wanted is None or not asked.get("tools"):  # of the background: facts, else a title or a note
        is_about_facts = _READS_FACTS in str(asked["messages"][0]["content"])
        return say("[]" if is_about_facts else "Open tasks", usage=(100, 2))
    tokens = int(wanted[1])
    if asked["messages"][-1]["role"] == "tool":
        return say(answer(tokens), tokens=tokens, usage=(1000, tokens))
    offered = {tool["function"]["name"] for tool in asked["tools"]}
    if "task" in offered:
        return call("task", description=f"List the open tasks in {tokens} tokens.", subagent_type="task_agent")
    return call("list_tasks", status="todo")


def check(said: int, tokens: int) -> None:
    """`said`: characters. Raises `RuntimeError` unless it was the whole answer and nothing else."""
    if said != len(answer(tokens)):
        raise RuntimeError(f"{said} characters were said instead of {len(answer(tokens))}.")


async def serve(*, at_once: bool) -> None:
    async with ScriptedModel(answer=reply, at_once=at_once) as model:
        tell({"url": model.url})
        reading = asyncio.create_task(asyncio.to_thread(sys.stdin.buffer.read))
        while not reading.done():
            await asyncio.wait([reading], timeout=1)
            model.requests.clear()
            model.headers.clear()


@contextmanager
def scripted_model(*, at_once: bool) -> Iterator[str]:
    """Its URL, which ends in /v1."""
    with partner("benchmarks.turn_model", at_once=at_once) as (_process, first):
        yield first["url"]


def main() -> None:
    asyncio.run(serve(**told()))


if __name__ == "__main__":
    main()
