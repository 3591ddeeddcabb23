"""From a call's `filters` to SQL. Names come from the schema, values are bound: nothing of the call gets into the text."""

import sqlite3
import unicodedata
from dataclasses import dataclass
from typing import Any

from device.errors import Refused
from device.schema import Column, Kind, Table, shown

MOST_ROWS = 1000

# filter → (column, comparison); both ends belong to the range
_RANGES: dict[str, dict[str, tuple[str, str]]] = {
    "tasks": {"dueDateFrom": ("dueDate", ">="), "dueDateTo": ("dueDate", "<=")},
    "timelines": {"dateFrom": ("date", ">="), "dateTo": ("date", "<=")},
}
_MOMENT = Column("moment", Kind.MS)


@dataclass(frozen=True)
class Condition:
    """A WHERE clause and its values. `order` is a whole ORDER BY list: it leaves nothing to chance."""

    where: str
    values: tuple[Any, ...]
    order: str


def teach_search(connection: sqlite3.Connection) -> None:
    """SQLite's LIKE folds ASCII letters only and gives % and _ a meaning; this is what people mean by "contains"."""
    connection.create_function("contains", 2, _contains, deterministic=True)


def condition(table: Table, filters: Any) -> Condition:
    """Raises `Refused` for a filter or value the table does not know."""
    if filters is None:
        filters = {}
    if not isinstance(filters, dict):
        raise Refused(f"filters must be an object, not {shown(filters)}.")
    parts, values = ["1"], list[Any]()
    for name, value in filters.items():
        part, bound = _part(table, name, value)
        parts.append(part)
        values += bound
    # A question for archived projects by their status is a clearer wish than the default.
    if table.name == "projects" and "status" not in filters and not filters.get("includeArchived", False):
        parts.append("status = 'active'")
    return Condition(" AND ".join(parts), tuple(values), _order(table, filters))


def _part(table: Table, name: str, value: Any) -> tuple[str, list[Any]]:
    if name == "orderBy":
        return "1", []  # has its own clause
    if name == "search":
        return _search(table, value)
    if name == "includeArchived" and table.name == "projects":
        if not isinstance(value, bool):
            raise Refused(f"includeArchived must be true or false, not {shown(value)}.")
        return "1", []
    if name in _RANGES.get(table.name, {}):
        column, comparison = _RANGES[table.name][name]
        try:
            _MOMENT.check(value)
        except Refused:
            raise Refused(f"{name} must be a {Kind.MS.value}, not {shown(value)}.") from None
        return f'"{column}" {comparison} ?', [value]
    return equality(table, name, value)


def equality(table: Table, name: str, value: Any) -> tuple[str, list[Any]]:
    """`column = value`; null asks for rows that have nothing there. Raises `Refused`."""
    if name not in table.names:
        raise Refused(f"{table.name} cannot be filtered by {shown(name)}; it can by {', '.join(_known(table))}.")
    if value is None:
        return f'"{name}" IS NULL', []
    table.column(name).check(value)
    return f'"{name}" = ?', [value]


def _known(table: Table) -> list[str]:
    special = ["search", "orderBy", *_RANGES.get(table.name, {})]
    return [*table.names, *special, *(["includeArchived"] if table.name == "projects" else [])]


def _search(table: Table, value: Any) -> tuple[str, list[Any]]:
    if not isinstance(value, str):
        raise Refused(f"search must be text, not {shown(value)}.")
    if not value:
        return "1", []
    needle = _folded(value)
    return "(" + " OR ".join(f'contains("{each}", ?)' for each in table.searched) + ")", [needle] * len(table.searched)


def _folded(text: str) -> str:
    """Case gone, and one spelling for what looks the same: é may be one character or two."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _contains(text: Any, needle: str) -> bool:
    return isinstance(text, str) and needle in _folded(text)


def _order(table: Table, filters: dict[str, Any]) -> str:
    """The asked column first; createdAt and id break ties. Rows with nothing there come last, in either direction:
    who asks for the next five due dates does not want five tasks without one."""
    ties = '"createdAt", id'
    asked = filters.get("orderBy")
    if "orderBy" not in filters:
        return ties
    if not isinstance(asked, str) or asked.removeprefix("-") not in table.names:
        raise Refused(
            f"orderBy must be a column of {table.name}, with a minus in front for descending, not {shown(asked)}; "
            f"the columns are {', '.join(table.names)}."
        )
    name = asked.removeprefix("-")
    return f'"{name}" IS NULL, "{name}" {"DESC" if asked.startswith("-") else "ASC"}, {ties}'


def row_limit(limit: Any) -> int:
    """At most a thousand, whatever was asked for. Raises `Refused` for less than one."""
    if limit is None:
        return MOST_ROWS
    if type(limit) is not int or limit < 1:
        raise Refused(f"limit must be a whole number from 1 up, not {shown(limit)}.")
    return min(limit, MOST_ROWS)
