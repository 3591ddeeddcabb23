"""A live service whose language model is scripted, and people with devices."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.assistant.limits import TurnLimits
from app.config import Settings
from app.llm.limits import ModelLimits
from tests.assistant.talking import Desktop, ScriptedModel, desktop, say
from tests.conftest import make_settings
from tests.devices.live import LiveService, live

# For tests of time-outs: the proportions of the service, short enough to be met.
QUICK_MODEL = ModelLimits(connect_s=0.5, first_token_s=0.5, between_tokens_s=0.3, call_s=2.0, pause_s=0.01)
# For all others: a busy machine is no reason to fail.
PATIENT_MODEL = ModelLimits(pause_s=0.01)
ROUTER = "router"

Talking = Callable[..., AbstractAsyncContextManager[LiveService]]


def with_model(model: ScriptedModel) -> dict[str, Any]:
    """The settings that send questions to a scripted model."""
    return {"llm_model": "openai/scripted", "llm_router_model": f"openai/{ROUTER}", "llm_api_base": model.url}


@pytest.fixture(scope="package")
async def shared_model() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        model.answers[ROUTER] = lambda _body: say("A title")
        yield model


@pytest.fixture
def model(shared_model: ScriptedModel) -> ScriptedModel:
    shared_model.reset()
    shared_model.answers[ROUTER] = lambda _body: say("A title")
    return shared_model


@pytest.fixture(scope="package")
async def shared_talking(settings: Settings, shared_model: ScriptedModel) -> AsyncIterator[LiveService]:
    async with live(settings.model_copy(update=with_model(shared_model)), model_limits=PATIENT_MODEL) as service:
        yield service


@pytest.fixture
async def service(shared_talking: LiveService) -> AsyncIterator[LiveService]:
    yield shared_talking
    shared_talking.clock.reset()


@pytest.fixture
async def ada(service: LiveService, model: ScriptedModel, tmp_path: Path) -> AsyncIterator[Desktop]:
    """Ada at her desktop; `model` is what answers her."""
    async with desktop(service, tmp_path / "ada") as ada:
        yield ada


@pytest.fixture
def tuned(settings: Settings, model: ScriptedModel) -> Talking:
    """A service with limits and settings of one's own, on this worker's database."""

    @asynccontextmanager
    async def start(
        turn_limits: TurnLimits | None = None, model_limits: ModelLimits = PATIENT_MODEL, port: int = 0, **changes: Any
    ) -> AsyncIterator[LiveService]:
        wanted = settings.model_copy(update=with_model(model) | changes)
        async with live(wanted, turn_limits=turn_limits, model_limits=model_limits, port=port) as service:
            yield service

    return start


@pytest.fixture
def own(fresh_database_url: str, tmp_path: Path, model: ScriptedModel) -> Talking:
    """The same, on a database of its own; it may be started again."""
    base = make_settings(fresh_database_url, tmp_path / "own")

    @asynccontextmanager
    async def start(
        turn_limits: TurnLimits | None = None, model_limits: ModelLimits = PATIENT_MODEL, port: int = 0, **changes: Any
    ) -> AsyncIterator[LiveService]:
        wanted = base.model_copy(update=with_model(model) | changes)
        async with live(wanted, turn_limits=turn_limits, model_limits=model_limits, port=port) as service:
            yield service

    return start
