import httpx
import pytest

from tests.conftest import Service
from tests.factories.administrators import audited
from tests.factories.mailbox import mail_to, mails_to, secret_in
from tests.factories.people import PASSWORD, Person

WELCOME, NEW_ADDRESS = "Confirm your e-mail address", "Confirm your new e-mail address"


@pytest.fixture
def theirs(ada: Person) -> str:
    """The address Ada moves to."""
    return f"new-{ada.email}"


async def ask(person: Person, address: str, password: str = PASSWORD) -> httpx.Response:
    return await person.post("/auth/email", json={"email": address, "password": password})


async def verify(http: httpx.AsyncClient, secret: str) -> httpx.Response:
    return await http.post("/auth/email/verify", json={"token": secret})


async def profile(person: Person) -> tuple[str, bool]:
    me = (await person.get("/auth/me")).json()
    return me["email"], me["email_verified"]


async def test_the_mail_of_welcome_confirms_the_first_address(service: Service, ada: Person, admin: Person) -> None:
    assert await profile(ada) == (ada.email, False)
    secret = secret_in(await mail_to(service, ada.email, WELCOME))
    answer = await verify(service.http, secret)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await profile(ada) == (ada.email, True)
    assert len(await audited(admin, await ada.id(), "email_verified")) == 1
    assert (await verify(service.http, secret)).json()["code"] == "invalid_link"


async def test_a_first_address_can_be_confirmed_for_three_days(service: Service, ada: Person, bob: Person) -> None:
    of_ada = secret_in(await mail_to(service, ada.email, WELCOME))
    of_bob = secret_in(await mail_to(service, bob.email, WELCOME))
    service.clock.move(days=2, hours=23)
    assert (await verify(service.http, of_ada)).status_code == 204
    service.clock.move(hours=2)
    assert (await verify(service.http, of_bob)).json()["code"] == "invalid_link"


async def test_a_link_mailed_again_replaces_the_one_before(service: Service, ada: Person) -> None:
    first = secret_in(await mail_to(service, ada.email, WELCOME))
    assert (await ada.post("/auth/email/resend")).status_code == 204
    second = secret_in(await mail_to(service, ada.email, WELCOME, nth=2))
    assert (await verify(service.http, first)).json()["code"] == "invalid_link"
    assert (await verify(service.http, second)).status_code == 204


async def test_a_confirmed_address_is_not_asked_again(service: Service, ada: Person) -> None:
    await verify(service.http, secret_in(await mail_to(service, ada.email, WELCOME)))
    answer = await ada.post("/auth/email/resend")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_verified")


async def test_the_new_address_confirms_and_the_old_one_is_told(
    service: Service, ada: Person, admin: Person, theirs: str
) -> None:
    assert (await ask(ada, theirs.upper())).status_code == 204
    told = await mail_to(service, ada.email, "Your e-mail address is about to change")
    assert theirs not in told.get_content()
    link = secret_in(await mail_to(service, theirs, NEW_ADDRESS))
    assert await profile(ada) == (ada.email, False)  # nothing has changed yet
    assert (await verify(service.http, link)).status_code == 204
    assert await profile(ada) == (theirs, True)
    body = {"email": theirs, "password": PASSWORD}
    assert (await service.http.post("/auth/login", json=body)).status_code == 200
    assert (await service.http.post("/auth/login", json=body | {"email": ada.email})).status_code == 401
    assert len(await audited(admin, await ada.id(), "email_changed")) == 1
    assert (await verify(service.http, link)).json()["code"] == "invalid_link"


async def test_the_old_address_is_free_at_once(service: Service, ada: Person, theirs: str) -> None:
    await ask(ada, theirs)
    await verify(service.http, secret_in(await mail_to(service, theirs, NEW_ADDRESS)))
    await service.person(email=ada.email)


async def test_the_wrong_password_changes_nothing(service: Service, ada: Person, theirs: str) -> None:
    answer = await ask(ada, theirs, "a guess")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    await ask(ada, f"other-{theirs}")
    await mail_to(service, f"other-{theirs}", NEW_ADDRESS)
    assert mails_to(service, theirs) == []


async def test_another_s_address_is_taken(ada: Person, bob: Person) -> None:
    for taken in (bob.email, bob.email.upper(), ada.email):
        answer = await ask(ada, taken)
        assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_an_address_taken_meanwhile_stays_with_who_was_faster(service: Service, ada: Person, theirs: str) -> None:
    await ask(ada, theirs)
    link = secret_in(await mail_to(service, theirs, NEW_ADDRESS))
    faster = await service.person(email=theirs)
    answer = await verify(service.http, link)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert (await profile(ada))[0] == ada.email
    assert (await profile(faster))[0] == theirs


async def test_asking_for_another_address_replaces_the_first(service: Service, ada: Person, theirs: str) -> None:
    await ask(ada, theirs)
    older = secret_in(await mail_to(service, theirs, NEW_ADDRESS))
    await ask(ada, f"newer-{theirs}")
    newer = secret_in(await mail_to(service, f"newer-{theirs}", NEW_ADDRESS))
    assert (await verify(service.http, older)).json()["code"] == "invalid_link"
    assert (await verify(service.http, newer)).status_code == 204
    assert await profile(ada) == (f"newer-{theirs}", True)


async def test_a_new_address_can_be_confirmed_for_a_day(service: Service, ada: Person, theirs: str) -> None:
    await ask(ada, theirs)
    link = secret_in(await mail_to(service, theirs, NEW_ADDRESS))
    service.clock.move(hours=25)
    assert (await verify(service.http, link)).json()["code"] == "invalid_link"


async def test_links_to_the_old_address_are_dead_after_a_change(service: Service, ada: Person, theirs: str) -> None:
    await service.http.post("/auth/password/forgot", json={"email": ada.email})
    reset = secret_in(await mail_to(service, ada.email, "Set a new password"))
    welcome = secret_in(await mail_to(service, ada.email, WELCOME))
    await ask(ada, theirs)
    await verify(service.http, secret_in(await mail_to(service, theirs, NEW_ADDRESS)))
    assert (await verify(service.http, welcome)).json()["code"] == "invalid_link"
    body = {"token": reset, "password": "another long password"}
    assert (await service.http.post("/auth/password/reset", json=body)).json()["code"] == "invalid_link"


async def test_what_is_no_address_is_named(ada: Person) -> None:
    answer = await ask(ada, "no address")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.email")


async def test_a_reset_link_confirms_no_address(service: Service, ada: Person) -> None:
    await service.http.post("/auth/password/forgot", json={"email": ada.email})
    secret = secret_in(await mail_to(service, ada.email, "Set a new password"))
    assert (await verify(service.http, secret)).json()["code"] == "invalid_link"
