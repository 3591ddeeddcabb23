"""What the diagnostic route takes, and what it refuses before anything is sent."""

import asyncio
import json
import math
from typing import Any

import pytest

from tests.devices.calling import (
    INSERT,
    SELECT,
    call,
    calling,
    refusal,
    short,
)
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, connected
from tests.factories.people import Person


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"action": "drop"},
        {"action": "select"},
        {"action": "select", "table": "users"},
        SELECT | {"limit": 0},
        SELECT | {"limit": 1001},
        SELECT | {"filters": []},
        {"action": "get", "table": "tasks"},
        {"action": "get", "table": "tasks", "data": {}},
        {"action": "get", "table": "tasks", "data": {"id": 1}},
        {"action": "insert", "table": "tasks"},
        {"action": "insert", "table": "tasks", "data": []},
        {"action": "update", "table": "tasks", "data": {"id": "1"}},
        {"action": "update", "table": "tasks", "data": {"id": "1", "updates": []}},
        {"action": "delete", "table": "tasks", "data": {"id": None}},
        {"action": "vector_upsert", "data": {"id": "1", "content": "x"}},
        {"action": "vector_upsert", "data": {"id": "1", "content": "x"}, "vector": []},
        {"action": "vector_upsert", "data": {"id": "1"}, "vector": [1]},
        {"action": "vector_search", "vector": [1]},
        {"action": "vector_search", "vector": ["a"], "limit": 1},
        {"action": "vector_search", "vector": [0.1] * 4097, "limit": 1},
        INSERT | {"data": {"n": 2**64}},
        INSERT | {"data": {"n": -(2**63) - 1}},
        INSERT | {"data": {"n": [[{"deep": 10**30}]]}},
        INSERT | {"data": {"n": math.nan}},
        INSERT | {"data": {"n": [-math.inf]}},
        INSERT | {"data": {"n": "\ud800"}},
        INSERT | {"data": {"\ud800": 1}},
        INSERT | {"data": {"n": "\x00"}},
        SELECT | {"filters": {"n": math.inf}},
        {"action": "vector_search", "vector": [math.nan], "limit": 1},
    ],
    ids=short,
)
async def test_a_body_that_is_no_call_is_refused_and_nothing_is_sent(
    service: LiveService, ada: Person, wrong: Frame
) -> None:
    async with connected(service, ada) as device:
        answer = await ada.post(
            f"/devices/{device.device_id}/call",
            content=json.dumps(wrong).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert refusal(answer) == (422, "validation_failed")
        await device.nothing_for(0.05)


async def test_a_body_nested_deeper_than_a_frame_may_be_is_not_sent(tuned_live: OwnLive) -> None:
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    async with tuned_live() as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answer = calling(ada, device, INSERT | {"data": {"n": deep}})
            refused, _ = await asyncio.gather(answer, device.nothing_for(0.3))
            assert refused.status_code == 422


async def test_the_route_is_not_there_in_prod(tuned_live: OwnLive) -> None:
    prod = {"env": "prod", "rate_limits": "on"}
    async with tuned_live(**prod) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            assert (await call(ada, device.device_id, SELECT)).status_code in (404, 405)
            await device.nothing_for(0.1)
