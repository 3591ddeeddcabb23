"""The real service, with its turns watched from inside: which graphs are built, and where the time goes."""

import cProfile
import io
import pstats
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from langgraph.graph.state import CompiledStateGraph
from starlette.types import ASGIApp, Receive, Scope, Send

from app.config import Settings
from app.devices.limits import SocketLimits
from app.logging import set_up_logging
from app.main import create_app
from benchmarks.turn_driver import answer_json

PATH = "/api/v1/ws/device"
GRAPHS, PROFILE = "/benchmark/graphs", "/benchmark/profile"


def turn_service(settings: dict[str, Any]) -> ASGIApp:
    """With its logs, its worker and its models as in production."""
    graphs = GraphsBuilt()
    complete = Settings(_env_file=None, **settings)
    set_up_logging(level=complete.log_level, as_json=complete.logs_as_json)
    limits = replace(SocketLimits(), unauthenticated_per_address=1000)
    return Watched(create_app(complete, limits=limits), graphs)


class GraphsBuilt:
    """Counts every compiled graph this process makes from now on."""

    def __init__(self) -> None:
        self.count = 0
        made = CompiledStateGraph.__init__

        @wraps(made)
        def counted(graph: Any, *args: Any, **options: Any) -> None:
            self.count += 1
            made(graph, *args, **options)

        CompiledStateGraph.__init__ = counted  # type: ignore[method-assign,assignment]


class Watched:
    """An ASGI layer. `PROFILE?of=begin` begins a profile of the event loop's thread, `PROFILE?of=tottime` ends it and tells
    what took longest, sorted so."""

    def __init__(self, app: ASGIApp, graphs: GraphsBuilt) -> None:
        self._app, self._graphs = app, graphs
        self._profile: cProfile.Profile | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == GRAPHS:
            await answer_json(send, {"built": self._graphs.count})
        elif scope["type"] == "http" and scope["path"] == PROFILE:
            await answer_json(send, {"told": self._profiled(dict(parse_qsl(scope["query_string"].decode())))})
        else:
            await self._app(scope, receive, send)

    def _profiled(self, asked: dict[str, str]) -> str:
        if asked["of"] == "begin":
            self._profile = cProfile.Profile()
            self._profile.enable()
            return ""
        assert self._profile is not None
        self._profile.disable()
        told = io.StringIO()
        pstats.Stats(self._profile, stream=told).sort_stats(asked["of"]).print_stats(int(asked["most"]))
        return told.getvalue()
