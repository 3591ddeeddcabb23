from uuid import uuid4

import httpx

from tests.conftest import Service
from tests.factories.administrators import audited
from tests.factories.people import Person


async def sessions(person: Person) -> list[dict[str, object]]:
    page = (await person.get("/auth/sessions")).json()
    assert page["total"] == len(page["items"])
    items: list[dict[str, object]] = page["items"]
    return items


async def current(person: Person) -> str:
    [mine] = [session["id"] for session in await sessions(person) if session["current"]]
    return str(mine)


async def test_the_list_tells_where_one_is_signed_in(ada: Person) -> None:
    elsewhere = await ada.sign_in_again("Adiuva/1.4 (macOS 15)")
    listed = {session["client"]: session for session in await sessions(elsewhere)}
    mac = listed["Adiuva/1.4 (macOS 15)"]
    assert (mac["address"], mac["current"]) == ("127.0.0.1", True)
    assert [session["current"] for session in listed.values()].count(True) == 1


async def test_current_is_the_session_that_asks(ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    assert await current(ada) != await current(elsewhere)


async def test_the_last_used_comes_first(service: Service, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    service.clock.move(minutes=2)
    await ada.get("/auth/me")
    assert [session["current"] for session in await sessions(ada)] == [True, False]
    service.clock.move(minutes=2)
    assert [session["current"] for session in await sessions(elsewhere)] == [True, False]


async def test_last_used_moves_at_most_once_a_minute(service: Service, ada: Person) -> None:
    before = (await sessions(ada))[0]["last_used_at"]
    service.clock.move(seconds=30)
    assert (await sessions(ada))[0]["last_used_at"] == before
    service.clock.move(seconds=40)
    await ada.get("/auth/me")
    after = (await sessions(ada))[0]["last_used_at"]
    assert isinstance(after, int)
    assert isinstance(before, int)
    assert 70_000 <= after - before < 80_000


async def test_a_client_that_names_itself_at_length_is_cut_short(ada: Person) -> None:
    wordy = await ada.sign_in_again("x" * 5000)
    assert [s["client"] for s in await sessions(wordy) if s["current"]] == ["x" * 200]


async def test_signing_out_elsewhere_works_at_once(http: httpx.AsyncClient, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    answer = await ada.delete(f"/auth/sessions/{await current(elsewhere)}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await elsewhere.get("/auth/me")).status_code == 401
    refreshed = await http.post("/auth/refresh", json={"refresh_token": elsewhere.refresh_token})
    assert (refreshed.status_code, refreshed.json()["code"]) == (401, "invalid_token")
    assert (await ada.get("/auth/me")).status_code == 200
    assert len(await sessions(ada)) == 1


async def test_another_s_session_is_like_one_that_does_not_exist(ada: Person, bob: Person) -> None:
    foreign = await ada.delete(f"/auth/sessions/{await current(bob)}")
    unknown = await ada.delete(f"/auth/sessions/{uuid4()}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert foreign.content == unknown.content
    assert (await bob.get("/auth/me")).status_code == 200


async def test_a_session_ends_once(ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    path = f"/auth/sessions/{await current(elsewhere)}"
    assert (await ada.delete(path)).status_code == 204
    assert (await ada.delete(path)).status_code == 404


async def test_an_id_that_is_none_is_malformed(ada: Person) -> None:
    answer = await ada.delete("/auth/sessions/everything")
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_ending_a_session_is_on_record(ada: Person, admin: Person) -> None:
    elsewhere, user_id = await ada.sign_in_again(), await ada.id()
    ended = await current(elsewhere)
    await ada.delete(f"/auth/sessions/{ended}")
    [entry] = await audited(admin, user_id, "session_ended")
    assert (entry["actor_id"], entry["facts"]) == (user_id, {"session_id": ended})


async def test_the_list_comes_in_pages(ada: Person) -> None:
    for _ in range(2):
        await ada.sign_in_again()
    first = (await ada.get("/auth/sessions", params={"limit": 2})).json()
    second = (await ada.get("/auth/sessions", params={"limit": 2, "page": 2})).json()
    assert (first["total"], len(first["items"]), len(second["items"])) == (3, 2, 1)
    assert len({session["id"] for session in first["items"] + second["items"]}) == 3


async def test_signing_out_ends_this_session_and_no_other(http: httpx.AsyncClient, ada: Person, admin: Person) -> None:
    elsewhere, user_id = await ada.sign_in_again(), await ada.id()
    assert (await ada.post("/auth/logout", json={"refresh_token": ada.refresh_token})).status_code == 204
    assert (await ada.get("/auth/me")).status_code == 401
    assert (await elsewhere.get("/auth/me")).status_code == 200
    assert len(await audited(admin, user_id, "signed_out")) == 1


async def test_one_may_sign_another_of_one_s_own_sessions_out(ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    await ada.post("/auth/logout", json={"refresh_token": elsewhere.refresh_token})
    assert (await elsewhere.get("/auth/me")).status_code == 401
    assert (await ada.get("/auth/me")).status_code == 200


async def test_signing_out_with_another_s_or_no_token_changes_nothing_and_looks_alike(ada: Person, bob: Person) -> None:
    for token in (bob.refresh_token, "no such token"):
        answer = await ada.post("/auth/logout", json={"refresh_token": token})
        assert (answer.status_code, answer.content) == (204, b"")
    for person in (ada, bob):
        assert (await person.get("/auth/me")).status_code == 200
