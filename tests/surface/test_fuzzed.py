"""Whatever is sent, each operation answers as its OpenAPI says: never with a 500, never with something undocumented.

The service is a process of its own behind its real server. Each operation gets a person of its own, who may not survive it.

What is sent is thought up in the test that sends it: made while tests are collected, it would be made again by every worker.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.specs.openapi import checks as openapi_checks

from tests.cli.service import RunningService
from tests.conftest import Cluster
from tests.surface.routes import described_app

SCHEMA = schemathesis.openapi.from_dict(described_app().openapi())
OPERATIONS = [found.ok().label for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
CHECKS: list[Any] = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.unsupported_method,
    openapi_checks.negative_data_rejection,
]

quick = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
thorough = settings(quick, max_examples=150, derandomize=False, phases=[Phase.explicit, Phase.generate, Phase.shrink])


@pytest.fixture(scope="module")
def served(cluster: Cluster, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    name = f"fuzzed_{worker_id}"
    cluster.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    service = RunningService(folder, DATABASE_URL=cluster.clone(name), RATE_LIMITS="off", LOG_FORMAT="json")
    try:
        yield service.until_up()
        assert "request_failed" not in service.said()
        assert service.stop() == 0
    finally:
        service.kill()
        cluster.drop(name)


@pytest.fixture
def somebody(served: RunningService) -> str:
    """An access token."""
    return str(served.register(f"person-{uuid4().hex}@example.com")["access_token"])


@pytest.fixture
def administrator(served: RunningService, somebody: str, cluster: Cluster, worker_id: str) -> str:
    me = served.request("GET", "/auth/me", somebody).json()
    url = cluster.superuser_url.rpartition("/")[0] + f"/fuzzed_{worker_id}"
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE users SET is_admin = true WHERE id = %s", [me["id"]])
    return somebody


def _send(case: Any, service: RunningService, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = case.call(base_url=service.base, headers=headers, timeout=20)
    # A request that was made invalid by leaving out its Authorization is not, once the token above is added.
    mended = token is not None and _is_negative_in_its_headers(case)
    asked = [check for check in CHECKS if not (mended and check is openapi_checks.negative_data_rejection)]
    case.validate_response(answer, checks=asked)
    assert answer.status_code < 500, answer.text


def _is_negative_in_its_headers(case: Any) -> bool:
    header = case.meta.components.get(ParameterLocation.HEADER) if case.meta else None
    return header is not None and header.mode.is_negative


def _try(label: str, how: settings, service: RunningService, token: str | None) -> None:
    """Think up requests for this operation, and send them."""

    def send(case: Any) -> None:
        _send(case, service, token)

    (found,) = get_all_tests(schema=SCHEMA.include(name=label), test_func=send, settings=how, given_kwargs=None)
    assert isinstance(found, Ok), found
    _, test = found.ok()
    test()


each_operation = pytest.mark.parametrize("operation", OPERATIONS)


@each_operation
def test_without_a_token(operation: str, served: RunningService) -> None:
    _try(operation, quick, served, None)


@each_operation
def test_with_an_administrators_token(operation: str, served: RunningService, administrator: str) -> None:
    _try(operation, quick, served, administrator)


@pytest.mark.fuzz
@each_operation
def test_without_a_token_thoroughly(operation: str, served: RunningService) -> None:
    _try(operation, thorough, served, None)


@pytest.mark.fuzz
@each_operation
def test_with_a_token_thoroughly(operation: str, served: RunningService, somebody: str) -> None:
    _try(operation, thorough, served, somebody)


@pytest.mark.fuzz
@each_operation
def test_with_an_administrators_token_thoroughly(operation: str, served: RunningService, administrator: str) -> None:
    _try(operation, thorough, served, administrator)


def test_every_operation_that_is_described_is_tried() -> None:
    described = described_app().openapi()["paths"]
    assert len(set(OPERATIONS)) == len(OPERATIONS) == sum(len(path) for path in described.values())
