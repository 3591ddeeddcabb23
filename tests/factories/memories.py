"""Memories as the jobs leave them: no turn was said, and no model asked."""

from typing import Any
from uuid import UUID, uuid4

from app.memory import inbox, payloads
from app.memory.deps import MemoryServices
from app.memory.models import InboxEntry
from app.memory.payloads import Payload, SessionNotes
from app.memory.ports import Note, Said
from app.memory.records import Tier, WrittenBy
from app.memory.stores import Stores
from app.memory.writing import NewMemory, add, writers_lock
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.threads import a_turn

LAUNCH = "The Acme launch is on 3 March."
SESSION = "Asked for the tasks due this week."
PATTERN = "Plans the week on Mondays."
_WRITERS: dict[Tier, WrittenBy] = {
    "core": "extractor",
    "associative": "extractor",
    "episodic": "summary",
    "proactive": "reflection",
}


def stores_of(service: Service) -> Stores:
    services: MemoryServices = service.app.state.memory
    return services.memories._stores


async def a_piece(service: Service, owner: Person, content: str = LAUNCH, **wanted: Any) -> UUID:
    """An associative memory. `entity_type=`, `entity_id=`; the rest is `NewMemory`'s."""
    about = wanted.pop("entity_type", None), wanted.pop("entity_id", None)
    return await _added(service, owner, "associative", payloads.associative(content, *about), **wanted)


async def an_episode(service: Service, owner: Person, summary: str = SESSION, **wanted: Any) -> UUID:
    notes = SessionNotes(summary, tuple(Note(run, summary) for run in wanted.get("runs", ())))
    return await _added(service, owner, "episodic", payloads.episodic(notes), slot=uuid4().bytes, **wanted)


async def a_pattern(service: Service, owner: Person, content: str = PATTERN, **wanted: Any) -> UUID:
    payload = payloads.proactive(content, "4 sessions on Mondays in November")
    return await _added(service, owner, "proactive", payload, **({"confidence": 0.8} | wanted))


async def _added(service: Service, owner: Person, tier: Tier, payload: Payload, **wanted: Any) -> UUID:
    stores, user_id = stores_of(service), UUID(await owner.id())
    keys = await stores.keys(user_id)
    (vector,) = await stores.vectors.of(keys, [payloads.meaning_of(tier, payload)])
    new = NewMemory(
        user_id=user_id,
        tier=tier,
        payload=payload,
        written_by=_WRITERS[tier],
        at=stores.clock.now(),
        vector=vector,
        **wanted,
    )
    async with stores.db.of(user_id) as session:
        await writers_lock(session, user_id)
        return await add(session, keys, new)


async def a_turn_to_remember(service: Service, owner: Person, message: str = "I live in Rome.") -> UUID:
    """A turn that has ended and waits to be remembered; no job is in line for it."""
    run, stores = await a_turn(service, owner, message), stores_of(service)
    said = Said(
        run_id=run.id,
        session="session-1",
        at=service.clock.now(),
        message=message,
    )
    sealed = await inbox.sealed(await stores.keys(run.user_id), said)
    async with stores.db.of(run.user_id) as session:
        session.add(InboxEntry(run_id=run.id, user_id=run.user_id, said=sealed, created_at=said.at))
    return run.id


async def memories_of_every_kind(service: Service, owner: Person) -> None:
    """A row in every table of memory: something corrected, something forgotten, a pattern with its evidence, a turn that
    waits to be remembered."""
    for value in ("Rome", "Milan"):
        await owner.request("PUT", "/memory/core/home", json={"value": value})
    await owner.request("PUT", "/memory/core/diet", json={"value": "vegan"})
    await owner.delete("/memory/core/diet")
    await a_piece(service, owner, runs=(uuid4(),))
    await a_pattern(service, owner, evidence=(await an_episode(service, owner, runs=(uuid4(),)),))
    await a_turn_to_remember(service, owner)
