"""What turns use of a month's tokens."""

import asyncio
from dataclasses import replace

import psycopg

from app.assistant.limits import TurnLimits
from app.config import Settings
from tests.assistant.serving import home, served, until_end
from tests.assistant.talking import ScriptedModel, call, delegated
from tests.devices.live import LiveService
from tests.devices.sockets import connected
from tests.factories.people import Person
from tests.factories.waiting import until
from tests.fakes.model import Reply, drip

MONTH = 500_000  # the free tier's tokens


def using(reply: Reply, tokens_in: int, tokens_out: int) -> Reply:
    return replace(reply, usage=(tokens_in, tokens_out))


async def spent(superuser_url: str, ada: Person) -> tuple[int, int, int]:
    """Tokens in, tokens out and turns of this month; and nothing is held."""
    user_id = await ada.id()
    with psycopg.connect(superuser_url) as connection:
        used = connection.execute(
            "SELECT sum(input_tokens), sum(output_tokens), sum(turns) FROM token_usage WHERE user_id = %s", [user_id]
        ).fetchone()
        held = connection.execute("SELECT sum(reserved_tokens) FROM runs WHERE user_id = %s", [user_id]).fetchone()
    assert used is not None
    assert held is not None
    assert not held[0]
    return used[0] or 0, used[1] or 0, used[2] or 0


async def spend(superuser_url: str, ada: Person, tokens: int) -> None:
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "INSERT INTO token_usage (user_id, month, input_tokens, output_tokens, turns)"
            " VALUES (%s, date_trunc('month', now() AT TIME ZONE 'UTC')::date, %s, 0, 0)",
            [await ada.id(), tokens],
        )


async def test_the_tokens_of_a_turn_are_counted_once(
    service: LiveService, model: ScriptedModel, superuser_url: str
) -> None:
    ada = await service.person()
    order, step, report, answer = delegated("task_agent", call("list_tasks"))
    model.script(using(order, 100, 1), using(step, 200, 2), using(report, 300, 3), using(answer, 400, 4))
    told = (await ada.post("/chat", json={"message": "List"}, headers={"Idempotency-Key": "k"})).json()
    assert told["usage"] == {"input_tokens": 1000, "output_tokens": 10}
    await ada.post("/chat", json={"message": "List"}, headers={"Idempotency-Key": "k"})
    assert await spent(superuser_url, ada) == (1000, 10, 1)


async def test_a_cancelled_turn_counts_what_it_used_and_holds_nothing(
    service: LiveService, model: ScriptedModel, superuser_url: str
) -> None:
    ada = await service.person()
    model.script(
        using(call("task", description="x", subagent_type="task_agent"), 100, 1), drip("a " * 9999, every_s=0.02)
    )
    async with connected(service, ada) as device:
        await device.send(home("r"))
        await until(lambda: len(model.requests) == 2)
        await device.send({"type": "cancel", "request_id": "r"})
        end = (await until_end(device, "r"))[-1]
    assert end["status"] == "cancelled"
    used = await spent(superuser_url, ada)
    assert used == (end["usage"]["input_tokens"], end["usage"]["output_tokens"], 1)
    assert used[0] >= 100


async def test_the_offline_model_is_free(settings: Settings, model: ScriptedModel, superuser_url: str) -> None:
    offline = {name: getattr(settings, name) for name in ("llm_model", "llm_router_model", "llm_api_base")}
    async with served(settings, model, **offline) as service:
        ada = await service.person()
        await spend(superuser_url, ada, MONTH)
        answer = await ada.post("/chat", json={"message": "List my tasks"})
        assert (answer.status_code, model.requests) == (200, [])
        assert answer.json()["response"]
        assert (await spent(superuser_url, ada))[:2] == (MONTH, 0)


async def test_when_the_month_is_used_up_nothing_is_asked(
    service: LiveService, model: ScriptedModel, superuser_url: str
) -> None:
    ada = await service.person()
    await spend(superuser_url, ada, MONTH)
    answer = await ada.post("/chat", json={"message": "Hello"})
    assert (answer.status_code, answer.json()["code"]) == (403, "quota_exceeded")
    async with connected(service, ada) as device:
        await device.send(home("r"))
        refused = await device.refused("quota_exceeded")
        assert refused["request_id"] == "r"
    assert model.requests == []
    assert (await ada.get("/chat/r")).status_code == 404


async def test_a_month_that_ends_in_the_middle_of_a_turn_ends_it_clearly(
    service: LiveService, model: ScriptedModel, superuser_url: str
) -> None:
    ada = await service.person()
    await spend(superuser_url, ada, MONTH - 20_000)
    order, step, report, answer = delegated("task_agent", call("list_tasks"))
    model.script(using(order, 30_000, 10), step, report, answer)
    async with connected(service, ada) as device:
        await device.send(home("r"))
        end = (await until_end(device, "r"))[-1]
        assert (end["status"], end["error"]["code"]) == ("failed", "quota_exceeded")
    assert len(model.requests) == 1
    assert await spent(superuser_url, ada) == (MONTH + 10_000, 10, 1)


async def test_twenty_turns_at_once_do_not_overspend(
    settings: Settings, model: ScriptedModel, superuser_url: str
) -> None:
    model.answer = lambda _body: using(drip("Yes of course", every_s=0.05), 4_000, 96)
    async with served(settings, model, turns=TurnLimits(turns_at_once=20)) as service:
        ada = await service.person()
        await spend(superuser_url, ada, MONTH - 30_000)
        answers = await asyncio.gather(*(ada.post("/chat", json={"message": "Hello"}) for _ in range(20)))
        codes = sorted(answer.status_code for answer in answers)
        assert set(codes) == {200, 403}
        served_turns = codes.count(200)
        tokens_in, tokens_out, _ = await spent(superuser_url, ada)
    assert tokens_in + tokens_out == MONTH - 30_000 + served_turns * 4_096
    assert tokens_in + tokens_out <= MONTH
    assert len(model.requests) == served_turns


async def test_tokens_of_a_turn_whose_thread_is_deleted_count_all_the_same(
    service: LiveService, model: ScriptedModel, superuser_url: str
) -> None:
    ada = await service.person()
    model.script(using(drip("a b c d e f g h", every_s=0.05), 700, 7))
    async with connected(service, ada) as device:
        await device.send(home("r"))
        start = await device.next()
        assert (await device.next())["type"] == "stream_text"
        assert (await ada.delete(f"/threads/{start['thread_id']}")).status_code == 204
        end = (await until_end(device, "r"))[-1]
    assert end["status"] != "completed"
    assert sum((await spent(superuser_url, ada))[:2]) == sum(end["usage"].values()) > 0
