"""How often one may ask: by user and tier, and by address where there is no user yet."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Service
from tests.edge.test_problems import problem_of
from tests.factories.administrators import administrator
from tests.factories.people import Person

NOBODYS = {"refresh_token": "nobody's"}


@pytest.fixture
async def limited(own_service: Callable[..., Any]) -> AsyncIterator[Service]:
    async with own_service(rate_limits="on", with_worker=False) as service:
        yield service


def standing(answer: httpx.Response) -> tuple[int, int]:
    assert abs(int(answer.headers["x-ratelimit-reset"]) - time.time()) < 4000
    return int(answer.headers["x-ratelimit-limit"]), int(answer.headers["x-ratelimit-remaining"])


async def test_a_free_account_may_ask_twenty_times_a_minute(limited: Service) -> None:
    ada = await limited.person()
    answers = [await ada.get("/auth/me") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert [standing(answer) for answer in answers] == [(20, left) for left in range(19, -1, -1)] + [(20, 0)]


async def test_who_is_over_the_limit_is_told_when_to_come_back_and_is_then_served(limited: Service) -> None:
    ada = await limited.person()
    for _ in range(20):
        await ada.get("/auth/me")
    refused = await ada.get("/auth/me")
    problem_of(refused, 429, "rate_limited")
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= 61
    limited.clock.move(seconds=wait)
    assert standing(await ada.get("/auth/me")) == (20, 19)


async def test_a_refused_request_does_not_lengthen_the_wait(limited: Service) -> None:
    ada = await limited.person()
    first, *_ = [await ada.get("/auth/me") for _ in range(25)]
    limited.clock.move(seconds=30)
    later = await ada.get("/auth/me")
    assert later.status_code == 429
    assert later.headers["x-ratelimit-reset"] == first.headers["x-ratelimit-reset"]


async def test_every_answer_to_a_limited_request_says_where_one_stands(limited: Service) -> None:
    ada = await limited.person()
    answers = [
        await ada.get("/auth/me"),
        await ada.delete("/auth/sessions/not-an-id"),
        await ada.delete("/auth/sessions/0d1d0a2c-8c9e-4b2c-9d52-0f2f0a2b7b1c"),
        await ada.get("/admin/users"),
        await ada.get("/auth/sessions", params={"page": 0}),
        await ada.post("/auth/password", json={}),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 404, 403, 422, 422]
    assert [standing(answer) for answer in answers] == [(20, left) for left in range(19, 13, -1)]


@pytest.mark.parametrize(("tier", "limit"), [("free", 20), ("pro", 60), ("power", 120), ("team", 200)])
async def test_the_limit_is_the_tiers_as_soon_as_it_changes(limited: Service, tier: str, limit: int) -> None:
    admin, ada = await administrator(limited), await limited.person()
    assert standing(await ada.get("/auth/me")) == (20, 19)
    changed = await admin.request("PATCH", f"/admin/users/{await ada.id()}", json={"tier": tier})
    assert changed.status_code == 200
    assert standing(await ada.get("/auth/me")) == (limit, limit - 3)


async def test_people_have_limits_of_their_own(limited: Service) -> None:
    ada, bob = await limited.person(), await limited.person()
    for _ in range(21):
        await ada.get("/auth/me")
    assert (await bob.get("/auth/me")).status_code == 200


async def test_a_persons_sessions_and_api_keys_share_one_limit(limited: Service) -> None:
    ada = await limited.person()
    second = await ada.sign_in_again()
    made = await ada.post("/auth/api-keys", json={"name": "script", "scopes": ["read"]})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    assert standing(await second.get("/auth/me")) == (20, 18)
    assert standing(await limited.http.get("/auth/me", headers=key)) == (20, 17)


async def test_turns_have_a_bucket_of_their_own(limited: Service) -> None:
    ada = await limited.person()
    turns = [await ada.post("/chat", json={"message": "Hello"}) for _ in range(21)]
    assert [turn.status_code for turn in turns] == [200] * 20 + [429]
    assert [standing(turn) for turn in turns] == [(20, left) for left in range(19, -1, -1)] + [(20, 0)]
    problem = problem_of(turns[-1], 429, "rate_limited")
    assert problem["detail"] == "That was more than 20 turns in a minute."
    assert (await ada.post("/chat/stream", json={"message": "Hello"})).status_code == 429
    assert standing(await ada.get("/auth/me")) == (20, 19)


async def test_requests_leave_the_turns_alone(limited: Service) -> None:
    ada = await limited.person()
    for _ in range(21):
        await ada.get("/auth/me")
    assert standing(await ada.post("/chat", json={"message": "Hello"})) == (20, 19)
    assert standing(await ada.post("/chat", json={})) == (20, 18)


async def test_a_key_that_may_not_chat_uses_up_no_turns(limited: Service) -> None:
    ada = await limited.person()
    made = await ada.post("/auth/api-keys", json={"name": "script", "scopes": ["read"]})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    for _ in range(25):
        refused = await limited.http.post("/chat", json={"message": "Hello"}, headers=key)
    assert refused.status_code == 429, "they are counted as requests"
    assert standing(await ada.post("/chat", json={"message": "Hello"})) == (20, 19)


async def test_an_address_may_ask_sixty_times_a_minute_over_all_public_routes(limited: Service) -> None:
    routes = [
        ("/auth/refresh", NOBODYS),
        ("/auth/email/verify", {"token": "nobody's"}),
        ("/auth/password/reset", {"token": "nobody's", "password": "long enough to be one"}),
        ("/auth/login", {}),
    ]
    for count in range(60):
        path, body = routes[count % len(routes)]
        answer = await limited.http.post(path, json=body)
        assert answer.status_code in (400, 401, 422)
        assert standing(answer) == (60, 59 - count)
    for path in ("/auth/register", "/auth/password/forgot", *(path for path, _ in routes)):
        refused = await limited.http.post(path, json={})
        problem_of(refused, 429, "rate_limited")
        assert int(refused.headers["retry-after"]) >= 1
    limited.clock.move(seconds=61)
    assert (await limited.http.post("/auth/refresh", json=NOBODYS)).status_code == 401


async def test_public_routes_never_use_a_users_bucket(limited: Service) -> None:
    ada = await limited.person()
    assert standing(await ada.get("/auth/me")) == (20, 19)
    for _ in range(60):
        await ada.post("/auth/refresh", json=NOBODYS)  # even with an access token
    assert (await ada.post("/auth/refresh", json=NOBODYS)).status_code == 429
    assert standing(await ada.get("/auth/me")) == (20, 18)


async def test_a_user_over_the_limit_can_still_sign_in_and_refresh(limited: Service) -> None:
    ada = await limited.person()
    for _ in range(21):
        await ada.get("/auth/me")
    assert (await ada.sign_in_again()).access_token
    assert (await limited.http.post("/auth/refresh", json={"refresh_token": ada.refresh_token})).status_code == 200


async def test_health_and_pages_are_not_limited(limited: Service) -> None:
    for _ in range(70):
        answer = await limited.http.get("/health")
    assert answer.status_code == 200
    assert "x-ratelimit-limit" not in answer.headers


async def test_limits_can_be_off(service: Service) -> None:
    ada = await service.person()
    answers = [await ada.get("/auth/me") for _ in range(25)]
    assert {answer.status_code for answer in answers} == {200}
    assert "x-ratelimit-limit" not in answers[0].headers


async def test_twenty_at_once_are_counted_one_by_one(limited: Service) -> None:
    import asyncio

    ada: Person = await limited.person()
    answers = await asyncio.gather(*(ada.get("/auth/me") for _ in range(30)))
    assert sorted(answer.status_code for answer in answers) == [200] * 20 + [429] * 10
