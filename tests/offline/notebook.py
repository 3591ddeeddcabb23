"""What is remembered of a user, and the supervisors' two tools for it, told the way the service tells them."""

from dataclasses import dataclass, field
from typing import Any

from app.offline.words import folded

MEMORY_TOOLS = ("update_core_memory", "recall_memory")
MARK = "7f3a"


@dataclass
class Notebook:
    """`trouble` is what every tool answers while it is set. `said`: beyond what a turn is told; it can be recalled."""

    core: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    habits: list[str] = field(default_factory=list)
    trouble: str | None = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def block(self) -> str:
        sections = {
            "About the user": [f"{key}: {value}" for key, value in self.core.items()],
            "Said before": self.told,
            "Earlier sessions": self.sessions,
            "Habits": self.habits,
        }
        lines = [
            line for name, held in sections.items() if held for line in (f"## {name}", *(f"- {each}" for each in held))
        ]
        return "\n".join([f'<data-{MARK} kind="memory">', *lines, f"</data-{MARK}>"]) if lines else ""

    def use(self, tool: str, arguments: dict[str, Any]) -> str:
        self.calls.append((tool, arguments))
        if self.trouble is not None:
            return self.trouble
        return self._update(**arguments) if tool == "update_core_memory" else self._recall(**arguments)

    def _update(self, key: str, value: str) -> str:
        if value:
            self.core[key] = value
            return f"Remembered: {key}: {value}"
        if key not in self.core:
            return f"Error: nothing is remembered under {key}."
        del self.core[key]
        return f"Forgotten: {key}"

    def _recall(self, query: str) -> str:
        """Whatever shares a word with the query, small words included: a search that is not too exact."""
        wanted = set(folded(query).split())
        known = [*(f"{key}: {value}" for key, value in self.core.items()), *self.told, *self.said]
        found = [f"- {each}" for each in known if wanted & set(folded(each).split())]
        return "\n".join(found) or "Nothing is remembered about that."
