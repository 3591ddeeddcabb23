"""What the database knows of calls, and what it never learns."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs

from tests.conftest import Cluster
from tests.devices.calling import (
    DELETE,
    INSERT,
    SELECT,
    STORED,
    UPDATE,
    UPSERT,
    calling,
    ledger,
    state,
    tables,
)
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, connected
from tests.factories.people import Person
from tests.factories.rows import dump, values


async def test_a_write_is_in_the_ledger_before_its_frame_leaves(
    service: LiveService, ada: Person, superuser_url: str
) -> None:
    async with connected(service, ada) as device:
        for asked in (INSERT, UPDATE, DELETE, UPSERT):
            answer = calling(ada, device, asked)
            sent = await device.next()
            row = ledger(superuser_url, sent["id"])
            assert row is not None, "it is committed: another connection sees it"
            assert (row["state"], row["action"], row["attempts"]) == ("pending", asked["action"], 1)
            await device.send({"type": "tool_result", "id": sent["id"], "error": "enough"})
            await answer


@pytest.mark.parametrize(
    ("result", "expected"), [(STORED, "done"), ({"error": "no"}, "refused"), ({"row": None}, "malformed")]
)
async def test_the_ledger_tells_how_a_write_ended(
    service: LiveService, ada: Person, superuser_url: str, result: Frame, expected: str
) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, INSERT)
        sent = await device.answer(**result)
        await answer
        row = ledger(superuser_url, sent["id"])
        assert row is not None
        assert (row["state"], row["result"] is None, row["answered_at"] is None) == (expected, False, False)


async def test_a_result_is_recorded_before_anybody_is_told(
    service: LiveService, ada: Person, superuser_url: str
) -> None:
    async with connected(service, ada) as device:
        for _ in range(10):
            answer = calling(ada, device, INSERT)
            sent = await device.answer(**STORED)
            await answer
            assert state(superuser_url, sent["id"]) == "done"


async def test_a_read_does_not_need_the_database_and_a_write_is_not_sent_without_it(
    own_live: OwnLive, cluster: Cluster
) -> None:
    async with own_live() as service:
        ada = await service.person()
        database = str(service.settings.database_url).rpartition("/")[2]
        async with connected(service, ada) as device:
            mine = await tables(service, ada)
            cluster.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
            cluster.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
            asked = asyncio.ensure_future(mine.select("tasks"))
            await device.answer(rows=[])
            assert await asked == []
            with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the driver says
                await mine.insert("tasks", {"title": "x"})
            await device.nothing_for(0.2)
            cluster.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")


async def test_what_was_asked_and_answered_is_nowhere_in_clear(
    service: LiveService, ada: Person, superuser_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    asked, answered = "canary-asked-51d3", "canary-answered-9e0b"
    with capture_logs() as lines:
        async with connected(service, ada) as device:
            for result in ({"row": {"id": "1", "title": answered}}, {"error": answered}, {"row": {"title": answered}}):
                answer = calling(ada, device, INSERT | {"data": {"title": asked}})
                await device.answer(**result)
                await answer
            answer = calling(ada, device, SELECT | {"filters": {"search": asked}})
            await device.answer(rows=[{"title": answered}])
            await answer
    out, err = capfd.readouterr()
    for word in (asked, answered):
        assert [place for place, value in values(dump(superuser_url)) if word.encode() in value] == []
        assert word not in out + err + json.dumps(lines, default=str)
