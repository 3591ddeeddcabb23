"""What a turn is told of its user's memory, in words."""

from collections.abc import Callable, Sequence

from app.memory.records import Remembered, Tier, Told

_HEADINGS: dict[Tier, str] = {
    "core": "About the user",
    "associative": "Said before",
    "episodic": "Earlier sessions",
    "proactive": "Habits",
}


def told(items: Sequence[Told]) -> str:
    """A section to each tier that has something to tell; empty when there is nothing."""
    sections = []
    for tier, heading in _HEADINGS.items():
        lines = [line_of(item) for item in items if item.tier == tier]
        if lines:
            sections.append("\n".join([f"## {heading}", *lines]))
    return "\n".join(sections)


def line_of(item: Told | Remembered) -> str:
    return f"- {_WORDS[item.tier](item)}"


def _core(item: Told | Remembered) -> str:
    return f"{one_line(item.key or '')}: {one_line(item.text)}"


def _associative(item: Told | Remembered) -> str:
    return f"{one_line(item.text)} ({item.updated_at:%Y-%m-%d})"


def _episodic(item: Told | Remembered) -> str:
    return f"{item.updated_at:%Y-%m-%d}: {one_line(item.text)}"


def _proactive(item: Told | Remembered) -> str:
    return f"{one_line(item.text)} (confidence {item.confidence or 0:.1f})"


_WORDS: dict[Tier, Callable[[Told | Remembered], str]] = {
    "core": _core,
    "associative": _associative,
    "episodic": _episodic,
    "proactive": _proactive,
}


def one_line(text: str) -> str:
    """Nothing in a memory can begin a line, a section or the end of the block it stands in."""
    return " ".join(text.split())
