"""The service with a few routes more, which only tests have: what no real route does, a broken one might."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from app.config import Settings
from app.kit.schema import Body
from tests.conftest import Service, running
from tests.edge.served import Served, served
from tests.factories.administrators import administrator
from tests.factories.people import Person

SECRET = "hunter2-and-more"

probes = APIRouter(prefix="/api/v1/probes")


class Sent(Body):
    text: str = Field(default="", max_length=1000)
    number: int = 0


@probes.get("/bug")
async def bug() -> None:
    raise ValueError(f"{SECRET} is what the row held")


@probes.get("/late-bug")
async def late_bug() -> Response:
    async def half() -> AsyncIterator[bytes]:
        yield b"the first half"
        raise ValueError(SECRET)

    return StreamingResponse(half())


@probes.get("/line")
async def line() -> None:
    structlog.get_logger().info("probe_called")
    await asyncio.to_thread(structlog.get_logger().info, "probe_called_in_thread")


@probes.post("/echo")
async def echo(body: Sent) -> Sent:
    return body


@probes.post("/size")
async def size(request: Request) -> int:
    return len(await request.body())


@probes.get("/where/{name}")
async def where(name: str, request: Request) -> dict[str, Any]:
    client = request.client
    return {"name": name, "address": client.host if client else None, "scheme": request.url.scheme}


@pytest.fixture(scope="module")
async def probed(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    own = settings.model_copy(update={"data_dir": tmp_path_factory.mktemp("probed")})
    async with running(own, with_worker=False) as service:
        service.app.include_router(probes)
        yield service


@pytest.fixture(scope="module")
async def server(probed: Service) -> AsyncIterator[Served]:
    async with served(probed.app) as server:
        yield server


@pytest.fixture(scope="module")
async def admin(probed: Service) -> Person:
    return await administrator(probed)
