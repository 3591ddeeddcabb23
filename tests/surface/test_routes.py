"""What stands open is written down here. A new public route fails until somebody adds it, and so has thought of it."""

import pytest

from app.openapi import ABOUT
from tests.surface.routes import Route, all_routes, api_routes, described_app, described_app_in_prod, routes_of

PUBLIC = {
    "GET /": "leads to the docs page",
    "GET /docs": "a page",
    "GET /verify-email": "a page; its link's secret stands in the fragment",
    "GET /reset-password": "a page, likewise",
    "GET /assets/{name}": "scripts and styles of the pages",
    "GET /openapi.json": "describes the service",
    "HEAD /openapi.json": "describes the service",
    "GET /health": "for load balancers",
    "HEAD /health": "for load balancers",
    "GET /api/v1/health": "for load balancers",
    "HEAD /api/v1/health": "for load balancers",
    "GET /api/v1/health/ready": "for load balancers",
    "HEAD /api/v1/health/ready": "for load balancers",
    "GET /api/v1/metrics": "takes a token of its own, and is not there without METRICS_TOKEN",
    "POST /api/v1/auth/register": "before there is an account",
    "POST /api/v1/auth/login": "before there is a token",
    "POST /api/v1/auth/refresh": "takes a refresh token",
    "POST /api/v1/auth/email/verify": "takes the secret of a mailed link",
    "POST /api/v1/auth/password/forgot": "for who cannot sign in",
    "POST /api/v1/auth/password/reset": "takes the secret of a mailed link",
    "GET /api/v1/protocol/schema": "the same for everyone; client developers generate types from it",
}

# Load balancers and Prometheus ask often and from one address; pages are files.
UNLIMITED = {
    "GET /",
    "GET /docs",
    "GET /verify-email",
    "GET /reset-password",
    "GET /assets/{name}",
    "GET /openapi.json",
    "HEAD /openapi.json",
    "GET /health",
    "HEAD /health",
    "GET /api/v1/health",
    "HEAD /api/v1/health",
    "GET /api/v1/health/ready",
    "HEAD /api/v1/health/ready",
    "GET /api/v1/metrics",
    # For tests and benchmarks; not there in prod.
    "POST /api/v1/devices/{device_id}/call",
}

TAGS = ["health", "auth", "chat", "devices", "memory", "admin"]

each_api_route = pytest.mark.parametrize("route", api_routes(), ids=str)


def test_these_routes_are_public_and_no_others() -> None:
    assert {str(route) for route in all_routes() if route.bearer is None} == set(PUBLIC)


def test_every_route_counts_against_a_rate_limit_but_these() -> None:
    assert {str(route) for route in all_routes() if not route.is_limited} == UNLIMITED


def test_the_diagnostic_call_is_not_there_in_prod() -> None:
    here, in_prod = ({str(route) for route in routes_of(app)} for app in (described_app(), described_app_in_prod()))
    assert here - in_prod == {"POST /api/v1/devices/{device_id}/call"}
    assert not in_prod - here


def test_the_tags_stand_in_order_and_each_is_explained() -> None:
    assert [tag["name"] for tag in ABOUT["openapi_tags"]] == TAGS
    assert all(tag["description"] for tag in ABOUT["openapi_tags"])


@each_api_route
def test_a_route_has_one_tag_and_tells_what_it_does(route: Route) -> None:
    (tag,) = route.context.tags
    assert tag in TAGS
    summary = route.context.summary
    assert summary, "a summary of its own, not FastAPI's guess from the function's name"
    assert summary[0].isupper()
    assert len(summary) < 60
    assert route.context.endpoint is not None
    assert route.context.endpoint.__doc__, "the summary says what; the description says what is worth knowing"


@each_api_route
def test_an_administrators_route_is_tagged_so_and_lets_in_administrators_only(route: Route) -> None:
    is_admins = route.bearer is not None and route.bearer.admin
    assert route.path.startswith("/api/v1/admin/") == ("admin" in route.context.tags) == is_admins


def test_the_tags_appear_on_the_routes_in_the_order_of_the_list() -> None:
    order = [TAGS.index(route.context.tags[0]) for route in api_routes()]
    assert order == sorted(order)
