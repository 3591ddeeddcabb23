"""Errors as answers: `application/problem+json` (RFC 9457), always with a stable code."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.errors import AdiuvaError, DatabaseUnavailable, Invalid
from app.kit.crypto import CannotOpen

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    415: "unsupported_media_type",
}


class FieldError(BaseModel):
    field: str = Field(description="Where the value stands: `body.email`, `query.page`, …")
    message: str
    code: str = Field(description="A stable word for the kind of fault.")


class Problem(BaseModel):
    """What every error answer looks like (RFC 9457)."""

    type: str = Field(examples=["urn:adiuva:problem:not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such session."])
    code: str = Field(description="A stable word; branch on this.", examples=["not_found"])
    errors: list[FieldError] | None = Field(default=None, description="Every invalid field, for a 422.")


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] | None = None,
    facts: Mapping[str, str | int] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:adiuva:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **(facts or {}),
    }
    if errors is not None:
        body["errors"] = errors
    return Response(orjson.dumps(body), status, dict(headers or {}), MEDIA_TYPE)


def from_error(error: AdiuvaError) -> Response:
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    errors = (
        [{"field": f"body.{error.field}", "message": error.detail, "code": "invalid"}]
        if isinstance(error, Invalid)
        else None
    )
    return problem(error.status, error.code, error.detail, headers=headers, errors=errors, facts=error.facts)


def install(app: FastAPI) -> None:
    """Teach the application to answer every expected and operational error in one shape."""

    async def expected(_request: Request, error: Exception) -> Response:
        assert isinstance(error, AdiuvaError)
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("request_refused", code=error.code)
        return from_error(error)

    async def malformed(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem(
            422, "validation_failed", "Some fields are not valid.", errors=[_field(e) for e in error.errors()]
        )

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, "http_error")
        headers = error.headers
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"Allow": ", ".join(_methods(request))}
        return problem(error.status_code, code, _sentence(error), headers=headers)

    app.add_exception_handler(AdiuvaError, expected)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http)


def database_is_away(error: BaseException) -> bool:
    """Is this what a stopped, restarting, unreachable or overloaded Postgres looks like from here?"""
    return any(
        each.connection_invalidated if isinstance(each, DBAPIError) else isinstance(each, _AWAY)
        for each in _beneath(error)
    )


_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, statement timeout
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,  # a deadlock's loser
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection cut in the middle of an answer
    PoolTimeout,
    TimeoutError,
    OSError,
)


def _beneath(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made from, each once: causes may run in a circle."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.orig if isinstance(each, DBAPIError) else each.__cause__


def from_unexpected(error: Exception) -> Response:
    """The answer for what no route foresaw: a database that is away, or a bug. Says nothing of what happened."""
    if database_is_away(error):
        log.warning("database_unavailable", error=type(error).__name__)
        return from_error(
            DatabaseUnavailable("The database does not answer right now. Try again shortly.", retry_after=2)
        )
    log.error("request_failed", exc_info=error)
    if isinstance(error, CannotOpen):
        return problem(500, "data_unreadable", "Some of this account's data could not be opened. It has been recorded.")
    return problem(500, "internal_error", "Something went wrong on our side. It has been recorded.")


def _methods(request: Request) -> list[str]:
    """All that the address takes; Starlette's own answer names those of one route only."""
    routes = [each for each in iter_route_contexts(request.app.routes) if each.path_regex.match(request.url.path)]
    return sorted({method for each in routes for method in each.methods or ()})


def _sentence(error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return "There is nothing at this address."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return "This address does not take that method."
    return str(error.detail)


def _field(error: Mapping[str, Any]) -> dict[str, str]:
    """One invalid field. The rejected value is never repeated: it may be a password."""
    return {
        "field": ".".join(str(part) for part in error["loc"]),
        "message": error["msg"].removeprefix("Value error, "),
        "code": error["type"],
    }
