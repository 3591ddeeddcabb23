"""Threads over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.auth.deps import ChatCaller, ReadCaller
from app.edge.documented import errors
from app.kit.pages import Page, Paging
from app.threads.deps import Threads
from app.threads.schemas import EventAnswer, ThreadAnswer, ThreadBody

router = APIRouter(prefix="/threads", tags=["chat"])

ThreadId = Annotated[UUID, Path(description="From `GET /threads`.", examples=["5db1c54c-1e17-436d-9fda-4eda63740320"])]
NOT_FOUND = {404: "`not_found`"}


@router.get("", summary="List your threads", responses=errors())
async def list_threads(
    caller: ReadCaller,
    threads: Threads,
    paging: Paging,
    archived: Annotated[bool, Query(description="The archived ones instead of the others.")] = False,  # noqa: FBT002 - a query parameter
) -> Page[ThreadAnswer]:
    """Newest activity first."""
    found, total = await threads.conversations.page(
        caller.user_id, archived=archived, offset=paging.offset, limit=paging.limit
    )
    return Page(items=[ThreadAnswer.of(each) for each in found], total=total, page=paging.page, limit=paging.limit)


@router.get("/{id}", summary="One of your threads", responses=errors(NOT_FOUND))
async def get_thread(id: ThreadId, caller: ReadCaller, threads: Threads) -> ThreadAnswer:  # noqa: A002 - the path's name
    """Its title, and how much was said in it."""
    return ThreadAnswer.of(await threads.conversations.get(caller.user_id, id))


@router.patch("/{id}", summary="Rename or archive a thread", responses=errors(NOT_FOUND))
async def change_thread(id: ThreadId, body: ThreadBody, caller: ChatCaller, threads: Threads) -> ThreadAnswer:  # noqa: A002 - the path's name
    """A title of yours stays. An archived thread comes back when something is said in it."""
    changed = await threads.conversations.change(caller.user_id, id, title=body.title, archived=body.archived)
    return ThreadAnswer.of(changed)


@router.delete("/{id}", status_code=204, summary="Delete a thread", responses=errors(NOT_FOUND))
async def delete_thread(id: ThreadId, caller: ChatCaller, threads: Threads) -> None:  # noqa: A002 - the path's name
    """Deletes all that was said in it, at once and for good. A turn that is under way in it is stopped; what that has
    changed on your device stays changed."""
    await threads.conversations.delete(caller.user_id, id)


@router.get("/{id}/events", summary="What was said and done in a thread", responses=errors(NOT_FOUND))
async def list_events(
    id: ThreadId,  # noqa: A002 - the path's name
    caller: ReadCaller,
    threads: Threads,
    paging: Paging,
    order: Annotated[Literal["asc", "desc"], Query(description="`asc`: oldest first.")] = "asc",
) -> Page[EventAnswer]:
    """Messages, tool calls and their results, in the order in which they happened."""
    found, total = await threads.conversations.events(
        caller.user_id, id, newest_first=order == "desc", offset=paging.offset, limit=paging.limit
    )
    return Page(items=[EventAnswer.of(each) for each in found], total=total, page=paging.page, limit=paging.limit)
