import secrets
from typing import Literal, cast

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import Field

from app.edge.documented import errors
from app.errors import NotAuthenticated, NotFound
from app.health.checks import Readiness
from app.kit.measures import registry
from app.kit.schema import Answer

router = APIRouter(tags=["health"])

_MEASURED = 'adiuva_request_seconds_count{method="GET",route="/api/v1/auth/me",status="200"} 60.0\n'


class Health(Answer):
    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])


class ReadinessAnswer(Answer):
    status: Literal["ready", "not_ready"]
    checks: dict[str, str] = Field(examples=[{"database": "ok", "scheduler": "ok"}])


@router.head("/health", include_in_schema=False)
@router.get("/health", summary="Is the process up?")
async def health(request: Request) -> Health:
    """Says nothing about the database; see `/api/v1/health/ready`. Also at the root, for load balancers."""
    return Health(version=request.app.version)


@router.head("/health/ready", include_in_schema=False)
@router.get(
    "/health/ready",
    summary="Can it take requests?",
    responses={503: {"model": ReadinessAnswer, "description": "Some part is down, or the service is stopping."}},
)
async def ready(request: Request, response: Response) -> ReadinessAnswer:
    """The state of the database, Redis if configured, and the scheduler of background work."""
    states = await cast("Readiness", request.app.state.readiness).states()
    good = all(state == "ok" for state in states.values())
    response.status_code = 200 if good else 503
    return ReadinessAnswer(status="ready" if good else "not_ready", checks=states)


@router.get(
    "/metrics",
    summary="Measurements for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus text format.",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": _MEASURED}},
        },
        **{
            status: answer
            for status, answer in errors(
                {401: "Not the METRICS_TOKEN.", 404: "METRICS_TOKEN is not set."}, public=True
            ).items()
            if status in (401, 404)
        },
    },
    openapi_extra={"security": [{"Bearer": []}]},
)
async def metrics(request: Request) -> Response:
    """Off unless `METRICS_TOKEN` is set; then it takes that token as `Authorization: Bearer …`."""
    expected: str | None = request.app.state.metrics_token
    if expected is None:
        raise NotFound("There is nothing at this address.")
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise NotAuthenticated("Send the METRICS_TOKEN: Authorization: Bearer …")
    source: CollectorRegistry = registry()
    return Response(generate_latest(source), media_type=CONTENT_TYPE_LATEST)
