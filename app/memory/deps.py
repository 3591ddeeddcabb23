from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from app.memory.memories import Memories


@dataclass(frozen=True)
class MemoryServices:
    memories: Memories


def services(request: Request) -> MemoryServices:
    return cast("MemoryServices", request.app.state.memory)


Memory = Annotated[MemoryServices, Depends(services)]
