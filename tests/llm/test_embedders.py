"""Embedders over the scripted server. LiteLLM's stands in `test_both_adapters`, where it is imported anyway."""

import math

import httpx
import pytest

from app.llm.embedder import BATCH, ResilientEmbedder
from app.llm.failures import ContextTooLong, ModelTimeout, ModelUnavailable
from app.llm.limits import ModelLimits
from app.llm.openai_embeddings import OpenAIEmbeddings
from tests.fakes.model import ScriptedModel, garbage, hang, refuse, vector

QUICK = ModelLimits(pause_s=0.001)


def embedder(
    server: ScriptedModel, http: httpx.AsyncClient, *, model: str = "emb", limits: ModelLimits = QUICK
) -> ResilientEmbedder:
    return ResilientEmbedder(OpenAIEmbeddings(http, base_url=server.url, model=model, limits=limits), limits)


async def test_vectors_come_in_the_order_of_the_texts(server: ScriptedModel, http: httpx.AsyncClient) -> None:
    texts = [f"text {n}" for n in range(BATCH + 3)]
    found = await embedder(server, http).embed(texts)
    assert found == [vector(text) for text in texts]  # 32-bit floats survive base64 as they are
    assert [len(body["input"]) for body in server.embedding_requests] == [BATCH, 3]


async def test_no_texts_ask_nobody(server: ScriptedModel, http: httpx.AsyncClient) -> None:
    assert await embedder(server, http).embed([]) == []
    assert server.embedding_requests == []


async def test_base64_is_asked_for_and_left_out_where_it_is_refused(
    server: ScriptedModel, http: httpx.AsyncClient
) -> None:
    server.dialect.knows_base64 = False
    asked = embedder(server, http)
    for _ in range(2):
        assert await asked.embed(["a"]) == [pytest.approx(vector("a"))]
    formats = [body.get("encoding_format") for body in server.embedding_requests]
    assert formats == ["base64", None, None]


async def test_1536_dimensions_are_asked_for_where_a_model_lets_one_choose(
    server: ScriptedModel, http: httpx.AsyncClient
) -> None:
    server.dialect.dimensions = 3072
    assert [len(each) for each in await embedder(server, http).embed(["a"])] == [1536]
    server.dialect.dimensions = 1536
    await embedder(server, http, model="text-embedding-ada-002").embed(["a"])
    assert [body.get("dimensions") for body in server.embedding_requests] == [1536, None]


async def test_a_server_that_does_not_know_dimensions_is_asked_without(
    server: ScriptedModel, http: httpx.AsyncClient
) -> None:
    server.dialect.knows_dimensions = False
    assert await embedder(server, http).embed(["a"]) == [pytest.approx(vector("a"))]


async def test_vectors_of_another_size_are_refused(server: ScriptedModel, http: httpx.AsyncClient) -> None:
    server.dialect.knows_dimensions, server.dialect.dimensions = False, 768
    with pytest.raises(ModelUnavailable):
        await embedder(server, http).embed(["a"])
    assert len(server.embedding_requests) == 2  # with and without `dimensions`, and never again


async def test_vectors_are_brought_to_unit_length(server: ScriptedModel, http: httpx.AsyncClient) -> None:
    body = b'{"data":[{"embedding":[' + b"3.0," * 1535 + b"3.0]}]}"
    server.script(garbage(body=body), model="emb")
    [found] = await embedder(server, http).embed(["a"])
    assert math.hypot(*found) == pytest.approx(1)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[]}',
        b'{"data":[{"embedding":"!"}]}',
        b'{"data":[{"embedding":[' + b"0," * 1535 + b"0]}]}",
        b"<html>",
    ],
    ids=["none", "not base64", "no direction", "not JSON"],
)
async def test_what_is_no_vector_is_asked_for_again(
    server: ScriptedModel, http: httpx.AsyncClient, body: bytes
) -> None:
    server.script(garbage(body=body), model="emb")
    assert await embedder(server, http).embed(["a"]) == [pytest.approx(vector("a"))]


async def test_failures_are_those_of_chat_models(server: ScriptedModel, http: httpx.AsyncClient) -> None:
    server.script(refuse(500), refuse(429, retry_after=0), model="emb")
    assert len(await embedder(server, http).embed(["a"])) == 1
    server.script(refuse(401), model="emb")
    with pytest.raises(ModelUnavailable):
        await embedder(server, http).embed(["a"])
    server.script(refuse(400, message="maximum context length is 8192 tokens"), model="emb")
    with pytest.raises(ContextTooLong):
        await embedder(server, http).embed(["a"])
    server.script(hang(before="headers"), model="emb")
    with pytest.raises(ModelTimeout):
        await embedder(server, http, limits=ModelLimits(first_token_s=0.1)).embed(["a"])
