"""The repository's Markdown files, as tests see them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks" / "README.md"]


def block(document: str, language: str, *, after: str) -> str:
    """The first code block of a language behind a marker."""
    text = (ROOT / document).read_text()
    behind = text[text.index(after) :]
    found = re.search(rf"```{language}\n(.*?)```", behind, re.DOTALL)
    assert found is not None, f"{document} has no {language} block behind {after!r}"
    return found[1]
