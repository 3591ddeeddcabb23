"""Calls to devices, as tests make them: over the diagnostic route, or as the rest of the service does."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import dict_row

from app.devices.tables import DeviceTables
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, RawDevice
from tests.factories.people import Person

SELECT: Frame = {"action": "select", "table": "tasks"}
INSERT: Frame = {"action": "insert", "table": "tasks", "data": {"title": "Buy milk"}}
UPSERT: Frame = {"action": "vector_upsert", "data": {"id": "n1", "content": "milk"}, "vector": [0.1, 0.2]}
SEARCH: Frame = {"action": "vector_search", "vector": [0.1, 0.2], "limit": 3}
UPDATE: Frame = {"action": "update", "table": "tasks", "data": {"id": "1", "updates": {"title": "x"}}}
DELETE: Frame = {"action": "delete", "table": "tasks", "data": {"id": "1"}}
GET: Frame = {"action": "get", "table": "tasks", "data": {"id": "1"}}
ALL = [SELECT, GET, INSERT, UPDATE, DELETE, UPSERT, SEARCH]
STORED: Frame = {"row": {"id": "1", "title": "Buy milk"}}
HIT = {"id": "n1", "content": "milk", "score": 0.5}


def short(pair: Any) -> str:
    return str(pair)[:40]


async def call(person: Person, device_id: str, asked: Frame) -> httpx.Response:
    return await person.post(f"/devices/{device_id}/call", json=asked)


def calling(person: Person, device: RawDevice, asked: Frame) -> "asyncio.Task[httpx.Response]":
    """A call that is under way."""
    return asyncio.ensure_future(call(person, device.device_id, asked))


async def tables(service: LiveService, person: Person, **chosen: Any) -> DeviceTables:
    return DeviceTables(service.devices.calls, UUID(await person.id()), **chosen)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def ledger(superuser_url: str, call_id: str) -> dict[str, Any] | None:
    """The call's row, as another connection sees it now."""
    with psycopg.connect(superuser_url, row_factory=dict_row) as connection:
        return connection.execute("SELECT * FROM tool_calls WHERE id = %s", [call_id]).fetchone()


def state(superuser_url: str, call_id: str) -> str | None:
    row = ledger(superuser_url, call_id)
    return str(row["state"]) if row is not None else None
