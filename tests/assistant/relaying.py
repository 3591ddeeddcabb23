"""Models that do as they are told, and tell all they were given."""

from collections.abc import Callable
from typing import Any

from tests.assistant.talking import call, say
from tests.fakes.model import Reply

Body = dict[str, Any]


def tools_of(body: Body) -> set[str]:
    return {tool["function"]["name"] for tool in body.get("tools") or ()}


def is_supervisor(body: Body) -> bool:
    return "task" in tools_of(body)


def is_first(body: Body) -> bool:
    """Nothing has been done in answer to this request's last words."""
    return bool(body["messages"][-1]["role"] == "user")


def results_in(body: Body) -> list[str]:
    """Results since the last words, oldest first."""
    found: list[str] = []
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            break
        if message["role"] == "tool":
            found.append(message["content"])
    return found[::-1]


def told_word_for_word(agent: str, step: Reply) -> Callable[[Body], Reply]:
    """One agent, one step; its result is reported, and answered, word for word."""

    def answer(body: Body) -> Reply:
        if not is_first(body):
            return say("\n".join(results_in(body)))
        return call("task", description="the order", subagent_type=agent) if is_supervisor(body) else step

    return answer
