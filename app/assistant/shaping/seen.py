"""Which rows a turn has really read."""

import re

KINDS = {"task": "tasks", "project": "projects", "note": "notes", "timeline": "timelines", "client": "clients"}
_FIT = re.compile(r"""[^\s,\[\]<>"'`“”‘’]+""")


class SeenIds:
    """Ids that tool results of this turn contained, by table. Only these may stand in entity tags."""

    def __init__(self) -> None:
        self._ids: dict[str, set[str]] = {}

    def add(self, table: str, row_id: str) -> None:
        self._ids.setdefault(table, set()).add(row_id)

    def has(self, kind: str, row_id: str) -> bool:
        """Was a row of this kind (`task`, `project`, ...) with this id read? Ids that would break a tag never were."""
        return row_id in self._ids.get(KINDS.get(kind, ""), ()) and _FIT.fullmatch(row_id) is not None

    def pairs(self) -> list[tuple[str, str]]:
        """(table, id) of everything that was added, in no particular order of ids."""
        return [(table, row_id) for table, ids in self._ids.items() for row_id in ids]
