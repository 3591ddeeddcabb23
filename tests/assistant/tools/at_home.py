"""A user's device without the socket between: the reference device's own tables, asked as `DeviceTables` asks them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

from langchain_core.messages import ToolMessage
from langgraph.prebuilt import ToolRuntime

from app.assistant.approvals.policy import Policy
from app.assistant.context import TurnContext
from app.assistant.desk import Noted
from app.assistant.permissions import AgentName
from app.assistant.subagents import SUBAGENTS
from app.assistant.tools.declared import AgentTool
from app.devices.outcomes import CallFailed, DeviceRefused
from app.devices.tables import DeviceTables, NoteHit, Row
from app.llm.failures import ModelUnavailable
from app.offline.embeddings import HashingEmbedder
from device import Call, Database

ROME = ZoneInfo("Europe/Rome")
TOOLS: dict[str, tuple[AgentName, AgentTool]] = {
    each.name: (spec.name, each) for spec in SUBAGENTS for each in spec.tools
}


class StoredTables:
    """The methods of `DeviceTables` on a database. `fails` holds actions that end in the error given for them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.asked: list[Call] = []
        self.fails: dict[str, CallFailed] = {}

    async def select(self, table: str, filters: Row | None = None, *, limit: int | None = None) -> list[Row]:
        found: list[Row] = await self._ask("rows", "select", table=table, filters=filters, limit=limit)
        return found

    async def get(self, table: str, row_id: str) -> Row | None:
        found: Row | None = await self._ask("row", "get", table=table, data={"id": row_id})
        return found

    async def insert(self, table: str, values: Row) -> Row:
        row: Row = await self._ask("row", "insert", table=table, data=values)
        return row

    async def update(self, table: str, row_id: str, updates: Row) -> Row | None:
        row: Row | None = await self._ask("row", "update", table=table, data={"id": row_id, "updates": updates})
        return row

    async def delete(self, table: str, row_id: str) -> bool:
        return bool(await self._ask("deleted", "delete", table=table, data={"id": row_id}))

    async def vector_upsert(
        self, note_id: str, content: str, vector: list[float], *, project_id: str | None = None
    ) -> None:
        data = {"id": note_id, "content": content} | ({"projectId": project_id} if project_id else {})
        await self._ask("ok", "vector_upsert", data=data, vector=vector)

    async def vector_search(self, vector: list[float], *, limit: int, filters: Row | None = None) -> list[NoteHit]:
        found = await self._ask("results", "vector_search", vector=vector, limit=limit, filters=filters)
        return [NoteHit(each["id"], each["content"], each["score"]) for each in found]

    async def _ask(self, field_name: str, action: str, **fields: Any) -> Any:
        call = Call(id=str(uuid4()), action=action, **fields)
        self.asked.append(call)
        if action in self.fails:
            raise self.fails[action]
        result = (await self.database.carry_out(call)).result
        if "error" in result:
            raise DeviceRefused(result["error"])
        return result[field_name]


@dataclass
class Embedding:
    """The offline embedder, which can be away."""

    texts: list[str] = field(default_factory=list)
    is_away: bool = False

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if self.is_away:
            raise ModelUnavailable("The embedding model cannot be reached.")
        self.texts += texts
        return await HashingEmbedder().embed(texts)


def turn_on(tables: StoredTables) -> TurnContext:
    """A turn of which only the parts that tools use are there."""
    absent = cast("Any", None)
    return TurnContext(
        now=datetime(2026, 11, 21, 18, 12, tzinfo=ROME),
        zone=ROME,
        model=absent,
        embedder=Embedding(),
        tables=cast("DeviceTables", tables),
        voice=absent,
        words="",
        sanitizer=absent,
        budget=absent,
        policy=Policy(),
        meter=absent,
        noted=Noted(),
        memory=absent,
        mark="7f3a",
        about="",
        can_be_asked=lambda: True,
    )


class Home:
    """A turn, and the device it works on."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tables = StoredTables(database)
        self.turn = turn_on(self.tables)
        self.embedder = cast("Embedding", self.turn.embedder)

    async def use(self, name: str, /, **args: Any) -> str:
        """A tool's text, called as a graph calls it."""
        agent, declared = TOOLS[name]
        call_id = f"tool-{len(self.turn.grants)}"
        self.turn.grants[call_id] = (agent, declared.write.action if declared.write else None)
        runtime: ToolRuntime[Any, Any] = ToolRuntime(
            state={}, context=self.turn, config={}, stream_writer=print, tool_call_id=call_id, store=None
        )
        call = {"type": "tool_call", "id": call_id, "name": name, "args": {**args, "runtime": runtime}}
        answer = await declared.tool.ainvoke(call)
        assert isinstance(answer, ToolMessage)
        return str(answer.content)

    async def add(self, table: str, **values: Any) -> str:
        """A row the user wrote in the desktop's own windows."""
        row = await self.tables.insert(table, values)
        self.tables.asked.clear()
        return str(row["id"])

    def row(self, table: str, **equal: Any) -> Row:
        (found,) = self.database.rows(table, **equal)
        return found

    def sent(self, action: str) -> list[Call]:
        return [call for call in self.tables.asked if call.action == action]
