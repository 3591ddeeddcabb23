"""Several processes have a copy of a turn that waits: one of them goes on with it, and no turn waits for the dead."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.config import Settings
from app.threads.leases import LEASE
from tests.assistant.serving import assistant_of, kill, served
from tests.assistant.talking import Desktop, ScriptedModel, call, delegated, desktop
from tests.assistant.test_lost_devices import ended
from tests.conftest import make_settings
from tests.devices.live import LiveService
from tests.factories.people import Person

pytestmark = pytest.mark.faults  # slow, and of what changes rarely: make faults


@pytest.fixture
def base(fresh_database_url: str, tmp_path: Path) -> Settings:
    """A database that outlives its services."""
    return make_settings(fresh_database_url, tmp_path / "own")


@asynccontextmanager
async def asked(service: LiveService, model: ScriptedModel, tmp_path: Path, *titles: str) -> AsyncIterator[Desktop]:
    """Somebody whose turn "r" wants to create these tasks, and waits for the yes to the first."""
    async with desktop(service, tmp_path / "ada") as ada:
        await ada.person.request(
            "PUT", "/chat/approval-policy", json={"insert": "ask", "update": "ask", "delete": "ask"}
        )
        creations = [call("create_task", title=title) for title in titles]
        model.script(*delegated("task_agent", *creations, answer="It is done."))
        ada.device.ask("Create them", request_id="r")
        await ada.heard(lambda frame: frame["type"] == "approval_request")
        yield ada


async def open_approval(person: Person, not_id: str = "") -> str:
    async with asyncio.timeout(10):
        while True:
            ids = [each["id"] for each in (await person.get("/approvals")).json()["items"] if each["id"] != not_id]
            if ids:
                return str(ids[0])
            await asyncio.sleep(0.02)


async def answer(service: LiveService, person: Person, approval_id: str, decision: str) -> None:
    person.http = service.http
    told = await person.post(f"/approvals/{approval_id}", json={"decision": decision})
    assert told.status_code == 200, told.text


async def until(service: LiveService, *, turns: int) -> None:
    async with asyncio.timeout(10):
        while len(assistant_of(service).live) != turns:  # noqa: ASYNC110 - it is up to the service's own tasks
            await asyncio.sleep(0.02)


def usage(superuser_url: str) -> list[Any]:
    with psycopg.connect(superuser_url) as connection:
        return connection.execute("SELECT input_tokens, output_tokens, turns FROM token_usage").fetchall()


async def test_a_copy_from_before_a_later_wait_repeats_nothing_and_says_nothing(
    base: Settings, model: ScriptedModel, tmp_path: Path, fresh_superuser_url: str
) -> None:
    async with served(base, model) as first, asked(first, model, tmp_path, "One", "Two") as ada:
        await kill(first)
        async with served(base, model, port=first.port) as here, served(base, model) as there:
            person = ada.person
            await ada.heard(lambda frame: frame["type"] == "device_ready" and frame["resumed"] == ["r"])
            person.http = here.http
            one = await open_approval(person)
            await answer(here, person, one, "approve")
            two = await open_approval(person, not_id=one)
            assert [row["title"] for row in ada.rows("tasks")] == ["One"]
            before = usage(fresh_superuser_url)
            (copy,) = assistant_of(there).live
            await answer(there, person, two, "approve")
            await until(there, turns=0)
            assert not copy.stream.has_ended
            assert assistant_of(there).stream(copy.run.user_id, "r") is None
            assert usage(fresh_superuser_url) == before
            assert (await person.get("/chat/r")).json()["status"] == "waiting"
            assistant_of(here)._services.waits._news[copy.run.id].set()  # it has looked, as it does every now and then
            await ended(person, "r")
            assert sorted(row["title"] for row in ada.rows("tasks")) == ["One", "Two"]
            await ada.heard(lambda frame: frame["type"] == "stream_end")
            ada.of("r").check()


async def test_a_copy_that_is_cancelled_too_late_changes_nothing(
    base: Settings, model: ScriptedModel, tmp_path: Path, fresh_superuser_url: str
) -> None:
    async with served(base, model) as here, asked(here, model, tmp_path, "One") as ada, served(base, model) as there:
        person = ada.person
        (copy,) = assistant_of(there).live
        await answer(here, person, await open_approval(person), "approve")
        assert (await ended(person, "r"))["status"] == "completed"
        before = usage(fresh_superuser_url)
        person.http = there.http
        await person.post("/chat/r/cancel")
        await until(there, turns=0)
        assert not copy.stream.has_ended
        assert usage(fresh_superuser_url) == before
        assert (await person.get("/chat/r")).json()["status"] == "completed"


async def test_a_cancel_at_either_process_ends_a_turn_that_waits_once(
    base: Settings, model: ScriptedModel, tmp_path: Path, fresh_superuser_url: str
) -> None:
    async with served(base, model) as here, asked(here, model, tmp_path, "One") as ada, served(base, model) as there:
        person = ada.person
        person.http = there.http
        assert (await person.post("/chat/r/cancel")).json()["cancelled"]
        assert (await ended(person, "r"))["status"] == "cancelled"
        await until(here, turns=0)
        await until(there, turns=0)
        assert usage(fresh_superuser_url)[0][2] == 1


@pytest.mark.parametrize("is_killed", [True, False])
async def test_what_a_process_waited_for_goes_on_in_one_that_lives(
    base: Settings, model: ScriptedModel, tmp_path: Path, *, is_killed: bool
) -> None:
    async with served(base, model) as there, served(base, model) as here, asked(here, model, tmp_path, "One") as ada:
        approval = await open_approval(ada.person)
        if is_killed:
            await kill(here)
            assert assistant_of(there).live == []
            there.clock.move(seconds=LEASE.total_seconds() + 1)
        else:
            assert here.stop is not None
            await here.stop()
        await until(there, turns=1)
        await answer(there, ada.person, approval, "reject")
        turn = await ended(ada.person, "r")
        assert (turn["status"], turn["response"]) == ("completed", "It is done.")


async def test_a_cancel_is_kept_for_whoever_takes_the_turn_up(
    base: Settings, model: ScriptedModel, tmp_path: Path
) -> None:
    async with served(base, model) as there, served(base, model) as here, asked(here, model, tmp_path, "One") as ada:
        await kill(here)
        ada.person.http = there.http
        assert (await ada.person.post("/chat/r/cancel")).json()["cancelled"]
        there.clock.move(seconds=LEASE.total_seconds() + 1)
        assert (await ended(ada.person, "r"))["status"] == "cancelled"
        assert (await ada.person.get("/approvals")).json()["items"] == []


async def test_a_turn_that_is_taken_up_after_a_kill_is_held_from_then_on(
    base: Settings, model: ScriptedModel, tmp_path: Path
) -> None:
    async with served(base, model) as first, asked(first, model, tmp_path, "One") as ada:
        await kill(first)
        async with served(base, model, port=first.port) as again:
            await ada.heard(lambda frame: frame["type"] == "device_ready" and frame["resumed"] == ["r"])
            (turn,) = assistant_of(again).live
            hold = turn.hold
            assert hold.is_copy, "the lease of the process that was killed is not over"
            again.clock.move(seconds=LEASE.total_seconds() + 1)
            async with asyncio.timeout(10):
                while turn.hold.is_copy:  # noqa: ASYNC110 - it is up to the service's own tasks
                    await asyncio.sleep(0.02)
            assert [each.run.id for each in assistant_of(again).live] == [turn.run.id]
            ada.person.http = again.http
            await answer(again, ada.person, await open_approval(ada.person), "approve")
            await ada.heard(lambda frame: frame["type"] == "stream_end")
            ada.of("r").check()
            assert [row["title"] for row in ada.rows("tasks")] == ["One"]


async def test_a_service_starts_although_the_key_of_a_turn_that_waits_is_gone(
    base: Settings, model: ScriptedModel, tmp_path: Path, fresh_superuser_url: str
) -> None:
    async with served(base, model) as first, asked(first, model, tmp_path, "One") as ada:
        user_id = await ada.person.id()
        await kill(first)
        with psycopg.connect(fresh_superuser_url) as connection:
            connection.execute("DELETE FROM user_keys WHERE user_id = %s", [user_id])
        async with served(base, model) as again:
            again.clock.move(seconds=LEASE.total_seconds() + 1)
            await assistant_of(again).take_up(are_left=True)
            assert assistant_of(again).live == []
        with psycopg.connect(fresh_superuser_url) as connection:
            assert connection.execute("SELECT status FROM runs").fetchall() == [("waiting",)]
