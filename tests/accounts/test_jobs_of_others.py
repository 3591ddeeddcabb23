"""What the request role can start in the background concerns its own user only, and erases nobody by itself."""

import asyncpg
import pytest

from tests.conftest import Service
from tests.factories.people import Person

ERASE = (
    "SELECT enqueue_job('default', 'accounts.finish_erasure', jsonb_build_object('user_id', $1::text, 'receipt_to', ''),"
    " null, null, 0, null)"
)


async def _as_request_role(url: str, user_id: str) -> "asyncpg.Connection[asyncpg.Record]":
    connection = await asyncpg.connect(url)
    await connection.execute("SET ROLE adiuva_app")
    await connection.execute("SELECT set_config('app.user_id', $1, false)", user_id)
    return connection


async def test_a_transaction_of_one_user_adds_no_job_for_another(ada: Person, bob: Person, database_url: str) -> None:
    connection = await _as_request_role(database_url, await ada.id())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(ERASE, await bob.id())
    await connection.close()


async def test_an_erasure_that_was_never_begun_is_not_finished(
    service: Service, ada: Person, database_url: str
) -> None:
    connection = await _as_request_role(database_url, await ada.id())
    await connection.execute(ERASE, await ada.id())
    await connection.close()
    later = await service.person()  # its mail is sent after that job
    while not any(later.email in mail.read_text() for mail in service.mails()):
        pass_on = await later.get("/auth/me")
        assert pass_on.status_code == 200
    assert (await ada.get("/auth/me")).status_code == 200
