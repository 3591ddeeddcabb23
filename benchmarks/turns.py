"""Turns of the assistant over the device socket, beside the same graph on ChatLiteLLM, and beside less."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import psycopg

from app.keys.master_keys import MasterKeys
from benchmarks import turn_service
from benchmarks.askers import Askers, askers
from benchmarks.ground import Ground
from benchmarks.me import SECRET, service_settings
from benchmarks.people import Someone, access_tokens, populate, without_memory
from benchmarks.processes import Server, get, serving
from benchmarks.remembered import Inbox
from benchmarks.report import Report
from benchmarks.rounds import interleaved
from benchmarks.turn_driver import TURNS
from benchmarks.turn_model import MODEL, scripted_model
from benchmarks.turn_report import (
    ADAPTER,
    BYTES_OF,
    LITELLM,
    RAW,
    SERVICE,
    UNREMEMBERED,
    Kept,
    Name,
    Taken,
    report,
    said,
)

PEOPLE = 50
SHORT, LONG = 20, 200
ALONE = [(side, tokens, 1) for tokens in (SHORT, LONG) for side in (SERVICE, UNREMEMBERED, LITELLM, ADAPTER, RAW)]
TOGETHER_QUICK = [(side, SHORT, 10) for side in (SERVICE, LITELLM)]
TOGETHER = [*TOGETHER_QUICK, *((side, SHORT, PEOPLE) for side in (SERVICE, LITELLM))]
MEMORY_TURNS, MEMORY_TURNS_QUICK = 500, 100


def run(ground: Ground) -> Report:
    seconds = 0.5 if ground.quick else 4.0
    with ExitStack() as held:
        sides = _sides(ground, held)
        names: list[Name] = [*ALONE, *(TOGETHER_QUICK if ground.quick else TOGETHER)]
        for side, tokens, at_once in ALONE:
            sides[side].turns(tokens, at_once, seconds / 4)
        ours = sides[SERVICE]
        assert isinstance(ours, Ours)
        kept = ours.kept(MEMORY_TURNS_QUICK if ground.quick else MEMORY_TURNS)  # before much else has used memory
        measures: Mapping[str, Callable[[], Taken]] = {
            said(name): partial(sides[name[0]].turns, *name[1:], seconds) for name in names
        }
        taken = interleaved(measures, ground.rounds)
        kept = replace(kept, graphs_more=graphs_built(ours.server) - ours.graphs)  # of all turns
    return report({name: taken[said(name)] for name in names}, kept)


@dataclass(frozen=True)
class Plain:
    """Has its turns inside."""

    server: Server

    def turns(self, tokens: int, at_once: int, seconds: float) -> Taken:
        asked = urlencode({"tokens": tokens, "at_once": at_once, "seconds": seconds})
        self.server.usage()
        found = get(self.server.port, f"{TURNS}?{asked}", within_s=seconds + 60)
        return Taken.of(found, self.server.usage()["cpu_s"])


@dataclass(frozen=True)
class Ours:
    """Is asked by devices."""

    server: Server
    askers: Askers
    inbox: Inbox
    graphs: int  # built by the time it answered

    def turns(self, tokens: int, at_once: int, seconds: float) -> Taken:
        """And all that is remembered of them."""
        self.server.usage()
        found = self.askers.turns(tokens=tokens, at_once=at_once, seconds=seconds)
        self.inbox.wait_until_empty()
        return Taken.of(found, self.server.usage()["cpu_s"])

    def kept(self, turns: int) -> Kept:
        """What so many turns leave behind, and what one takes on the wire."""
        wire = self.askers.turns(tokens=BYTES_OF, at_once=1, seconds=60, most=10)
        self.askers.turns(tokens=SHORT, at_once=10, seconds=60, most=50)  # as many at once as then
        before = self.server.usage()["rss_mb"]
        self.askers.turns(tokens=SHORT, at_once=10, seconds=600, most=turns)
        self.inbox.wait_until_empty()
        grown = self.server.usage()["rss_mb"] - before
        return Kept(turns, grown, self.graphs, graphs_built(self.server) - self.graphs, wire["up"], wire["down"])


def _sides(ground: Ground, held: ExitStack) -> dict[str, Plain | Ours]:
    url = held.enter_context(scripted_model(at_once=True))

    def plain(kind: str) -> Plain:
        return Plain(held.enter_context(serving(kind, ground.folder, url=url)))

    with_memory, without = service(ground, held, url)
    return {
        SERVICE: with_memory,
        UNREMEMBERED: without,
        LITELLM: plain("litellm_turns"),
        ADAPTER: plain("adapter_turns"),
        RAW: plain("raw_turns"),
    }


def service(ground: Ground, held: ExitStack, url: str) -> tuple[Ours, Ours]:
    """The service in a process of its own, and a device for each of its users in others. One has switched memory off."""
    master_keys = MasterKeys.make()
    database = held.enter_context(ground.database("turns"))
    people = populate(database, PEOPLE + 1, master_keys)
    without_memory(database, people[PEOPLE:])
    inbox = Inbox(held.enter_context(psycopg.connect(database.superuser_url, autocommit=True)))
    model: dict[str, Any] = {"llm_model": f"openai/{MODEL}", "llm_api_base": url, "llm_api_key": "none"}
    settings = service_settings(database.url, str(ground.folder / "turns"), master_keys, rate_limits="off", **model)
    server = held.enter_context(serving("turn_service", ground.folder, settings=settings))
    built = graphs_built(server)

    def side(people: list[Someone]) -> Ours:
        asking = held.enter_context(askers(server.port, turn_service.PATH, access_tokens(people, SECRET)))
        return Ours(server, asking, inbox, built)

    return side(people[:PEOPLE]), side(people[PEOPLE:])


def graphs_built(server: Server) -> int:
    return int(get(server.port, turn_service.GRAPHS)["built"])
