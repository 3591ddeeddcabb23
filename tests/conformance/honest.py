"""A small client of the device protocol, written from the document alone, that can be made to break one rule at a time."""

import asyncio
import contextlib
import random
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

COLUMNS = {
    "tasks": "id projectId title description status priority assignee dueDate isAiSuggested isApproved createdAt",
    "projects": "id clientId name status aiSummary createdAt",
    "timelines": "id projectId title date isAiSuggested isApproved createdAt",
    "notes": "id projectId title content createdAt updatedAt",
    "taskComments": "id taskId author content createdAt",
    "clients": "id parentId name industry createdAt",
}
DEFAULTS = {"isAiSuggested": 0, "isApproved": 0}
NUMBERS = {"dueDate", "date", "isAiSuggested", "isApproved", "createdAt", "updatedAt"}
SEARCHED = ("title", "name", "description", "content")
STOPS = {4400, 4403, 4409}
Row = dict[str, Any]


class Refused(Exception):
    pass


class HonestClient:
    """Keeps every rule but those named in `faults`, which also hold the way to present its token."""

    def __init__(self, port: int, *faults: str, home: Path | None = None) -> None:
        """With a home, what it stores outlives its process."""
        self.faults, self._home = set(faults), home
        self._http, self._url = f"http://127.0.0.1:{port}/api/v1", f"ws://127.0.0.1:{port}/api/v1/ws/device"
        self._token, self._ticket = "a token of old", ""
        self.tables: dict[str, dict[str, Row]] = defaultdict(dict)
        self._vectors: dict[str, tuple[list[float], str, str | None]] = {}
        self._journal: dict[str, Row] = {}
        self._resume: dict[str, int] = {}
        self._now = time.time_ns() // 1_000_000
        self._calls = 0
        if home is not None and (home / "state").exists():
            tables, self._vectors, self._journal = orjson.loads((home / "state").read_bytes())
            self.tables.update(tables)

    async def run(self) -> None:
        if "a fixed token" not in self.faults:
            await self._refresh()
        wait = 0.02
        while True:
            code = 0
            with contextlib.suppress(OSError, WebSocketException):
                async with connect(
                    await self._address(), **self._presented(), compression=None, ping_interval=None
                ) as socket:
                    wait = await self._talk(socket, wait)
                    code = socket.close_code or 0
            if code in STOPS and f"reconnects after {code}" not in self.faults:
                return
            if f"stops after {code}" in self.faults:
                return
            if code == 4401 and "keeps its token" not in self.faults:
                await self._refresh()
            await asyncio.sleep(0.2 if "no back-off" in self.faults else wait * random.uniform(0.8, 1.2))
            wait *= 2

    async def _address(self) -> str:
        if "query" in self.faults:
            return f"{self._url}?token={self._token}"
        if "ticket" in self.faults:
            if not self._ticket or "one ticket" not in self.faults:
                self._ticket = (await self._post("/ws/ticket", device_id="honest"))["ticket"]
            return f"{self._url}?ticket={self._ticket}"
        return self._url

    def _presented(self) -> dict[str, Any]:
        if {"no token", "query", "ticket"} & self.faults:
            return {}
        if "subprotocol" in self.faults:
            return {"subprotocols": ["adiuva.v1", f"bearer.{self._token}"]}
        return {"additional_headers": {"Authorization": f"Bearer {self._token}"}}

    async def _refresh(self) -> None:
        self._token = (await self._post("/auth/refresh", refresh_token="any"))["access_token"]

    async def _post(self, path: str, **body: str) -> Row:
        async with httpx.AsyncClient(trust_env=False, verify=False) as http:
            answer = await http.post(f"{self._http}{path}", json=body)
        found: Row = answer.json()
        return found

    async def _talk(self, socket: ClientConnection, wait: float) -> float:
        """One connection. How long to wait before the next one: little, once the server took this one."""
        hello = self._hello()
        if "greets late" in self.faults:
            await self._send(socket, {"type": "cancel", "request_id": "x"})
        if "says nothing" not in self.faults:
            await self._send(socket, hello)
        if "talks before ready" in self.faults:
            await self._send(socket, {"type": "cancel", "request_id": "x"})
        while "floods" in self.faults:
            await self._send(socket, {"type": "cancel", "request_id": "x"})
        with contextlib.suppress(ConnectionClosed):
            async for raw in socket:
                wait = 0.02
                try:
                    frame = orjson.loads(raw)
                    kind = frame.get("type")
                except (orjson.JSONDecodeError, AttributeError):
                    if "closes on bad JSON" in self.faults:
                        await socket.close(1003)
                    continue
                await self._take(socket, kind, frame)
        return wait

    def _hello(self) -> Row:
        hello: Row = {
            "type": "device_hello",
            "device_id": "honest",
            "agent_ids": [],
            "journal": "no journal" not in self.faults,
        }
        hello |= {"timezone": "Moon/Sea" if "timezone" in self.faults else "Europe/Rome"}
        if "says nothing of a journal" in self.faults:
            del hello["journal"]
        if "nulls for what it leaves out" in self.faults:
            hello |= {"name": None, "protocol": None, "client": None}
        if "a new device each time" in self.faults:
            hello["device_id"] = str(uuid4())
        if "no resume" not in self.faults:
            hello["resume"] = self._resume
        return hello

    async def _take(  # noqa: C901 - one place for the switches
        self, socket: ClientConnection, kind: str, frame: Row
    ) -> None:
        match kind:
            case "device_ready":
                if "keeps lost turns" not in self.faults:
                    for request_id in frame["lost"]:
                        self._resume.pop(request_id, None)
            case "ping" if "never pongs" not in self.faults:
                for _ in range(2 if "pongs twice" in self.faults else 1):
                    await self._send(socket, {"type": "pong"})
            case "tool_call":
                await self._call(socket, frame)
            case "auth_expiring" if "no auth refresh" not in self.faults:
                if "the same token" not in self.faults:
                    await self._refresh()
                await self._send(socket, {"type": "auth_refresh", "token": self._token})
            case "stream_start" | "stream_text" | "activity" | "floating_domain":
                if isinstance(frame.get("request_id"), str) and isinstance(frame.get("seq"), int):
                    known = self._resume.get(frame["request_id"], 0)
                    forgets = "set back by repeats" in self.faults
                    self._resume[frame["request_id"]] = frame["seq"] if forgets else max(known, frame["seq"])
            case "stream_end" if "keeps ended turns" not in self.faults:
                self._resume.pop(str(frame.get("request_id")), None)
            case "approval_request":
                await self._approve(socket, frame)
            case "ping" | "stream_end" | "auth_expiring" | "approval_resolved" | "agent_status" | "error":
                pass
            case _:
                if "closes on unknown frames" in self.faults:
                    await socket.close(1003)
                if "answers unknown frames with error" in self.faults:
                    await self._send(socket, {"type": "error", "code": "unknown_type", "message": "What?"})

    async def _approve(self, socket: ClientConnection, asked: Row) -> None:
        if "closes when asked for approval" in self.faults:
            await socket.close(1003)
            return
        approval_id = str(uuid4()) if "approves what nobody asked" in self.faults else asked["id"]
        decision = "edit" if "edits without arguments" in self.faults else "reject"
        await self._send(socket, {"type": "approval_response", "id": approval_id, "decision": decision})

    async def _send(self, socket: ClientConnection, frame: Row) -> None:
        data = orjson.dumps(frame)
        binary = "binary frames" in self.faults and frame["type"] != "device_hello"
        await socket.send(data if binary else data.decode())

    async def _call(self, socket: ClientConnection, call: Row) -> None:  # noqa: C901 - one place for the switches
        if not isinstance(call.get("id"), str):
            return
        self._calls += 1
        if "dies" in self.faults and self._calls > 60:
            sys.exit(7)
        keeps = not {"no journal", "forgets its journal"} & self.faults
        result = self._journal.get(call["id"]) if keeps else None
        if result is None:
            try:
                if "refuses past deadlines" in self.faults and call["deadline"] < time.time() * 1000:
                    raise Refused("too late")
                result = self._carry_out(call)
            except Refused as refusal:
                result = {"error": {"text": str(refusal)} if "errors are objects" in self.faults else str(refusal)}
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                result = {"error": f"{type(error).__name__}: {error}"}
            self._journal[call["id"]] = orjson.loads(orjson.dumps(result))
            if self._home is not None and "journal in memory" not in self.faults:
                (self._home / "state").write_bytes(orjson.dumps([self.tables, self._vectors, self._journal]))
        answer = {"type": "tool_result", "id": call["id"], **result}
        if "talks too much" in self.faults:
            answer["took_ms"] = 7
        if "too large" not in self.faults and len(orjson.dumps(answer)) > 2**20:
            answer = {"type": "tool_result", "id": call["id"], "error": "The result is too large."}
        for _ in range(2 if "answers twice" in self.faults else 1):
            await self._send(socket, answer)

    def _carry_out(self, call: Row) -> Row:
        action: str = call["action"]
        data: Any = call.get("data")
        if action == "vector_upsert":
            project_id = data.get("projectId")
            self._vectors[data["id"]] = [float(each) for each in call["vector"]], data["content"], project_id
            return {"ok": "yes" if "ok is a word" in self.faults else True}
        if action == "vector_search":
            return {"results": self._nearest(call)}
        table = call["table"]
        if table not in COLUMNS:
            raise Refused(f"There is no table {table}.")
        rows = self.tables[table]
        match action:
            case "select":
                return {"rows": self._select(table, call.get("filters") or {}, call.get("limit"))}
            case "get":
                return {"row": rows.get(data["id"])}
            case "insert":
                return {"row": dict(self._insert(table, data))}
            case "update":
                return {"row": self._update(table, data["id"], data["updates"])}
            case "delete":
                gone = rows.pop(data["id"], None) is not None
                if "keeps vectors" not in self.faults:
                    self._vectors.pop(data["id"], None)
                return {"deleted": gone or (None if "null for false" in self.faults else False)}
        raise Refused(f"There is no action {action}.")

    def _insert(self, table: str, data: Row) -> Row:
        self._check(table, data)
        if table == "timelines" and not data.get("projectId"):
            raise Refused("A timeline needs a project.")
        now = self._tick()
        names = COLUMNS[table].split()
        row = {name: DEFAULTS.get(name) for name in names} | {"id": str(uuid4()), "createdAt": now} | data
        if table == "projects":
            row["status"] = data.get("status") or "active"
        if "updatedAt" in names:
            row["updatedAt"] = now
        if "createdAt is text" in self.faults:
            row["createdAt"] = "2026-01-01T00:00:00Z"
        if "no aiSummary" in self.faults:
            row.pop("aiSummary", None)
        self.tables[table][str(row["id"])] = row
        return row

    def _update(self, table: str, row_id: str, updates: Row) -> Row | None:
        self._check(table, updates)
        row = self.tables[table].get(row_id)
        if row is None:
            return None
        row.update(updates)
        if "updatedAt" in row and "updatedAt stands still" not in self.faults:
            row["updatedAt"] = self._tick()
        return dict(row)

    def _check(self, table: str, data: Row) -> None:
        for name, value in data.items():
            if name not in COLUMNS[table].split() and "takes unknown columns" not in self.faults:
                raise Refused(f"There is no column {name}.")
            if isinstance(value, dict | list) or (name in NUMBERS and not isinstance(value, int | None)):
                raise Refused(f"{name} cannot be that.")

    def _select(self, table: str, filters: Row, limit: int | None) -> list[Row]:
        rows, filters = list(self.tables[table].values()), dict(filters)
        order, search = filters.pop("orderBy", None), filters.pop("search", None)
        if table == "projects" and not filters.pop("includeArchived", False) and "shows archived" not in self.faults:
            rows = [row for row in rows if row["status"] == "active"]
        for column, low, high in (("dueDate", "dueDateFrom", "dueDateTo"), ("date", "dateFrom", "dateTo")):
            least, most = filters.pop(low, None), filters.pop(high, None)
            if least is not None or most is not None:
                most = float("inf") if most is None else most - ("ends are open" in self.faults)
                rows = [row for row in rows if row[column] is not None and (least or 0) <= row[column] <= most]
        self._check(table, filters)
        rows = [row for row in rows if all(row[name] == value for name, value in filters.items())]
        if search is not None:
            rows = [row for row in rows if any(self._fold(search) in self._fold(row.get(each)) for each in SEARCHED)]
        if order is not None:
            column = str(order).removeprefix("-")
            if column not in COLUMNS[table].split():
                raise Refused(f"There is no column {column}.")
            falls = str(order).startswith("-") and "order only rises" not in self.faults
            rows.sort(key=lambda row: (row[column] is not None, row[column]), reverse=falls)
        if not isinstance(limit, int | None):
            raise Refused("The limit is no number.")
        return rows[: min(limit or 1_000, 1_000) if "no limit" not in self.faults else None]

    def _fold(self, text: str | None) -> str:
        return (text or "") if "search is case-sensitive" in self.faults else (text or "").casefold()

    def _nearest(self, call: Row) -> list[Row]:
        wanted = [float(each) for each in call["vector"]]
        project_id = (call.get("filters") or {}).get("projectId")
        found = [
            {"id": note_id, "content": content, "score": sum(a * b for a, b in zip(wanted, vector, strict=True))}
            for note_id, (vector, content, belongs) in self._vectors.items()
            if project_id in (None, belongs) or "no vector filters" in self.faults
        ]
        found.sort(key=lambda each: float(str(each["score"])), reverse="farthest first" not in self.faults)
        return found[: call["limit"]]

    def _tick(self) -> int:
        self._now = max(self._now + 1, time.time_ns() // 1_000_000)
        return self._now


if __name__ == "__main__":
    asyncio.run(HonestClient(int(sys.argv[1]), *sys.argv[3:], home=Path(sys.argv[2])).run())
