"""The user's device as one tool call of one agent sees it: only what that agent may do, and everything noted.

Every row that passes is noted for the verification of entity tags, every change for the turn's `mutations`.
"""

from typing import Any

import msgspec

from app.assistant.fitting import row_of
from app.assistant.permissions import AgentName, WriteAction, forbidden
from app.assistant.shaping.seen import SeenIds
from app.devices.frames import Mutation, Table
from app.devices.tables import DeviceTables, NoteHit, Row
from app.errors import Forbidden
from app.threads.records import KeptEvent

OUTSIDE_TEXT: frozenset[Table] = frozenset({"notes", "taskComments"})  # tables with words of others
NO_RESULT = "The turn ended before the result came."


MOST_OF_A_TEXT = 2_000  # characters of a value that a change is told with
MOST_OF_AN_ID = 128  # likewise
MOST_BYTES_OF_CHANGES = 256_000  # of one turn; what is changed after that is told by its id


class NotAllowed(Forbidden):
    """Outside the agent's permissions, or not granted by the user."""

    code = "not_allowed"


class Noted:
    """What a turn has read and changed so far."""

    def __init__(self) -> None:
        self.seen = SeenIds()
        self.mutations: list[Mutation] = []
        self.has_read_outside_text = False  # words of others than the user, which may want to give orders
        self.updates_after_outside_text = 0
        self.events: list[KeptEvent] = []  # for the thread

    def called(self, call_id: str, tool: str, args: dict[str, Any]) -> None:
        self.events.append(KeptEvent("tool.call", "assistant", {"call_id": call_id, "tool": tool, "args": args}))

    def answered(self, call_id: str, tool: str, text: str) -> None:
        self.events.append(KeptEvent("tool.result", "tool", {"call_id": call_id, "tool": tool, "text": text}))

    def without_result(self) -> list[KeptEvent]:
        """Ends the calls that the turn did not live to see answered."""
        answered = {event.content["call_id"] for event in self.events if event.type == "tool.result"}
        calls = [event.content for event in self.events if event.type == "tool.call"]
        return [
            KeptEvent("tool.result", "tool", {"call_id": each["call_id"], "tool": each["tool"], "text": NO_RESULT})
            for each in calls
            if each["call_id"] not in answered
        ]

    def read(self, table: Table, rows: list[Row]) -> None:
        if rows and table in OUTSIDE_TEXT:
            self.has_read_outside_text = True
        self.rows(table, rows)

    def rows(self, table: Table, rows: list[Row]) -> None:
        for row in rows:
            if isinstance(row_id := row.get("id"), str):
                self.seen.add(table, row_id)

    def change(self, action: WriteAction, table: Table, row_id: str, data: dict[str, Any]) -> None:
        """The device has the row: what tells of it stays small enough for a frame."""
        row_id = row_id[:MOST_OF_AN_ID]
        data = {column: _shown(value) for column, value in data.items()}
        left = MOST_BYTES_OF_CHANGES - sum(_bytes(each.data) for each in self.mutations)
        if _bytes(data) > left:
            data = {"id": row_id}
        self.mutations.append(Mutation(action=action, table=table, id=row_id, data=data))

    def allowed(self, action: WriteAction) -> None:
        """A change that nobody is asked about is about to be made."""
        if action == "update" and self.has_read_outside_text:
            self.updates_after_outside_text += 1


class Desk:
    """Rows in, rows out, like `DeviceTables`, whose errors it raises; and `NotAllowed`."""

    def __init__(self, tables: DeviceTables, agent: AgentName, granted: WriteAction | None, noted: Noted) -> None:
        """`granted`: the one kind of change that this tool call may make."""
        self._tables, self._agent, self._granted, self._noted = tables, agent, granted, noted

    async def select(self, table: Table, filters: Row | None = None, *, limit: int | None = None) -> list[Row]:
        self._check("select", table)
        rows = [row_of(row) for row in await self._tables.select(table, filters, limit=limit)]
        self._noted.read(table, rows)
        return rows

    async def get(self, table: Table, row_id: str) -> Row | None:
        self._check("get", table)
        found = await self._tables.get(table, row_id)
        row = row_of(found) if found is not None else None
        self._noted.read(table, [row] if row else [])
        return row

    async def insert(self, table: Table, values: Row) -> Row:
        """The stored row, with the id the device gave it."""
        self._check_write("insert", table, values)
        row = row_of(await self._tables.insert(table, values))
        self._noted.rows(table, [row])
        self._noted.change("insert", table, str(row["id"]), row)
        return row

    async def update(self, table: Table, row_id: str, updates: Row) -> Row | None:
        """The row as it is now; None when there is none."""
        self._check_write("update", table, updates)
        changed = await self._tables.update(table, row_id, updates)
        if changed is None:
            return None
        row = row_of(changed)
        self._noted.rows(table, [row])
        self._noted.change("update", table, row_id, row)
        return row

    async def delete(self, table: Table, row_id: str) -> bool:
        """Was there such a row?"""
        self._check_write("delete", table, {})
        deleted = await self._tables.delete(table, row_id)
        if deleted:
            self._noted.change("delete", table, row_id, {})
        return deleted

    async def index_note(self, note: Row, vector: list[float]) -> None:
        """Store the vector of a note that this tool call has written. Part of that write: nobody is asked again."""
        self._check("vector_upsert", "notes")
        if self._granted is None:
            raise NotAllowed("A vector is stored with its note only.")
        project_id = note.get("projectId")
        await self._tables.vector_upsert(
            str(note["id"]), str(note.get("content") or ""), vector, project_id=project_id and str(project_id)
        )

    async def search_notes(self, vector: list[float], *, limit: int, filters: Row | None = None) -> list[NoteHit]:
        """The notes nearest to a vector, nearest first."""
        self._check("vector_search", "notes")
        hits = await self._tables.vector_search(vector, limit=limit, filters=filters)
        self._noted.read("notes", [{"id": hit.id} for hit in hits])
        return hits

    def _check(self, action: Any, table: Table, columns: frozenset[str] = frozenset()) -> None:
        if reason := forbidden(self._agent, action, table, columns):
            raise NotAllowed(reason)

    def _check_write(self, action: WriteAction, table: Table, values: Row) -> None:
        self._check(action, table, frozenset(values))
        if action != self._granted:
            raise NotAllowed(f"This tool may not {action}.")


def _shown(value: Any) -> Any:
    return value[:MOST_OF_A_TEXT] + "…" if isinstance(value, str) and len(value) > MOST_OF_A_TEXT else value


def _bytes(data: dict[str, Any]) -> int:
    return len(msgspec.json.encode(data))
