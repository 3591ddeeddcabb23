"""The user's own tables, as the rest of the service sees them: rows in, rows out.

What lies between (frames, sockets, resends, the ledger) does not show. Every method raises the errors of
`app.devices.outcomes`.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.devices.calls import Ask, Calls
from app.devices.frames import Table

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NoteHit:
    """A note that a vector search found."""

    id: str
    content: str
    score: float  # cosine similarity, -1 to 1


class DeviceTables:
    """One user's tables, on one device: the one that sent the turn, else the one named, else the newest online."""

    def __init__(
        self,
        calls: Calls,
        user_id: UUID,
        *,
        sender: str | None = None,
        named: str | None = None,
        request_id: str | None = None,
        run_id: str | None = None,
        patience_s: float = 0,
    ) -> None:
        """`patience_s`: how long a call waits for a device that is not connected; the default asks only those online."""
        self._calls, self._user_id, self._device_id = calls, user_id, sender or named
        self._request_id, self._run_id, self._patience_s = request_id, run_id, patience_s

    async def select(self, table: Table, filters: Row | None = None, *, limit: int | None = None) -> list[Row]:
        rows: list[Row] = (await self._ask(Ask(action="select", table=table, filters=filters, limit=limit)))["rows"]
        return rows

    async def get(self, table: Table, row_id: str) -> Row | None:
        row: Row | None = (await self._ask(Ask(action="get", table=table, data={"id": row_id})))["row"]
        return row

    async def insert(self, table: Table, values: Row) -> Row:
        """The stored row, with the id the device gave it."""
        row: Row = (await self._ask(Ask(action="insert", table=table, data=values)))["row"]
        return row

    async def update(self, table: Table, row_id: str, updates: Row) -> Row | None:
        """The row as it is now; None when there is none."""
        change = Ask(action="update", table=table, data={"id": row_id, "updates": updates})
        row: Row | None = (await self._ask(change))["row"]
        return row

    async def delete(self, table: Table, row_id: str) -> bool:
        """Was there such a row?"""
        return bool((await self._ask(Ask(action="delete", table=table, data={"id": row_id})))["deleted"])

    async def vector_upsert(
        self, note_id: str, content: str, vector: list[float], *, project_id: str | None = None
    ) -> None:
        """Store a note's vector on the device."""
        data: Row = {"id": note_id, "content": content}
        if project_id is not None:
            data["projectId"] = project_id
        await self._ask(Ask(action="vector_upsert", data=data, vector=vector))

    async def vector_search(self, vector: list[float], *, limit: int, filters: Row | None = None) -> list[NoteHit]:
        """The notes whose vectors are nearest, nearest first."""
        found = await self._ask(Ask(action="vector_search", vector=vector, limit=limit, filters=filters))
        return [NoteHit(each["id"], each["content"], float(each["score"])) for each in found["results"]]

    async def _ask(self, ask: Ask) -> dict[str, Any]:
        ask.request_id, ask.run_id = self._request_id, self._run_id
        return await self._calls.call(self._user_id, self._device_id, ask, patience_s=self._patience_s)
