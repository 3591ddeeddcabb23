"""Tool calls, from who asks to the device's frame and back."""

import asyncio
import json
import math
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from app.devices.calls import Ask
from app.devices.limits import SocketLimits
from app.devices.outcomes import DeviceOffline, DeviceRefused, DeviceTimeout
from app.devices.tables import NoteHit
from tests.conftest import Cluster
from tests.devices.calling import INSERT, SELECT, STORED, call, calling, ledger, refusal, state, tables
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, connected
from tests.factories.people import Person
from tests.factories.rows import dump, values
from tests.factories.waiting import until

HIT = {"id": "n1", "content": "milk", "score": 0.5}
UPSERT: Frame = {"action": "vector_upsert", "data": {"id": "n1", "content": "milk"}, "vector": [0.1, 0.2]}
SEARCH: Frame = {"action": "vector_search", "vector": [0.1, 0.2], "limit": 3}
UPDATE: Frame = {"action": "update", "table": "tasks", "data": {"id": "1", "updates": {"title": "x"}}}
DELETE: Frame = {"action": "delete", "table": "tasks", "data": {"id": "1"}}
GET: Frame = {"action": "get", "table": "tasks", "data": {"id": "1"}}
ALL = [SELECT, GET, INSERT, UPDATE, DELETE, UPSERT, SEARCH]
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


def short(pair: Any) -> str:
    return str(pair)[:40]


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
    async with tuned_live(SocketLimits(call_s=1.5)) as service:
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


# Nobody there


async def test_a_device_that_is_known_and_not_connected(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d"):
        pass
    assert refusal(await call(ada, "d", SELECT)) == (409, "device_offline")


async def test_another_users_device_is_like_one_that_is_not_there(
    service: LiveService, ada: Person, bob: Person
) -> None:
    async with connected(service, ada, f"hers-{uuid4()}") as device:
        foreign, unknown = await call(bob, device.device_id, SELECT), await call(bob, "nothing", SELECT)
        assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json())
        assert refusal(foreign) == (404, "not_found")
        await device.nothing_for(0.1)


