"""What the docs page says before and around the routes."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.edge.problems import FieldError, Problem
from app.version import VERSION

_INTRODUCTION = """
The service behind the Adiuva desktop app. Tasks, projects, notes, timelines and clients stay on the user's device.

**Try it here:** run `POST /api/v1/auth/register` below; this page then carries the access token by itself (or press
*Authorize* and paste one). Every error is `application/problem+json` with a stable `code`. Times are milliseconds since
the Unix epoch. Lists take `?page=` and `?limit=`. Every answer carries `X-Request-ID`; quote it when you report a fault.
"""

ABOUT: dict[str, Any] = {
    "title": "Adiuva",
    "version": VERSION,
    "description": _INTRODUCTION,
    "openapi_tags": [
        {"name": "health", "description": "Is it up, is it ready, how is it doing?"},
        {"name": "auth", "description": "Accounts: sign up, in and out; credentials; export and erasure."},
        {"name": "chat", "description": "Conversations with the assistant, and what was said in them."},
        {
            "name": "devices",
            "description": "The user's devices, and the socket that reaches them: `GET /api/v1/ws/device` (WebSocket). "
            "docs/protocol.md tells what travels on it.",
        },
        {
            "name": "memory",
            "description": "What the assistant remembers of its user, in four tiers: *core* (facts and preferences, by "
            "key), *associative* (what was said, found by meaning), *episodic* (a summary of each session), *proactive* "
            "(patterns). All of it can be seen, corrected, exported, forgotten and switched off here. API keys need the "
            "scope `memory`.",
        },
        {"name": "admin", "description": "For administrators only. They never see content."},
    ],
}


def install(app: FastAPI) -> None:
    """Describe errors once, as components, instead of FastAPI's own validation shape."""

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app)
        return app.openapi_schema

    app.openapi = schema  # type: ignore[method-assign]  # FastAPI's documented way to extend the schema


def _schema(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    for model in (Problem, FieldError):
        components[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        components[model.__name__].pop("$defs", None)
    for operations in schema["paths"].values():
        for operation in operations.values():
            _describe_422(operation)
    return schema


def _describe_422(operation: dict[str, Any]) -> None:
    if "422" in operation["responses"]:
        operation["responses"]["422"] = {
            "description": "Some fields are not valid (`validation_failed`); `errors` lists every one.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
