"""The tools of the sub-agents over a device's own database, told the way the service tells them."""

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.assistant.tools import telling
from app.offline.embeddings import HashingEmbedder
from device import Call, Database
from device.seed import seed

ZONE = ZoneInfo("Europe/Rome")
NOUNS = {each.one: each for each in (telling.TASK, telling.PROJECT, telling.NOTE, telling.CLIENT, telling.COMMENT)}
NOUNS |= {"timeline": telling.MILESTONE}
COLUMNS = {
    **{
        name: name
        for name in ("title", "description", "status", "priority", "name", "industry", "content", "author", "date")
    },
    "assignees": "assignee",
    "due_date": "dueDate",
    "project_id": "projectId",
    "client_id": "clientId",
    "parent_id": "parentId",
    "task_id": "taskId",
    "ai_summary": "aiSummary",
    "is_approved": "isApproved",
}
TOOLS = {
    "task_agent": [
        *("list_tasks", "create_task", "update_task", "delete_task", "list_tasks_due_today"),
        *("list_task_comments", "add_task_comment", "delete_task_comment"),
    ],
    "project_agent": [f"{verb}_project" for verb in ("get", "create", "update", "delete")]
    + ["list_projects", "list_all_projects"],
    "timeline_agent": ["list_timelines", "create_timeline", "update_timeline", "delete_timeline"],
    "note_agent": ["list_notes", "get_note", "create_note", "update_note", "delete_note", "search_notes"],
    "client_agent": ["list_clients", "get_client", "create_client", "update_client", "delete_client"],
}


