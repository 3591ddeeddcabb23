"""Which models the service asks: the one place that reads their names from the settings.

`openai/NAME` goes straight over HTTP, to OpenAI or to LLM_API_BASE; `offline/…` stays in the process; every other name is
LiteLLM's, which is imported when the first question is asked.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import httpx
from pydantic import SecretStr

from app.config import OFFLINE_EMBEDDINGS, OFFLINE_MODEL, Settings
from app.llm.embedder import ResilientEmbedder
from app.llm.limits import ModelLimits
from app.llm.litellm_provider import LiteLLMEmbeddings, LiteLLMModel
from app.llm.openai_compatible import OpenAICompatible
from app.llm.openai_embeddings import OpenAIEmbeddings
from app.llm.port import ChatModel, Delta, Embedder, ModelRequest, TextDelta
from app.llm.provider import EmbeddingProvider, Part, Provider
from app.llm.resilient import ResilientModel

WARM_UP_AFTER_S = 1.0  # the start itself is not to wait for it
OPENAI_BASE = "https://api.openai.com/v1"
CONNECTIONS = httpx.Limits(max_connections=400, max_keepalive_connections=200, keepalive_expiry=60.0)


class Models:
    """Built once in a process, inside its event loop; `aclose` closes the connections to providers."""

    def __init__(self, settings: Settings, limits: ModelLimits | None = None) -> None:
        self._settings = settings
        self._limits = limits or ModelLimits()
        self._http: httpx.AsyncClient | None = None
        self.main: ChatModel = self._chat(settings.llm_model, *settings.fallback_models)
        router = settings.llm_router_model
        self.router: ChatModel = self.main if router in (None, settings.llm_model) else self._chat(router)
        self.embedder: Embedder = self._embedder(settings.embedding_model)

    async def warm_up(self) -> None:
        """What the first question would otherwise wait for, and everybody with it."""
        if self._settings.llm_model == OFFLINE_MODEL:
            from app.offline.model import OfflineModel

            await asyncio.sleep(WARM_UP_AFTER_S)
            await asyncio.to_thread(OfflineModel.warm_up)

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    def _chat(self, *names: str) -> ChatModel:
        if names == (OFFLINE_MODEL,):
            return _offline()
        return ResilientModel([self._provider(name) for name in names], self._limits)

    def _provider(self, name: str) -> Provider:
        if name == OFFLINE_MODEL:
            return InProcess(name, _offline())
        base, key = self._access(name)
        kind, _, model = name.partition("/")
        if kind == "openai":
            return OpenAICompatible(
                self._client(), base_url=base or OPENAI_BASE, model=model, name=name, api_key=key, limits=self._limits
            )
        return LiteLLMModel(name, api_base=base, api_key=key, limits=self._limits)

    def _access(self, name: str) -> tuple[str | None, str | None]:
        """LLM_API_BASE and LLM_API_KEY are for LLM_MODEL's provider only: no other is sent there, or shown the key."""
        settings = self._settings
        if _provider_of(name) != _provider_of(settings.llm_model):
            return None, self._own_key(name)
        return _at(settings.llm_api_base, settings.llm_api_key, self._own_key(name))

    def _embedder(self, name: str) -> Embedder:
        if name == OFFLINE_EMBEDDINGS:
            from app.offline.embeddings import HashingEmbedder

            return HashingEmbedder()
        settings = self._settings
        base, key = _at(settings.embedding_api_base, settings.embedding_api_key, self._own_key(name))
        kind, _, model = name.partition("/")
        provider: EmbeddingProvider
        if kind == "openai":
            provider = OpenAIEmbeddings(
                self._client(), base_url=base or OPENAI_BASE, model=model, name=name, api_key=key, limits=self._limits
            )
        else:
            provider = LiteLLMEmbeddings(name, api_base=base, api_key=key, limits=self._limits)
        return ResilientEmbedder(provider, self._limits)

    def _own_key(self, name: str) -> str | None:
        """The provider's own variable: it may stand in `.env`, where LiteLLM does not look."""
        keys = {"openai": self._settings.openai_api_key, "anthropic": self._settings.anthropic_api_key}
        return _revealed(keys.get(_provider_of(name)))

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(limits=CONNECTIONS, http2=False)
        return self._http


class InProcess:
    """A model of our own among the fallbacks of others."""

    def __init__(self, name: str, model: ChatModel) -> None:
        self.name = name
        self.is_free = model.is_free
        self._model = model

    async def attempt(self, request: ModelRequest) -> AsyncGenerator[Part, None]:
        # The port promises an iterator that can be closed.
        async with aclosing(cast("AsyncGenerator[Delta, None]", self._model.stream(request))) as deltas:
            async for delta in deltas:
                yield delta.text if isinstance(delta, TextDelta) else delta


def _offline() -> ChatModel:
    from app.offline.model import OfflineModel

    return OfflineModel()


def _provider_of(name: str) -> str:
    return name.partition("/")[0]


def _at(base: str | None, key: SecretStr | None, own_key: str | None) -> tuple[str | None, str | None]:
    """A provider's own key is never sent to an address that is not the provider's."""
    return base, _revealed(key) or (own_key if base is None else None)


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
