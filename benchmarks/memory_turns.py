"""What memory adds to a whole turn: switched on beside switched off, with its job elsewhere and in the same process."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg

from app.config import OFFLINE_EMBEDDINGS, OFFLINE_MODEL
from app.keys.master_keys import MasterKeys
from benchmarks import turn_service
from benchmarks.askers import Askers, askers
from benchmarks.ground import BenchmarkDatabase, Ground
from benchmarks.me import SECRET, service_settings
from benchmarks.memory_turns_report import ELSEWHERE, IN_PROCESS, OFF, OFF_WITH_WORKER, Name, report, said
from benchmarks.memory_turns_rows import remember
from benchmarks.people import Someone, access_tokens, populate, without_memory
from benchmarks.processes import Server, serving
from benchmarks.remembered import Inbox
from benchmarks.report import Report
from benchmarks.rounds import interleaved
from benchmarks.turn_model import MODEL, question, scripted_model
from benchmarks.turn_report import Taken

TOKENS = 20
GROUP = 10  # as many ask with memory on as with memory off
MEMORIES = 100  # of each, beside 6 core, 5 sessions, 5 patterns
SIDES = (OFF, ELSEWHERE, OFF_WITH_WORKER, IN_PROCESS)


def run(ground: Ground) -> Report:
    seconds = 2.0 if ground.quick else 5.0
    with ExitStack() as held:
        sides = _sides(ground, held)
        names: list[Name] = [(side, at_once) for at_once in (1, GROUP) for side in SIDES]
        for name in names:
            sides[name[0]].turns(name[1], seconds / 2)
        measures: Mapping[str, Callable[[], Taken]] = {
            said(name): partial(sides[name[0]].turns, name[1], seconds) for name in names
        }
        taken = interleaved(measures, ground.rounds)
    return report({name: taken[said(name)] for name in names}, MEMORIES)


@dataclass(frozen=True)
class Side:
    """Users of one service, all with memory on or all without."""

    server: Server
    askers: Askers
    inbox: Inbox

    def turns(self, at_once: int, seconds: float) -> Taken:
        """And all that is remembered of them: what it costs the server's process is counted with them."""
        self.server.usage()
        found = self.askers.turns(tokens=TOKENS, at_once=at_once, seconds=seconds)
        self.inbox.wait_until_empty()
        return Taken.of(found, self.server.usage()["cpu_s"])


def _sides(ground: Ground, held: ExitStack) -> dict[str, Side]:
    url = held.enter_context(scripted_model(at_once=True))
    without, with_worker = _service(ground, held, url, "apart"), _service(ground, held, url, "together")
    return {OFF: without[0], ELSEWHERE: without[1], OFF_WITH_WORKER: with_worker[0], IN_PROCESS: with_worker[1]}


def _service(ground: Ground, held: ExitStack, url: str, worker: str) -> tuple[Side, Side]:
    """A service with a database of its own: its users without memory, and those with. `worker`: "together" with the turns,
    or "apart", in another process."""
    master_keys = MasterKeys.make()
    database = held.enter_context(ground.database(f"memory_{worker}"))
    people = populate(database, 2 * GROUP, master_keys)
    asyncio.run(remember(database, people, master_keys, MEMORIES, question(TOKENS), OFFLINE_EMBEDDINGS))
    off, on = people[:GROUP], people[GROUP:]
    without_memory(database, off)
    settings = service_settings(
        database.url, str(ground.folder / f"memory_{worker}"), master_keys, rate_limits="off", **_models(url)
    )
    server = held.enter_context(serving("turn_service", ground.folder, settings=settings))
    if worker == "apart":  # that one goes on with the jobs
        limits = {"unauthenticated_per_address": 1000}
        server = held.enter_context(
            serving("device_service", ground.folder, people=[], settings=settings, limits=limits)
        )
    return _side(held, database, server, off), _side(held, database, server, on)


def _models(url: str) -> dict[str, Any]:
    """The small one is the offline one: facts and summaries by rules."""
    scripted = {"llm_model": f"openai/{MODEL}", "llm_api_base": url, "llm_api_key": "none"}
    return scripted | {"llm_router_model": OFFLINE_MODEL, "embedding_model": OFFLINE_EMBEDDINGS}


def _side(held: ExitStack, database: BenchmarkDatabase, server: Server, people: list[Someone]) -> Side:
    inbox = held.enter_context(psycopg.connect(database.superuser_url, autocommit=True))
    tokens = access_tokens(people, SECRET)
    return Side(server, held.enter_context(askers(server.port, turn_service.PATH, tokens)), Inbox(inbox))