class Desk:
    """A home of its own, and levers: `trouble` is what every tool answers while it is set, `rejects` the user's reason;
    `most` the rows that fit into an answer of the device."""

    def __init__(self, home: Path) -> None:
        self.database = Database(home, durable=False)
        self.now = datetime.fromtimestamp(int(self.database.mark("seeded_at") or 0) / 1000, ZONE)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.trouble: str | None = None
        self.rejects: str | None = None
        self.most: int | None = None

    async def use(self, tool: str, arguments: dict[str, Any]) -> str:
        self.calls.append((tool, arguments))
        if self.trouble is not None:
            return self.trouble
        if self.rejects is not None and tool.startswith("delete"):
            return f"The user rejected this: {self.rejects}"
        given = {key: value for key, value in arguments.items() if value not in ("", -1)}
        verb, _, what = tool.partition("_")
        special: dict[str, Callable[[dict[str, Any]], Any]] = {
            "list_tasks_due_today": self._due_today,
            "list_all_projects": lambda _: self._list("project", {"include_archived": True}),
            "search_notes": self._search,
            "list_task_comments": lambda args: self._list("comment", args),
            "add_task_comment": lambda args: self._create("comment", args),
            "delete_task_comment": lambda args: self._delete("comment", args),
        }
        if tool in special:
            return str(await special[tool](given))
        return str(await getattr(self, f"_{verb}")(what.removesuffix("s"), given))

    async def rows(self, table: str, **filters: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self._device("select", table=table, filters=filters)
        return rows

    async def row(self, table: str, title: str) -> dict[str, Any]:
        shown = "name" if table in ("projects", "clients") else "title"
        filters: dict[str, Any] = {"includeArchived": True} if table == "projects" else {}
        (found,) = [each for each in await self.rows(table, **filters) if each[shown] == title]
        return found

    async def _list(self, what: str, args: dict[str, Any]) -> str:
        filters = {COLUMNS.get(key, key): value for key, value in args.items()}
        if "include_archived" in filters:
            filters["includeArchived"] = filters.pop("include_archived")
        if filters.pop("order_by", ""):
            filters["orderBy"] = "dueDate"
        rows = await self.rows(NOUNS[what].table, **filters)
        return await self._told(what, rows)

    async def _told(self, what: str, rows: list[dict[str, Any]]) -> str:
        owners = await self.rows("projects", includeArchived=True) + await self.rows("clients")
        names = {each["id"]: each["name"] for each in owners}
        lines = [telling.told(row, ZONE, names, cut=200) for row in rows[:100]]
        is_all = self.most is None or len(rows) < self.most
        return telling.many(NOUNS[what], telling.Listed(rows[: self.most], is_all=is_all), lines[: self.most])

    async def _due_today(self, _: dict[str, Any]) -> str:
        start = self.now.replace(hour=0)
        filters = {"dueDateFrom": _ms(start), "dueDateTo": _ms(start.replace(hour=23, minute=59, second=59))}
        return await self._told("task", await self.rows("tasks", **filters))

    async def _search(self, args: dict[str, Any]) -> str:
        notes = await self.rows("notes")
        (query, *vectors) = await HashingEmbedder().embed(
            [args["query"], *(f"{n['title']}\n\n{n['content']}" for n in notes)]
        )
        scores = [sum(a * b for a, b in zip(query, each, strict=True)) for each in vectors]
        best = sorted(zip(scores, notes, strict=True), key=lambda pair: -pair[0])[: args["limit"]]
        rows = [
            {"id": n["id"], "title": n["title"], "score": s, "excerpt": n["content"][:60]} for s, n in best if s > 0.12
        ]
        return telling.many(telling.NOTE, telling.Listed(rows), rows)

    async def _get(self, what: str, args: dict[str, Any]) -> str:
        row = await self._device("get", table=NOUNS[what].table, data={"id": args[f"{what}_id"]})
        if row is None:
            return telling.missing(NOUNS[what], args[f"{what}_id"])
        content = row.pop("content", None)
        head = telling.one(NOUNS[what], telling.told(row, ZONE))
        return f'{head}\n<data-7f3a kind="note">\n{content}\n</data-7f3a>' if content else head

    async def _create(self, what: str, args: dict[str, Any]) -> str:
        data = {COLUMNS[key]: value for key, value in args.items()}
        return self._stored("Created", what, await self._device("insert", table=NOUNS[what].table, data=data))

    async def _update(self, what: str, args: dict[str, Any]) -> str:
        row_id = args.pop(f"{what}_id")
        data = {"id": row_id, "updates": {COLUMNS[key]: value for key, value in args.items()}}
        row = await self._device("update", table=NOUNS[what].table, data=data)
        return self._stored("Updated", what, row) if row else telling.missing(NOUNS[what], row_id)

    async def _delete(self, what: str, args: dict[str, Any]) -> str:
        row_id, noun = args[f"{what}_id"], NOUNS[what]
        row = await self._device("get", table=noun.table, data={"id": row_id})
        await self._device("delete", table=noun.table, data={"id": row_id})
        return telling.deleted(noun, row) if row else telling.missing(noun, row_id)

    def _stored(self, verb: str, what: str, row: Any) -> str:
        if isinstance(row, str):
            return row
        return telling.stored(
            verb, NOUNS[what], telling.told({k: v for k, v in row.items() if what != "note" or k != "content"}, ZONE)
        )

    async def _device(self, action: str, **fields: Any) -> Any:
        outcome = await self.database.carry_out(Call(id=f"c{self.database.counts.calls}", action=action, **fields))
        result = outcome.result
        if "error" in result:
            return f"Error: {result['error']}"
        return next(iter(result.values()))


async def seeded_home(folder: Path) -> Path:
    """A home with the sample data, to be copied."""
    database = Database(folder, durable=False)
    await seed(database, ZONE.key)
    await database.close()
    return folder


def copy_of(home: Path, to: Path) -> Desk:
    shutil.copytree(home, to, dirs_exist_ok=True)
    return Desk(to)


def schemas(names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"type": "function", "function": {"name": each, "parameters": {"type": "object", "properties": {}}}}
        for each in names
    ]


def arguments(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
