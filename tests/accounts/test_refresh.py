import asyncio
from collections import Counter

import httpx

from tests.conftest import Service
from tests.factories.administrators import audited
from tests.factories.people import Person


async def refreshed(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/auth/refresh", json={"refresh_token": token})


async def pair(http: httpx.AsyncClient, token: str) -> tuple[str, str]:
    """(access token, refresh token)"""
    answer = await refreshed(http, token)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"], answer.json()["refresh_token"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def works(http: httpx.AsyncClient, access_token: str) -> bool:
    answer = await http.get("/auth/me", headers={"Authorization": f"Bearer {access_token}"})
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def test_a_refresh_token_buys_a_new_pair_of_the_same_session(http: httpx.AsyncClient, ada: Person) -> None:
    access, refresh = await pair(http, ada.refresh_token)
    assert refresh != ada.refresh_token
    assert await works(http, access)
    sessions = (await ada.get("/auth/sessions")).json()
    assert sessions["total"] == 1


async def test_the_answer_is_like_that_of_a_sign_in(http: httpx.AsyncClient, ada: Person, service: Service) -> None:
    tokens = (await refreshed(http, ada.refresh_token)).json()
    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_at"}
    assert tokens["token_type"] == "bearer"
    assert abs(tokens["expires_at"] / 1000 - service.clock.now().timestamp() - 15 * 60) < 5


async def test_a_chain_of_refreshes_keeps_one_signed_in_for_months(service: Service, ada: Person) -> None:
    token = ada.refresh_token
    for _ in range(4):
        service.clock.move(days=29)
        access, token = await pair(service.http, token)
    assert await works(service.http, access)


async def test_a_replay_signs_the_whole_family_out_and_is_on_record(
    service: Service, ada: Person, admin: Person
) -> None:
    user_id = await ada.id()
    session_id = (await ada.get("/auth/sessions")).json()["items"][0]["id"]
    access, second = await pair(service.http, ada.refresh_token)
    _, third = await pair(service.http, second)
    assert refusal(await refreshed(service.http, ada.refresh_token)) == (401, "token_reused")
    ended = await refreshed(service.http, third)
    assert refusal(ended) == (401, "invalid_token")
    assert "expired" not in ended.json()["detail"]
    assert not await works(service.http, access)
    assert not await works(service.http, ada.access_token)
    [entry] = await audited(admin, user_id, "token_reused")
    assert (entry["actor_id"], entry["facts"]) == (None, {"session_id": session_id})


async def test_a_replay_leaves_the_user_s_other_sessions_alone(http: httpx.AsyncClient, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    _, second = await pair(http, ada.refresh_token)
    await pair(http, second)
    assert refusal(await refreshed(http, ada.refresh_token)) == (401, "token_reused")
    assert await works(http, elsewhere.access_token)
    await pair(http, elsewhere.refresh_token)


async def test_refreshing_one_session_does_not_spend_the_tokens_of_another(
    service: Service, ada: Person, bob: Person
) -> None:
    elsewhere, third = await ada.sign_in_again(), await ada.sign_in_again()
    await pair(service.http, ada.refresh_token)
    service.clock.move(minutes=5)
    for session in (elsewhere, third, bob):
        access, _ = await pair(service.http, session.refresh_token)
        assert await works(service.http, access)


async def test_a_lost_answer_is_forgiven_within_thirty_seconds(service: Service, ada: Person) -> None:
    await pair(service.http, ada.refresh_token)
    service.clock.move(seconds=14)
    await pair(service.http, ada.refresh_token)
    service.clock.move(seconds=14)
    access, refresh = await pair(service.http, ada.refresh_token)
    assert await works(service.http, access)
    await pair(service.http, refresh)


async def test_it_is_not_forgiven_after_thirty_seconds(service: Service, ada: Person) -> None:
    _, second = await pair(service.http, ada.refresh_token)
    service.clock.move(seconds=31)
    assert refusal(await refreshed(service.http, ada.refresh_token)) == (401, "token_reused")
    assert refusal(await refreshed(service.http, second)) == (401, "invalid_token")


async def test_using_the_grace_does_not_prolong_it(service: Service, ada: Person) -> None:
    await pair(service.http, ada.refresh_token)
    service.clock.move(seconds=20)
    await pair(service.http, ada.refresh_token)
    service.clock.move(seconds=20)
    assert refusal(await refreshed(service.http, ada.refresh_token)) == (401, "token_reused")


async def test_it_is_not_forgiven_once_the_successor_was_used(http: httpx.AsyncClient, ada: Person) -> None:
    _, second = await pair(http, ada.refresh_token)
    await pair(http, second)
    assert refusal(await refreshed(http, ada.refresh_token)) == (401, "token_reused")


async def test_of_two_pairs_given_for_one_token_the_first_used_wins(http: httpx.AsyncClient, ada: Person) -> None:
    _, one = await pair(http, ada.refresh_token)
    _, other = await pair(http, ada.refresh_token)
    await pair(http, other)
    assert refusal(await refreshed(http, one)) == (401, "token_reused")


async def test_twenty_refreshes_of_one_token_at_once_leave_exactly_one_valid_family(
    http: httpx.AsyncClient, ada: Person
) -> None:
    answers = await asyncio.gather(*(refreshed(http, ada.refresh_token) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 20}  # all within the grace
    assert (await ada.get("/auth/sessions")).json()["total"] == 1
    used, *others = [answer.json()["refresh_token"] for answer in answers]
    _, later = await pair(http, used)
    access, later = await pair(http, later)
    assert await works(http, access)
    # All of them are one family: a copy that turns up afterwards ends it.
    assert refusal(await refreshed(http, others[-1])) == (401, "token_reused")
    assert refusal(await refreshed(http, later)) == (401, "invalid_token")


async def test_of_twenty_pairs_used_at_once_one_gets_through(http: httpx.AsyncClient, ada: Person) -> None:
    siblings = [(await pair(http, ada.refresh_token))[1] for _ in range(20)]
    answers = await asyncio.gather(*(refreshed(http, sibling) for sibling in siblings))
    codes = Counter("ok" if answer.status_code == 200 else answer.json()["code"] for answer in answers)
    assert codes == {"ok": 1, "token_reused": 1, "invalid_token": 18}
    assert not await works(http, ada.access_token)


async def test_a_refresh_token_lives_thirty_days(service: Service, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    service.clock.move(days=30, minutes=-1)
    await pair(service.http, ada.refresh_token)
    service.clock.move(minutes=2)
    assert refusal(await refreshed(service.http, elsewhere.refresh_token)) == (401, "invalid_token")


async def test_an_ended_session_cannot_be_refreshed(http: httpx.AsyncClient, ada: Person) -> None:
    await ada.post("/auth/logout", json={"refresh_token": ada.refresh_token})
    assert refusal(await refreshed(http, ada.refresh_token)) == (401, "invalid_token")


async def test_a_disabled_account_cannot_be_refreshed(http: httpx.AsyncClient, ada: Person, admin: Person) -> None:
    await admin.request("PATCH", f"/admin/users/{await ada.id()}", json={"disabled": True})
    assert refusal(await refreshed(http, ada.refresh_token)) == (401, "invalid_token")


async def test_nonsense_buys_nothing(http: httpx.AsyncClient, ada: Person) -> None:
    for token in ("x", ada.refresh_token[:-1], ada.refresh_token + "A", ada.access_token[:500], "é" * 100):
        assert refusal(await refreshed(http, token)) == (401, "invalid_token")
    assert (await refreshed(http, "")).status_code == 422
    assert (await refreshed(http, "x" * 513)).status_code == 422