async def test_a_revoked_device_is_not_found(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d"):
        await ada.delete("/devices/d")
        assert refusal(await call(ada, "d", SELECT)) == (404, "not_found")


async def test_an_api_key_needs_the_scope(service: LiveService, ada: Person) -> None:
    key = (await ada.post("/auth/api-keys", json={"name": "k", "scopes": ["read"]})).json()["key"]
    assert (await call(Person(ada.http, "", "", key, ""), "d", SELECT)).status_code == 403


async def test_patience_waits_for_the_device(service: LiveService, ada: Person) -> None:
    patient = await tables(service, ada, named="d", patience_s=5)
    waiting = asyncio.ensure_future(patient.select("tasks"))
    await asyncio.sleep(0.1)
    async with connected(service, ada, "d") as device:
        await device.answer(rows=[{"id": "1"}])
        assert await waiting == [{"id": "1"}]


async def test_patience_ends(service: LiveService, ada: Person) -> None:
    patient = await tables(service, ada, named="d", patience_s=0.2)
    async with connected(service, ada, "another"):
        with pytest.raises(DeviceOffline):
            await patient.select("tasks")


async def test_without_patience_one_is_told_at_once(service: LiveService, ada: Person) -> None:
    with pytest.raises(DeviceOffline):
        await (await tables(service, ada)).select("tasks")


# Too late


@pytest.mark.parametrize("asked", [SELECT, INSERT], ids=["read", "write"])
async def test_a_device_that_does_not_answer(tuned_live: OwnLive, asked: Frame) -> None:
    async with tuned_live(SocketLimits(call_s=0.3)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answer = await call(ada, device.device_id, asked)
            assert refusal(answer) == (504, "device_timeout")
            assert answer.json().get("may_have_happened") is (True if asked is INSERT else None)
            await device.next()
            await device.still_there()


async def test_a_late_result_is_written_down_and_told_to_nobody(tuned_live: OwnLive, superuser_url: str) -> None:
    async with tuned_live(SocketLimits(call_s=0.3)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answer = await call(ada, device.device_id, INSERT)
            assert answer.status_code == 504
            sent = await device.next()
            assert state(superuser_url, sent["id"]) == "pending"
            await device.send({"type": "tool_result", "id": sent["id"], **STORED})
            await until(lambda: state(superuser_url, sent["id"]) == "done")
            await device.still_there()


async def test_a_late_read_is_ignored(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(call_s=0.3)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            assert (await call(ada, device.device_id, SELECT)).status_code == 504
            sent = await device.next()
            await device.send({"type": "tool_result", "id": sent["id"], "rows": []})
            await device.still_there()


# Results that are nobody's


async def test_the_first_result_counts(service: LiveService, ada: Person, superuser_url: str) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, INSERT)
        sent = await device.next()
        for n in range(3):
            await device.send({"type": "tool_result", "id": sent["id"], "row": {"id": str(n)}})
        assert (await answer).json() == {"row": {"id": "0"}}
        await device.still_there()
        assert state(superuser_url, sent["id"]) == "done"


async def test_unknown_and_foreign_results_look_alike_and_change_nothing(
    service: LiveService, ada: Person, bob: Person, superuser_url: str
) -> None:
    async with (
        connected(service, ada, "one") as mine,
        connected(service, ada, "two") as other,
        connected(service, bob, "one") as his,
    ):
        answer = calling(ada, mine, INSERT)
        sent = await mine.next()
        for foreign in (other, his):
            for call_id in (sent["id"], "unknown", str(uuid4())):
                await foreign.send({"type": "tool_result", "id": call_id, "row": {"id": "evil"}})
            await foreign.nothing_for(0.1)
            await foreign.still_there()
        assert state(superuser_url, sent["id"]) == "pending"
        await mine.send({"type": "tool_result", "id": sent["id"], **STORED})
        assert (await answer).json() == STORED


# How many at once


async def test_more_calls_than_a_device_may_have_open_wait_their_turn(tuned_live: OwnLive) -> None:
    async with tuned_live() as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answers = [calling(ada, device, SELECT) for _ in range(17)]
            calls = [await device.next() for _ in range(16)]
            await device.nothing_for(0.3)
            await device.send({"type": "tool_result", "id": calls[7]["id"], "rows": []})
            calls.append(await device.next())
            for each in calls:
                await device.send({"type": "tool_result", "id": each["id"], "rows": []})
            assert {(await each).status_code for each in answers} == {200}


async def test_a_user_has_thirty_two_open_in_all(service: LiveService, ada: Person) -> None:
    async with (
        connected(service, ada) as one,
        connected(service, ada) as two,
        connected(service, ada) as three,
    ):
        answers = [calling(ada, device, SELECT) for device in (one, two) for _ in range(16)]
        opened = [(device, await device.next()) for device in (one, two) for _ in range(16)]
        answers.append(calling(ada, three, SELECT))
        await three.nothing_for(0.3)
        for device, each in opened:
            await device.send({"type": "tool_result", "id": each["id"], "rows": []})
        await three.answer(rows=[])
        assert {(await each).status_code for each in answers} == {200}


async def test_one_user_does_not_hold_up_another(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(open_calls_per_user=1)) as service:
        ada, bob = await service.person(), await service.person()
        async with connected(service, ada) as hers, connected(service, bob) as his:
            hanging = calling(ada, hers, SELECT)
            first = await hers.next()
            answer = calling(bob, his, SELECT)
            await his.answer(rows=[])
            assert (await answer).status_code == 200
            await hers.send({"type": "tool_result", "id": first["id"], "rows": []})
            await hanging


async def test_a_busy_device_holds_up_only_its_own_calls(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(open_calls_per_device=1)) as service:
        ada = await service.person()
        async with connected(service, ada) as busy, connected(service, ada) as free:
            hanging = [calling(ada, busy, SELECT) for _ in range(3)]
            first = await busy.next()
            answer = calling(ada, free, SELECT)
            await free.answer(rows=[])
            assert (await answer).status_code == 200
            await busy.send({"type": "tool_result", "id": first["id"], "rows": []})
            for _ in range(2):
                await busy.answer(rows=[])
            await asyncio.gather(*hanging)


async def test_when_too_many_wait_one_is_told_to_come_later(tuned_live: OwnLive) -> None:
    limits = SocketLimits(open_calls_per_device=1, waiting_calls_per_user=2, call_s=2)
    async with tuned_live(limits) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            waiting = [calling(ada, device, SELECT) for _ in range(3)]
            await device.next()
            await asyncio.sleep(0.2)
            answer = await call(ada, device.device_id, SELECT)
            assert refusal(answer) == (503, "too_many_calls")
            assert answer.headers["retry-after"]
            await asyncio.gather(*waiting)


async def test_a_call_whose_turn_does_not_come_was_never_sent(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(open_calls_per_user=1, call_s=0.3, absence_s=2)) as service:
        ada = await service.person()
        async with connected(service, ada) as gone, connected(service, ada) as here:
            first = calling(ada, gone, SELECT)
            await gone.next()
            await gone.cut()  # its call waits for it, in the only place there is
            answer = await call(ada, here.device_id, INSERT)
            assert refusal(answer) == (504, "device_timeout")
            assert "may_have_happened" not in answer.json()
            await here.nothing_for(0.2)
            await first


# The socket is cut


async def test_what_was_open_is_sent_again_when_the_device_is_back(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d") as device:
        answers = [calling(ada, device, asked) for asked in (SELECT, INSERT)]
        first = {each["action"]: each for each in [await device.next(), await device.next()]}
        await device.cut()
    async with connected(service, ada, "d") as device:
        again = {each["action"]: each for each in [await device.next(), await device.next()]}
        for action in ("select", "insert"):
            assert again[action].pop("attempt") == 2
            assert first[action].pop("attempt") == 1
            assert again[action].pop("deadline") >= first[action].pop("deadline")
            assert again[action] == first[action]
        await device.send({"type": "tool_result", "id": again["select"]["id"], "rows": []})
        await device.send({"type": "tool_result", "id": again["insert"]["id"], **STORED})
        assert [(await each).json() for each in answers] == [{"rows": []}, STORED]
        await device.nothing_for(0.2)


async def test_the_attempts_are_counted(service: LiveService, ada: Person, superuser_url: str) -> None:
    async with connected(service, ada, "d") as device:
        answer = calling(ada, device, INSERT)
        first = await device.next()
        await device.cut()
    for attempt in (2, 3, 4):
        async with connected(service, ada, "d") as device:
            again = await device.next()
            assert (again["id"], again["attempt"]) == (first["id"], attempt)
            row = ledger(superuser_url, first["id"])
            assert row is not None
            assert row["attempts"] == attempt
            if attempt == 4:
                await device.send({"type": "tool_result", "id": again["id"], **STORED})
                assert (await answer).json() == STORED
            await device.cut()


async def test_the_clock_stands_still_while_the_device_is_away(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(call_s=0.6, absence_s=5)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await device.cut()
        await asyncio.sleep(1)
        assert not answer.done()
        async with connected(service, ada, "d") as device:
            await device.answer(rows=[])
            assert (await answer).status_code == 200


async def test_what_was_left_of_the_time_is_left_when_it_is_back(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(call_s=1, absence_s=5)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await asyncio.sleep(0.6)
            await device.cut()
        async with connected(service, ada, "d"):
            started = asyncio.get_running_loop().time()
            assert (await answer).status_code == 504
            assert asyncio.get_running_loop().time() - started < 0.8


@pytest.mark.parametrize(("asked", "told"), [(SELECT, (409, "device_offline")), (INSERT, (504, "device_timeout"))])
async def test_a_device_that_stays_away_too_long(tuned_live: OwnLive, asked: Frame, told: tuple[int, str]) -> None:
    async with tuned_live(SocketLimits(absence_s=0.3)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, asked)
            await device.next()
            await device.cut()
        assert refusal(await answer) == told
        assert ("may_have_happened" in (await answer).json()) is (asked is INSERT)


async def test_absences_add_up(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(absence_s=0.8)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await device.cut()
        for _ in range(2):
            await asyncio.sleep(0.5)
            if answer.done():
                break
            async with connected(service, ada, "d") as device:
                await device.next()
                await device.cut()
        assert refusal(await answer) == (409, "device_offline")


async def test_a_write_that_was_given_up_is_sent_again_so_that_its_outcome_is_known(
    tuned_live: OwnLive, superuser_url: str
) -> None:
    async with tuned_live(SocketLimits(absence_s=0.2)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, INSERT)
            first = await device.next()
            await device.cut()
        assert (await answer).status_code == 504
        async with connected(service, ada, "d") as device:
            again = await device.answer(**STORED)
            assert (again["id"], again["attempt"]) == (first["id"], 2)
            await until(lambda: state(superuser_url, first["id"]) == "done")


async def test_a_read_that_was_given_up_is_not_sent_again(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(absence_s=0.2)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await device.cut()
        await answer
        async with connected(service, ada, "d") as device:
            await device.nothing_for(0.3)


async def test_a_caller_who_gives_up_leaves_no_slot_taken(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(open_calls_per_device=1)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            for asked in (SELECT, INSERT):
                giving_up = asyncio.ensure_future(service.devices.calls.call(UUID(await ada.id()), "d", Ask(**asked)))
                await device.next()
                giving_up.cancel()
                await asyncio.wait([giving_up])
            answer = calling(ada, device, SELECT)
            await device.answer(rows=[])
            assert (await answer).status_code == 200


async def test_a_write_whose_caller_gave_up_is_still_recorded(
    service: LiveService, ada: Person, superuser_url: str
) -> None:
    async with connected(service, ada, "d") as device:
        giving_up = asyncio.ensure_future(service.devices.calls.call(UUID(await ada.id()), "d", Ask(**INSERT)))
        sent = await device.next()
        giving_up.cancel()
        await asyncio.wait([giving_up])
        await device.send({"type": "tool_result", "id": sent["id"], **STORED})
        await until(lambda: state(superuser_url, sent["id"]) == "done")


async def test_a_client_that_hangs_up_on_the_route_breaks_nothing(
    service: LiveService, ada: Person, superuser_url: str
) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, INSERT)
        sent = await device.next()
        answer.cancel()
        await asyncio.wait([answer])
        await device.send({"type": "tool_result", "id": sent["id"], **STORED})
        await until(lambda: state(superuser_url, sent["id"]) == "done")


async def test_nothing_is_kept_of_users_who_are_gone(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(absence_s=0.2)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await device.cut()
        await answer
        await until(lambda: not service.devices.hub._users, within_s=2)


# Which device


async def test_the_newest_device_is_asked(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "old") as old, connected(service, ada, "new") as new:
        asked = asyncio.ensure_future((await tables(service, ada)).select("tasks"))
        await new.answer(rows=[])
        assert await asked == []
        await old.nothing_for(0.1)


async def test_a_device_that_connects_again_is_the_newest(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "a"), connected(service, ada, "b"), connected(service, ada, "a") as again:
        asked = asyncio.ensure_future((await tables(service, ada)).select("tasks"))
        await again.answer(rows=[])
        assert await asked == []


async def test_the_named_device_is_asked(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "old") as old, connected(service, ada, "new"):
        asked = asyncio.ensure_future((await tables(service, ada, named="old")).select("tasks"))
        await old.answer(rows=[])
        assert await asked == []


async def test_the_sender_is_asked_before_the_named_one(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "sender") as sender, connected(service, ada, "named"):
        asked = asyncio.ensure_future((await tables(service, ada, sender="sender", named="named")).select("tasks"))
        await sender.answer(rows=[])
        assert await asked == []


async def test_a_sender_that_is_gone_is_not_replaced_by_another(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "another") as another:
        with pytest.raises(DeviceOffline):
            await (await tables(service, ada, sender="gone")).select("tasks")
        await another.nothing_for(0.1)


async def test_rows_in_and_rows_out(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        mine = await tables(service, ada)
        steps: list[tuple[Any, Frame, Any]] = [
            (mine.get("tasks", "1"), {"row": None}, None),
            (mine.insert("tasks", {"title": "x"}), STORED, STORED["row"]),
            (mine.update("tasks", "1", {"title": "x"}), STORED, STORED["row"]),
            (mine.delete("tasks", "1"), {"deleted": False}, False),
            (mine.vector_upsert("n1", "milk", [0.1], project_id="p"), {"ok": True}, None),
            (mine.vector_search([0.1], limit=2), {"results": [HIT | {"score": 1}]}, [NoteHit("n1", "milk", 1.0)]),
        ]
        for asking, result, expected in steps:
            asked = asyncio.ensure_future(asking)
            await device.answer(**result)
            assert await asked == expected


async def test_errors_of_tables_are_those_of_the_outcomes(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(call_s=0.2)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            mine = await tables(service, ada)
            asked = asyncio.ensure_future(mine.get("tasks", "1"))
            await device.answer(error="no")
            with pytest.raises(DeviceRefused, match="no"):
                await asked
            with pytest.raises(DeviceTimeout) as timeout:
                await mine.delete("tasks", "1")
            assert timeout.value.may_have_happened


# Devices without a journal


async def test_without_a_journal_the_service_names_the_row(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d", journal=False) as device:
        answer = calling(ada, device, INSERT)
        first = await device.next()
        assert UUID(first["data"]["id"]).version == 4
        await device.cut()
    async with connected(service, ada, "d", journal=False) as device:
        again = await device.answer(**STORED)
        assert again["data"] == first["data"]
        await answer


async def test_an_id_that_was_given_is_kept(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, journal=False) as device:
        answer = calling(ada, device, INSERT | {"data": {"id": "mine", "title": "x"}})
        assert (await device.answer(**STORED))["data"] == {"id": "mine", "title": "x"}
        await answer


@pytest.mark.parametrize("hello", [{"journal": True}, {"journal": None}])
async def test_with_a_journal_the_device_names_the_row(service: LiveService, ada: Person, hello: Frame) -> None:
    async with connected(service, ada, **hello) as device:
        answer = calling(ada, device, INSERT)
        assert "id" not in (await device.answer(**STORED))["data"]
        await answer


# What the database knows


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


# What the route takes


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
    async with tuned_live(SocketLimits(call_s=1)) as service:
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
