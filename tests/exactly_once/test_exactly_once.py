"""A change takes effect exactly once, whatever breaks in between: shown by a state machine over the real service, a real
Postgres and a real SQLite device. The same machine fails as soon as one of the two things that make it hold is taken out."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from app.devices.frames import ToolCall
from app.devices.ledger import Ledger
from tests.conftest import make_settings
from tests.exactly_once.machine import ExactlyOnce, Ground
from tests.exactly_once.world import Loop, Served

SLOW_CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
A_LOOK = settings(max_examples=5, stateful_step_count=25, deadline=None, suppress_health_check=SLOW_CHECKS)
A_LONG_LOOK = settings(A_LOOK, max_examples=60, stateful_step_count=60)

# A service that is killed closes nothing.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def ground(
    fresh_database_url: str, fresh_superuser_url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    loop = Loop()
    served = Served(make_settings(fresh_database_url, tmp_path))
    loop.run(served.start())
    http = httpx.AsyncClient(base_url=f"{served.url}/api/v1", timeout=30)
    try:
        yield Ground(loop, served, http, fresh_superuser_url, tmp_path_factory.mktemp("homes"))
    finally:
        loop.run(http.aclose())
        loop.run(served.stop())
        loop.close()


def _machine(ground: Ground, **changes: Any) -> type[ExactlyOnce]:
    return type("Machine", (ExactlyOnce,), {"ground": ground, **changes})


def test_every_change_takes_effect_once_or_not_at_all_as_its_asker_was_told(ground: Ground) -> None:
    run_state_machine_as_test(_machine(ground), settings=A_LOOK)


@pytest.mark.faults
def test_and_so_it_does_over_many_more_accidents(ground: Ground) -> None:
    run_state_machine_as_test(_machine(ground), settings=A_LONG_LOOK)


def the_answer_is_lost(machine: ExactlyOnce) -> None:
    machine.it_is_cut_after_the_effect(times=1)
    machine.insert()
    machine.wait_for_the_answers()


def the_service_is_killed_while_it_waits(machine: ExactlyOnce) -> None:
    machine.the_device_is_slow(seconds=0.7)
    machine.insert()
    machine.wait_for_the_effect()
    machine.the_service_is_killed_and_started()


PATHS = [the_answer_is_lost, the_service_is_killed_while_it_waits]


def _walk(machine: type[ExactlyOnce], path: Callable[[ExactlyOnce], None]) -> None:
    """One way through the machine, chosen by hand."""
    walked = machine()
    walked.both_are_online()
    path(walked)
    walked.teardown()


@pytest.mark.parametrize("path", PATHS)
def test_these_accidents_do_no_harm(ground: Ground, path: Callable[[ExactlyOnce], None]) -> None:
    _walk(_machine(ground), path)


def test_without_the_journal_a_lost_answer_doubles_the_effect(ground: Ground) -> None:
    with pytest.raises(AssertionError, match="took effect more than once"):
        _walk(_machine(ground, journal="taken out"), the_answer_is_lost)


def test_without_the_commit_before_the_frame_leaves_a_kill_leaves_an_effect_nobody_knows_of(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_time = Ledger.open

    async def later(self: Ledger, user_id: UUID, device_id: str, frame: ToolCall) -> None:
        async def write() -> None:
            await asyncio.sleep(10)
            await in_time(self, user_id, device_id, frame)

        writing.add(asyncio.create_task(write()))

    writing: set[asyncio.Task[None]] = set()
    monkeypatch.setattr(Ledger, "open", later)
    with pytest.raises(AssertionError, match="not in the ledger"):
        _walk(_machine(ground), the_service_is_killed_while_it_waits)
    for task in writing:
        task.get_loop().call_soon_threadsafe(task.cancel)
