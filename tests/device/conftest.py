from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device import Call, Database, Device, Outcome
from tests.device.service import Rest, rest


class Tables:
    """A device's database, asked the way a server asks, without the socket between."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._calls = 0

    async def outcome(self, action: str, **fields: Any) -> Outcome:
        self._calls += 1
        return await self.database.carry_out(Call(**{"id": f"call-{self._calls}", "action": action} | fields))

    async def call(self, action: str, **fields: Any) -> Any:
        return (await self.outcome(action, **fields)).result

    async def insert(self, table: str, **data: Any) -> Any:
        result = await self.call("insert", table=table, data=data)
        return result.get("row") or result

    async def select(self, table: str, limit: int | None = None, **filters: Any) -> Any:
        result = await self.call("select", table=table, filters=filters, limit=limit)
        return result.get("rows", result)


class Clock:
    """Milliseconds that pass when told to."""

    def __init__(self) -> None:
        self.ms = 1_750_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tables(tmp_path: Path, clock: Clock) -> Any:
    database = Database(tmp_path / "home", durable=False, clock=clock)
    yield Tables(database)
    await database.close()


@pytest.fixture
def device(tmp_path: Path) -> Callable[..., Device]:
    """A device that tries again at once and signs in with whatever."""

    def make(url: str, **arguments: Any) -> Device:
        usual: dict[str, Any] = {
            "tokens": "token",
            "backoff_base_s": 0.01,
            "backoff_cap_s": 0.02,
            "crowded_s": 0.05,
            "durable": False,
        }
        return Device(arguments.pop("home", tmp_path / "home"), url, **usual | arguments)

    return make


@pytest.fixture
def service() -> Iterator[Rest]:
    with rest() as running:
        yield running
