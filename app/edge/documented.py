"""The error answers of a route, for OpenAPI. Each status names its codes, so that the docs page tells what to expect."""

from typing import Any

from app.edge.problems import MEDIA_TYPE, Problem

_ALWAYS = {
    400: "The request cannot be read (`bad_request`).",
    413: "The body is too large (`too_large`).",
    429: "Too many requests in a minute (`rate_limited`); `Retry-After` says when to come back.",
    503: "Temporarily not possible (`database_unavailable`, `overloaded`); `Retry-After` says when to come back.",
}
_WITH_ACCOUNT = {
    401: "No valid access token (`not_authenticated`).",
    403: "Not allowed: the account or the API key's scope does not reach this (`insufficient_scope`, `admin_only`).",
}
_SCHEMA = {"$ref": f"#/components/schemas/{Problem.__name__}"}


def errors(more: dict[int, str] | None = None, *, public: bool = False) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: what every route can answer, and `more` of its own."""
    told = {**_ALWAYS, **({} if public else _WITH_ACCOUNT)}
    for status, sentence in (more or {}).items():
        told[status] = f"{told[status]} {sentence}" if status in told else sentence
    return {status: _answer(status, sentence) for status, sentence in sorted(told.items())}


def _answer(status: int, sentence: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": sentence, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return answer
