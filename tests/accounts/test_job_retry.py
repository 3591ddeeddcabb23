"""`Idempotency-Key`, on the route that has it: an administrator puts failed background work back in line."""

import asyncio
from collections import Counter

import httpx
import psycopg
import pytest

from tests.conftest import Service
from tests.factories.administrators import administrator, audited
from tests.factories.people import Person


@pytest.fixture
async def admin(own_service_at_rest: Service) -> Person:
    return await administrator(own_service_at_rest)


def failed_job(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, status, attempts, failure)"
            " VALUES ('accounts.send_notice', 'default', 'failed', 8, 'OSError') RETURNING id"
        ).fetchone()
    assert row is not None
    return int(row[0])


def state(url: str, job_id: int) -> tuple[str, int]:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", [job_id]
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def fail_again(url: str, job_id: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job_id])


async def retry(admin: Person, job_id: int, key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await admin.post(f"/admin/jobs/{job_id}/retry", headers=headers)


async def test_a_failed_job_is_put_back_in_line(admin: Person, fresh_superuser_url: str) -> None:
    job_id = failed_job(fresh_superuser_url)
    answer = await retry(admin, job_id)
    assert (answer.status_code, answer.json()) == (200, {"id": job_id, "status": "waiting"})
    assert state(fresh_superuser_url, job_id) == ("todo", 0)
    [entry] = await audited(admin, await admin.id(), "job_retried")
    assert entry["facts"] == {"job_id": job_id}
    again = await retry(admin, job_id)
    assert (again.status_code, again.json()["code"]) == (409, "job_not_failed")


async def test_the_same_key_gives_the_same_answer_and_does_nothing_more(
    admin: Person, fresh_superuser_url: str
) -> None:
    job_id = failed_job(fresh_superuser_url)
    first = await retry(admin, job_id, "once")
    fail_again(fresh_superuser_url, job_id)
    second = await retry(admin, job_id, "once")
    assert (second.status_code, second.content) == (first.status_code, first.content) == (200, first.content)
    assert state(fresh_superuser_url, job_id)[0] == "failed"
    assert len(await audited(admin, await admin.id(), "job_retried")) == 1
    assert (await retry(admin, job_id, "another key")).status_code == 200


async def test_a_key_belongs_to_one_request(admin: Person, fresh_superuser_url: str) -> None:
    one, other = failed_job(fresh_superuser_url), failed_job(fresh_superuser_url)
    await retry(admin, one, "once")
    answer = await retry(admin, other, "once")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert state(fresh_superuser_url, other)[0] == "failed"


async def test_a_key_belongs_to_one_person(
    own_service_at_rest: Service, admin: Person, fresh_superuser_url: str
) -> None:
    one, other = failed_job(fresh_superuser_url), failed_job(fresh_superuser_url)
    colleague = await administrator(own_service_at_rest)
    assert (await retry(admin, one, "once")).status_code == 200
    assert (await retry(colleague, other, "once")).status_code == 200


async def test_twenty_at_once_run_once_and_get_one_answer(admin: Person, fresh_superuser_url: str) -> None:
    job_id = failed_job(fresh_superuser_url)
    answers = await asyncio.gather(*(retry(admin, job_id, "once") for _ in range(20)))
    assert Counter((answer.status_code, answer.content) for answer in answers).total() == 20
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(await audited(admin, await admin.id(), "job_retried")) == 1


async def test_a_request_that_failed_can_be_made_again_with_its_key(admin: Person, fresh_superuser_url: str) -> None:
    job_id = failed_job(fresh_superuser_url)
    await retry(admin, job_id)
    assert (await retry(admin, job_id, "once")).status_code == 409
    fail_again(fresh_superuser_url, job_id)
    assert (await retry(admin, job_id, "once")).status_code == 200


async def test_a_key_is_kept_for_a_day(own_service_at_rest: Service, admin: Person, fresh_superuser_url: str) -> None:
    job_id = failed_job(fresh_superuser_url)
    await retry(admin, job_id, "once")
    fail_again(fresh_superuser_url, job_id)
    own_service_at_rest.clock.move(hours=25)
    later = await admin.sign_in_again()
    assert (await retry(later, job_id, "once")).status_code == 200
    assert state(fresh_superuser_url, job_id)[0] == "todo"


async def test_neither_key_nor_answer_is_stored_in_clear(admin: Person, fresh_superuser_url: str) -> None:
    await retry(admin, failed_job(fresh_superuser_url), "a telling key")
    with psycopg.connect(fresh_superuser_url) as connection:
        [row] = connection.execute("SELECT key_hash, request_hash, body FROM kept_answers").fetchall()
    assert not any(b"telling" in bytes(value) or b"waiting" in bytes(value) for value in row)


async def test_what_is_no_job_is_not_found(admin: Person) -> None:
    assert (await retry(admin, 10**15)).json()["code"] == "not_found"
    for wrong in (0, -1, 2**63):
        assert (await retry(admin, wrong)).status_code == 422
    assert (await retry(admin, 1, "x" * 256)).status_code == 422
