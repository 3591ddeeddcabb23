"""The OpenAPI is how clients are written: typed answers, documented errors, examples, and names that stay."""

import json
import re
from typing import Any

import pytest

from tests.surface.routes import Route, all_routes, described_app

SCHEMA: dict[str, Any] = described_app().openapi()
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
}
ROUTES: dict[str, Route] = {str(route): route for route in all_routes()}

# Answers that are not JSON.
OTHER_MEDIA = {
    "GET /api/v1/metrics": "text/plain",
    "GET /api/v1/account/export": "application/zip",
    "POST /api/v1/chat/stream": "text/event-stream",
}
# They answer for themselves, with words of their own.
NO_USUAL_ERRORS = {"GET /api/v1/health", "GET /api/v1/health/ready", "GET /api/v1/metrics"}
# Secrets the service hands out; whatever stood here would be pasted and refused.
WITHOUT_EXAMPLE = {"token", "refresh_token"}

each_operation = pytest.mark.parametrize("name", OPERATIONS)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return schema if reference is None else SCHEMA["components"]["schemas"][reference.rpartition("/")[2]]


def test_no_two_operations_share_a_name_and_every_name_is_a_plain_word() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def test_nothing_of_the_frameworks_own_error_shape_is_left() -> None:
    assert "ValidationError" not in json.dumps(SCHEMA)


def test_every_reference_leads_somewhere() -> None:
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(SCHEMA))):
        assert name in SCHEMA["components"]["schemas"]


def test_every_schema_is_used() -> None:
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(SCHEMA)))
    assert set(SCHEMA["components"]["schemas"]) == used


def test_one_bearer_scheme_is_behind_the_authorize_button() -> None:
    (scheme,) = SCHEMA["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


@each_operation
def test_a_protected_route_says_so(name: str) -> None:
    is_protected = ROUTES[name].bearer is not None or name == "GET /api/v1/metrics"
    assert OPERATIONS[name].get("security", []) == ([{"Bearer": []}] if is_protected else [])


@each_operation
def test_the_answer_is_typed(name: str) -> None:
    answers = {status: answer for status, answer in OPERATIONS[name]["responses"].items() if status.startswith("2")}
    assert len(answers) == 1
    ((status, answer),) = answers.items()
    if status == "204":
        assert "content" not in answer
        return
    ((media, content),) = answer["content"].items()
    assert media == OTHER_MEDIA.get(name, "application/json")
    assert _resolved(content["schema"]).get("type")
    if media == "application/json":
        assert _resolved(content["schema"])["properties"]


@each_operation
def test_the_errors_are_documented_as_problems(name: str) -> None:
    operation, route = OPERATIONS[name], ROUTES[name]
    wanted = {"400", "413", "429", "503"} if name not in NO_USUAL_ERRORS else set()
    wanted |= {"401", "403"} if route.bearer is not None else set()
    wanted |= {"404"} if "{" in route.path else set()
    wanted |= {"422"} if operation.get("requestBody") or operation.get("parameters") else set()
    errors = {status: answer for status, answer in operation["responses"].items() if not status.startswith("2")}
    assert wanted <= set(errors)
    for status, answer in errors.items():
        if (name, status) == ("GET /api/v1/health/ready", "503"):
            continue  # it tells what is down instead
        assert answer["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        assert answer["description"]
        if status in ("429", "503"):
            assert "Retry-After" in answer["headers"]


@each_operation
def test_the_body_can_be_sent_as_it_is_shown(name: str) -> None:
    body = OPERATIONS[name].get("requestBody")
    if body is None:
        return
    ((media, content),) = body["content"].items()
    assert media == "application/json"
    schema = _resolved(content["schema"])
    required = {field: schema["properties"][field] for field in schema.get("required", [])}
    untold = {field for field, described in required.items() if not described.get("examples")}
    assert untold <= WITHOUT_EXAMPLE


@each_operation
def test_every_parameter_that_is_a_choice_or_a_number_is_bounded(name: str) -> None:
    for parameter in OPERATIONS[name].get("parameters", []):
        for kind in _kinds(parameter["schema"]):
            bounded = {
                "string": {"maxLength", "format", "enum"} & kind.keys(),
                "integer": {"minimum", "maximum"} <= kind.keys(),
                "null": True,
                "boolean": True,
            }[kind["type"]]
            assert bounded, parameter["name"]


def _kinds(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for option in schema["anyOf"] for each in _kinds(option)] if "anyOf" in schema else [schema]
