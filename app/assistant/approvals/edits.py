"""Arguments a user wants used instead of the model's: held against what the tool takes, before they are stored."""

from typing import Any

from pydantic import ValidationError

from app.errors import Invalid


def checked_edit(tool: str, args: dict[str, Any]) -> dict[str, Any]:
    """The arguments, if the assistant's tool takes them. Raises `Invalid`."""
    from app.assistant.subagents import SUBAGENTS  # heavy: LangChain
    from app.assistant.tools.memory import MEMORY_TOOLS

    tools = [*MEMORY_TOOLS, *(each for agent in SUBAGENTS for each in agent.tools)]
    declared = next((each for each in tools if each.name == tool), None)
    if declared is None:
        raise Invalid("The assistant no longer has this tool.", field="args")
    try:
        declared.check(args)
    except ValidationError as wrong:
        raise Invalid(f"{tool} does not take these arguments. {_told(wrong)}", field="args") from None
    return args


def _told(wrong: ValidationError) -> str:
    """Which ones and why, without their values."""
    found = wrong.errors(include_url=False, include_input=False)
    return " ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}." for each in found)
