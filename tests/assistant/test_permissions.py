# ruff: noqa: ARG002 - the recording tables take what `DeviceTables` take
import random
from typing import Any, cast, get_args

import pytest

from app.assistant.desk import Desk, NotAllowed, Noted
from app.assistant.permissions import AGENTS, PERMISSIONS, WriteAction, forbidden
from app.assistant.subagents import SUBAGENTS
from app.devices.frames import Action, Table
from app.devices.tables import DeviceTables, NoteHit, Row
from device.schema import TABLES as DEVICE_TABLES

ACTIONS: tuple[Action, ...] = get_args(Action)
TABLES: tuple[Table, ...] = get_args(Table)
ATTACKS = 20_000

# Who writes where; everything else is reading at most.
WRITES: dict[str, dict[str, str]] = {
    "task_agent": {"tasks": "insert update delete", "taskComments": "insert delete"},
    "project_agent": {"projects": "insert update delete"},
    "timeline_agent": {"timelines": "insert update delete"},
    "note_agent": {"notes": "insert update delete vector_upsert"},
    "client_agent": {"clients": "insert update delete"},
}
READS = {
    "task_agent": {"tasks", "taskComments", "projects", "clients"},
    "project_agent": {"projects", "clients"},
    "timeline_agent": {"timelines", "projects", "clients"},
    "note_agent": {"notes", "projects", "clients"},
    "client_agent": {"clients", "projects"},
}
OWN_COLUMNS = {"id", "createdAt", "updatedAt"}


class Recording:
    """`DeviceTables` that let everything happen, and remember it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, frozenset[str]]] = []

    def _did(self, action: str, table: str, columns: Row | None = None) -> None:
        self.done.append((action, table, frozenset(columns or ())))

    async def select(self, table: str, filters: Row | None = None, *, limit: int | None = None) -> list[Row]:
        self._did("select", table)
        return []

    async def get(self, table: str, row_id: str) -> Row | None:
        self._did("get", table)
        return None

    async def insert(self, table: str, values: Row) -> Row:
        self._did("insert", table, values)
        return {"id": "new"}

    async def update(self, table: str, row_id: str, updates: Row) -> Row | None:
        self._did("update", table, updates)
        return {"id": row_id}

    async def delete(self, table: str, row_id: str) -> bool:
        self._did("delete", table)
        return True

    async def vector_upsert(self, note_id: str, content: str, vector: list[float], **_: Any) -> None:
        self._did("vector_upsert", "notes")

    async def vector_search(self, vector: list[float], **_: Any) -> list[NoteHit]:
        self._did("vector_search", "notes")
        return []


async def _attempt(desk: Desk, action: Action, table: Table, values: Row) -> None:
    if action == "insert":
        await desk.insert(table, values)
    elif action == "update":
        await desk.update(table, "r", values)
    elif action == "delete":
        await desk.delete(table, "r")
    elif action == "select":
        await desk.select(table, values)
    elif action == "get":
        await desk.get(table, "r")
    elif action == "vector_upsert":
        await desk.index_note({"id": "r", "content": ""}, [1.0])
    else:
        await desk.search_notes([1.0], limit=1)


async def test_no_attack_gets_past_the_table() -> None:
    chance = random.Random(7)
    columns = [*{name for table in DEVICE_TABLES.values() for name in table.names}, "", "isAdmin", "__proto__", "ID"]
    allowed = refused = 0
    for _ in range(ATTACKS):
        agent, action, table = chance.choice(AGENTS), chance.choice(ACTIONS), chance.choice(TABLES)
        granted: WriteAction | None = chance.choice([None, "insert", "update", "delete"])
        table = "notes" if action.startswith("vector") else table
        likely = sorted(PERMISSIONS[agent][table].columns) if table in PERMISSIONS[agent] else []
        pool = likely if likely and chance.random() < 0.7 else columns
        values = {chance.choice(pool): 1 for _ in range(chance.randint(0, 4))}
        tables = Recording()
        try:
            await _attempt(Desk(cast("DeviceTables", tables), agent, granted, Noted()), action, table, values)
        except NotAllowed:
            assert tables.done == []
            refused += 1
            continue
        (done,) = tables.done
        assert _is_right(agent, granted, *done)
        allowed += 1
    assert allowed > ATTACKS / 20
    assert refused > ATTACKS / 20


def _is_right(agent: str, granted: str | None, action: str, table: str, columns: frozenset[str]) -> bool:
    """Judged by the tables above, which are written apart from those of the service."""
    if action in ("select", "get", "vector_search"):
        return table in READS[agent]
    if action not in WRITES[agent].get(table, "").split() or columns & OWN_COLUMNS:
        return False
    if not columns <= set(DEVICE_TABLES[table].names):
        return False
    return granted is not None if action == "vector_upsert" else granted == action


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_may_do_what_the_table_says_and_no_more(agent: Any) -> None:
    may = {(action, table) for action in ACTIONS for table in TABLES if forbidden(agent, action, table) is None}
    writes = {(action, table) for table, actions in WRITES[agent].items() for action in actions.split()}
    reads = {(action, table) for table in READS[agent] for action in ("select", "get")}
    assert may == writes | reads | ({("vector_search", "notes")} if agent == "note_agent" else set())


def test_no_agent_writes_what_the_device_sets_itself() -> None:
    for rules in PERMISSIONS.values():
        for table, rule in rules.items():
            assert rule.columns <= set(DEVICE_TABLES[table].names) - OWN_COLUMNS


def test_every_tool_declares_a_change_its_agent_may_make() -> None:
    for spec in SUBAGENTS:
        for tool in spec.tools:
            if tool.write is not None:
                assert tool.write.table is not None, tool.name
                assert forbidden(spec.name, tool.write.action, tool.write.table) is None, tool.name
