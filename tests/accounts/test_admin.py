import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Service
from tests.factories.administrators import administrator, audited
from tests.factories.people import PASSWORD, Person


async def patch(admin: Person, user_id: str, **change: Any) -> Any:
    return await admin.request("PATCH", f"/admin/users/{user_id}", json=change)


async def found(admin: Person, q: str, **more: int) -> dict[str, Any]:
    answer = await admin.get("/admin/users", params={"q": q, **more})
    assert answer.status_code == 200
    page: dict[str, Any] = answer.json()
    return page


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/users"),
        ("GET", f"/admin/users/{'0' * 8}-0000-0000-0000-{'0' * 12}"),
        ("PATCH", f"/admin/users/{'0' * 8}-0000-0000-0000-{'0' * 12}"),
        ("GET", "/admin/jobs"),
        ("POST", "/admin/jobs/1/retry"),
        ("GET", "/admin/audit"),
    ],
)
async def test_it_is_for_administrators_only(ada: Person, method: str, path: str) -> None:
    answer = await ada.request(method, path, json={} if method == "PATCH" else None)
    assert (answer.status_code, answer.json()["code"]) == (403, "admin_only")
    assert (await ada.http.request(method, path)).status_code == 401


async def test_nobody_makes_themselves_an_administrator(ada: Person) -> None:
    answer = await patch(ada, await ada.id(), is_admin=True)
    assert answer.status_code == 403
    assert (await ada.get("/auth/me")).json()["is_admin"] is False


async def test_accounts_are_found_by_part_of_the_address_or_by_id(admin: Person, ada: Person, bob: Person) -> None:
    user_id = await ada.id()
    for q in (ada.email, ada.email[3:-6].upper(), user_id):
        page = await found(admin, q)
        assert ([user["id"] for user in page["items"]], page["total"]) == ([user_id], 1)
    assert (await found(admin, str(uuid4())))["items"] == []


@pytest.mark.parametrize("q", ["%", "_", "\\", "' OR 1=1 --", "100%_", "ä"])
async def test_what_is_sought_is_taken_literally(admin: Person, ada: Person, q: str) -> None:
    assert (await found(admin, q))["items"] == []


async def test_the_newest_come_first_and_in_pages(service: Service, admin: Person) -> None:
    mark = uuid4().hex[:10]
    people = []
    for number in range(3):
        people.append(await service.person(email=f"{mark}-{number}@example.com"))
        service.clock.move(seconds=1)
    first, second = await found(admin, mark, limit=2), await found(admin, mark, limit=2, page=2)
    emails = [user["email"] for user in first["items"] + second["items"]]
    assert emails == [person.email for person in reversed(people)]
    assert (first["total"], first["page"], second["page"], second["limit"]) == (3, 1, 2, 2)


async def test_paging_has_its_limits(admin: Person) -> None:
    for wrong in ({"page": 0}, {"limit": 0}, {"limit": 201}, {"page": "x"}, {"page": 10**12}):
        assert (await admin.get("/admin/users", params=wrong)).status_code == 422


async def test_an_administrator_sees_the_profile_and_no_content(admin: Person, ada: Person) -> None:
    answer = await admin.get(f"/admin/users/{await ada.id()}")
    fields = {"id", "email", "tier", "is_admin", "created_at", "email_verified", "disabled"}
    assert answer.json().keys() == fields
    assert (await admin.get(f"/admin/users/{uuid4()}")).json()["code"] == "not_found"


async def test_fields_left_out_or_null_stay_as_they_are(admin: Person, ada: Person) -> None:
    user_id = await ada.id()
    assert (await patch(admin, user_id, tier="pro")).json()["tier"] == "pro"
    assert (await patch(admin, user_id, tier=None, is_admin=None)).json()["tier"] == "pro"
    assert (await patch(admin, user_id)).json()["tier"] == "pro"
    assert (await ada.get("/auth/me")).json()["tier"] == "pro"  # read from the database, not from the token


@pytest.mark.parametrize(
    "wrong", [{"tier": "gold"}, {"email": "x@example.com"}, {"disabled": "perhaps"}, {"disabled": 1}, {"is_admin": []}]
)
async def test_other_changes_are_refused(admin: Person, ada: Person, wrong: dict[str, Any]) -> None:
    assert (await patch(admin, await ada.id(), **wrong)).status_code == 422


