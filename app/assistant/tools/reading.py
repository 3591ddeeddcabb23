"""Lists as the device gives them, and the names of what rows belong to."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from app.assistant.desk import Desk
from app.assistant.tools.telling import LONG_TEXT, REFERENCES, ROWS_TOLD, Listed, Names, Noun, many, told
from app.devices.frames import Table
from app.devices.outcomes import CallFailed, DeviceRefused
from app.devices.tables import Row

# A device refuses a result that does not fit into a frame: fewer of the same rows may.
_LIMITS = (1000, 100, 20)

_OWNERS: dict[str, Table] = {"projectId": "projects", "clientId": "clients", "parentId": "clients"}


async def list_told(desk: Desk, zone: ZoneInfo, noun: Noun, filters: Row) -> str:
    """A list, with the names of the projects or clients its rows belong to: one or two round trips."""
    found = await listed(desk, noun.table, filters)
    rows = found.rows[:ROWS_TOLD]
    names = await names_of_owners(desk, rows)
    return many(noun, found, [told(row, zone, names, cut=LONG_TEXT) for row in rows])


async def listed(desk: Desk, table: Table, filters: Row) -> Listed:
    """All rows that match, or as many as fit into a frame."""
    for limit in _LIMITS[:-1]:
        try:
            return await _at_most(desk, table, filters, limit)
        except DeviceRefused:
            continue
    return await _at_most(desk, table, filters, _LIMITS[-1])


async def names_of_owners(desk: Desk, rows: Sequence[Row]) -> Names:
    """Names of projects or clients by id. They make a list readable; it is told without them when they cannot be had."""
    owner = next((_OWNERS[column] for column in REFERENCES for row in rows if row.get(column)), None)
    if owner is None:
        return {}
    filters = {"includeArchived": True} if owner == "projects" else {}
    try:
        owners = await desk.select(owner, filters)
    except CallFailed:
        return {}
    named = ((row.get("id"), row.get("name")) for row in owners)
    return {row_id: name for row_id, name in named if isinstance(row_id, str) and isinstance(name, str) and name}


async def _at_most(desk: Desk, table: Table, filters: Row, limit: int) -> Listed:
    rows = await desk.select(table, filters, limit=limit)
    return Listed(rows, is_all=len(rows) < limit)
