"""A scripted model, and both adapters in front of it. LiteLLM is only imported by the tests that ask for it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from app.llm.limits import ModelLimits
from app.llm.resilient import ResilientModel
from tests.fakes.model import ScriptedModel
from tests.llm.asking import Adapter, lean

# Short pauses, and time-outs that a busy machine does not run into; tests of silence set their own.
QUICK = ModelLimits(connect_s=20, first_token_s=60, between_tokens_s=60, call_s=120, attempts=3, pause_s=0.001)

MakeModel = Callable[..., ResilientModel]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def adapter() -> Adapter:
    """The lean one; the suite of both overrides it."""
    return lean


@pytest.fixture
def make(server: ScriptedModel, http: httpx.AsyncClient, adapter: Adapter) -> MakeModel:
    """`make("m", "fallback", first_token_s=0.1)`: a model and its fallbacks, all on the scripted server."""

    def made(*names: str, at: str | None = None, **limits: Any) -> ResilientModel:
        chosen = ModelLimits(**{name: getattr(QUICK, name) for name in ModelLimits.__slots__} | limits)
        return ResilientModel([adapter(http, at or server.url, name, chosen) for name in names or ("m",)], chosen)

    return made