async def test_disabling_signs_out_everywhere_at_once(admin: Person, ada: Person) -> None:
    elsewhere, user_id = await ada.sign_in_again(), await ada.id()
    assert (await patch(admin, user_id, disabled=True)).json()["disabled"] is True
    for session in (ada, elsewhere):
        assert (await session.get("/auth/me")).status_code == 401
    assert (await patch(admin, user_id, disabled=False)).json()["disabled"] is False
    for session in (ada, elsewhere):
        assert (await session.get("/auth/me")).status_code == 401
    assert (await (await ada.sign_in_again()).get("/auth/me")).status_code == 200


async def test_administrators_come_and_go(admin: Person, ada: Person) -> None:
    user_id = await ada.id()
    await patch(admin, user_id, is_admin=True)
    assert (await ada.get("/admin/users")).status_code == 200
    await patch(admin, user_id, is_admin=False)
    assert (await ada.get("/admin/users")).status_code == 403


@pytest.mark.parametrize("change", [{"disabled": True}, {"is_admin": False}])
async def test_administrators_cannot_lock_themselves_out(admin: Person, change: dict[str, bool]) -> None:
    answer = await patch(admin, await admin.id(), **change)
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")
    assert (await admin.get("/admin/users")).status_code == 200
    assert (await patch(admin, await admin.id(), tier="team", is_admin=True)).status_code == 200


async def test_a_change_is_on_record_with_who_made_it(admin: Person, ada: Person) -> None:
    user_id = await ada.id()
    await patch(admin, user_id, tier="power", disabled=True)
    [entry] = await audited(admin, user_id, "changed_by_admin")
    assert (entry["actor_id"], entry["facts"]) == (await admin.id(), {"tier": "power", "disabled": True})


@pytest.mark.parametrize("nothing", [{}, {"tier": None}])
async def test_what_changes_nothing_is_not_on_record(admin: Person, ada: Person, nothing: dict[str, Any]) -> None:
    user_id = await ada.id()
    assert (await patch(admin, user_id, **nothing)).status_code == 200
    assert await audited(admin, user_id, "changed_by_admin") == []


async def test_disabling_amid_refreshes_breaks_nothing(service: Service, admin: Person, ada: Person) -> None:
    """Both lock the session and the user; in different orders they would wait for each other."""
    user_id, statuses = await ada.id(), set()
    for _ in range(4):
        person = await ada.sign_in_again()

        async def refresh(token: str = person.refresh_token) -> int:
            return (await service.http.post("/auth/refresh", json={"refresh_token": token})).status_code

        answers = await asyncio.gather(
            *(refresh() for _ in range(8)), patch(admin, user_id, disabled=True), *(refresh() for _ in range(8))
        )
        statuses |= {answer if isinstance(answer, int) else answer.status_code for answer in answers}
        await patch(admin, user_id, disabled=False)
    assert statuses <= {200, 401}


async def test_an_account_being_erased_is_not_found(admin: Person, ada: Person) -> None:
    user_id = await ada.id()
    await ada.request("DELETE", "/account", json={"password": PASSWORD})
    assert (await admin.get(f"/admin/users/{user_id}")).status_code == 404
    assert (await patch(admin, user_id, disabled=True)).status_code == 404
    assert (await found(admin, ada.email))["items"] == []


async def test_the_trail_is_listed_newest_first_and_by_account(admin: Person, ada: Person, bob: Person) -> None:
    await ada.sign_in_again()
    user_id = await ada.id()
    entries = await audited(admin, user_id)
    assert [entry["kind"] for entry in entries] == ["signed_in", "registered"]
    assert {entry["user_id"] for entry in entries} == {user_id}
    all_of_them = (await admin.get("/admin/audit", params={"limit": 1, "page": 2})).json()
    assert (all_of_them["total"] > 2, len(all_of_them["items"]), all_of_them["page"]) == (True, 1, 2)
    assert (await admin.get("/admin/audit", params={"user_id": "x"})).status_code == 422


async def test_the_first_administrator_comes_from_the_command_line(service: Service) -> None:
    assert (await (await administrator(service)).get("/auth/me")).json()["is_admin"] is True


async def test_of_two_administrators_who_remove_each_other_one_stays(service: Service) -> None:
    for _ in range(5):
        one, other = await administrator(service), await administrator(service)
        answers = await asyncio.gather(
            patch(one, await other.id(), is_admin=False), patch(other, await one.id(), is_admin=False)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 403]
