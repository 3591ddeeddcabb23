"""A turn over HTTP: what may be asked, what comes back, and what the same request twice is worth."""

import asyncio
from contextlib import suppress
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.config import Settings
from tests.assistant.conftest import QUICK_MODEL, Talking
from tests.assistant.serving import home, served, until_end
from tests.assistant.talking import Desktop, ScriptedModel, call, delegated, say
from tests.assistant.test_lost_devices import ended
from tests.devices.live import LiveService
from tests.devices.sockets import connected, opened
from tests.factories.people import Person
from tests.fakes.model import Reply, drip, hang, refuse

HELLO = {"message": "Hello"}


async def with_key(person: Person, key: str, **body: Any) -> httpx.Response:
    return await person.post("/chat", json=HELLO | body, headers={"Idempotency-Key": key})


async def script(person: Person, *scopes: str) -> Person:
    answer = await person.post("/auth/api-keys", json={"name": "a script", "scopes": scopes})
    return Person(person.http, person.email, person.password, answer.json()["key"], "")


async def test_an_answer_tells_all_there_is(ada: Desktop, model: ScriptedModel) -> None:
    model.script(*delegated("task_agent", call("create_task", title="Milk"), answer="Added."))
    answer = (await ada.person.post("/chat", json={"message": "Add milk"})).json()
    (row,) = ada.rows("tasks")
    (mutation,) = answer.pop("mutations")
    assert (mutation["action"], mutation["table"], mutation["id"]) == ("insert", "tasks", row["id"])
    assert answer.pop("usage")["input_tokens"] > 0
    assert answer["response"] == "Added."
    read = (await ada.person.get(f"/chat/{answer['request_id']}")).json()
    assert (read["status"], read["error"], read["response"]) == ("completed", None, "Added.")
    assert (read["thread_id"], read["mutations"]) == (answer["thread_id"], [mutation])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": ""},
        {"message": " \n"},
        {"message": 1},
        HELLO | {"thread_id": "none"},
        HELLO | {"session_id": ""},
        HELLO | {"session_id": "x" * 129},
        HELLO | {"context": []},
        HELLO | {"context": {"conversation_history": "all"}},
    ],
    ids=str,
)
async def test_what_cannot_be_asked(service: LiveService, ada: Desktop, body: dict[str, Any]) -> None:
    answer = await ada.person.post("/chat", json=body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


async def test_a_message_may_have_32_000_characters_and_no_more(ada: Desktop, model: ScriptedModel) -> None:
    model.script(say("Long."))
    assert (await ada.person.post("/chat", json={"message": "ß" * 32_000})).status_code == 200
    longer = await ada.person.post("/chat", json={"message": "x" * 32_001})
    assert (longer.status_code, longer.json()["code"]) == (413, "too_large")


async def test_a_thread_of_somebody_else_is_none(service: LiveService, ada: Desktop, model: ScriptedModel) -> None:
    model.script(say("Hello."))
    thread_id = (await ada.person.post("/chat", json=HELLO)).json()["thread_id"]
    eve = await service.person()
    for thread in (thread_id, str(uuid4())):
        answer = await eve.post("/chat", json=HELLO | {"thread_id": thread})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [
        (refuse(500), 503, "model_unavailable"),
        (refuse(400, code="context_length_exceeded"), 422, "context_too_long"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
async def test_a_model_that_fails_is_a_problem(
    ada: Desktop, model: ScriptedModel, trouble: Reply, status: int, code: str
) -> None:
    model.answer = lambda _body: trouble
    answer = await ada.person.post("/chat", json=HELLO)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    kept = (await ada.person.get(f"/chat/{answer.json()['request_id']}")).json()
    assert (kept["status"], kept["error"]["code"]) == ("failed", code)


async def test_a_cancelled_turn_is_a_conflict(ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("endless " * 100, every_s=0.02))
    async with UnderWay(ada, "stop") as (asking, request_id):
        assert (await ada.person.get(f"/chat/{request_id}")).json()["status"] == "running"
        await ada.person.post(f"/chat/{request_id}/cancel")
        answer = await asking
    assert (answer.status_code, answer.json()["code"]) == (409, "turn_cancelled")
    assert (await ada.person.get(f"/chat/{request_id}")).json()["status"] == "cancelled"
    again = await with_key(ada.person, "stop")
    assert (again.status_code, again.json()["code"]) == (409, "turn_cancelled")


class UnderWay:
    """A request under way, and the id of its turn."""

    def __init__(self, ada: Desktop, key: str) -> None:
        self._ada, self._key = ada, key

    async def __aenter__(self) -> tuple["asyncio.Task[httpx.Response]", str]:
        self.asking = asyncio.create_task(with_key(self._ada.person, self._key))
        async with asyncio.timeout(10):
            while not (items := (await self._ada.person.get("/threads")).json()["items"]):  # noqa: ASYNC110 - only the outside can be looked at
                await asyncio.sleep(0.01)
            path = f"/threads/{items[0]['id']}/events"
            while not (await self._ada.person.get(path)).json()["items"]:  # noqa: ASYNC110 - only the outside can be looked at
                await asyncio.sleep(0.01)
        return self.asking, request_id_of(self._key)

    async def __aexit__(self, *_: object) -> None:
        self.asking.cancel()
        with suppress(asyncio.CancelledError):
            await self.asking


def request_id_of(key: str) -> str:
    return f"key-{sha256(key.encode()).hexdigest()[:40]}"


async def test_the_same_key_is_the_same_turn(service: LiveService, ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("only once", every_s=0.05))
    answers = await asyncio.gather(*(with_key(ada.person, "k") for _ in range(4)))
    later = await with_key(ada.person, "k")
    assert [each.status_code for each in (*answers, later)] == [200] * 5
    assert all(each.json() == later.json() for each in answers)
    assert len(model.requests) == 1
    other = await with_key(ada.person, "k", message="Something else")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    eve = await service.person()
    model.script(say("To Eve."))
    assert (await with_key(eve, "k")).json()["response"] == "To Eve."


async def test_a_turn_outlives_its_request(ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("I go on alone", every_s=0.05))
    async with UnderWay(ada, "hang-up") as (asking, request_id):
        asking.cancel()
    turn = await ended(ada.person, request_id)
    assert (turn["status"], turn["response"]) == ("completed", "I go on alone")


async def test_nobody_reads_or_stops_the_turns_of_somebody_else(
    service: LiveService, ada: Desktop, model: ScriptedModel
) -> None:
    model.script(say("Hello."))
    request_id = (await ada.person.post("/chat", json=HELLO)).json()["request_id"]
    eve = await service.person()
    for answer in (await eve.get(f"/chat/{request_id}"), await eve.post(f"/chat/{request_id}/cancel")):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_key_that_may_chat_may_read_its_turns_and_what_they_ask(ada: Desktop, model: ScriptedModel) -> None:
    model.script(say("Hello."))
    key = await script(ada.person, "chat")
    turn = (await key.post("/chat", json=HELLO)).json()
    assert (await key.get(f"/chat/{turn['request_id']}")).json()["response"] == "Hello."
    assert (await key.get("/approvals")).status_code == 200
    assert (await (await script(ada.person, "memory")).get(f"/chat/{turn['request_id']}")).status_code == 403


async def test_a_key_may_do_what_its_scopes_say(service: LiveService, ada: Desktop, model: ScriptedModel) -> None:
    model.script(say("Hello."))
    reads, chats = await script(ada.person, "read"), await script(ada.person, "chat")
    refused = await reads.post("/chat", json=HELLO)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    asked = await chats.post("/chat", json=HELLO)
    assert asked.status_code == 200
    request_id = asked.json()["request_id"]
    assert (await reads.get(f"/chat/{request_id}")).status_code == 200
    assert (await reads.post(f"/chat/{request_id}/cancel")).status_code == 403


async def test_a_device_whose_key_may_not_chat_neither_asks_nor_answers(
    service: LiveService, ada: Desktop, model: ScriptedModel
) -> None:
    key = await script(ada.person, "device")
    task_id = (await ada.insert("tasks", {"title": "Milk"}))["id"]
    model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="Kept."))
    async with connected(service, key) as device:
        await device.send(home("not-mine"))
        await device.refused("invalid_frame")
        turn = ada.device.ask("Delete it")
        asked = await ada.heard(lambda frame: frame["type"] == "approval_request")
        while (await device.next())["type"] != "approval_request":
            pass
        await device.send({"type": "approval_response", "id": asked["id"], "decision": "approve"})
        await device.refused("invalid_frame")
        await device.send({"type": "cancel", "request_id": turn.request_id})
        await device.refused("invalid_frame")
        assert (await ada.person.get(f"/chat/{turn.request_id}")).json()["status"] == "waiting"
    await turn.cancel()
    await turn.ended()
    assert len(ada.rows("tasks")) == 1


async def test_turns_are_limited_apart_from_requests(settings: Settings, model: ScriptedModel) -> None:
    model.answer = lambda _body: say("Yes.")
    async with served(settings, model, rate_limits="on") as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            for number in range(20):
                await device.send(home(f"n{number}"))
                await until_end(device, f"n{number}")
            await device.send(home("one too many"))
            refused = await device.refused("rate_limited")
            assert refused["retry_after"] > 0
        over = await ada.post("/chat", json=HELLO)
        assert (over.status_code, over.json()["code"]) == (429, "rate_limited")
        assert int(over.headers["Retry-After"]) > 0
        assert (await ada.get("/threads")).status_code == 200


async def test_without_rate_limits_as_many_turns_run_at_once_as_are_asked_for(
    service: LiveService, model: ScriptedModel
) -> None:
    ada = await service.person()
    model.answer = lambda _body: drip("a b c d", every_s=0.1)
    answers = await asyncio.gather(*(ada.post("/chat", json=HELLO) for _ in range(14)))
    assert [answer.status_code for answer in answers] == [200] * 14


async def test_no_more_turns_run_at_once_than_are_allowed(settings: Settings, model: ScriptedModel) -> None:
    model.answer = lambda _body: drip("a b c d e f", every_s=0.1)
    async with served(settings, model, rate_limits="on") as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            for number in range(14):
                await device.send(home(f"burst-{number}"))
            refused: list[str] = []
            ended_ids: set[str] = set()
            while len(refused) + len(ended_ids) < 14:
                frame = await device.next()
                if frame["type"] == "error":
                    assert frame["code"] == "rate_limited"
                    refused.append(frame["request_id"])
                elif frame["type"] == "stream_end":
                    ended_ids.add(frame["request_id"])
            assert len(ended_ids) == 10


async def test_a_model_that_hangs_is_a_problem(tuned: Talking, model: ScriptedModel) -> None:
    model.answer = lambda _body: hang(before="headers", seconds=30)
    async with tuned(model_limits=QUICK_MODEL) as service:
        answer = await (await service.person()).post("/chat", json=HELLO)
    assert (answer.status_code, answer.json()["code"]) == (504, "model_timeout")


async def test_a_key_that_may_not_chat_resumes_nothing(
    ada: Desktop, model: ScriptedModel, service: LiveService
) -> None:
    model.script(say("Private."))
    request_id = (await ada.person.post("/chat", json=HELLO)).json()["request_id"]
    for scopes, told in ((("device",), ([], [request_id])), (("device", "chat"), ([request_id], []))):
        holder = await script(ada.person, *scopes)
        async with opened(service, holder) as device:
            ready = await device.hello(resume={request_id: 0})
            assert (ready["resumed"], ready["lost"]) == told
