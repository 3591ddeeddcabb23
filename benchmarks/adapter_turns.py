"""Turns without the service: the graph it runs, on the adapter it asks models with, and nothing else of it."""

import time
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
from langchain_core.messages import HumanMessage

from app.assistant.about import about
from app.assistant.approvals.policy import Policy
from app.assistant.budget import Unlimited
from app.assistant.context import TurnContext
from app.assistant.desk import Noted
from app.assistant.graphs import RECURSION_LIMIT, supervisor
from app.assistant.meter import Meter
from app.assistant.models import CONNECTIONS
from app.assistant.shaping.sanitizer import Sanitizer
from app.llm.openai_compatible import OpenAICompatible
from app.llm.resilient import ResilientModel
from app.offline.embeddings import HashingEmbedder
from benchmarks.round_trips import ROWS
from benchmarks.turn_driver import PlainTurn
from benchmarks.turn_model import MODEL, check, question


class _Listener:
    """Where a turn's voice would be."""

    def __init__(self) -> None:
        self.first_text_at, self.said = 0.0, 0

    def text(self, piece: str) -> None:
        self.first_text_at = self.first_text_at or time.perf_counter()
        self.said += len(piece)

    def end_message(self) -> None:
        pass

    def agent(self, *_activity: str) -> None:
        pass

    tool = agent


class _Rows:
    """Where the device's tables would be."""

    async def select(self, *_asked: Any, **_limit: Any) -> list[dict[str, Any]]:
        return ROWS


def on_our_adapter(url: str) -> PlainTurn:
    """The graph the service runs, on the adapter it asks models with, and nothing of what the service is else."""
    graph, http = supervisor("home", None), httpx.AsyncClient(limits=CONNECTIONS)
    model = ResilientModel([OpenAICompatible(http, base_url=url, model=MODEL)])

    async def turn(tokens: int) -> float:
        voice, now = _Listener(), datetime.now(UTC)
        told = about(now, None)
        context = TurnContext(
            now=now,
            zone=ZoneInfo("Europe/Rome"),
            model=model,
            embedder=HashingEmbedder(),
            tables=cast("Any", _Rows()),
            voice=cast("Any", voice),
            words="",
            sanitizer=Sanitizer([]),
            budget=Unlimited(),
            policy=Policy(),
            meter=Meter(),
            noted=Noted(),
            memory=cast("Any", None),
            mark="",
            about=told,
            can_be_asked=lambda: True,
        )
        given: Any = {"messages": [HumanMessage(told), HumanMessage(question(tokens))]}
        await graph.ainvoke(given, {"recursion_limit": RECURSION_LIMIT}, context=context)
        check(voice.said, tokens)
        return voice.first_text_at

    return turn
