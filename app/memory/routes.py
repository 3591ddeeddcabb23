"""A user's memory over HTTP: seen, searched, corrected, forgotten, exported, switched off. Core memory, which goes by keys,
is in `app.memory.core_routes`."""

import asyncio
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from app.auth.deps import MemoryCaller
from app.edge.documented import errors
from app.kit.pages import Page, PageRequest, Paging
from app.kit.schema import Answer
from app.memory import schemas
from app.memory.deps import Memory
from app.memory.gathering import MOST_ASKED_BY
from app.memory.records import Remembered, Tier, Version
from app.memory.schemas import (
    AssociativeAnswer,
    ContextAnswer,
    CorrectionBody,
    EpisodicAnswer,
    ExportAnswer,
    ForgottenAnswer,
    MemoryAnswer,
    ProactiveAnswer,
    SettingsAnswer,
    SettingsBody,
    WholeMemoryAnswer,
)

router = APIRouter(prefix="/memory", tags=["memory"])

_KEYS = {503: "Your key is not available (`keys_unavailable`)."}
_NOT_FOUND = {404: "`not_found`", **_KEYS}
_SEARCH = {
    503: "Your key is not available (`keys_unavailable`), or `q` cannot be turned into a vector (`model_unavailable`).",
    504: "Turning `q` into a vector took too long (`model_timeout`).",
}
_DOWNLOAD = {"Content-Disposition": 'attachment; filename="adiuva-memory.json"'}

# Core memories have addresses of their own.
OtherTier = Annotated[Literal["associative", "episodic", "proactive"], Path(examples=["associative"])]
MemoryId = Annotated[
    UUID, Path(description="From the list of its tier.", examples=["5db1c54c-1e17-436d-9fda-4eda63740320"])
]
Item = TypeVar("Item", bound=Answer)


@router.get("/associative", summary="Search or list what you have said", responses=errors(_SEARCH))
async def list_associative(
    caller: MemoryCaller,
    memory: Memory,
    paging: Paging,
    q: Annotated[
        str | None, Query(max_length=2_000, description="Nearest to this by meaning, instead of the newest.")
    ] = None,
) -> Page[AssociativeAnswer]:
    """Newest first. With `q` there is one page, of those whose `score` is above the floor, nearest first."""
    if q is None or not q.strip():
        found, total = await memory.memories.page(
            caller.user_id, "associative", offset=paging.offset, limit=paging.limit
        )
    else:
        nearest = await memory.memories.nearest(caller.user_id, q, limit=paging.limit)
        found, total = nearest[paging.offset :], len(nearest)
    return _page([schemas.associative(each) for each in found], total, paging)


@router.get("/episodic", summary="List your sessions' summaries", responses=errors(_KEYS))
async def list_episodic(caller: MemoryCaller, memory: Memory, paging: Paging) -> Page[EpisodicAnswer]:
    """Newest first. A turn is told the last five."""
    found, total = await memory.memories.page(caller.user_id, "episodic", offset=paging.offset, limit=paging.limit)
    return _page([schemas.episodic(each) for each in found], total, paging)


@router.get("/proactive", summary="List the patterns that were seen", responses=errors(_KEYS))
async def list_proactive(caller: MemoryCaller, memory: Memory, paging: Paging) -> Page[ProactiveAnswer]:
    """Newest first, each with how sure the service is and what shows it."""
    found, total = await memory.memories.page(caller.user_id, "proactive", offset=paging.offset, limit=paging.limit)
    return _page([schemas.proactive(each) for each in found], total, paging)


@router.get("/context", summary="What a turn would be told", responses=errors(_KEYS))
async def get_context(
    caller: MemoryCaller,
    memory: Memory,
    message: Annotated[str, Query(min_length=1, max_length=MOST_ASKED_BY, examples=["When is the launch?"])],
) -> ContextAnswer:
    """Exactly what a turn with this message would be given of your memory, if it began now. Of a longer
    one ask with its beginning: the rest does not count."""
    return ContextAnswer.of(await memory.memories.gather(caller.user_id, message))


