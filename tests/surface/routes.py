"""The application's routes as the application itself knows them; the matrices grow with them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel

from app.auth.deps import _Bearer, anyone
from app.main import create_app
from tests.conftest import make_settings

# What names an object: its id, or a secret that stands for it.
_NAMES_AN_OBJECT = re.compile(r"(^|_)ids?$|(^|_)token$")


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    context: RouteContext

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def dependant(self) -> Dependant | None:
        return getattr(self.context, "dependant", None)

    @property
    def bearer(self) -> _Bearer | None:
        """What asks for an access token, if anything does."""
        return next((each for each in self._calls() if isinstance(each, _Bearer)), None)

    @property
    def is_limited(self) -> bool:
        """Does it count against a rate limit?"""
        if self.bearer is not None:
            return self.bearer.counts is not None
        return any(each is anyone for each in self._calls())

    @property
    def body(self) -> type[BaseModel] | None:
        field = getattr(self.context, "body_field", None)
        model = field.field_info.annotation if field is not None else None
        return model if isinstance(model, type) and issubclass(model, BaseModel) else None

    def ids(self) -> list[str]:
        """Everything in a request that names an object: `path.id`, `query.user_id`, `body.refresh_token`, …"""
        found = [f"path.{name}" for name in re.findall(r"\{(\w+)(?::\w+)?\}", self.path) if name not in self.choices]
        for each in _flat(self.dependant):
            found += [
                f"query.{field.name}" for field in each.query_params if _is_id(field.name, field.field_info.annotation)
            ]
        if self.body is not None:
            found += [
                f"body.{name}" for name, field in self.body.model_fields.items() if _is_id(name, field.annotation)
            ]
        return found

    @property
    def choices(self) -> dict[str, str]:
        """Parts of the path that are one of a few words, which name nobody's object, with one of the words each."""
        fields = self.dependant.path_params if self.dependant is not None else []
        words = {field.name: get_args(field.field_info.annotation) for field in fields}
        return {name: of[0] for name, of in words.items() if of and all(isinstance(word, str) for word in of)}

    def _calls(self) -> Iterator[Any]:
        return (each.call for each in _flat(self.dependant))


def _flat(dependant: Dependant | None) -> Iterator[Dependant]:
    if dependant is not None:
        yield dependant
        for each in dependant.dependencies:
            yield from _flat(each)


def _is_id(name: str, annotation: Any) -> bool:
    return bool(_NAMES_AN_OBJECT.search(name)) or annotation is UUID or UUID in get_args(annotation)


def routes_of(app: FastAPI) -> list[Route]:
    return [
        Route(method, re.sub(r":\w+}", "}", context.path or ""), context)  # as the OpenAPI writes it
        for context in iter_route_contexts(app.routes)
        for method in sorted(context.methods or ())
    ]


@cache
def described_app() -> FastAPI:
    """The application, to look at; it is never started."""
    return create_app(make_settings("postgresql://nobody@127.0.0.1:1/nothing", Path("nowhere")))


@cache
def described_app_in_prod() -> FastAPI:
    return create_app(
        make_settings(
            "postgresql://nobody@127.0.0.1:1/nothing",
            Path("nowhere"),
            env="prod",
            rate_limits="on",
            llm_model="anthropic/some-model",
        )
    )


@cache
def all_routes() -> list[Route]:
    return routes_of(described_app())


def api_routes() -> list[Route]:
    """Those that stand in the OpenAPI."""
    return [route for route in all_routes() if route.context.include_in_schema]


def protected_routes() -> list[Route]:
    return [route for route in all_routes() if route.bearer is not None]
