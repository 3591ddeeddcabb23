"""A change takes effect exactly once, whatever breaks in between: shown by a state machine over the real service, a real
Postgres and a real SQLite device. The same machine fails as soon as one of the two things that make it hold is taken out."""

import asyncio
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from app.devices.frames import ToolCall
from app.devices.ledger import Ledger
from tests.conftest import make_settings
from tests.exactly_once.machine import ExactlyOnce, Ground
from tests.exactly_once.world import Loop, Served

SLOW_CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
A_LOOK = settings(max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=SLOW_CHECKS)
A_LONG_LOOK = settings(A_LOOK, max_examples=60, stateful_step_count=60)
# What it fails on need not be made small.
UNTIL_IT_FAILS = settings(A_LONG_LOOK, phases=[Phase.generate], report_multiple_bugs=False)

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


def _failure_of(machine: type[ExactlyOnce]) -> str:
    """What the machine fails of. Its accidents are real and depend on time: Hypothesis may call the failure flaky, and wrap
    it."""
    try:
        run_state_machine_as_test(machine, settings=UNTIL_IT_FAILS)
    except (AssertionError, ExceptionGroup, Flaky) as failure:
        return "".join(traceback.format_exception(failure))
    return "nothing failed"


def test_every_change_takes_effect_once_or_not_at_all_as_its_asker_was_told(ground: Ground) -> None:
    run_state_machine_as_test(_machine(ground), settings=A_LOOK)


@pytest.mark.faults
def test_and_so_it_does_over_many_more_accidents(ground: Ground) -> None:
    run_state_machine_as_test(_machine(ground), settings=A_LONG_LOOK)


@pytest.mark.faults
def test_without_the_journal_it_does_not_hold(ground: Ground) -> None:
    assert "took effect more than once" in _failure_of(_machine(ground, journal="taken out"))


@pytest.mark.faults
def test_without_the_commit_before_the_frame_leaves_it_does_not_hold(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_time = Ledger.open

    async def later(self: Ledger, user_id: UUID, device_id: str, frame: ToolCall) -> None:
        async def write() -> None:
            await asyncio.sleep(0.02)
            await in_time(self, user_id, device_id, frame)

        writing.add(asyncio.create_task(write()))

    writing: set[asyncio.Task[None]] = set()
    monkeypatch.setattr(Ledger, "open", later)
    assert "ledger" in _failure_of(_machine(ground))
