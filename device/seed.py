"""Sample data: a small design studio in the middle of its week. The same each time, but for the dates, which are around
today in the machine's time zone."""

import sqlite3
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from device import seed_texts as texts
from device.calls import Call
from device.errors import DeviceError
from device.journal import transaction
from device.rows import insert
from device.store import Database, write_mark

_SEEDED = "seeded_at"
_DAY_MS = 24 * 3600 * 1000


async def seed(database: Database, timezone: str, *, again: bool = False) -> dict[str, int]:
    """How many rows were added to each table: all, or none. Raises `DeviceError` when it was done before."""
    if database.mark(_SEEDED) is not None and not again:
        raise DeviceError(
            "This home has its sample data already. To add the same once more: python -m device seed --again"
        )
    today = datetime.now(ZoneInfo(timezone)).date()

    def at(days: int, hour: int) -> int:
        """That hour on the wall, so many days from today. Days are not always 24 hours long."""
        moment = datetime.combine(today + timedelta(days=days), time(hour), ZoneInfo(timezone))
        return int(moment.timestamp() * 1000)

    def write(connection: sqlite3.Connection) -> dict[str, int]:
        with transaction(connection):
            seeding = _Seeding(connection, at(0, 12))
            _clients_and_projects(seeding)
            _tasks(seeding, at)
            _notes_and_timelines(seeding, at)
            write_mark(connection, _SEEDED, str(at(0, 12)))
            return seeding.added

    return await database.work(write)


class _Seeding:
    """Rows go through the same checks as those of a server. They were written over the last weeks, it seems."""

    def __init__(self, connection: sqlite3.Connection, noon: int) -> None:
        self._connection, self._noon = connection, noon
        self.added: dict[str, int] = {}
        self.ids: dict[str, str] = {}  # by name or title, for the rows that refer to them

    def add(self, table: str, days_ago: int, **values: Any) -> str:
        count = self.added[table] = self.added.get(table, 0) + 1
        now = self._noon - days_ago * _DAY_MS + count  # one ms apart: the default order is the order below
        row = insert(self._connection, Call(id="seed", action="insert", table=table, data=values), now)["row"]
        self.ids[values.get("name") or values.get("title") or ""] = row["id"]
        return str(row["id"])


def _clients_and_projects(seeding: _Seeding) -> None:
    for name, industry in texts.CLIENTS:
        seeding.add("clients", 40, name=name, industry=industry)
    for client, name, status, summary in texts.PROJECTS:
        client_id = seeding.ids[client] if client else None
        seeding.add("projects", 35, name=name, clientId=client_id, status=status, aiSummary=summary)


def _tasks(seeding: _Seeding, at: Any) -> None:
    for number, (project, title, status, priority, due, assignee) in enumerate(texts.TASKS):
        seeding.add(
            "tasks",
            30 - number % 28,
            projectId=seeding.ids[project] if project else None,
            title=title,
            description=texts.DESCRIPTIONS.get(title),
            status=status,
            priority=priority,
            assignee=orjson.dumps(assignee).decode() if assignee else None,
            dueDate=None if due is None else at(due, 9 + number % 9),
            isAiSuggested=int(title in texts.SUGGESTED),
            isApproved=0,
        )
    for title, author, content in texts.COMMENTS:
        seeding.add("taskComments", 2, taskId=seeding.ids[title], author=author, content=content)


def _notes_and_timelines(seeding: _Seeding, at: Any) -> None:
    for number, (project, title, content) in enumerate(texts.NOTES):
        project_id = seeding.ids[project] if project else None
        seeding.add("notes", 20 - number, projectId=project_id, title=title, content=content)
    for project, title, days in texts.TIMELINES:
        seeding.add("timelines", 25, projectId=seeding.ids[project], title=title, date=at(days, 12), isApproved=1)
