import asyncio

import httpx

from tests.conftest import Service
from tests.factories.administrators import audited
from tests.factories.mailbox import link_in, mail_to, secret_in
from tests.factories.people import PASSWORD, Person

NEW = "another long password"


async def change(person: Person, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    return await person.post("/auth/password", json={"current": current, "new": new})


async def can_sign_in(person: Person, password: str) -> bool:
    body = {"email": person.email, "password": password}
    answer = await person.http.post("/auth/login", json=body)
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def test_the_new_password_works_and_the_old_does_not(ada: Person) -> None:
    assert (await change(ada)).status_code == 204
    assert await can_sign_in(ada, NEW)
    assert not await can_sign_in(ada, PASSWORD)


async def test_it_signs_the_other_sessions_out_and_keeps_this_one(http: httpx.AsyncClient, ada: Person) -> None:
    others = [await ada.sign_in_again() for _ in range(2)]
    await change(ada)
    for other in others:
        assert (await other.get("/auth/me")).status_code == 401
        refreshed = await http.post("/auth/refresh", json={"refresh_token": other.refresh_token})
        assert refreshed.status_code == 401
    assert (await ada.get("/auth/me")).status_code == 200
    assert (await http.post("/auth/refresh", json={"refresh_token": ada.refresh_token})).status_code == 200


async def test_the_wrong_password_changes_nothing(ada: Person) -> None:
    other = await ada.sign_in_again()
    answer = await change(ada, current="a guess")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert await can_sign_in(ada, PASSWORD)
    assert (await other.get("/auth/me")).status_code == 200


async def test_a_bad_new_password_is_named(ada: Person) -> None:
    for bad in ("short", "password", "x" * 1025):
        answer = await change(ada, new=bad)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
        assert [error["field"] for error in answer.json()["errors"]] == ["body.new"]
    assert await can_sign_in(ada, PASSWORD)


async def test_it_is_told_by_mail_and_on_record(service: Service, ada: Person, admin: Person) -> None:
    await ada.sign_in_again()
    await change(ada)
    user_id = await ada.id()
    notice = await mail_to(service, ada.email, "Your password was changed")
    assert NEW not in notice.get_content()
    [entry] = await audited(admin, user_id, "password_changed")
    assert (entry["actor_id"], entry["facts"]) == (user_id, {"sessions_ended": 1})


async def test_a_link_mailed_before_sets_no_password_after(service: Service, ada: Person) -> None:
    """Whoever changes the password because a mailbox is no longer theirs alone must be able to rely on it."""
    await ada.http.post("/auth/password/forgot", json={"email": ada.email})
    link = secret_in(await mail_to(service, ada.email, "Set a new password"))
    await change(ada)
    answer = await ada.http.post("/auth/password/reset", json={"token": link, "password": "a third long password"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_link")


async def test_a_change_of_address_asked_for_before_is_off(service: Service, ada: Person) -> None:
    """The mail that tells the owner of it says: change your password. Then that must stop it."""
    thief = await ada.sign_in_again()
    theirs = f"thief-{ada.email}"
    await thief.post("/auth/email", json={"email": theirs, "password": PASSWORD})
    link = secret_in(await mail_to(service, theirs, "Confirm your new e-mail address"))
    await change(ada)
    answer = await ada.http.post("/auth/email/verify", json={"token": link})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_link")
    assert (await ada.get("/auth/me")).json()["email"] == ada.email


async def test_the_first_address_can_still_be_confirmed_after_it(service: Service, ada: Person) -> None:
    welcome = await mail_to(service, ada.email, "Confirm your e-mail address")
    assert "/verify-email#" in link_in(welcome)
    await change(ada)
    assert (await ada.http.post("/auth/email/verify", json={"token": secret_in(welcome)})).status_code == 204


async def test_of_two_changes_at_once_one_wins(ada: Person) -> None:
    answers = await asyncio.gather(*(change(ada, new=f"password number {number}") for number in range(4)))
    winners = [number for number, answer in enumerate(answers) if answer.status_code == 204]
    assert len(winners) == 1
    assert {answer.status_code for answer in answers} == {204, 401}
    assert await can_sign_in(ada, f"password number {winners[0]}")
