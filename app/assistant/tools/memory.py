"""The tools of the supervisors themselves: what they remember, and what they look up there."""

from typing import Any

from langgraph.prebuilt import ToolRuntime

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.tools.arguments import WrongArgument, needed
from app.assistant.tools.declared import AgentTool, Write
from app.assistant.tools.declaring import as_tool, reading
from app.assistant.tools.telling import quoted
from app.memory.limits import MemoryLimits
from app.memory.names import core_key

NOTHING_FOUND = "Nothing is remembered about that."


async def update_core_memory(runtime: ToolRuntime[TurnContext], key: str, value: str) -> str:
    """Remember a lasting fact or preference of the user: key = what it is about ("answers", "home"), value = what holds
    ("short", "Rome"). It replaces what stood under the key. An empty value forgets it."""
    key, value = _key(key), " ".join(value.split())
    if len(value) > MemoryLimits.value_characters:
        raise WrongArgument(f"value must have at most {MemoryLimits.value_characters} characters.")
    memory = runtime.context.memory
    if value:
        return f"Remembered: {await memory.update(key, value)}"
    await memory.forget(key)
    return f"Forgotten: {key}"


async def recall_memory(runtime: ToolRuntime[TurnContext], query: str) -> str:
    """Search everything remembered of the user and of earlier conversations by meaning."""
    turn = runtime.context
    lines = await turn.memory.recall(needed("query", query))
    return turn.block("memory", "\n".join(lines)) if lines else NOTHING_FOUND


def _key(key: str) -> str:
    try:
        return core_key(key)
    except ValueError as wrong:
        raise WrongArgument(f"key cannot be used: {wrong}.") from None


async def _change(_desk: Desk, args: dict[str, Any]) -> str | None:
    key, value = args.get("key"), args.get("value")
    if not isinstance(key, str) or not isinstance(value, str) or not key.strip():
        return None  # the tool refuses these arguments
    return f"Remember {quoted(key)}: {quoted(value)}" if value.strip() else f"Forget {quoted(key)}"


MEMORY_TOOLS = (
    AgentTool(as_tool(update_core_memory), "Remembering", Write("update", None, _change)),
    reading(recall_memory, "Looking into memory"),
)
