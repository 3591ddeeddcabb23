"""Which adapter, address and key a model's name leads to."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from app.assistant.models import Models
from app.config import Settings
from app.llm.limits import ModelLimits
from app.llm.port import ChatModel, Embedder
from tests.fakes.model import ScriptedModel, refuse, say, vector
from tests.llm.asking import ask

Build = Callable[..., Models]


@pytest.fixture
async def build() -> AsyncIterator[Build]:
    built: list[Models] = []

    def make(**settings: Any) -> Models:
        absent = dict.fromkeys(("llm_api_base", "llm_api_key", "openai_api_key", "anthropic_api_key"))
        chosen = Settings(_env_file=None, **(absent | settings))
        built.append(Models(chosen, ModelLimits(pause_s=0.001, attempts=1)))
        return built[-1]

    yield make
    for models in built:
        await models.aclose()


@pytest.fixture
def access(build: Build) -> Callable[..., tuple[str | None, str | None]]:
    def of(name: str, **settings: Any) -> tuple[str | None, str | None]:
        return build(embedding_model="openai/emb", embedding_api_base="http://e/v1", **settings)._access(name)

    return of


async def test_main_router_and_embedder_answer(server: ScriptedModel, build: Build) -> None:
    models = build(
        llm_model="openai/big",
        llm_api_base=server.url,
        llm_api_key="sk-own",
        llm_router_model="openai/small",
        llm_fallback_models="openai/second",
        embedding_model="openai/emb",
        embedding_api_base=server.url,
    )
    server.answers = {"big": lambda _: refuse(500), "second": lambda _: say("second"), "small": lambda _: say("small")}
    heard = await ask(models.main)
    assert heard.text == "second"
    assert heard.finished is not None
    assert heard.finished.model == "openai/second"
    assert (await ask(models.router)).text == "small"
    assert await models.embedder.embed(["a"]) == [pytest.approx(vector("a"))]
    assert [headers.get("authorization") for headers in server.headers] == ["Bearer sk-own"] * 3 + [None]
    assert isinstance(models.main, ChatModel)
    assert isinstance(models.embedder, Embedder)
    assert not models.main.is_free


async def test_without_a_router_the_model_routes(build: Build) -> None:
    settings = {"embedding_model": "openai/emb", "openai_api_key": "sk"}
    models = build(llm_model="openai/big", **settings)
    assert models.router is models.main
    same = build(llm_model="openai/big", llm_router_model="openai/big", **settings)
    assert same.router is same.main


def test_openais_own_key_is_for_openai(access: Callable[..., Any]) -> None:
    assert access("openai/big", llm_model="openai/big", openai_api_key="sk-o") == (None, "sk-o")
    assert access("openai/big", llm_model="openai/big", openai_api_key="sk-o", llm_api_key="k") == (None, "k")
    elsewhere = access("openai/big", llm_model="openai/big", openai_api_key="sk-o", llm_api_base="http://l/v1")
    assert elsewhere == ("http://l/v1", None)


def test_a_fallback_at_another_provider_learns_neither_the_address_nor_the_key(access: Callable[..., Any]) -> None:
    settings = {"llm_model": "openai/big", "llm_api_base": "http://l/v1", "llm_api_key": "k"}
    assert access("openai/second", **settings) == ("http://l/v1", "k")
    assert access("anthropic/c", **settings, anthropic_api_key="sk-a") == (None, "sk-a")
    assert access("mistral/m", **settings, anthropic_api_key="sk-a") == (None, None)


async def test_any_name_of_litellms_can_be_given(build: Build) -> None:
    models = build(llm_model="anthropic/some-model", embedding_model="mistral/emb")
    assert not models.main.is_free
    assert isinstance(models.embedder, Embedder)


def test_litellm_is_not_imported_before_it_is_needed() -> None:
    program = (
        "import sys; from app.config import Settings; from app.assistant.models import Models;"
        "Models(Settings(_env_file=None, llm_model='anthropic/x', embedding_model='mistral/y'));"
        "print([name for name in sys.modules if name.split('.')[0] in ('litellm', 'langchain_litellm', 'openai')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"


async def test_nothing_configured_is_offline_and_free(build: Build) -> None:
    models = build()
    assert models.main.is_free
    assert models.router is models.main
    assert [len(each) for each in await models.embedder.embed(["milk"])] == [1536]
    heard = await ask(models.main)
    assert heard.text
    assert heard.finished is not None
    assert heard.finished.is_free


async def test_the_offline_model_may_stand_in_for_another(server: ScriptedModel, build: Build) -> None:
    models = build(llm_model="openai/big", llm_api_base=server.url, llm_fallback_models="offline/rules")
    server.script(refuse(500))
    heard = await ask(models.main)
    assert heard.text
    assert heard.finished is not None
    assert heard.finished.is_free
