"""The prompts: one Markdown file each, static, so that a provider's prompt cache can hold them.

What changes from turn to turn (the time, what the user looks at, words of the user) goes into messages of its own.
"""

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

PromptName = Literal["home", "floating", "tasks", "projects", "timelines", "notes", "clients", "title", "last_answer"]
PROMPTS: tuple[PromptName, ...] = get_args(PromptName)


@cache
def prompt(name: PromptName) -> str:
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