@router.get("/settings", summary="Is memory on?", responses=errors())
async def get_settings(caller: MemoryCaller, memory: Memory) -> SettingsAnswer:
    """It is, unless you have switched it off."""
    return SettingsAnswer(enabled=await memory.memories.is_on(caller.user_id))


@router.put("/settings", summary="Switch memory on or off", responses=errors())
async def put_settings(body: SettingsBody, caller: MemoryCaller, memory: Memory) -> SettingsAnswer:
    """Off, nothing is remembered and no turn is told anything, from the next one on. What is there stays until you delete
    it, and you can still see and correct it here."""
    await memory.memories.switch(caller.user_id, enabled=body.enabled)
    return SettingsAnswer(enabled=body.enabled)


@router.get(
    "/export",
    summary="Export your memory",
    response_model=ExportAnswer,
    response_model_exclude_unset=True,
    responses=errors(_KEYS),
)
async def export_memory(caller: MemoryCaller, memory: Memory) -> Response:
    """All of it as a JSON file: every tier, with where each memory comes from and what it said before."""
    enabled = await memory.memories.is_on(caller.user_id)
    everything = await memory.memories.everything(caller.user_id)
    content = await asyncio.to_thread(_exported, everything, enabled=enabled)
    return Response(content, media_type="application/json", headers=_DOWNLOAD)


@router.get(
    "/{tier}/{id}",
    summary="One memory with its history",
    response_model_exclude_unset=True,
    responses=errors(_NOT_FOUND),
)
async def get_memory(tier: OtherTier, id: MemoryId, caller: MemoryCaller, memory: Memory) -> WholeMemoryAnswer:  # noqa: A002 - the path's name
    """What it says, where it comes from, and what it said before."""
    return WholeMemoryAnswer.whole(*await memory.memories.get(caller.user_id, tier, id))


@router.patch(
    "/{tier}/{id}", summary="Correct or pin a memory", response_model_exclude_unset=True, responses=errors(_NOT_FOUND)
)
async def correct_memory(
    tier: OtherTier,
    id: MemoryId,  # noqa: A002 - the path's name
    body: CorrectionBody,
    caller: MemoryCaller,
    memory: Memory,
) -> MemoryAnswer:
    """The next turn knows. What it said before stays in its history; what was derived from that is forgotten."""
    corrected = await memory.memories.correct(caller.user_id, tier, id, text=body.text_for(tier), pinned=body.pinned)
    return MemoryAnswer.of(corrected)


@router.delete("/{tier}/{id}", status_code=204, summary="Forget one memory", responses=errors(_NOT_FOUND))
async def forget_memory(tier: OtherTier, id: MemoryId, caller: MemoryCaller, memory: Memory) -> None:  # noqa: A002 - the path's name
    """At once and for good: with its history and what was derived from it."""
    await memory.memories.forget(caller.user_id, tier, id)


@router.delete("", summary="Forget everything", responses=errors(_KEYS))
async def forget_all(
    caller: MemoryCaller,
    memory: Memory,
    tier: Annotated[Tier | None, Query(description="This tier only.")] = None,
) -> ForgottenAnswer:
    """At once and for good: every memory of every tier, or of one, with what was derived from it."""
    return ForgottenAnswer(forgotten=await memory.memories.forget_all(caller.user_id, tier))


def _exported(memories: list[tuple[Remembered, list[Version]]], *, enabled: bool) -> str:
    items = [WholeMemoryAnswer.whole(memory, versions) for memory, versions in memories]
    return ExportAnswer(enabled=enabled, items=items).model_dump_json(exclude_unset=True, indent=2)


def _page(items: list[Item], total: int, paging: PageRequest) -> Page[Item]:
    return Page(items=items, total=total, page=paging.page, limit=paging.limit)
