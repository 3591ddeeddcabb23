"""The prompts of memory's own questions to a model: one Markdown file each, beside this one; as private as all prompts."""

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

PromptName = Literal["facts", "note", "summary", "patterns"]
PROMPTS: tuple[PromptName, ...] = get_args(PromptName)


@cache
def prompt(name: PromptName) -> str:
    return files("app.memory.by_model").joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
