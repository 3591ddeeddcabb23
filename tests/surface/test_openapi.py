"""The OpenAPI is how clients are written: typed answers, documented errors, examples, and names that stay."""

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

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
each_operation = pytest.mark.parametrize("name", OPERATIONS)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return schema if reference is None else SCHEMA["components"]["schemas"][reference.rpartition("/")[2]]


def _kinds(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for option in schema["anyOf"] for each in _kinds(option)] if "anyOf" in schema else [schema]


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


def _with_body() -> list[str]:
    return [name for name, operation in OPERATIONS.items() if "requestBody" in operation]


def _shown(name: str) -> dict[str, Any]:
    """The body as the docs page fills it in. It makes up a value for whatever has no example: an id that is nobody's, the
    word "string"."""
    ((media, content),) = OPERATIONS[name]["requestBody"]["content"].items()
    assert media == "application/json"
    schema = _resolved(content["schema"])
    if "examples" in schema:
        shown: dict[str, Any] = schema["examples"][0]
        return shown
    untold = {field for field, described in schema["properties"].items() if not described.get("examples")}
    assert not untold, "give each an example, or the body as a whole: shown_as(...)"
    return {field: described["examples"][0] for field, described in schema["properties"].items()}


def _body_of(name: str) -> type[BaseModel]:
    body = ROUTES[name].body
    assert body is not None
    return body


@pytest.mark.parametrize("name", _with_body())
def test_the_body_can_be_sent_as_it_is_shown(name: str) -> None:
    assert _shown(name)
    _body_of(name).model_validate(_shown(name))


@pytest.mark.parametrize("name", ["POST /api/v1/chat", "POST /api/v1/chat/stream"])
def test_a_question_is_shown_without_a_thread_that_is_not_there(name: str) -> None:
    assert _shown(name) == {"message": "List my tasks"}


def test_what_an_administrator_is_shown_takes_and_gives_nothing() -> None:
    assert _shown("PATCH /api/v1/admin/users/{id}") == {"disabled": False}


WRONG: dict[str, list[Any]] = {
    "boolean": ["yes", "true", 1, 0],
    "integer": ["5", 5.0, True],
    "number": ["1.5", True],
}


def _field_of_type() -> list[tuple[str, str, Any]]:
    """(operation, field, a value that is only nearly of the field's type): alone, and in a list."""
    found: list[tuple[str, str, Any]] = []
    for name in _with_body():
        ((_, content),) = OPERATIONS[name]["requestBody"]["content"].items()
        for field, described in _resolved(content["schema"])["properties"].items():
            for kind in _kinds(described):
                found += [(name, field, wrong) for wrong in WRONG.get(kind.get("type", ""), [])]
                items = kind.get("items", {}).get("type", "")
                found += [(name, field, [wrong]) for wrong in WRONG.get(items, [])]
    return found


@pytest.mark.parametrize(("name", "field", "wrong"), _field_of_type())
def test_a_body_takes_no_word_for_a_number_and_no_number_for_a_truth(name: str, field: str, wrong: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        _body_of(name).model_validate(_shown(name) | {field: wrong})
    assert {error["loc"][0] for error in refused.value.errors()} == {field}


@each_operation
def test_there_is_an_example_of_the_answer(name: str) -> None:
    for status, answer in OPERATIONS[name]["responses"].items():
        if status.startswith("2") and "content" in answer:
            assert _has_example(answer["content"])


@each_operation
def test_what_has_neither_body_nor_answer_says_where_its_parameters_come_from(name: str) -> None:
    operation = OPERATIONS[name]
    if "requestBody" not in operation and "204" in operation["responses"]:
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or _has_example(parameter), parameter["name"]


def _has_example(described: Any, seen: frozenset[str] = frozenset()) -> bool:
    if isinstance(described, list):
        return any(_has_example(each, seen) for each in described)
    if not isinstance(described, dict):
        return False
    if described.get("examples") or "example" in described:
        return True
    reference = described.get("$ref")
    if reference is not None:
        return reference not in seen and _has_example(_resolved(described), seen | {reference})
    return any(_has_example(each, seen) for each in described.values())


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
