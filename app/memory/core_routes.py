"""Core memory over HTTP: stable facts and preferences, by the user's own keys for them (`app.memory.core_keys`)."""

from uuid import UUID

from fastapi import APIRouter

from app.auth.deps import MemoryCaller
from app.edge.documented import errors
from app.memory.core_keys import CoreKey, id_in
from app.memory.deps import Memory
from app.memory.limits import MemoryLimits
from app.memory.memories import Memories
from app.memory.schemas import (
    CoreAnswer,
    CoreListAnswer,
    CorrectionBody,
    MemoryAnswer,
    ValueBody,
    WholeMemoryAnswer,
    core,
)

router = APIRouter(prefix="/memory/core", tags=["memory"])

_KEYS = {503: "Your key is not available (`keys_unavailable`)."}
_NOT_FOUND = {404: "`not_found`", **_KEYS}
_FULL = {409: "There is no room because all are pinned (`memory_full`).", **_NOT_FOUND}


@router.get("", summary="What is always in mind", responses=errors(_KEYS))
async def list_core(caller: MemoryCaller, memory: Memory) -> CoreListAnswer:
    """Your stable facts and preferences, all of them, by key. Every turn is told them."""
    found, _ = await memory.memories.page(caller.user_id, "core", offset=0, limit=MemoryLimits.core_items)
    return CoreListAnswer(items=sorted(map(core, found), key=lambda each: each.key))


@router.put("/{key:core_key}", summary="Write a core memory", responses=errors(_FULL))
async def put_core(key: CoreKey, body: ValueBody, caller: MemoryCaller, memory: Memory) -> CoreAnswer:
    """Creates it, or corrects the one with this key; what it said before stays in its history. An id only corrects. The
    next turn knows. It also works while memory is switched off."""
    memories, memory_id = memory.memories, id_in(key)
    if memory_id is None:
        return core(await memories.put_core(caller.user_id, key, body.value, written_by="user"))
    return core(await memories.correct(caller.user_id, "core", memory_id, text=body.value))


@router.get(
    "/{key:core_key}",
    summary="One core memory with its history",
    response_model_exclude_unset=True,
    responses=errors(_NOT_FOUND),
)
async def get_core(key: CoreKey, caller: MemoryCaller, memory: Memory) -> WholeMemoryAnswer:
    """By its key or its id."""
    memory_id = await _id(memory.memories, caller.user_id, key)
    return WholeMemoryAnswer.whole(*await memory.memories.get(caller.user_id, "core", memory_id))


@router.patch(
    "/{key:core_key}",
    summary="Correct or pin a core memory",
    response_model_exclude_unset=True,
    responses=errors(_NOT_FOUND),
)
async def correct_core(key: CoreKey, body: CorrectionBody, caller: MemoryCaller, memory: Memory) -> MemoryAnswer:
    """By its key or its id. What was derived from the old value is forgotten."""
    text, memories = body.text_for("core"), memory.memories
    memory_id = await _id(memories, caller.user_id, key)
    return MemoryAnswer.of(await memories.correct(caller.user_id, "core", memory_id, text=text, pinned=body.pinned))


@router.delete("/{key:core_key}", status_code=204, summary="Forget a core memory", responses=errors(_NOT_FOUND))
async def forget_core(key: CoreKey, caller: MemoryCaller, memory: Memory) -> None:
    """By its key or its id; with its history and what was derived from it."""
    memory_id = await _id(memory.memories, caller.user_id, key)
    await memory.memories.forget(caller.user_id, "core", memory_id)


async def _id(memories: Memories, user_id: UUID, key: str) -> UUID:
    return id_in(key) or await memories.core_id(user_id, key)
