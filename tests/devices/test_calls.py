"""Tool calls, from who asks to the device's frame and back."""

import asyncio

import pytest

from app.devices.limits import SocketLimits
from tests.devices.calling import (
    ALL,
    DELETE,
    GET,
    HIT,
    INSERT,
    SEARCH,
    SELECT,
    STORED,
    UPDATE,
    UPSERT,
    calling,
    refusal,
    short,
    state,
    tables,
)
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, connected
from tests.factories.people import Person

RESULTS: list[tuple[Frame, Frame]] = [
    (SELECT, {"rows": [{"id": "1", "title": "ü", "dueDate": None}]}),
    (SELECT, {"rows": []}),
    (GET, {"row": {"id": "1"}}),
    (GET, {"row": None}),
    (INSERT, STORED),
    (UPDATE, {"row": {"id": "1", "title": "x"}}),
    (UPDATE, {"row": None}),
    (DELETE, {"deleted": True}),
    (DELETE, {"deleted": False}),
    (UPSERT, {"ok": True}),
    (SEARCH, {"results": [HIT]}),
    (SEARCH, {"results": []}),
]
MALFORMED: list[tuple[Frame, Frame]] = [
    (SELECT, {}),
    (SELECT, {"row": {"id": "1"}}),
    (GET, {"rows": []}),
    (INSERT, {"row": None}),
    (INSERT, {"row": {"title": "no id"}}),
    (INSERT, {"row": {"id": 1}}),
    (UPDATE, {"deleted": True}),
    (DELETE, {"ok": True}),
    (UPSERT, {"ok": False}),
    (SEARCH, {"results": [{"id": "n1", "content": "milk"}]}),
    (SEARCH, {"results": [HIT | {"score": "high"}]}),
    (SEARCH, {"results": [HIT | {"score": True}]}),
    (SELECT, {"rows": [{"id": str(n)} for n in range(1001)]}),
]
# What the frame's own types refuse. Whoever waits is told at once as well.
NOT_EVEN_A_RESULT: list[tuple[Frame, Frame]] = [
    (SELECT, {"rows": "none"}),
    (SELECT, {"rows": [1]}),
    (GET, {"row": [1]}),
    (INSERT, {"row": "1"}),
    (DELETE, {"deleted": "yes"}),
    (UPSERT, {"ok": 1}),
    (SEARCH, {"results": None}),
    (SELECT, {"error": 7}),
    (SELECT, {"rows": [{"content": "\u0000"}]}),
]


# What goes there


async def test_a_call_reaches_the_device_as_it_was_asked(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        asked = SELECT | {"filters": {"status": "todo"}, "limit": 5}
        answer = calling(ada, device, asked)
        sent = await device.answer(rows=[])
        assert sent.pop("id")
        left = sent.pop("deadline") / 1000 - service.clock.now().timestamp()
        assert 25 < left <= 30
        assert sent == {"type": "tool_call", "attempt": 1} | asked
        assert (await answer).status_code == 200


@pytest.mark.parametrize("asked", ALL, ids=lambda asked: asked["action"])
async def test_fields_that_were_not_given_are_not_sent(service: LiveService, ada: Person, asked: Frame) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, asked)
        sent = await device.answer(error="seen")
        assert sent.keys() == asked.keys() | {"type", "id", "attempt", "deadline"}
        await answer


@pytest.mark.parametrize(("asked", "result"), RESULTS, ids=short)
async def test_the_answer_is_exactly_what_the_action_returns(
    service: LiveService, ada: Person, asked: Frame, result: Frame
) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, asked)
        await device.answer(**result)
        assert ((await answer).status_code, (await answer).json()) == (200, result)


async def test_a_call_names_the_turn_it_belongs_to(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        asked = asyncio.ensure_future((await tables(service, ada, request_id="r1", run_id="u1")).select("tasks"))
        sent = await device.answer(rows=[])
        assert (sent["request_id"], sent["run_id"]) == ("r1", "u1")
        assert await asked == []


async def test_each_call_has_an_id_of_its_own(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        answers = [calling(ada, device, SELECT) for _ in range(10)]
        ids = {(await device.answer(rows=[]))["id"] for _ in range(10)}
        await asyncio.gather(*answers)
        assert len(ids) == 10


async def test_answers_may_come_in_any_order(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        answers = [calling(ada, device, SELECT | {"limit": n}) for n in range(1, 9)]
        calls = [await device.next() for _ in answers]
        for each in reversed(calls):
            await device.send({"type": "tool_result", "id": each["id"], "rows": [{"id": str(each["limit"])}]})
        found = [(await each).json()["rows"][0]["id"] for each in answers]
        assert found == [str(n) for n in range(1, 9)]


# What a device may answer instead


@pytest.mark.parametrize("asked", ALL, ids=lambda asked: asked["action"])
async def test_a_device_may_refuse_and_say_why(service: LiveService, ada: Person, asked: Frame) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, asked)
        await device.answer(error="there is no such column")
        assert refusal(await answer) == (422, "device_refused")
        assert (await answer).json()["detail"] == "there is no such column"


async def test_a_refusal_without_a_reason(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, SELECT)
        await device.answer(error="")
        assert refusal(await answer) == (422, "device_refused")


@pytest.mark.parametrize(("asked", "result"), MALFORMED, ids=short)
async def test_a_result_that_is_not_one_to_the_action(
    service: LiveService, ada: Person, asked: Frame, result: Frame
) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, asked)
        await device.answer(**result)
        assert refusal(await answer) == (422, "malformed_result")
        await device.still_there()


@pytest.mark.parametrize(("asked", "result"), NOT_EVEN_A_RESULT, ids=short)
async def test_a_result_that_cannot_be_read_is_no_reason_to_wait(
    tuned_live: OwnLive, asked: Frame, result: Frame
) -> None:
    async with tuned_live(SocketLimits(call_s=20)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answer = calling(ada, device, asked)
            await device.answer(**result)
            assert refusal(await answer) == (422, "malformed_result")


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1, 10**40])
@pytest.mark.parametrize("asked", [GET, INSERT], ids=["get", "insert"])
async def test_a_huge_number_in_a_result_breaks_nothing(
    service: LiveService, ada: Person, superuser_url: str, asked: Frame, number: int
) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, asked)
        sent = await device.answer(row={"id": "1", "dueDate": number})
        told = await answer
        assert told.status_code in (200, 422), told.text
        if asked is INSERT:
            assert state(superuser_url, sent["id"]) in ("done", "malformed")


async def test_a_thousand_rows_are_taken(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, SELECT)
        await device.answer(rows=[{"id": str(n)} for n in range(1000)])
        assert len((await answer).json()["rows"]) == 1000
