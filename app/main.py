"""The application: routes, edges and parts put together. Knows all, known by none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import openapi
from app.accounts import account_routes, admin_routes, credential_routes
from app.accounts import routes as auth_routes
from app.assistant import routes as chat_routes
from app.assistant.approvals import routes as approval_routes
from app.assistant.limits import TurnLimits
from app.audit import routes as audit_routes
from app.auth.passwords import PasswordCost
from app.config import Settings
from app.devices import routes as device_routes
from app.devices.limits import SocketLimits
from app.devices.socket import DeviceSocket
from app.edge import problems
from app.edge.guards import Guards
from app.edge.request_scope import LastResort, RequestScope
from app.edge.sockets_first import SocketsFirst
from app.health import routes as health_routes
from app.jobs import routes as job_routes
from app.kit.clock import Clock, SystemClock
from app.llm.limits import ModelLimits
from app.memory import core_routes as core_memory_routes
from app.memory import routes as memory_routes
from app.pages import routes as page_routes
from app.parts import Parts
from app.threads import routes as thread_routes

API = "/api/v1"

# In the order of the docs page.
FEATURES = [
    health_routes.router,
    auth_routes.router,
    credential_routes.router,
    account_routes.router,
    approval_routes.router,  # before the turns: a request_id may be any word
    chat_routes.router,
    thread_routes.router,
    device_routes.diagnostics,  # first: a device's id may hold slashes
    device_routes.router,
    core_memory_routes.router,  # first: its addresses look like those of one memory of a tier
    memory_routes.router,
    admin_routes.router,
    job_routes.router,
    audit_routes.router,
]


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    with_worker: bool = True,
    limits: SocketLimits | None = None,
    turn_limits: TurnLimits | None = None,
    model_limits: ModelLimits | None = None,
    password_cost: PasswordCost | None = None,
) -> FastAPI:
    """The application. `settings` are complete: database URL and secrets are there (see `app.cli.ready`).

    Tests give a clock that moves, cheaper passwords, and sockets, turns and models other limits; `with_worker=False` leaves
    background work to another process.
    """
    parts = Parts(settings, clock or SystemClock(), limits, turn_limits, model_limits, password_cost)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with parts.running(with_worker=with_worker):
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False, **openapi.ABOUT)
    parts.attach(app)
    problems.install(app)
    for router in FEATURES:
        if router is not device_routes.diagnostics or settings.env != "prod":
            app.include_router(router, prefix=API)
    app.include_router(page_routes.router)
    app.add_api_route("/health", health_routes.health, methods=["GET", "HEAD"], include_in_schema=False)
    openapi.install(app)
    _wrap(app, settings, parts.socket)
    return app


def _wrap(app: FastAPI, settings: Settings, socket: DeviceSocket) -> None:
    """The edges, innermost first."""
    app.add_middleware(Guards, hosts=settings.allowed_hosts)
    app.add_middleware(LastResort)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=settings.cors_origin_pattern,
        allow_methods=["*"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "X-Request-ID"],
        expose_headers=[
            "Retry-After",
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
            "X-Request-ID",
        ],
        max_age=600,
    )
    app.add_middleware(RequestScope, https_only=settings.own_url.startswith("https://"))
    app.add_middleware(SocketsFirst, path=f"{API}/ws/device", socket=socket, hosts=settings.allowed_hosts)
    if settings.proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies)
